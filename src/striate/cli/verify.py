"""`striate verify`: what a receipt says, worked out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.terminal import console, print_json, print_line
from striate.numbers import plural

if TYPE_CHECKING:
    from striate.records.receipt import ReceiptSection

SCHEMA_VERSION = 1


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate verify runs/flowers")(verify)


def verify(
    run: Annotated[Path, typer.Argument(help="Run folder of striate adapt.")],
    network: Annotated[str, typer.Option(help="The pretrained network, if it is elsewhere now.")] = "",
    data: Annotated[str, typer.Option(help="The data, if they are elsewhere now.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Work out again what the receipt of an adaptation says; ends with 1 if anything differs."""
    from striate.cli.watch import Watcher
    from striate.nets import load_network
    from striate.transfer import verify as verify_run
    from striate.transfer.verifying import read_again

    with Watcher(quiet=json) as events:
        sections = verify_run(
            run,
            network=load_network(network) if network else None,
            dataset=read_again(run, data, events=events) if data else None,
        )
    rows = [row for section in sections for row in section.rows]
    wrong = [row for row in rows if row.checked is False]
    if json:
        from striate import schema

        print_json(
            {
                "schema": schema.stamp("verification", SCHEMA_VERSION),
                "differences": len(wrong),
                "sections": [asdict(section) for section in sections],
            }
        )
    else:
        _show(sections)
        held = sum(row.checked is True for row in rows)
        print_line(
            f"{plural(held, 'claim')} worked out again and {'it holds' if held == 1 else 'they hold'}, "
            f"{plural(len(wrong), 'difference')}."
        )
    if wrong:
        raise typer.Exit(1)


def _show(sections: Sequence[ReceiptSection]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("", "what", "found", "how"):
        table.add_column(name)
    words = {True: "holds", False: "differs", None: "–"}
    for section in sections:
        for row in section.rows:
            table.add_row(words[row.checked], row.label, row.value, row.how)
        table.add_section()
    console().print(table)
