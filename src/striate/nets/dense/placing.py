"""Where the positions of a dense network lie in the image, and what on the way makes them depend on more than their crop."""

from __future__ import annotations

from fractions import Fraction

from striate.analyse import receptive_fields
from striate.errors import InputError, Quoted
from striate.graph import Graph, Shape
from striate.kinds import kind_of
from striate.nets.dense.cutting import Cut
from striate.records.readings import Receptive


def places(graph: Graph, found: Cut, shape: Shape) -> dict[str, object]:
    """Return where positions lie, and what on the way makes them depend on more than their crop."""
    fields = receptive_fields(graph)
    field: Receptive = fields[found.trunk]
    before = _before(graph, found.trunk)
    global_at = next((name for name in before if fields[name].is_global), "")
    unknown_at = next((name for name in before if not fields[name].is_known), "")
    # Units that take turns in what they see (a map enlarged after larger strides) have no field that all share.
    are_alike = all(axis.is_uniform and axis.repeat_px in {0, axis.stride} for axis in field.axes)
    axes = field.axes if field.is_known and are_alike else ()
    if axes:
        stride = [Fraction(axis.stride) for axis in axes]
        if any(step.denominator != 1 or step < 1 for step in stride):
            raise InputError(
                "a position must be a whole number of pixels from the next",
                got=Quoted("×".join(map(str, stride))),
                where=found.trunk,
            )
        strides = tuple(map(int, stride))
        more = [(window - 1) * step for window, step in zip(found.shape[1:], strides, strict=True)]
        spans = [axis.span(0) for axis in axes]
        sizes = tuple(last - first + far for (first, last), far in zip(spans, more, strict=True))
        centres = tuple((first + last - 1 + far) / 2 for (first, last), far in zip(spans, more, strict=True))
        padding = tuple(max(-first, 0) for first, _ in spans)
    else:
        strides = tuple(max(side // n, 1) for side, n in zip(shape[1:], found.shape[1:], strict=True))
        sizes, padding = (), ()
        centres = tuple((side - 1) / 2 for side in shape[1:])
    return {
        "stride_px": strides,
        "field_px": sizes,
        "centre_px": centres,
        "padding_px": padding,
        "padded_at": next((name for name in before if _is_padded(graph, name)), ""),
        "global_at": global_at,
        "unknown_at": unknown_at,
    }


def _before(graph: Graph, name: str) -> list[str]:
    """Return the ops through which the image comes to a value."""
    needed, seen = {name}, set(graph.conditions.inputs)
    for op in reversed(graph.ops):
        if op.name in needed:
            needed.update(op.inputs)
    for op in graph:
        if any(source in seen for source in op.inputs):
            seen.add(op.name)
    return [op.name for op in graph if op.name in needed and op.name in seen]


def _is_padded(graph: Graph, name: str) -> bool:
    op = graph[name]
    if op.kind == "pad":
        return any(op.attributes.get("pad", (1,)))
    if any(map(any, op.attributes.get("padding", ()))):
        return True
    kind = kind_of(op.kind)
    # Enlargements repeat or mirror what is at the border; transposed filters reach over it.
    return kind is None or op.kind in {"resize", "convtranspose"}
