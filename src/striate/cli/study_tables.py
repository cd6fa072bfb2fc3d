"""What a study looks like in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from striate.analyse.budget import amount_text
from striate.cli.terminal import console
from striate.numbers import THIN, capital, count, measure, percent
from striate.study.cells import Cell
from striate.study.naming import points
from striate.study.plan import Study
from striate.study.reading import CellReading, StudyReading
from striate.study.verdict import verdict


def show_plan(study: Study, cells: Sequence[Cell]) -> None:
    """Show the cells on paper: what each costs, and how far from equal."""
    from rich import box
    from rich.table import Table

    screen = console()
    screen.print(study.question, style="bold")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for factor in study.factors:
        table.add_column(factor.name)
    for name in ("MACs", *(["Time"] if study.fixed.is_measured else []), "Off", "Parameters", "Field, px"):
        table.add_column(name, justify="right")
    table.add_column("Settings")
    for cell in cells:
        macs, *others = _cost(cell, study)
        table.add_row(*cell.levels, macs, *_time(cell, study), *others, _settings(cell))
    screen.print(table)
    for cell in cells:
        if cell.trouble:
            screen.print(f"· {', '.join(cell.levels)}: {cell.trouble}")


def show_study(reading: StudyReading) -> None:
    """Show what a study found: the sentence, the table, the effects, and what would change it."""
    from rich import box
    from rich.table import Table

    screen, said = console(), verdict(reading)
    study = reading.results.study
    screen.print(study.question, style="bold")
    screen.print(said.headline)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for factor in study.factors:
        table.add_column(factor.name)
    for name in (
        "MACs",
        "Off",
        "Rate",
        capital(reading.results.score_name),
        f"95{THIN}% interval",
        "To reference, points",
        "p (Holm)",
    ):
        table.add_column(name, justify="right")
    for cell in reading.cells:
        table.add_row(*cell.row.cell.levels, *_cost(cell.row.cell, study)[:2], *_found(cell, study))
    screen.print(table)
    for lines in (said.effects, said.interactions, said.published, said.why, said.troubles):
        for line in lines:
            screen.print(f"· {line}")
    screen.print(said.would_change)


def _cost(cell: Cell, study: Study) -> tuple[str, str, str, str]:
    if cell.figures is None:
        return "–", "–", "–", "–"
    off = f"{measure(cell.off_percent, 2, signed=True)}{THIN}%" if study.fixed.budget is not None else "–"
    field = "×".join(map(str, cell.figures.field_px)) or "all"
    return count(cell.figures.macs), off, count(cell.figures.params), field


def _time(cell: Cell, study: Study) -> list[str]:
    if not study.fixed.is_measured or study.fixed.budget is None:
        return []
    return ["–" if cell.figures is None else amount_text(study.fixed.budget, cell.reached)]


def _settings(cell: Cell) -> str:
    return "" if cell.plan is None else ", ".join(f"{name} {value}" for name, value in cell.plan.settings.items())


def _found(cell: CellReading, study: Study) -> tuple[str, str, str, str, str]:
    rate = measure(cell.row.rate or cell.row.cell.recipe.rate)
    if cell.mean is None:
        return rate, "–", "–", "–", "–"
    interval = "–" if cell.interval is None else f"{percent(cell.interval[0])} to {percent(cell.interval[1])}"
    if cell.against is None or cell.corrected is None:
        is_reference = cell.row.cell.levels == study.reference
        return rate, percent(cell.mean), interval, "reference" if is_reference else "–", ""
    p = "–" if cell.corrected != cell.corrected else measure(cell.corrected, 2)
    return rate, percent(cell.mean), interval, points(cell.against.mean), p
