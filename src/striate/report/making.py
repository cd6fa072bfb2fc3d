"""The section at the end of every page: what went into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from striate.page.wire import Caption, Cell, Column, Figure, Section, Table, TableFigure


def making_section(
    rows: Iterable[Sequence[Cell]],
    caption: Caption,
    *,
    sentence: str = "What went into this page.",
    table: str = "Conditions and versions",
    before: Sequence[Figure] = (),
) -> Section:
    """Return "How this was made".

    Args:
        rows: What, and its value; the machine and the versions (`environment`) among them.
        caption: What it shows, what one should see.
        sentence: The section's headline.
        table: The table's caption.
        before: Figures that stand above the table.
    """
    columns = [Column(label="What", align="left"), Column(label="Value", align="left")]
    cells: list[list[Cell]] = [list(row) for row in rows]
    return Section(
        id="made",
        term="How this was made",
        judgement=None,
        sentence=sentence,
        figures=[*before, TableFigure(table=Table(columns=columns, rows=cells, caption=table))],
        caption=caption,
    )
