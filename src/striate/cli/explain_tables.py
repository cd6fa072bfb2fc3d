"""What `striate explain` prints and writes: scores, where the map lies, how to judge it; arrays and pictures."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate import schema
from striate.cli.explain_trust import Tested, plain_trust, show_trust
from striate.cli.tables import show_findings
from striate.cli.terminal import print_line
from striate.findings import Finding
from striate.numbers import duration, measure, percent, plural, probability
from striate.records import Agreement, Attribution, Output

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from striate.nets import Network

SCHEMA_VERSION = 1
_MOST_UNITS = 12
Found = Mapping[str, tuple[Attribution, ...]]


def show(
    found: Found,
    trusts: Mapping[str, Tested],
    agreements: Sequence[Agreement],
    network: Network,
    *,
    images: Sequence[str],
    blind: Mapping[str, Sequence[Finding]],
) -> None:
    """Print every method's maps in words; `blind` is what was found wrong with each one's test."""
    from striate.report.pictures.saliency import judged

    tell_random(network)
    for name, records in found.items():
        for image, record in zip(images, records, strict=True):
            _show_record(image, record, network.output)
        print_line(" ".join(judged(name)))
        if name in trusts:
            show_trust(trusts[name], network.output, is_blind=bool(blind[name]))
    for image, agreement in zip(images, agreements, strict=False):
        _show_agreement(image, agreement)
    if findings := [finding for found_wrong in blind.values() for finding in found_wrong]:
        show_findings(
            findings, checked=sum(one.trust.correlation is not None for one in trusts.values()) - len(findings)
        )


def tell_random(network: Network) -> None:
    """Say it if a network's weights are where they began."""
    from striate.nets.references import RANDOM, is_untrained

    if not is_untrained(network):
        return
    weights = network.receipt.get("weights")
    cure = (
        "name a file, like timm:resnet18@weights.safetensors" if weights == RANDOM else "train it first: striate train"
    )
    print_line(f"The weights are random: {cure}.")


def _show_record(image: str, record: Attribution, output: Output) -> None:
    from striate.explain import half_share

    where = f" at {record.layer}" if record.layer else ""
    passes = f"{plural(record.forward_passes, 'forward pass', 'forward passes')}, {record.backward_passes} backward"
    print_line(f"{record.method} of {image}{where} ({passes}, {duration(record.seconds)}):")
    for note in record.notes:
        print_line(f"  {note}")
    for row, unit in enumerate(record.targets[:_MOST_UNITS]):
        one = record.maps[row]
        means = float(record.probabilities[row])
        said = "" if output.kind == "values" else f" (probability {probability(means)})"
        line = f"  {output.names[unit]}: score {measure(float(record.scores[row]))}{said}"
        if not one.any():
            print_line(f"{line}; the map is zero")
            continue
        line += f"; map {measure(float(one.min()))} … {measure(float(one.max()), signed=True)} {record.unit}"
        line += f"; half of it on {percent(half_share(one))} of the places (evenly spread: 50 %)"
        if record.gaps is not None:
            line += f"; its sum misses the change of the score by {measure(float(record.gaps[row]), 2)}"
        print_line(line)
    if len(record.targets) > _MOST_UNITS:
        print_line(f"  … and {len(record.targets) - _MOST_UNITS} more; --out keeps them all.")


def _show_agreement(image: str, found: Agreement) -> None:
    print_line(f"Agreement on {image} (rank correlation of magnitudes; by chance):")
    for row, one in enumerate(found.methods):
        for column in range(row):
            value, chance = float(found.correlations[row, column]), float(found.chance[row, column])
            verdict = "beyond chance" if value > chance else "no more than chance"
            print_line(f"  {found.methods[column]}, {one}: {measure(value, 2)} ({measure(chance, 2)}), {verdict}")


def document(
    found: Found,
    trusts: Mapping[str, Tested],
    agreements: Sequence[Agreement],
    output: Output,
    *,
    network: str,
    images: Sequence[str],
    is_random: bool,
    blind: Mapping[str, Sequence[Finding]],
    written: Sequence[Path],
) -> dict[str, Any]:
    """Return everything but the maps as plain values."""
    return {
        "schema": schema.stamp("explain", SCHEMA_VERSION),
        "network": network,
        "weights": "random" if is_random else "learned",
        "images": list(images),
        "methods": {name: [_plain(record, output) for record in records] for name, records in found.items()},
        "checks": {name: plain_trust(one, output, blind[name]) for name, one in trusts.items()},
        "agreement": [
            {
                "methods": list(one.methods),
                "correlations": one.correlations.tolist(),
                "chance": one.chance.tolist(),
            }
            for one in agreements
        ],
        "written": [str(path) for path in written],
    }


