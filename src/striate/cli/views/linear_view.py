"""`striate explain linear_view`: how far around an image its gradient can be taken at its word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from striate import schema
from striate.cli.explaining import Setting
from striate.cli.terminal import print_json, print_line
from striate.cli.views.view import Request, refuse
from striate.cli.watch import Watcher
from striate.findings import Finding
from striate.numbers import measure

if TYPE_CHECKING:
    from striate.records import LinearView

SCHEMA_VERSION = 1
TAKES = "images"
SETTINGS: Mapping[str, Setting] = {"tolerance": float, "directions": int, "seed": int}
_JUDGED = (
    "You should see the gradient hold for some steps above zero. Something is wrong if it holds at none: then the "
    "gradient says nothing of the neighbourhood of this image."
)


def view(request: Request) -> Sequence[Finding]:
    """Print, for each image and class, the largest step up to which the gradient foretells the score."""
    from striate.cli.explain_inputs import inputs_of, targets_of
    from striate.cli.explain_tables import tell_random, write_arrays
    from striate.explain import linear_view
    from striate.nets import load_network

    refuse(request, layer=True, pictures=True)
    settings = request.read(SETTINGS)
    network = load_network(request.network)
    with Watcher(quiet=request.json) as events:
        inputs, entered = inputs_of(request.images, network)
        targets = targets_of(request.classes, network.output, len(request.images))
        found = linear_view(network, inputs, targets, events=events, **settings)
    written = write_arrays(
        request.out,
        {f"{row}.{name}": getattr(one, name) for row, one in enumerate(found) for name in _ARRAYS},
        {"schema": schema.stamp("linear-view-arrays", SCHEMA_VERSION), "records": [_plain(one) for one in found]},
    )
    if request.json:
        print_json(
            {
                "schema": schema.stamp("linear-view", SCHEMA_VERSION),
                "network": request.network,
                "images": list(request.images),
                "records": [_plain(one) | {"class": network.output.names[one.target]} for one in found],
                "entered": list(entered),
                "written": [str(path) for path in written],
            }
        )
        return ()
    tell_random(network)
    for note in entered:
        print_line(note)
    for one in found:
        print_line(f"{request.images[one.sample]}, {network.output.names[one.target]}: {_told(one)}.")
        for note in one.notes:
            print_line(f"  {note}")
    print_line(_JUDGED)
    for path in written:
        print_line(f"Wrote {path}.")
    return ()


_ARRAYS = ("steps", "along_gradient", "along_random")


def _told(one: LinearView) -> str:
    up, aside = _step(one.holds_gradient), _step(one.holds_random)
    return f"the gradient foretells the score within {one.tolerance:.0%} {up} uphill, and {aside} in random directions"


def _step(size: float) -> str:
    if size == 0:
        return "at no step"
    return "at every step" if size == float("inf") else f"up to {measure(size, 2)} of the input's unit"


def _plain(one: LinearView) -> dict[str, object]:
    return {
        "sample": one.sample,
        "number": one.target,
        "tolerance": one.tolerance,
        "holds_gradient": None if one.holds_gradient == float("inf") else one.holds_gradient,
        "holds_random": None if one.holds_random == float("inf") else one.holds_random,
        "notes": list(one.notes),
    }
