"""What a comparison of features looks like in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from striate.cli.terminal import console
from striate.numbers import capital
from striate.records import Downstream, DownstreamRow
from striate.report.adapting.words import interval_words, is_level, score_label, score_words
from striate.report.downstream.sections import best_rows
from striate.report.downstream.words import few_sentence, verdict
from striate.transfer.downstream import FAMILIES

if TYPE_CHECKING:
    from rich.table import Table

# Heads over two lines: eighty columns have room for all families.
_HEADS = {
    "k-NN, cosine": "k-NN\ncos.",
    "k-NN, Euclidean": "k-NN\nEucl.",
    "linear SVM": "linear\nSVM",
    "RBF SVM": "RBF\nSVM",
}


def show_downstream(found: Downstream, *, width: int | None = None) -> None:
    """Show the verdict, every score, and what few labels bring.

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
    """Return the score of every classifier: a row for each set of features, the best first, a column for each family.

    Behind it stands the 95 % interval of the row's best; → marks the best of all, ≈ what cannot be told from it.
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title_justify="left")
    table.title = capital(score_label(found))
    table.add_column("")
    table.add_column("Features", overflow="fold", min_width=10)
    families = [family.name for family in FAMILIES if any(row.family == family.name for row in found.rows)]
    for name in families:
        table.add_column(_HEADS.get(name, name), justify="right", no_wrap=True)
    table.add_column("95 % of\nthe best", justify="right", no_wrap=True)
    scores = {(row.features, row.family): row for row in found.rows}
    for best in best_rows(found):
        own = [scores.get((best.features, name)) for name in families]
        words = ["–" if row is None else score_words(found, row.estimate.mean, unit=False) for row in own]
        table.add_row(_mark(found, best), best.features, *words, interval_words(found, best.estimate))
    return table


def _mark(found: Downstream, row: DownstreamRow) -> str:
    if row is found.rows[0]:
        return "→"
    return "≈" if is_level(row.to_best) else ""
