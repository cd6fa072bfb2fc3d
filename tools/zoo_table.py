"""Write src/striate/nets/zoo/table.csv: what every network of timm and torchvision costs.

    python tools/zoo_table.py

Goes on where it was stopped, as long as the versions are the same. About twelve minutes of processor time.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import timm  # noqa: TID253 - the tool is about them
import torch
import torchvision  # noqa: TID253

from striate.nets.zoo.measuring import measured
from striate.nets.zoo.table import from_csv, to_csv
from striate.records.zoo import ZooRow

PATH = Path(__file__).parents[1] / "src" / "striate" / "nets" / "zoo" / "table.csv"
VERSIONS = f"timm {timm.__version__}, torchvision {torchvision.__version__.partition('+')[0]}"
PAUSE_S = 20


def main() -> None:
    """Measure what the table does not hold yet."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    versions, rows = from_csv(PATH.read_text(encoding="utf-8")) if PATH.is_file() else ("", ())
    known = {row.reference: row for row in rows} if versions == VERSIONS else {}
    names = [("torchvision", name) for name in torchvision.models.list_models(module=torchvision.models)]
    names += [("timm", name) for name in timm.list_models()]
    wrote = time.monotonic()
    for number, (kind, name) in enumerate(names, start=1):
        reference = f"{kind}:{name}"
        if reference in known and known[reference].params:
            continue
        try:
            known[reference] = measured(kind, name)
        except Exception as cause:  # noqa: BLE001 - one network that cannot be built must not end the others
            reason = " ".join(str(cause).split())[:100]
            known[reference] = ZooRow(reference=reference, input=(), note=f"not built: {reason}")
        if time.monotonic() - wrote > PAUSE_S or number == len(names):
            write(known)
            wrote = time.monotonic()
            sys.stderr.write(f"{number} of {len(names)}\n")
    write(known)


def write(known: dict[str, ZooRow]) -> None:
    """Write the table as far as it is known."""
    PATH.write_text(to_csv(VERSIONS, (known[reference] for reference in sorted(known))), encoding="utf-8")


if __name__ == "__main__":
    main()
