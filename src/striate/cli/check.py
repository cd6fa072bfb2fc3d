"""`striate check`: the table, its cost and advice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from striate.cli.terminal import end_with, print_json, size_option
from striate.errors import UsageError

if TYPE_CHECKING:
    from striate.checking import Check

Format = Literal["text", "json", "sarif", "github"]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate check net.yaml --batch 8 --optimizer adam")(check)


def check(
    network: Annotated[
        str,
        typer.Argument(help="net.yaml, a run, timm:name, torchvision:name, python:module:factory."),
    ],
    input_: Annotated[str, typer.Option("--input", help="Input size, like 3x224x224; a blueprint knows its own.")] = "",
    batch: Annotated[int, typer.Option(help="Images at once, for the memory.", min=1)] = 1,
    optimizer: Annotated[
        str, typer.Option(help="sgd, momentum (sgd with it), adam, adamw or rmsprop, for the memory.")
    ] = "adam",
    select: Annotated[list[str] | None, typer.Option(help="Ask only this rule (code, its beginning, or name).")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Do not ask this rule.")] = None,
    format_: Annotated[
        Format, typer.Option("--format", help="text, json, sarif (code hosts, editors) or github (workflow commands).")
    ] = "text",
    fix: Annotated[bool, typer.Option("--fix", help="Write a copy of the blueprint with its cures applied.")] = False,
    out: Annotated[Path | None, typer.Option(help="The copy; NAME.fixed.yaml beside the original if left out.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show a network's table with cost, memory and receptive field, and what is wrong with its design.

    Ends with 1 if there is a warning or an error, with 0 if there are only notes or nothing, with 3 if a rule raised.
    """
    if json and format_ not in {"text", "json"}:
        raise UsageError("one form must be asked for", got=f"--json --format {format_}")
    form: Format = "json" if json else format_
    if fix and form not in {"text", "json"}:
        raise UsageError("--fix must say what it did as text or json", got=f"--format {form}")
    if out is not None and not fix:
        raise UsageError("--out must come with --fix", got=f"--out {out}")
    from striate.checking import check as check_network

    found = check_network(
        network,
        size_option(input_),
        batch=batch,
        optimizer=optimizer,
        select=select or (),
        ignore=ignore or (),
    )
    if fix:
        from striate.cli.fixing import fix as write_fixed

        left = write_fixed(found, out, select=select or (), ignore=ignore or (), as_json=form == "json")
        end_with(left)
        return
    _show(found, form)
    if found.report.failures:
        raise typer.Exit(3)
    end_with(found.findings)


def _show(found: Check, form: Format) -> None:
    if form == "json":
        print_json(found.document())
    elif form == "text":
        from striate.cli.tables import show_check

        show_check(found)
    else:
        import sys
        from importlib.metadata import version

        from striate.lint import to_github, to_sarif

        if form == "sarif":
            sys.stdout.write(to_sarif(found.report, found.subject, version=version("striate")))
        else:
            sys.stdout.write(to_github(found.report, found.subject))
