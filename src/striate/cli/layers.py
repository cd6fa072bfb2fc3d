"""The table of layers in a terminal of any width."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from striate.cli.terminal import console
from striate.graph import times
from striate.numbers import count, storage
from striate.records import LayerReading

if TYPE_CHECKING:
    from rich.table import Table

# Below this many columns what is kept for the backward pass is left out, and long names lose their front.
_NARROW = 100


def layer_table(
    rows: Sequence[LayerReading], *, not_counted: Collection[str] = (), unread: int = 0, width: int | None = None
) -> Table:
    """Return the layers as a table with sums at the foot; numbers are never broken over lines.

    Args:
        rows: The layers.
        not_counted: Ops whose work nobody knows: their rows say "?", and the sum says at least.
        unread: Parameters that no op reads, in a row of their own so that the sum agrees.
        width: Columns of the terminal; asked for if not given.
    """
    from rich import box
    from rich.table import Table

    width = width or console().width
    is_narrow = width < _NARROW
    macs = sum(row.cost.macs for row in rows)
    at_least = "≥ " if not_counted else ""
    kept = storage(sum(row.cost.kept_bytes for row in rows))
    foot = [
        "Sum",
        "",
        "",
        "",
        count(sum(row.cost.params for row in rows) + unread),
        at_least + count(macs),
        at_least + kept,
    ]
    lines = [_cells(row, not_counted, most=20 if is_narrow else width // 4) for row in rows]
    if unread:
        lines.append(["not read by any op", "", "", "", count(unread), "0", "0 B"])
    titles = ["Layer", "Kind", "Output", "Field", "Params", "MACs", "Kept"]
    columns = list(zip(titles, foot, *lines, strict=True))[: 6 if is_narrow else 7]
    widths = [max(map(len, column)) for column in columns]
    # The kind is what gives way: numbers and the ends of names are what one reads a table for.
    room = max(4, width - (sum(widths) - widths[1]) - 2 * len(columns) - 1)
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False, padding=(0, 1, 0, 0))
    for number, (title, sum_, *_) in enumerate(columns):
        table.add_column(title, footer=sum_, no_wrap=True, justify="right" if number > 1 else "left")
    for line in lines:
        line[1] = line[1] if len(line[1]) <= room else line[1][: room - 1] + "…"
        table.add_row(*line[: len(columns)])
    return table


def _cells(row: LayerReading, not_counted: Collection[str], *, most: int) -> list[str]:
    is_unknown = any(name in not_counted for name in row.ops)
    return [
        short(row.name, most),
        row.summary,
        times(row.shape),
        field_text(row),
        count(row.cost.params),
        "?" if is_unknown else count(row.cost.macs),
        storage(row.cost.kept_bytes),
    ]


def short(name: str, most: int) -> str:
    """Return a name that fits, cut at the front, since the end tells layers apart.

    Example:
        >>> short("features.denseblock1.denselayer2.conv1", 20), short("conv1", 20)
        ('….denselayer2.conv1', 'conv1')
    """
    if len(name) <= most:
        return name
    tail = name[-(most - 1) :]
    # From the next part of the path on, if one begins within what is left.
    start = tail.find(".")
    return "…" + (tail[start:] if 0 <= start < len(tail) - 1 else tail)


def field_text(row: LayerReading) -> str:
    """Return a layer's receptive field in words."""
    if not row.receptive.axes:
        return "all" if row.receptive.is_global and row.receptive.is_known else "unknown"
    sizes = {axis.size_px for axis in row.receptive.axes}
    return count(sizes.pop()) if len(sizes) == 1 else times(tuple(axis.size_px for axis in row.receptive.axes))
