"""`striate explain feature_occlusion`: which channels of a layer the answer rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from striate import schema
from striate.cli.explaining import Setting
from striate.cli.terminal import console, print_json, print_line
from striate.cli.views.view import Request, refuse
from striate.cli.watch import Watcher
from striate.findings import Finding
from striate.numbers import measure, plural, probability

if TYPE_CHECKING:
    from torch import Tensor

    from striate.nets import Network
    from striate.records import FeatureOcclusion, Output

SCHEMA_VERSION = 1
TAKES = "images, --layer"
SETTINGS: Mapping[str, Setting] = {"fill": str, "data": str}
_ARRAYS = ("channels", "instead", "removed", "clean", "grid")
# Channels in the table; images of the data over which means are taken.
_SHOWN, _REFERENCES = 12, 256
_JUDGED = (
    "You should see the answer fall without a few of the channels, most of all without those that look for its parts. "
    "Something is wrong if one channel alone decides, or if none matters though the image does: then see how many are silent."
)


def view(request: Request) -> Sequence[Finding]:
    """Print, for each image, the channels whose absence changes the asked class most; write all of them if asked."""
    from striate.cli.explain_inputs import inputs_of, units_of
    from striate.cli.explain_tables import write_arrays
    from striate.explain import feature_occlusion
    from striate.nets import load_network

    refuse(request, pictures=True)
    settings = request.read(SETTINGS)
    network = load_network(request.network)
    with Watcher(quiet=request.json) as events:
        inputs, entered = inputs_of(request.images, network)
        units = units_of(request.classes, network.output)
        found = feature_occlusion(
            network,
            inputs,
            layer=request.layer,
            fill=settings.get("fill", "zero").replace("_", " "),
            reference=_reference(settings.get("data"), network),
            events=events,
        )
    written = write_arrays(
        request.out,
        {f"{row}.{name}": getattr(one, name) for row, one in enumerate(found) for name in _ARRAYS},
        {
            "schema": schema.stamp("feature-occlusion-arrays", SCHEMA_VERSION),
            "layer": found[0].layer,
            "tap": found[0].tap,
        },
    )
    if request.json:
        print_json(
            {
                "schema": schema.stamp("feature-occlusion", SCHEMA_VERSION),
                "network": request.network,
                "images": list(request.images),
                "records": [_plain(one, units, network.output) for one in found],
                "entered": list(entered),
                "written": [str(path) for path in written],
            }
        )
        return ()
    for note in entered:
        print_line(note)
    for image, one in zip(request.images, found, strict=True):
        for unit in units or [int(one.clean.argmax())]:
            _show(image, one, unit, network.output)
    print_line(_JUDGED)
    for path in written:
        print_line(f"Wrote {path}.")
    return ()


def strongest(one: FeatureOcclusion, unit: int) -> list[int]:
    """Return the rows of a record by how much an output changes without their channel, largest first."""
    change = abs(one.changes[:, unit])
    return [int(row) for row in (-change).argsort(kind="stable")]


def _reference(data: str | None, network: Network) -> Tensor | None:
    """Return up to 256 images, evenly spread over a data set; None if none was named."""
    import torch

    from striate.data import ReadAs, batches, load_data

    if data is None:
        return None
    dataset = load_data(data, read_as=ReadAs(axes=network.preprocessing.stored_axes))
    chosen = tuple(range(0, len(dataset), max(1, -(-len(dataset) // _REFERENCES))))
    return torch.cat([batch.images for batch in batches(dataset, chosen, network.preprocessing, batch_size=32)])


def _show(image: str, one: FeatureOcclusion, unit: int, output: Output) -> None:
    from rich.table import Table

    tell = measure if output.kind == "values" else probability
    silent = int((one.removed == 0).sum())
    flips = int((one.winners != one.clean.argmax()).sum()) if output.kind == "classes" else 0
    print_line(
        f"{image}, {output.names[unit]} {tell(float(one.clean[unit]))}: {plural(len(one.channels), 'channel')} of {one.layer} "
        f"({one.tap}), each replaced by {one.fill}; {silent} silent here"
        + (f"; {flips} change the answer." if output.kind == "classes" else ".")
    )
    if one.reason:
        print_line(f"  Ways past the layer were computed anew: {one.reason}.")
    table = Table(box=None, pad_edge=False)
    heads = ("channel", "without it", "change", *(("answer then",) if output.kind == "classes" else ()), "taken away")
    for head in heads:
        table.add_column(head, justify="left" if head == "answer then" else "right")
    for row in strongest(one, unit)[:_SHOWN]:
        then = (output.names[int(one.winners[row])],) if output.kind == "classes" else ()
        table.add_row(
            str(int(one.channels[row])), tell(float(one.grid[row, unit])), measure(float(one.changes[row, unit]), signed=True),
            *then, measure(float(one.removed[row])),
        )  # fmt: skip
    console().print(table)
    if len(one.channels) > _SHOWN:
        print_line(f"  … and {len(one.channels) - _SHOWN} that change it less; --out keeps them all.")


def _plain(one: FeatureOcclusion, units: list[int], output: Output) -> dict[str, Any]:
    return {
        "sample": one.sample,
        "layer": one.layer,
        "tap": one.tap,
        "fill": one.fill,
        "reason": one.reason,
        "classes": [
            {
                "class": output.names[unit],
                "number": unit,
                "clean": float(one.clean[unit]),
                "channels": [
                    {
                        "channel": int(one.channels[row]),
                        "without": float(one.grid[row, unit]),
                        "change": float(one.changes[row, unit]),
                        "winner": int(one.winners[row]),
                        "removed": float(one.removed[row]),
                    }
                    for row in strongest(one, unit)
                ],
            }
            for unit in (units or [int(one.clean.argmax())])
        ],
    }
