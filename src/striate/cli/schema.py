"""`striate schema`: what an editor needs to complete and check blueprints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from striate.cli.terminal import print_json, print_line


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate schema blueprint.schema.json")(schema)


def schema(
    file: Annotated[Path | None, typer.Argument(help="The file to write; printed if not given.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object: the schema, or the file's name.")
    ] = False,
) -> None:
    """Write the JSON Schema of blueprint files, for editors that complete and check YAML."""
    from striate.blueprint.editor_schema import editor_schema
    from striate.errors import InputError
    from striate.runs import write_json

    if file is None:
        print_json(editor_schema())
        return
    if file.exists() and not force:
        raise InputError("the file must not be there yet", got=str(file), hint="Add --force to write over it.")
    write_json(file, editor_schema())
    if json:
        print_json({"file": str(file)})
    else:
        print_line(f"Wrote {file}. First line of a blueprint: # yaml-language-server: $schema={file}")
