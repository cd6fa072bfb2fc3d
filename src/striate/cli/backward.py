"""`striate backward`: the gradient of one score at every layer, and where that of a unit came from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from striate.cli.terminal import end_with, print_json, print_line
from striate.cli.watch import Watcher
from striate.errors import InputError, UsageError

if TYPE_CHECKING:
    from torch import Tensor

    from striate.nets import Network
    from striate.records import UnitAt

Mode = Literal["eval", "train"]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate backward runs/a digits:17 --layer conv2 --page backward.html")(backward)


def backward(
    network: Annotated[str, typer.Argument(help="A run folder, or any network reference.")],
    image: Annotated[str, typer.Argument(help="An image file, data:index like digits:17, or .npy with an input.")],
    target: Annotated[
        str, typer.Option(help="Class by name or number, or layer/unit, or layer/unit/y,x; the answer if left out.")
    ] = "",
    layer: Annotated[str, typer.Option(help="Layer of which one unit's gradient is taken apart.")] = "",
    unit: Annotated[int | None, typer.Option(help="Its unit; the one with the largest gradient if left out.")] = None,
    at: Annotated[str, typer.Option(help="Place on its map, like 3,4; that of the largest if left out.")] = "",
    mode: Annotated[Mode, typer.Option(help="eval, or train for statistics of the image and for dropout.")] = "eval",
    page: Annotated[Path | None, typer.Option(help="Write every layer with its law as one HTML page.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show how large the gradient of one score is at every layer, last to first, and by which law it was handed on.

    Ends with 1 if there is a warning or an error: a gradient that vanishes, explodes or stops.
    """
    if not layer and (unit is not None or at):
        raise UsageError("--unit and --at must come with --layer", got="no --layer")
    from striate.data import read_noted
    from striate.explain import backward as look_backward
    from striate.lint import lint
    from striate.nets import load_network
    from striate.records import Evidence, UnitAt

    found = load_network(network)
    with Watcher(quiet=json) as events:
        read, note = read_noted(image, found.preprocessing, events=events)
        inputs = read[None]
        chosen = (UnitAt(layer=layer, unit=unit, at=_place(at)),) if layer else ()
        goal = _target(target, found, inputs)
        is_all = page is not None and not layer
        [record] = look_backward(
            found, inputs, goal, look_at="all" if is_all else chosen, mode=mode, keep=page is not None, events=events
        )
    judged = lint(Evidence(backward=record))
    if json:
        from striate.cli.backward_tables import document

        print_json(document(record, judged.findings, network=network, image=image) | {"entered": note})
    else:
        from striate.cli.backward_tables import show_backward
        from striate.cli.tables import show_findings

        if note:
            print_line(f"{image} entered as {note}.")
        show_backward(record, found.output)
        show_findings(judged.findings, checked=len(judged.silent))
    if page is not None:
        from striate.report.backward.page import write_backward_page

        write_backward_page(record, found, inputs, judged, page, name=network, shown=image)
        if not json:
            print_line(f"Wrote {page}.")
    end_with(judged.findings)


def _target(text: str, network: Network, inputs: Tensor) -> UnitAt:
    from striate.explain import answer_of
    from striate.records import UnitAt

    if not text:
        return UnitAt(unit=answer_of(network, inputs)[0])
    if text in network.output.names:
        return UnitAt(unit=network.output.names.index(text))
    if text.isdecimal():
        return UnitAt(unit=int(text))
    layer, _, rest = text.partition("/")
    unit, _, place = rest.partition("/")
    if not unit.isdecimal():
        names = ", ".join(network.output.names[:5])
        raise InputError(
            "a target must be a class, or a layer and its unit",
            got=text,
            where="--target",
            hint=f"Like {names} …, conv2/5 or conv2/5/3,4.",
        )
    return UnitAt(layer=layer, unit=int(unit), at=_place(place))


def _place(text: str) -> tuple[int, ...] | None:
    if not text:
        return None
    if not re.fullmatch(r"\d+(,\d+)*", text):
        raise InputError("a place must be numbers with commas between them", got=text, hint="Like 3,4: row, column.")
    return tuple(int(part) for part in text.split(","))
