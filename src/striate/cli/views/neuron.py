"""`striate explain neuron`: what one unit at one place is made of, as a table that adds up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from striate import schema
from striate.cli.explaining import Setting
from striate.cli.terminal import print_json, print_line
from striate.cli.views.view import Request, refuse
from striate.errors import InputError, UsageError
from striate.findings import Finding
from striate.numbers import measure

if TYPE_CHECKING:
    from striate.nets import Network
    from striate.records import Neuron

SCHEMA_VERSION = 1
TAKES = "one image, --layer"
SETTINGS: Mapping[str, Setting] = {"channel": int, "at": str, "by": str, "top": int}
_JUDGED = (
    "You should see the rows add up to the sum, and the sum to be what the network computed. Something is wrong if they "
    "differ: then this layer does not do what its formula says."
)


def view(request: Request) -> Sequence[Finding]:
    """Print what a unit reads of one image, part by part, and what that adds up to."""
    from striate.cli.explain_inputs import inputs_of, targets_of
    from striate.cli.explain_tables import tell_random
    from striate.explain import neuron
    from striate.nets import load_network

    refuse(request, out=True, units=True)
    if not request.layer:
        raise UsageError("neuron must come with a layer", got="none", hint="Like --layer conv2.")
    if len(request.images) != 1:
        raise UsageError("neuron must come with one image", got=len(request.images))
    if len(request.classes) > 1:
        raise UsageError("neuron must come with one class at most", got=request.classes[1])
    settings = request.read(SETTINGS)
    if "channel" not in settings:
        raise UsageError("neuron must come with a channel", got="none", hint="Like --set channel=3 --set at=4,5.")
    settings["at"] = _place(settings.get("at", ""))
    network = load_network(request.network)
    targets = targets_of(request.classes, network.output, 1)
    about = None if targets is None else int(targets.flatten()[0])
    inputs, entered = inputs_of(request.images, network)
    found = neuron(network, inputs[0], layer=request.layer, about=about, **settings)
    if request.json:
        print_json(
            {
                "schema": schema.stamp("neuron", SCHEMA_VERSION),
                "network": request.network,
                "image": request.images[0],
                "entered": list(entered),
                "record": asdict(found),
            }
        )
        return ()
    tell_random(network)
    for line in entered:
        print_line(line)
    _show(found, network, request.images[0])
    return ()


def _place(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise InputError("a place must be whole numbers with commas between", got=text, where="--set at") from None


def _show(found: Neuron, network: Network, image: str) -> None:
    place = f" at {', '.join(map(str, found.at))}" if found.at else ""
    print_line(f"Channel {found.channel} of {found.layer}{place}, for {image}: {measure(found.value)}")
    if found.did:
        print_line(f"  {measure(found.before)} {found.did}")
    print_line(f"  {found.formula}.")
    if found.absent:
        print_line(f"  {found.absent}")
    if found.kind != "other":
        for name, adds, beside in _rows(found, network):
            print_line(f"  {name:<32}{adds:>12}{beside}")
        same = "as" if found.adds_up else "but not as"
        print_line(f"The sum is {same} the network computed it: {measure(found.before, 6)}.")
        print_line(_JUDGED)


def _rows(found: Neuron, network: Network) -> list[tuple[str, str, str]]:
    """Return name, what it adds, and what is said beside it."""
    name = network.output.names[found.about]
    rows = [
        (
            f"{part.layer}, channel {part.channel}",
            measure(part.number, signed=True),
            f"   weights {measure(part.strength)}   gradient of {name} {measure(part.gradient, signed=True)}",
        )
        for part in found.parts
    ]
    if found.others:
        rows.append((f"{found.others} others", measure(found.others_number, signed=True), ""))
    rows.append(("bias", measure(found.bias, signed=True), ""))
    rows.append(("sum", measure(found.total, signed=True), ""))
    return rows
