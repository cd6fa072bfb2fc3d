"""The table of what several saliency methods agree about."""

from __future__ import annotations

from striate.numbers import count
from striate.page.wire import Cell, Column, Table
from striate.records import Accord


def accord_table(found: Accord) -> Table:
    """Return the mean agreement of every two methods beside chance, and of each with itself under noise."""
    rows: list[list[Cell]] = [
        [
            f"{pair.methods[0]} and {pair.methods[1]}",
            pair.correlation,
            pair.interval[0],
            pair.interval[1],
            pair.chance,
            "beyond chance"
            if pair.interval[0] > pair.chance
            else "no more than chance"
            if pair.interval[1] <= pair.chance
            else "open",
        ]
        for pair in found.pairs
    ]
    rows += [
        [f"{name} and itself, {100 * found.noise:g} % noise", alike, None, None, None, ""]
        for name, alike in zip(found.methods, found.with_itself, strict=True)
    ]
    return Table(
        columns=[
            Column(label="Methods", align="left"),
            Column(label="Agreement", decimals=2),
            Column(label="From", decimals=2),
            Column(label="To", decimals=2),
            Column(label="Shifted maps", decimals=2),
            Column(label="Verdict", align="left"),
        ],
        rows=rows,
        caption=f"Do methods tell the same story? Mean rank correlation of magnitudes on {count(found.images)} images, "
        "95 % interval; shifted maps: 95 % of all shifts stay below",
    )
