"""`striate new`: write a blueprint file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from striate.blueprint.starter import STARTER_TEXT
from striate.cli.terminal import print_json, print_line


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog='Example: striate new net.yaml --text "input 1x28x28; (conv 3x3 16, batchnorm, relu) x2; maxpool 2; '
        'fc 64, relu; classes 10"'
    )(new)


def new(
    file: Annotated[Path, typer.Argument(help="The .yaml file to write; .py writes PyTorch source instead.")],
    text: Annotated[
        str, typer.Option(help="The network in one line; a small one for digits if not given.")
    ] = STARTER_TEXT,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write a blueprint, from one line of text or to start with, as a YAML file to edit."""
    from striate.blueprint import Blueprint
    from striate.errors import InputError
    from striate.runs import write_text

    if file.exists() and not force:
        raise InputError("the file must not be there yet", got=str(file), hint="Add --force to write over it.")
    if file.suffix not in {".yaml", ".yml", ".py"}:
        raise InputError("the file must end in .yaml or .py", got=str(file))
    plan = Blueprint.from_text(text, where="--text")
    graph = plan.graph()
    write_text(file, plan.to_source() if file.suffix == ".py" else plan.to_yaml())
    if json:
        print_json({"file": str(file), "text": plan.to_text(), "ops": len(graph)})
    else:
        following = f"python {file}" if file.suffix == ".py" else f"striate check {file}"
        print_line(f"Wrote {file}: {len(graph)} ops. Next: {following}")
