"""What borders do, in a terminal."""

from __future__ import annotations

from striate.analyse import input_sizes
from striate.graph import Graph
from striate.numbers import count, listed
from striate.records import Borders, InputSizes

AXES = {1: ("",), 2: ("rows", "columns"), 3: ("slices", "rows", "columns")}


def border_rows(graph: Graph, reached: Borders) -> list[tuple[str, str]]:
    """Return who reads most padding, and which input sizes lose no pixel at a border.

    Example:
        >>> from striate.analyse import borders
        >>> from striate.blueprint import Blueprint
        >>> graph = Blueprint.from_text("input 1x28x28; (conv 3 8; maxpool 2) x3; classes 10").graph()
        >>> for label, text in border_rows(graph, borders(graph)):
        ...     print(f"{label}: {text}")
        Most padding: 29 % of what conv3 reads lies beyond the image
        Lossless sizes: multiples of 8 px; at 28 px 1 px is lost, after conv3
    """
    rows = []
    if reached.padding_share:
        name, share = max(reached.padding_share.items(), key=lambda pair: pair[1])
        if share:
            rows.append(("Most padding", f"{share:.0%} of what {name} reads lies beyond the image".replace("%", " %")))
    sides = next(iter(graph.conditions.inputs.values()))[2:]
    found = input_sizes(graph)
    texts = [_text(row, sides[row.axis]) for row in found]
    if len(set(texts)) == 1:
        rows.append(("Lossless sizes", texts[0]))
    else:
        names = AXES.get(len(texts), tuple(f"axis {row.axis}" for row in found))
        rows += [("Lossless sizes", f"{name}: {text}") for name, text in zip(names, texts, strict=True)]
    return rows


def _text(row: InputSizes, side: int) -> str:
    if row.unknown_at is not None:
        return f"unknown: {row.unknown_at} has no rule for it"
    text = _sizes_text(row)
    if row.lost_px:
        text += f"; at {side} px {count(row.lost_px)} px {'is' if row.lost_px == 1 else 'are'} lost"
        text += f", after {listed(row.losing)}"
    return text


def _sizes_text(row: InputSizes) -> str:
    first, last = row.range_px
    if not row.sizes:
        return f"none from {first} to {last} px"
    if row.period_px == 1:
        return f"all from {row.sizes[0]} px on"
    if row.period_px is None:
        return f"{listed([str(size) for size in row.sizes])} px, from {first} to {last} px"
    rests = [rest for rest in row.remainders_px if rest]
    if not rests:
        return f"multiples of {row.period_px} px"
    most = f"multiples of {row.period_px} px plus {listed([str(rest) for rest in rests])}"
    return (
        most
        if 0 not in row.remainders_px
        else f"multiples of {row.period_px} px, or such plus " + listed([str(rest) for rest in rests])
    )
