"""Where the positions of a dense network lie in the image, and what on the way makes them depend on more than their crop."""

from __future__ import annotations

from fractions import Fraction

from striate.analyse import receptive_fields
from striate.analyse.field.axes import places as places_of
from striate.analyse.field.way import Way
from striate.errors import InputError, Quoted
from striate.graph import Graph, Op, Shape
from striate.kinds import kind_of
from striate.kinds.reach import Joins, Pads, Reach, Reverses, Rolls
from striate.nets.dense.cutting import Cut
from striate.records.readings import Receptive


def places(graph: Graph, found: Cut, shape: Shape) -> dict[str, object]:
    """Return where positions lie, and what on the way makes them depend on more than their crop."""
    fields = receptive_fields(graph)
    field: Receptive = fields[found.trunk]
    before = _before(graph, found.trunk)
    way = Way.through(graph)
    for name in before:
        _check_order(graph, name, way)
    global_at = next(
        (name for name in before if fields[name].is_global or _depends_on_size(graph, name, way)),
        "",
    )
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


def _reach(op: Op) -> Reach | None:
    kind = kind_of(op.kind)
    return None if kind is None else kind.reach(op)


def _in_space(way: Way, name: str, axis: int) -> bool:
    """Return whether a dimension of a value holds places of the image."""
    layout = way.layouts.get(name)
    return layout is not None and bool(places_of(layout[axis]))


def _check_order(graph: Graph, name: str, way: Way) -> None:
    """Refuse what turns a map around: position by position it would answer for another crop."""
    reach = _reach(graph[name])
    if isinstance(reach, Reverses) and any(_in_space(way, name, axis) for axis in reach.axes):
        raise InputError(
            "places must keep their order up to the last map",
            got=Quoted("a map that is turned around"),
            where=name,
            hint="Flip the image instead, or use crops.",
        )


def _depends_on_size(graph: Graph, name: str, way: Way) -> bool:
    """Return whether an op's values depend on how far away the map's borders are.

    That is so where places come in again at the other border, and where numbers that are laid over the places (coordinates,
    embeddings of positions) meet those of the image.
    """
    op = graph[name]
    reach = _reach(op)
    if isinstance(reach, Rolls):
        return any(_in_space(way, name, axis) for axis in reach.axes)
    if isinstance(reach, Pads):
        return reach.fill == "circular"
    if op.kind == "coords":
        return True
    if isinstance(reach, Joins):
        # Values that no op makes are not among the inputs.
        known = sum(shape[reach.axis] for shape in graph.input_shapes(op)) if not reach.is_new else len(op.inputs)
        if known < op.shape[reach.axis] and not op.params:
            return True
    elif reach is None or not reach.is_pointwise:
        return False
    others = [source for source in op.inputs if way.layouts.get(source) is None and source not in way.lost]
    return any(_lies_over_places(graph[source].shape, way, name) for source in others)


def _lies_over_places(shape: Shape, way: Way, name: str) -> bool:
    """Return whether a value that is not the image's has more than one number along an axis of space, as it is broadcast."""
    rank = len(way.layouts[name] or ())
    return any(
        size > 1 and _in_space(way, name, axis) for axis, size in enumerate(shape, start=rank - len(shape)) if axis >= 0
    )


def _is_padded(graph: Graph, name: str) -> bool:
    op = graph[name]
    if op.attributes.get("ceil") and _reaches_over(graph, op):
        return True
    if op.kind == "pad":
        return any(op.attributes.get("pad", (1,)))
    if any(map(any, op.attributes.get("padding", ()))):
        return True
    kind = kind_of(op.kind)
    # Enlargements repeat or mirror what is at the border; transposed filters reach over it.
    return kind is None or op.kind in {"resize", "convtranspose"}


def _reaches_over(graph: Graph, op: Op) -> bool:
    """Return whether the last window of a pooling hangs over the map's border."""
    found = op.attributes
    dilation = found.get("dilation", (1,) * len(found["kernel"]))
    return any(
        (count - 1) * step + (kernel - 1) * spread + 1 > size + before
        for count, step, kernel, spread, size, (before, _) in zip(
            op.shape[2:], found["stride"], found["kernel"], dilation, graph.input_shapes(op)[0][2:], found["padding"],
            strict=True,
        )
    )  # fmt: skip
