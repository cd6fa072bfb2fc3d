"""`striate explain`: what in an image the scores depend on, by one method or by several held against each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.terminal import end_with, print_json, print_line
from striate.cli.watch import Watcher
from striate.errors import InputError, UsageError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from striate.nets import Network
    from striate.records import Output

_SUFFIXES = (".npz", ".safetensors", ".png")
_ALL = "all"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate explain grad_cam runs/a photo.jpg --class cat --out cat.png")(explain)


def explain(
    method: Annotated[str, typer.Argument(help="occlusion, gradient, grad_cam, …; several with commas are compared.")],
    network: Annotated[str, typer.Argument(help="A run folder, or any network reference.")],
    images: Annotated[list[str], typer.Argument(help="Image files, data:index like digits:17, or .npy with an input.")],
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", help="Class by name or number, or all; may be given again; the answer if left out."),
    ] = None,
    layer: Annotated[str, typer.Option(help="Layer of cam and grad_cam; the last map if left out.")] = "",
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting of the method, like samples=50; may be given again.")
    ] = None,
    out: Annotated[
        list[Path] | None, typer.Option(help="Write maps to .npz or .safetensors, or pictures to .png; several times.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Draw all weights anew: does the map change?")
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say which parts of an image a network's scores depend on, and whether the picture can be believed.

    Ends with 1 if a map hardly changes when all weights are drawn anew.
    """
    from striate.cli.explain_tables import document, show, write_outputs
    from striate.cli.explaining import check_settings, chosen, settings_for

    for path in out or ():
        if path.suffix not in _SUFFIXES:
            raise UsageError("--out must end with .npz, .safetensors or .png", got=str(path))
    methods = chosen(method)
    check_settings(methods, settings or (), layer)
    from striate.cli.explain_trust import trust_of
    from striate.explain import agreed
    from striate.nets import load_network

    loaded = load_network(network)
    with Watcher(quiet=json) as events:
        inputs = _inputs(images, loaded)
        targets = _targets(classes or (), loaded.output, len(images))
        found = {
            one.name: one.run(loaded, inputs, targets, events=events, **settings_for(one, settings or (), layer))
            for one in methods
        }
        trusts = {
            one.name: trust_of(one, loaded, inputs, found[one.name], settings_for(one, settings or (), layer), events)
            for one in methods
            if check and one.is_checked
        }
    agreements = agreed(found, tuple(inputs.shape[2:])) if len(methods) > 1 else ()
    written = write_outputs(found, inputs, loaded, out or (), network_name=network, images=images)
    if json:
        print_json(document(found, trusts, agreements, loaded.output, network=network, images=images, written=written))
    else:
        show(found, trusts, agreements, loaded, images=images)
        for path in written:
            print_line(f"Wrote {path}.")
    end_with([finding for trust in trusts.values() for finding in trust.findings])


def _inputs(images: Sequence[str], network: Network) -> Tensor:
    import torch

    from striate.data import read_input

    return torch.stack([read_input(image, network.preprocessing) for image in images])


def _targets(classes: Sequence[str], output: Output, count: int) -> Tensor | None:
    import torch

    if not classes:
        return None
    if _ALL in classes and _ALL not in output.names:
        units = list(range(output.count))
    else:
        units = [_unit(word, output) for word in classes]
    return torch.tensor([units] * count)


def _unit(word: str, output: Output) -> int:
    if output.names.count(word) > 1:
        raise InputError(
            "a class must be named unmistakably",
            got=word,
            where="--class",
            hint="Several have that name: say its number.",
        )
    if word in output.names:
        return output.names.index(word)
    if word.isdecimal() and int(word) < output.count:
        return int(word)
    raise unknown_name("class", word, list(output.names), where="--class")
