"""`striate demo`: from a blueprint to a report, on real digits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from striate.cli.terminal import end_with, print_json, print_line
from striate.cli.watch import Watcher


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate demo --out demo")(demo)


def demo(
    out: Annotated[Path, typer.Option(help="Run folder.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Of weights, order and shifts.")] = 0,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 if there is a warning or an error.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train a small network on 3500 real digits and write a report about it: under three minutes on two cores."""
    from striate.report.demo import run_demo

    with Watcher(quiet=json) as events:
        found = run_demo(out, seed=seed, events=events)
    if json:
        print_json(found.document())
    else:
        from striate.cli.tables import show_findings

        show_findings(found.findings, checked=len(found.silent), skipped=len(found.skipped))
        print_line(f"Report: {found.path.resolve()}")
    if strict:
        end_with(found.findings)
