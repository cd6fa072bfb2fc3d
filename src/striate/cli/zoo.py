"""`striate zoo`: the networks of timm and torchvision inside a budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.amounts import count_from
from striate.cli.terminal import console, print_json, print_line
from striate.errors import InputError

if TYPE_CHECKING:
    from striate.records.zoo import ZooRow

_SHOWN = 40


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate zoo --below 1G --params 10M --text mobilenet")(zoo)


def zoo(
    below: Annotated[str, typer.Option(help="Most MACs of one forward pass, like 1G.")] = "",
    params: Annotated[str, typer.Option(help="Most parameters, like 10M.")] = "",
    field: Annotated[
        str, typer.Option(help="Pixels that the last map's field must have at least; global paths pass.")
    ] = "",
    text: Annotated[str, typer.Option(help="Part of the name.")] = "",
    all_: Annotated[bool, typer.Option("--all", help=f"Print all rows, not the cheapest {_SHOWN}.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List pretrained networks with parameters, MACs, field and input size, cheapest first.

    The figures were traced, without weights, at the input size the published weights were made for.
    """
    from dataclasses import asdict

    from striate.nets.zoo.table import within_budget, zoo_table

    versions, rows = zoo_table()
    found = within_budget(
        rows,
        macs=count_from(below, where="--below"),
        params=count_from(params, where="--params"),
        field_px=count_from(field, where="--field"),
        text=text,
    )
    if json:
        print_json({"versions": versions, "networks": [asdict(row) for row in found]})
        return
    if not found:
        raise InputError(
            "a budget must leave some network",
            got=" ".join(part for part in (below, params, field, text) if part),
            hint=f"The table has {len(rows)}; ask for less.",
        )
    shown = found if all_ else found[:_SHOWN]
    _print_table(shown)
    left = "" if len(shown) == len(found) else f" {len(found) - len(shown)} more: --all."
    print_line(f"{len(found)} of {len(rows)} networks, measured with {versions}.{left}")
    print_line(f"Next: striate check {shown[0].reference}")


def _print_table(rows: tuple[ZooRow, ...]) -> None:
    from rich.table import Table

    from striate.graph import times
    from striate.numbers import amount, count

    table = Table(box=None, header_style="bold")
    table.add_column("network")
    table.add_column("input")
    for column in ("parameters", "MACs", "field (px)"):
        table.add_column(column, justify="right")
    table.add_column("note")
    for row in rows:
        field = "?" if row.field_px is None else count(row.field_px)
        table.add_row(
            row.reference,
            times(row.input),
            "?" if row.params is None else amount(row.params),
            "?" if row.macs is None else amount(row.macs),
            f"{field}, all" if row.is_global else field,
            row.note,
        )
    console().print(table)
