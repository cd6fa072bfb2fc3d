"""`striate explain activation_maps`: which channels of a layer answer to an image, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate import schema
from striate.cli.explaining import Setting
from striate.cli.terminal import print_json, print_line
from striate.cli.views.view import Request
from striate.cli.watch import Watcher
from striate.errors import UsageError
from striate.findings import Finding
from striate.numbers import measure, percent

if TYPE_CHECKING:
    from striate.nets import Network
    from striate.records import ChannelMaps

SCHEMA_VERSION = 1
TAKES = "images, --layer"
SETTINGS: Mapping[str, Setting] = {"sort": str, "scale": str}
_MOST_LINES = 8


def view(request: Request) -> Sequence[Finding]:
    """Print the first channels of a layer for each image, and write them all as pictures or arrays."""
    from striate.cli.explain_inputs import inputs_of, targets_of
    from striate.cli.explain_tables import write_arrays
    from striate.explain import activation_maps
    from striate.nets import load_network

    if not request.layer:
        raise UsageError("activation_maps must come with a layer", got="none", hint="Like --layer conv2.")
    if len(request.classes) > 1:
        raise UsageError("activation_maps must come with one class at most", got=request.classes[1])
    settings = request.read(SETTINGS)
    network = load_network(request.network)
    with Watcher(quiet=request.json) as events:
        inputs, entered = inputs_of(request.images, network)
        names = request.images
        if settings.get("sort") == "similarity":
            if len(names) < 2:
                raise UsageError(
                    "sort=similarity must come with two images", got=len(names), hint="The last is compared with."
                )
            settings["other"], inputs, names = inputs[-1], inputs[:-1], names[:-1]
        targets = targets_of(request.classes, network.output, len(names))
        found = activation_maps(network, inputs, targets, layer=request.layer, events=events, **settings)
    others = [path for path in request.out if path not in request.pictures]
    written = write_arrays(
        others,
        {f"{one.sample}.{name}": getattr(one, name) for one in found for name in _ARRAYS},
        {"schema": schema.stamp("activation-maps-arrays", SCHEMA_VERSION), "records": [_plain(one) for one in found]},
    )
    written += _pictures(request, network, found, names)
    if request.json:
        print_json(
            {
                "schema": schema.stamp("activation-maps", SCHEMA_VERSION),
                "network": request.network,
                "images": list(names),
                "records": [_plain(one) for one in found],
                "entered": list(entered),
                "written": [str(path) for path in written],
            }
        )
        return ()
    for note in entered:
        print_line(note)
    for image, one in zip(names, found, strict=True):
        _show(image, one, network)
    print_line(
        "No rule judges the maps of one image; striate inspect judges units over data: which are dead, or always on."
    )
    for path in written:
        print_line(f"Wrote {path}.")
    return ()


_ARRAYS = ("maps", "values", "limits", "thresholds", "active_share")


def _pictures(request: Request, network: Network, found: Sequence[ChannelMaps], names: Sequence[str]) -> list[Path]:
    """Write a picture an image; of several, the later ones under the name with their number."""
    from striate.report.pictures.channels import channels_picture
    from striate.runs import write_bytes

    written = []
    for path in request.pictures:
        for one, image in zip(found, names, strict=True):
            own = path if len(found) == 1 else path.with_name(f"{path.stem}-{one.sample}{path.suffix}")
            source = f"{image}, {request.network}"
            write_bytes(own, channels_picture(one, target=_target(one, network), source=source))
            written.append(own)
    return written


def _target(one: ChannelMaps, network: Network) -> str:
    return "" if one.target is None else network.output.names[one.target]


def _show(image: str, one: ChannelMaps, network: Network) -> None:
    from striate.report.pictures.channels import JUDGED, said_order

    print_line(f"{one.layer} for {image}, {said_order(one, _target(one, network))}:")
    for row, channel in enumerate(one.channels[:_MOST_LINES]):
        by = "" if one.sort == "channel" else f"{measure(float(one.values[row]), signed=True)}; "
        print_line(f"  channel {channel}: {by}{percent(float(one.active_share[row]))} of its places active")
    if len(one.channels) > _MOST_LINES:
        print_line(f"  … and {len(one.channels) - _MOST_LINES} more; --out keeps them all.")
    print_line(
        f"The answer is spread over {measure(one.effective_channels)} of {len(one.channels)} channels; "
        f"{percent(float(one.active_share.mean()))} of all places are active: {one.definition}."
    )
    for sentence in (*one.notes, *JUDGED):
        print_line(sentence)


def _plain(one: ChannelMaps) -> dict[str, Any]:
    return {
        "layer": one.layer,
        "op": one.op,
        "sample": one.sample,
        "sort": one.sort,
        "scale": one.scale,
        "channels": list(one.channels),
        "values": [float(value) for value in one.values],
        "active_share": [float(share) for share in one.active_share],
        "definition": one.definition,
        "effective_channels": one.effective_channels,
        "target": one.target,
        "notes": list(one.notes),
    }
