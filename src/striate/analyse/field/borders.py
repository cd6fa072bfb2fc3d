"""What borders do to fields: how much of them is padding, who sees everything, and where depth stops to widen them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from math import prod

from striate.analyse.field.axes import length
from striate.analyse.field.receptive import receptive_fields
from striate.analyse.field.shortest import shortest_fields
from striate.analyse.field.way import Way
from striate.graph import Graph, Shape
from striate.kinds import kind_of
from striate.records.readings import Borders, Field, Receptive


def borders(graph: Graph, fields: Mapping[str, Receptive] | None = None) -> Borders:
    """Return the share of padding in every op's fields, and the ops at which fields outgrow the input.

    Args:
        graph: The table.
        fields: What `receptive_fields` gives for it; None works them out.

    When it misleads:
        Theoretical fields: the effective ones reach the border later. A border layer may still be worth its cost for
        what it computes; it only gains nothing by looking wider.

    Source:
        Richter, Byttner, Krumnack, Wiedenroth, Schallner, Shenk, "(Input) Size Matters for CNN Classifiers", ICANN 2021,
        and "Should You Go Deeper?", ICMLA 2021: layers whose incoming field is at least the input do not raise accuracy.
        As there, where branches meet the smallest field of all paths counts.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> graph = Blueprint.from_text("input 1x6x6; conv 3x3 4; conv 5x5 4; conv 3x3 4; classes 2").graph()
        >>> found = borders(graph)
        >>> round(found.padding_share["conv1"], 4), found.sees_all, found.gains_nothing   # 1 − (16/18)²
        (0.2099, 'conv2', ('conv3',))
    """
    fields = receptive_fields(graph) if fields is None else fields
    least = shortest_fields(graph, fields)
    sides = next(iter(graph.conditions.inputs.values()))[2:]
    layouts = Way.through(graph).layouts
    shares = {}
    sees_all = None
    for op in graph:
        found, layout = fields[op.name], layouts[op.name]
        if found.axes and layout is not None:
            places = tuple(length(layout, axis) for axis in range(len(sides)))
            if sees_all is None and _sees_all(found, places, sides):
                sees_all = op.name
            inside = [_inside(axis, count, side) for axis, count, side in zip(found.axes, places, sides, strict=True)]
            shares[op.name] = 1 - float(prod(inside, start=Fraction(1)))
    return Borders(
        padding_share=shares,
        sees_all=sees_all,
        first_global=next((op.name for op in graph if fields[op.name].is_global), None),
        gains_nothing=tuple(op.name for op in graph if _is_border_layer(graph, op.name, least, sides)),
    )


@lru_cache(maxsize=4096)
def _inside(field: Field, places: int, side: int) -> Fraction:
    """Return the share of the pixels read by all units that lie on the image."""
    phases = field.phases or ((int(field.low), (1 << field.size_px) - 1),)
    step = field.repeat_px or int(field.stride)
    image = (1 << side) - 1
    inside = read = 0
    for place in range(places):
        turns, rest = divmod(place, len(phases))
        low, mask = phases[rest]
        first = turns * step + low
        read += mask.bit_count()
        inside += ((mask << first if first >= 0 else mask >> -first) & image).bit_count()
    return Fraction(inside, read) if read else Fraction(1)


def _sees_all(found: Receptive, places: Shape, sides: Shape) -> bool:
    """Tell whether some unit's field covers the image, by its local field."""
    return all(
        any(first <= 0 and last >= side for first, last in map(axis.span, range(count)))
        for axis, count, side in zip(found.axes, places, sides, strict=True)
    )


def _is_border_layer(graph: Graph, name: str, least: Mapping[str, tuple[int, ...]], sides: Shape) -> bool:
    """Tell whether an op looks wider than one place though every path to it already sees as far as the input."""
    op = graph[name]
    kind = kind_of(op.kind)
    window = kind.reach(op).window if kind is not None and op.inputs else None
    if window is None or max(window.kernel) == 1:
        return False
    before = least[op.inputs[0]]
    return len(before) == len(sides) and all(size >= side for size, side in zip(before, sides, strict=True))
