"""`striate explain invariance`: what each layer ignores, and which answers change with the image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from striate import schema
from striate.cli.explaining import Setting
from striate.cli.tables import show_findings
from striate.cli.terminal import print_json, print_line
from striate.cli.views.view import Request, refuse
from striate.cli.watch import Watcher
from striate.errors import UsageError
from striate.findings import Finding
from striate.numbers import measure, percent, plural

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from striate.data import Dataset
    from striate.events import Events
    from striate.nets import Network
    from striate.records import Invariance, Stability

SCHEMA_VERSION = 1
TAKES = "one data set, or two images"
SETTINGS: Mapping[str, Setting] = {"images": int}
_IMAGES = 100
_JUDGED = (
    "You should see distances fall with depth for what should not matter. Something is wrong if the last layers move farther "
    "than the pixels do, or answers change with one pixel."
)


def view(request: Request) -> Sequence[Finding]:
    """Print the distances layer by layer; with data, also the answers that change, and judge them."""
    from striate.cli.explain_tables import tell_random, write_arrays
    from striate.explain import invariance
    from striate.lint import lint
    from striate.nets import load_network
    from striate.records import Evidence

    refuse(request, layer=True, classes=True, pictures=True)
    settings = {"images": _IMAGES} | request.read(SETTINGS)
    if settings["images"] < 2:
        raise UsageError("--set images must be 2 or more", got=str(settings["images"]))
    network = load_network(request.network)
    with Watcher(quiet=request.json) as events:
        inputs, truth, answers, entered = _looked_at(request, network, settings["images"], events)
        layers = invariance(network, inputs, truth, events=events)
    report = lint(Evidence(stability=answers), select=["INV"])
    findings = report.findings
    written = write_arrays(request.out, _arrays(layers), {"schema": _stamp("arrays"), "changes": list(layers.changes)})
    if request.json:
        print_json(
            {
                "schema": _stamp(),
                "network": request.network,
                "images": list(request.images),
                "invariance": asdict(layers),
                "stability": None if answers is None else asdict(answers),
                "findings": [finding.row() for finding in findings],
                "entered": list(entered),
                "written": [str(path) for path in written],
            }
        )
        return findings
    tell_random(network)
    for note in entered:
        print_line(note)
    _show(layers, answers)
    if findings:
        show_findings(findings, checked=len(report.silent))
    for path in written:
        print_line(f"Wrote {path}.")
    return findings


def _stamp(part: str = "") -> str:
    return schema.stamp("invariance" + (f"-{part}" if part else ""), SCHEMA_VERSION)


def _looked_at(
    request: Request, network: Network, most: int, events: Events
) -> tuple[Tensor, Tensor | None, Stability | None, tuple[str, ...]]:
    """Return the images, their classes and what changes do to the answers (of data only), and how named images entered."""
    from striate.cli.explain_inputs import inputs_of
    from striate.data import batches
    from striate.explain import stability

    dataset = _dataset(request, network, events)
    if dataset is None:
        if len(request.images) < 2:
            got = request.images[0] if request.images else "none"
            raise UsageError("invariance must be measured on data, or on two images at least", got=got)
        inputs, entered = inputs_of(request.images, network)
        return inputs, None, None, entered
    from striate.report.held_out import run_of, training_of

    samples = training_of(run_of(request.network), dataset)[1].test
    number = min(most, len(samples))
    chosen = tuple(samples[place * len(samples) // number] for place in range(number))
    [batch] = batches(dataset, chosen, network.preprocessing, batch_size=len(chosen))
    is_classes = network.output.kind == "classes" and dataset.output.kind == "classes"
    if not is_classes or network.output.count != dataset.output.count:
        return batch.images, batch.targets if dataset.output.kind == "classes" else None, None, ()
    return batch.images, batch.targets, stability(network, dataset, chosen, events=events), ()


def _dataset(request: Request, network: Network, events: Events) -> Dataset | None:
    """Return the data set that the only word names; None where images are named."""
    from pathlib import Path

    from striate.data import ReadAs, load_data
    from striate.data.load import BUILT_IN

    if len(request.images) != 1:
        return None
    [word] = request.images
    if word not in BUILT_IN and not Path(word).is_dir() and Path(word).suffix.lower() not in {".csv", ".parquet"}:
        return None
    return load_data(word, read_as=ReadAs(axes=network.preprocessing.stored_axes), events=events)


def _arrays(layers: Invariance) -> dict[str, NDArray[np.float32]]:
    import numpy as np

    absent = float("nan")
    found: dict[str, NDArray[np.float32]] = {}
    for row in layers.layers:
        moved = [absent if value is None else value for value in row.moved]
        found[f"{row.layer}.distance"] = np.array(row.distance, np.float32)
        found[f"{row.layer}.cosine"] = np.array(row.cosine, np.float32)
        found[f"{row.layer}.moved"] = np.array(moved, np.float32)
    return found


def _show(layers: Invariance, answers: Stability | None) -> None:
    print_line(
        f"Distance of features to those of the image as it is, {plural(layers.images, 'image')}: 0 the same, 1 another one."
    )
    for place, change in enumerate(layers.changes):
        told = ", ".join(f"{row.layer} {measure(row.distance[place], 2)}" for row in layers.layers)
        print_line(f"  {change}: {told}")
        held = [row for row in layers.layers if row.moved[place] is not None and row.layer != "pixels"]
        if held:
            told = ", ".join(
                f"{row.layer} {measure(row.moved[place] or 0.0, 2)}{' (between places)' if row.is_interpolated[place] else ''}"
                for row in held
            )
            print_line(f"    with the map moved along: {told}")
    if answers is not None and answers.accuracy is not None:
        print_line(f"Answers, {percent(answers.accuracy)} right as the images are:")
        for row in answers.rows:
            low, high = row.interval
            print_line(
                f"  {row.change}: {percent(row.mean_changed)} change; in some direction those of {row.changed} of "
                f"{plural(row.images, 'image')} (95 % interval {percent(low)} to {percent(high)}); the probability moves by "
                f"{measure(row.probability_shift, 2)}"
            )
    print_line(_JUDGED)
