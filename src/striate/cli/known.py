"""`striate known`: the known networks, and where each was published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from striate.cli.terminal import console, print_json, print_line

if TYPE_CHECKING:
    from striate.blueprint import KnownNetwork


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate known resnet50")(known)


def known(
    name: Annotated[str, typer.Argument(help="One of them; all if not given.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the known networks with their size, or show one with its source."""
    from striate.blueprint import known as known_network
    from striate.blueprint import known_names
    from striate.numbers import amount, count

    names = (name,) if name else known_names()
    rows = [_row(known_network(each)) for each in names]
    if json:
        print_json({"networks": rows})
        return
    if not name:
        _print_table(rows)
        return
    row = rows[0]
    print_line(f"{row['title']}: {count(row['params'])} parameters, {amount(row['macs'])} MACs.")
    print_line(f"Source: {row['source']}.")
    print_line(f"Differs: {row['differs']}.")
    print_line(f"Equals, row by row: {row['equals']}.")
    print_line(row["text"])
    print_line(f"Next: striate new net.yaml --from known:{name}")


def _row(found: KnownNetwork) -> dict[str, Any]:
    from striate.analyse import cost

    total = cost(found.plan.graph()).total
    return {
        "name": found.name,
        "title": found.title,
        "params": total.params,
        "macs": total.macs,
        "input": list(found.plan.input),
        "source": found.source,
        "differs": found.differs,
        "equals": found.equals,
        "text": found.plan.to_text(),
    }


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for column, justify in (
        ("name", "left"),
        ("input", "left"),
        ("parameters (M)", "right"),
        ("MACs (M)", "right"),
        ("source", "left"),
    ):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]  # the literals rich names
    for row in rows:
        size = "×".join(map(str, row["input"]))
        table.add_row(row["name"], size, f"{row['params'] / 1e6:.2f}", f"{row['macs'] / 1e6:.1f}", row["source"])
    console().print(table)
    print_line("Next: striate known NAME, or striate new net.yaml --from known:NAME")
