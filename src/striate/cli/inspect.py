"""`striate inspect`: everything there is to see about a network, in one report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from striate.cli.terminal import end_with, print_json, print_line
from striate.cli.watch import Watcher
from striate.errors import UsageError


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate inspect runs/a digits")(inspect)


def inspect(
    network: Annotated[str, typer.Argument(help="A run folder, or any network reference.")],
    data: Annotated[str, typer.Argument(help="digits, a folder of class folders, or a CSV or Parquet manifest.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The HTML file; report.html in the run folder if it is one. With --layer a folder."),
    ] = None,
    layer: Annotated[str, typer.Option(help="Judge this layer alone: a sheet of patches and its numbers.")] = "",
    unit: Annotated[int | None, typer.Option(help="With --layer: this unit alone.", min=0)] = None,
    seed: Annotated[int, typer.Option(help="Of the map, the class images and the samples drawn.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look at a network from every side and write one HTML file that opens from disk.

    Ends with 1 if there is a warning or an error among the findings.
    """
    if layer:
        _inspect_units(network, data, layer, unit, out, seed, json=json)
        return
    if unit is not None:
        raise UsageError("--unit must come with --layer", got=f"--unit {unit}", hint="Like --layer conv2 --unit 3.")
    from striate.report import inspect as inspect_network

    with Watcher(quiet=json) as events:
        found = inspect_network(network, data, out=out, seed=seed, events=events)
    if json:
        print_json(found.document())
    else:
        from striate.cli.tables import show_findings

        show_findings(found.findings, checked=len(found.silent), skipped=len(found.skipped))
        print_line(f"Report: {found.path}")
    end_with(found.findings)


def _inspect_units(
    network: str, data: str, layer: str, unit: int | None, out: Path | None, seed: int, *, json: bool
) -> None:
    from striate.report.units.inspection import inspect_units

    with Watcher(quiet=json) as events:
        found = inspect_units(network, data, layer, unit=unit, out=out, seed=seed, events=events)
    if json:
        print_json(found.document())
        return
    from striate.cli.unit_tables import show_units

    show_units(found)
