"""Run: python -m benchmarks.faults short, or train --out FOLDER, then judge FOLDER, then tell FOLDER [--write]."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from benchmarks.faults.cases import PARTS, Case, cases, short_cases
from benchmarks.faults.faults import HEALTHY
from benchmarks.faults.judging import JUDGED, source_key, told
from benchmarks.faults.telling import preface, report
from benchmarks.faults.training import MADE, make
from benchmarks.machine import heading

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
# From this heading on the page is written by people.
BY_HAND = "## What to know of these figures"
PROCESSES = 2


def main() -> None:
    """Read the command and do it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train", help="make the networks; what is there is kept")
    training.add_argument("--out", type=Path, required=True)
    judging = commands.add_parser("judge", help="inspect the networks; what was judged by the same source is kept")
    telling = commands.add_parser("tell", help="print what was found; --write makes docs/faults.md of it")
    telling.add_argument("--write", action="store_true")
    commands.add_parser(
        "short", help="one network of each fault and a few healthy ones, made and judged in a few minutes"
    )
    judging.add_argument("--quick", action="store_true", help="without class images, which take half of the time")
    for command in (judging, telling):
        command.add_argument("folder", type=Path)
    for command in (training, judging):
        command.add_argument("--part", choices=PARTS)
        command.add_argument("--fault", action="append", default=[], help="only this one, or these")
        command.add_argument("--processes", type=int, default=PROCESSES)
    said = parser.parse_args()
    if said.command == "train":
        _train(_chosen(said), said.out, said.processes)
    elif said.command == "judge":
        _judge(_chosen(said), said.folder, said.processes, is_quick=said.quick)
    elif said.command == "short":
        with tempfile.TemporaryDirectory() as folder:
            _train(short_cases(), Path(folder), PROCESSES)
            _judge(short_cases(), Path(folder), PROCESSES, is_quick=True)
    else:
        _tell(said.folder, write=said.write)


def _chosen(said: argparse.Namespace) -> list[Case]:
    parts = [said.part] if said.part else list(PARTS)
    return [case for part in parts for case in cases(part) if not said.fault or case.fault in said.fault]


def _train(chosen: Sequence[Case], out: Path, processes: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    sound = [case for case in chosen if case.fault == HEALTHY]
    # Some faults are planted in healthy networks, so these come first.
    for group in (sound, [case for case in chosen if case.fault != HEALTHY]):
        _each(group, partial(make, folder=out), processes)


def _judge(chosen: Sequence[Case], folder: Path, processes: int, *, is_quick: bool) -> None:
    there = [case for case in chosen if (folder / case.name / MADE).is_file()]
    if len(there) < len(chosen):
        print(f"{len(chosen) - len(there)} of {len(chosen)} networks are not made yet")
    _each(there, partial(told, folder=folder, is_quick=is_quick), processes)
    _tell(folder, write=False, wanted=chosen)


def _each(chosen: Sequence[Case], work: Callable[[Case], str], processes: int) -> None:
    """Do the work for each case and print a line; one that fails is told, and the others go on."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        waiting = {pool.submit(work, case): case for case in chosen}
        for done in as_completed(waiting):
            error = done.exception()
            words = f"failed: {type(error).__name__}: {error}" if error else done.result()
            print(f"{waiting[done].name}: {words}", flush=True)


def _tell(folder: Path, *, write: bool, wanted: Sequence[Case] | None = None) -> None:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob(f"*/{JUDGED}"))]
    # What another source said of a network is no result of this one.
    key = source_key()
    rows = [row for row in found if row["key"].split()[0] == key]
    if len(rows) < len(found):
        print(f"{len(found) - len(rows)} of {len(found)} networks were judged by another source and are not counted")
    text = f"{heading('Fault bench')}\n{preface(rows)}\n\n{report(rows, wanted)}\n"
    print(text)
    if write:
        PAGE.write_text(f"# {text}{_by_hand(PAGE)}", encoding="utf-8")
        print(f"wrote {PAGE.name}")


def _by_hand(page: Path) -> str:
    """Return what people wrote at the end of a page, from its heading on; "" if there is none."""
    _, heading_found, rest = (page.read_text(encoding="utf-8") if page.is_file() else "").partition(f"\n{BY_HAND}\n")
    return f"\n{BY_HAND}\n{rest}" if heading_found else ""


if __name__ == "__main__":
    main()
