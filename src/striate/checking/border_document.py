"""What borders do, as plain values: parts of what `striate check --json` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from striate.analyse import input_sizes
from striate.graph import Graph
from striate.records import Borders


def border_document(reached: Borders) -> dict[str, Any]:
    """Return where fields outgrow the input; the share of padding goes with the ops.

    Example:
        >>> border_document(Borders(padding_share={}, sees_all="conv2", first_global=None, gains_nothing=("conv3",)))
        {'sees_all': 'conv2', 'first_global': None, 'gains_nothing': ['conv3']}
    """
    return {
        "sees_all": reached.sees_all,
        "first_global": reached.first_global,
        "gains_nothing": list(reached.gains_nothing),
    }


def sizes_document(graph: Graph) -> list[dict[str, Any]]:
    """Return for every axis which input sizes lose nothing: by remainders, and the nearest to the table's own.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> [rows, _] = sizes_document(Blueprint.from_text("input 1x9x9; conv 3 4; maxpool 2; classes 2").graph())
        >>> rows["period_px"], rows["remainders_px"], rows["nearest_px"], rows["losing"]
        (2, [0], [8, 10], ['conv1'])
    """
    sides = next(iter(graph.conditions.inputs.values()))[2:]
    return [
        {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(row).items()
            if key != "sizes"
        }
        | {"nearest_px": _nearest(row.sizes, sides[row.axis])}
        for row in input_sizes(graph)
    ]


def _nearest(sizes: tuple[int, ...], side: int) -> list[int]:
    """Return the size itself if it is one of them, else the next below and above, as far as there are such."""
    if side in sizes:
        return [side]
    below, above = [size for size in sizes if size < side], [size for size in sizes if size > side]
    return below[-1:] + above[:1]