def _plain(record: Attribution, output: Output) -> dict[str, Any]:
    from striate.explain import half_share

    return {
        "sample": record.sample,
        "layer": record.layer,
        "unit": record.unit,
        "settings": dict(record.settings),
        "forward_passes": record.forward_passes,
        "backward_passes": record.backward_passes,
        "seconds": record.seconds,
        "notes": list(record.notes),
        "maps": [
            {
                "class": output.names[unit],
                "number": unit,
                "score": float(record.scores[row]),
                "means": float(record.probabilities[row]),
                "low": float(record.maps[row].min()),
                "high": float(record.maps[row].max()),
                "sum": float(record.maps[row].sum()),
                "half_share": half_share(record.maps[row]),
                "gap": None if record.gaps is None else float(record.gaps[row]),
            }
            for row, unit in enumerate(record.targets)
        ],
    }


def write_outputs(
    found: Found, inputs: Tensor, network: Network, out: Sequence[Path], *, network_name: str, images: Sequence[str]
) -> list[Path]:
    """Write arrays and pictures; return the files, one picture for each method and image."""
    from striate.runs import write_bytes

    files: dict[Path, bytes] = {}
    for path in out:
        if path.suffix == ".png":
            files |= _pictures(found, inputs, network, path, network_name=network_name, images=images)
        else:
            files[path] = _arrays(found, network.output, path.suffix, network_name=network_name, images=images)
    for path, content in files.items():
        write_bytes(path, content)
    return list(files)


def _pictures(
    found: Found, inputs: Tensor, network: Network, path: Path, *, network_name: str, images: Sequence[str]
) -> dict[Path, bytes]:
    from striate.data import unprepare
    from striate.report.pictures.saliency import attribution_picture

    # A signal is drawn between its own ends, so it need not be cut to 0 … 1.
    stored = (unprepare(inputs, network.preprocessing) if inputs.ndim > 3 else inputs).numpy()
    is_one = sum(len(records) for records in found.values()) == 1
    files = {}
    for name, records in found.items():
        for record in records:
            place = path if is_one else path.with_name(f"{path.stem}-{name}-{record.sample}.png")
            source = f"{network_name}, {Path(images[record.sample]).name}"
            files[place] = attribution_picture(record, stored[record.sample], network.output, source=source)
    return files


def _arrays(found: Found, output: Output, suffix: str, *, network_name: str, images: Sequence[str]) -> bytes:
    """Return maps, scores, probabilities, units and gaps by "method.image.name", and what they are as JSON."""
    import numpy as np

    arrays: dict[str, NDArray[np.generic]] = {}
    said = {"schema": schema.stamp("explain-arrays", SCHEMA_VERSION), "network": network_name, "images": list(images)}
    rows = []
    for name, records in found.items():
        for record in records:
            key = f"{name}.{record.sample}"
            arrays[f"{key}.maps"], arrays[f"{key}.scores"] = record.maps, record.scores
            arrays[f"{key}.probabilities"] = record.probabilities
            arrays[f"{key}.targets"] = np.array(record.targets, dtype=np.int64)
            if record.gaps is not None:
                arrays[f"{key}.gaps"] = record.gaps
            rows.append({"key": key, "classes": [output.names[unit] for unit in record.targets]} | _words(record))
    return array_bytes(arrays, said | {"records": rows}, suffix)


def write_arrays(out: Sequence[Path], arrays: Mapping[str, NDArray[np.generic]], said: Mapping[str, Any]) -> list[Path]:
    """Write arrays by name and what they are to each file, .npz or .safetensors; return the files."""
    from striate.runs import write_bytes

    for path in out:
        write_bytes(path, array_bytes(arrays, said, path.suffix))
    return list(out)


def array_bytes(arrays: Mapping[str, NDArray[np.generic]], said: Mapping[str, Any], suffix: str) -> bytes:
    """Return a file of arrays by name, ".npz" or ".safetensors", with what they are as JSON under "record"."""
    import numpy as np

    text = json.dumps(said, ensure_ascii=False)
    if suffix == ".safetensors":
        from safetensors.numpy import save

        return bytes(save({key: np.ascontiguousarray(one) for key, one in arrays.items()}, metadata={"record": text}))
    buffer = io.BytesIO()
    np.savez_compressed(buffer, record=np.array(text), **arrays)  # type: ignore[arg-type] # its stub takes no names
    return buffer.getvalue()


def _words(record: Attribution) -> dict[str, Any]:
    return {
        "unit": record.unit,
        "layer": record.layer,
        "settings": dict(record.settings),
        "notes": list(record.notes),
    }
