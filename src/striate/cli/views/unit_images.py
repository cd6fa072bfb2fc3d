"""`striate explain unit_images`: images grown until a unit, or a channel's mean, inside a network is high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from striate import schema
from striate.cli.terminal import print_json, print_line
from striate.cli.views import grown
from striate.cli.views.view import Request, refuse
from striate.cli.watch import Watcher
from striate.errors import UsageError
from striate.findings import Finding

if TYPE_CHECKING:
    from striate.explain import ChannelTarget, UnitTarget
    from striate.records import UnitImage

SCHEMA_VERSION = 1
TAKES, SETTINGS = f"--unit; {grown.TAKES}", grown.SETTINGS
_MEAN = ":mean"


def view(request: Request) -> Sequence[Finding]:
    """Print what each unit's image reached; write arrays and sheets."""
    from striate.explain import unit_images
    from striate.explain.growing.unit_images import UNIT_PRIOR
    from striate.nets import load_network
    from striate.report.pictures.grown import SEE, WRONG, unit_lines

    refuse(request, layer=True, classes=True)
    targets = [target_of(text) for text in request.units]
    if not targets:
        raise UsageError("a unit must be named", got="none", hint="Like --unit features.4:12.")
    network = load_network(request.network)
    arguments = grown.asked(request, network, UNIT_PRIOR, with_judge=False)
    with Watcher(quiet=request.json) as events:
        found = unit_images(network, targets, events=events, **arguments)
    written = _write(request, found)
    if request.json:
        print_json(
            {
                "schema": schema.stamp("unit-images", SCHEMA_VERSION),
                "network": request.network,
                "images": [_plain(one) for one in found],
                "written": written,
            }
        )
        return ()
    for one in found:
        print_line(f"{one.name}: {'; '.join(unit_lines(one))}.")
        for note in one.notes:
            print_line(f"  {note}")
    print_line(f"{SEE} {WRONG}")
    for path in written:
        print_line(f"Wrote {path}.")
    return ()


def target_of(text: str) -> UnitTarget | ChannelTarget:
    """Return the target of a text like "features.4:12" or "features.4:mean:12".

    Raises:
        UsageError: It is none.
    """
    from striate.explain import ChannelTarget, UnitTarget

    layer, sign, channel = text.rpartition(":")
    if not sign or not layer.removesuffix(_MEAN) or not channel.isdecimal():
        raise UsageError("--unit must be a layer and a channel", got=text, hint="Like --unit features.4:12.")
    if layer.endswith(_MEAN):
        return ChannelTarget(layer=layer.removesuffix(_MEAN), channel=int(channel))
    return UnitTarget(layer=layer, channel=int(channel))


def _write(request: Request, found: Sequence[UnitImage]) -> list[str]:
    from striate.cli.explain_tables import write_arrays
    from striate.report.pictures.grown import unit_sheet
    from striate.runs import write_bytes

    for path in request.pictures:
        write_bytes(path, unit_sheet(found, source=request.network))
    arrays = {
        f"{row}.{name}": getattr(one, name)
        for row, one in enumerate(found)
        for name in ("image", "plain", "twin")
        if getattr(one, name) is not None
    }
    said = {"schema": schema.stamp("unit-images-arrays", SCHEMA_VERSION), "network": request.network}
    files = [path for path in request.out if path.suffix != ".png"]
    write_arrays(files, arrays, said | {"images": [_plain(one) for one in found]})
    return [str(path) for path in request.out]


def _plain(one: UnitImage) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name not in {"image", "plain", "twin"}}
