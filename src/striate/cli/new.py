"""`striate new`: write a blueprint file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from striate.cli.terminal import print_json, print_line, size_option

if TYPE_CHECKING:
    from striate.blueprint import Blueprint

Output = Literal["classes", "labels", "values"]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog='Example: striate new net.yaml --text "input 1x28x28; (conv 3x3 16, batchnorm, relu) x2; maxpool 2; '
        'fc 64, relu; classes 10"'
    )(new)


def new(
    file: Annotated[Path, typer.Argument(help="The .yaml file to write; .py writes PyTorch source instead.")],
    text: Annotated[str, typer.Option(help="The network in one line; a small one for digits if not given.")] = "",
    from_: Annotated[
        str,
        typer.Option(
            "--from",
            help="What to begin with: a file, known:resnet50 (see striate known), or any network to import, timm:resnet50.",
        ),
    ] = "",
    input_: Annotated[
        str, typer.Option("--input", help="Input size of a network to import: 3x224x224; its own if left out.")
    ] = "",
    output: Annotated[
        Output, typer.Option(help="What the outputs of a network to import are: classes, labels or values.")
    ] = "classes",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Choice made or setting changed: w=48, conv2.kernel=5. May be repeated."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write a blueprint, from one line of text or to start with, as a YAML file to edit."""
    from striate.blueprint import is_blueprint, values_from
    from striate.errors import InputError, UsageError
    from striate.runs import write_text

    if file.exists() and not force:
        raise InputError("the file must not be there yet", got=str(file), hint="Add --force to write over it.")
    if file.suffix not in {".yaml", ".yml", ".py"}:
        raise InputError("the file must end in .yaml or .py", got=str(file))
    if text and from_:
        raise UsageError("one beginning must be given", got="--text and --from")
    is_import = bool(from_) and not is_blueprint(from_)
    if (input_ or output != "classes") and not is_import:
        raise UsageError(
            "--input and --output must come with a network to import",
            got=f"--from {from_}" if from_ else "none",
            hint="A blueprint says both itself.",
        )
    plan = _imported(from_, input_, output) if is_import else _written(from_, text)
    plan = plan.chosen(values_from(plan, set_ or (), where="--set"))
    open_choices = plan.choices()
    count = 0 if open_choices else len(plan.graph())
    write_text(file, plan.to_source() if file.suffix == ".py" else plan.to_yaml())
    if json:
        print_json(
            {"file": str(file), "text": plan.to_text(), "ops": count, "open": sorted(open_choices)}
            | ({"imported": from_, "tables_equal": True, "weights": False} if is_import else {})
        )
    else:
        options = "".join(f" --set {name}=…" for name in open_choices)
        following = f"python {file}" if file.suffix == ".py" else f"striate check {file}{options}"
        what = f"choices open: {', '.join(open_choices)}" if open_choices else f"{count} ops"
        print_line(f"Wrote {file}: {what}. Next: {following}")
        if is_import:
            print_line(
                f"Its table equals that of {from_}, row by row. Weights do not come along: striate train begins anew."
            )


def _written(from_: str, text: str) -> Blueprint:
    from striate.blueprint import Blueprint, read_blueprint
    from striate.blueprint.starter import STARTER_TEXT

    return read_blueprint(from_) if from_ else Blueprint.from_text(text or STARTER_TEXT, where="--text")


def _imported(reference: str, size: str, output: Output) -> Blueprint:
    from striate.checking import import_blueprint

    return import_blueprint(reference, size_option(size), output=output)
