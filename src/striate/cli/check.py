"""`striate check`: the table, its cost and advice."""

from __future__ import annotations

from typing import Annotated

import typer

from striate.cli.terminal import end_with, print_json, size_option


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
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show a network's table with cost, memory and receptive field, and what is wrong with its design.

    Ends with 1 if there is a warning or an error, with 0 if there are only notes or nothing.
    """
    from striate.checking import check as check_network

    found = check_network(
        network,
        size_option(input_),
        batch=batch,
        optimizer=optimizer,
        select=select or (),
        ignore=ignore or (),
    )
    if json:
        print_json(found.document())
    else:
        from striate.cli.tables import show_check

        show_check(found)
    end_with(found.findings)
