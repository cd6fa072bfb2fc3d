"""`striate explain`: what in an image the scores depend on, by one method or by several held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from striate.cli.terminal import end_with, print_json, print_line
from striate.cli.watch import Watcher
from striate.errors import UsageError

_SUFFIXES = (".npz", ".safetensors", ".png")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate explain grad_cam runs/a photo.jpg --class cat --out cat.png")(explain)


def _list(asked: bool) -> bool:
    if asked:
        from striate.cli.explain_list import show_list

        show_list()
        raise typer.Exit
    return asked


def explain(
    method: Annotated[
        str,
        typer.Argument(
            help="occlusion, gradient, grad_cam, …, several with commas are compared; or weights, shortcuts, class_images, …: "
            "--list shows them all."
        ),
    ],
    network: Annotated[str, typer.Argument(help="A run folder, or any network reference.")],
    images: Annotated[
        list[str] | None,
        typer.Argument(
            help="Image files, data:index like digits:17, or .npy with an input; of some methods a data set, or nothing."
        ),
    ] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", help="Class by name or number, or all; may be given again; the answer if left out."),
    ] = None,
    layer: Annotated[
        str,
        typer.Option(
            help="Layer of cam and grad_cam, the last map if left out; of weights, neuron, feature_occlusion, activation_maps."
        ),
    ] = "",
    units: Annotated[
        list[str] | None,
        typer.Option("--unit", help="Unit of unit_images, like features.4:12; features.4:mean:12 for its map's mean."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting of the method, like samples=50; --list names them; may be given again."),
    ] = None,
    out: Annotated[
        list[Path] | None, typer.Option(help="Write maps to .npz or .safetensors, or pictures to .png; several times.")
    ] = None,
    masks: Annotated[
        list[str] | None, typer.Option("--mask", help="Mask image of each image's object: does the map lie on it?")
    ] = None,
    boxes: Annotated[
        list[str] | None, typer.Option("--box", help="The same as a box, x0,y0,x1,y1 in pixels of the image.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Of attributions: draw all weights anew, does the map change?")
    ] = True,
    is_list: Annotated[
        bool,
        typer.Option("--list", callback=_list, is_eager=True, help="Show every method: what it takes and can be set."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what a network's answers depend on, what it learned, and whether the picture can be believed.

    Ends with 1 if a rule of the method finds a warning. Of attributions: a map that hardly changes when all weights are drawn
    anew; occlusion is not asked.
    """
    del is_list
    from striate.cli.views import VIEWS, Request, view_of

    for path in out or ():
        if path.suffix not in _SUFFIXES:
            raise UsageError("--out must end with .npz, .safetensors or .png", got=str(path))
    name = method.strip().replace("-", "_")
    if name in VIEWS:
        if masks or boxes:
            raise UsageError(f"{name} must come without --mask and --box", got=str((masks or boxes or [""])[0]))
        if units and name != "unit_images":
            raise UsageError(f"{name} must come without --unit", got=units[0])
        request = Request(
            method=name,
            network=network,
            images=tuple(images or ()),
            classes=tuple(classes or ()),
            layer=layer,
            settings=tuple(settings or ()),
            out=tuple(out or ()),
            units=tuple(units or ()),
            json=json,
        )
        end_with(view_of(name)(request))
        return
    if units:
        raise UsageError("--unit must come with unit_images", got=name)
    _attribute(
        method,
        network,
        images or (),
        classes or (),
        layer,
        settings or (),
        out or (),
        objects=(tuple(masks or ()), tuple(boxes or ())),
        check=check,
        json=json,
    )


def _attribute(
    method: str,
    network: str,
    images: Sequence[str],
    classes: Sequence[str],
    layer: str,
    settings: Sequence[str],
    out: Sequence[Path],
    *,
    objects: tuple[Sequence[str], Sequence[str]],
    check: bool,
    json: bool,
) -> None:
    """Run attributions, one or several; print and write them."""
    from striate.cli.explain_inputs import inputs_of, targets_of
    from striate.cli.explain_tables import document, show, write_outputs
    from striate.cli.explaining import check_settings, chosen, settings_for

    methods = chosen(method)
    check_settings(methods, settings, layer)
    from striate.cli.explain_objects import objects_given, on_given, plain_on_given, show_on_given
    from striate.cli.explain_trust import trust_of
    from striate.explain import agreed
    from striate.lint import lint
    from striate.nets import load_network
    from striate.nets.references import is_untrained
    from striate.records import Evidence

    loaded = load_network(network)
    with Watcher(quiet=json) as events:
        inputs, entered = inputs_of(images, loaded)
        masked = objects_given(*objects, images, loaded)
        targets = targets_of(classes, loaded.output, len(images))
        found = {
            one.name: one.run(loaded, inputs, targets, events=events, **settings_for(one, settings, layer))
            for one in methods
        }
        trusts = {
            one.name: trust_of(one, loaded, inputs, found[one.name], settings_for(one, settings, layer), events)
            for one in methods
            if check and one.is_checked
        }
    agreements = agreed(found, tuple(inputs.shape[2:])) if len(methods) > 1 else ()
    written = write_outputs(found, inputs, loaded, out, network_name=network, images=images)
    lying = on_given(found, masked, images)
    blind = {name: lint(Evidence(trusts=(one.trust,)), select=["SAL002"]).findings for name, one in trusts.items()}
    if json:
        told = document(
            found,
            trusts,
            agreements,
            loaded.output,
            network=network,
            images=images,
            is_random=is_untrained(loaded),
            blind=blind,
            written=written,
        )
        told["entered"] = list(entered)
        print_json(told | ({"on_object": plain_on_given(lying, loaded.output)} if lying else {}))
    else:
        for note in entered:
            print_line(note)
        show(found, trusts, agreements, loaded, images=images, blind=blind)
        show_on_given(lying, loaded.output)
        for path in written:
            print_line(f"Wrote {path}.")
    end_with([finding for findings in blind.values() for finding in findings])
