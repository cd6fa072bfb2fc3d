"""What a comparison of features looks like in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from striate.cli.terminal import console
from striate.numbers import duration, measure
from striate.records import Downstream, DownstreamRow
from striate.report.adapt_words import interval_words, score_label, score_words, signed_interval, signed_words
from striate.report.downstream_words import few_sentence, verdict
from striate.report.sections.words import capital

if TYPE_CHECKING:
    from rich.table import Table


def show_downstream(found: Downstream, *, width: int | None = None) -> None:
    """Show the verdict, every row, and what few labels bring.

    Args:
        found: What was measured.
        width: Columns of the terminal; asked for if not given.
    """
    screen = console()
    width = width or screen.width
    screen.print(verdict(found), style="bold", width=width, soft_wrap=False)
    screen.print(rows_table(found), width=width, soft_wrap=False)
    if found.curves:
        screen.print(few_sentence(found), width=width, soft_wrap=False)
    for left in found.left_out:
        line = f"{left.family} on {left.features} left out: {left.reason}."
        screen.print(line, style="dim", width=width, soft_wrap=False)
    for line in found.told:
        screen.print(line, style="dim", width=width, soft_wrap=False)


def rows_table(found: Downstream) -> Table:
    """Return every row, the best first."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for title in ("Features", "Classifier"):
        table.add_column(title, overflow="fold")
    for title in (f"{capital(score_label(found))}, 95 % interval", "To the best", "Chosen", "Fit"):
        table.add_column(title, justify="right", no_wrap=True)
    for row in found.rows:
        table.add_row(*_cells(found, row))
    return table


def _cells(found: Downstream, row: DownstreamRow) -> tuple[str, ...]:
    score = f"{score_words(found, row.estimate.mean, unit=False)} ({interval_words(found, row.estimate)})"
    is_best = row is found.rows[0]
    apart = "" if is_best else f"{signed_words(found, row.to_best.mean)} ({signed_interval(found, row.to_best)})"
    chosen = sorted(set(row.settings))
    words = f"{row.setting_name} {', '.join(measure(value) for value in chosen)}" if chosen else ""
    return row.features, row.family, score, apart, words, duration(row.fit_s)
