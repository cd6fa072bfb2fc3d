"""Flows where several values meet: sums, concatenations, products of matrices, attention."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from striate.analyse.field import index_maps
from striate.analyse.field.axes import Atom, Layout, PlacesLostError, digits, features, length, places
from striate.analyse.field.walk import EVERYWHERE, SAME_PLACE, AxisFlow, Flow, Source, Walk, act_on
from striate.graph import Shape
from striate.kinds.reach import Attends, Joins, Multiplies, Same


def same(_reach: Same, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    """Return the flow of values in the same places, broadcast where they must be."""
    live = [source for source in sources if source.layout is not None]
    first = live[0].layout
    if first is not None and all(s.shape == shape and s.layout == first for s in live):
        return Flow(first, (None,) * len(sources))
    layout: Layout = tuple(_broadcast(number - len(shape), size, live) for number, size in enumerate(shape))
    return Flow(layout, tuple(_seen(layout, source, (), rank) for source in sources))


def joins(reach: Joins, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    """Return the flow of values side by side along a dimension."""
    axis = reach.axis
    if reach.is_new:
        found = same(Same(), shape[:axis] + shape[axis + 1 :], sources, rank)
        return Flow((*found.layout[:axis], features(shape[axis]), *found.layout[axis:]), found.inputs)
    if any(places(source.layout[axis]) for source in sources if source.layout is not None):
        return _side_by_side(axis, shape, sources, rank)
    found = same(Same(), _with_one(shape, axis), [_without(source, axis) for source in sources], rank)
    return Flow((*found.layout[:axis], features(shape[axis]), *found.layout[axis + 1 :]), found.inputs)


def multiplies(reach: Multiplies, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    """Return the flow of a product of two computed factors: rows of the left, columns of the right."""
    *others, left, right = sources
    if left.shape != reach.left or right.shape != reach.right or min(len(left.shape), len(right.shape)) < 2:
        raise PlacesLostError
    live = [Source(side.shape[:-2], side.layout[:-2]) for side in (left, right) if side.layout is not None]
    lead = tuple(_broadcast(number - len(shape) + 2, size, live) for number, size in enumerate(shape[:-2]))
    rows = left.layout[-2] if left.layout is not None else features(shape[-2])
    columns = right.layout[-1] if right.layout is not None else features(shape[-1])
    taken = {atom.axis for dim in (*lead, rows) for atom in places(dim)}
    if any(atom.axis in taken for atom in places(columns)):
        # Each place with each: the rows keep theirs, what the columns see is everywhere.
        columns = features(shape[-1])
    layout = (*lead, rows, columns)
    flows = (_seen(layout, left, (-1,), rank), _seen(layout, right, (-2,), rank))
    return Flow(layout, (*((EVERYWHERE,) * rank for _ in others), *flows))


def attends(_reach: Attends, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    """Return the flow of attention: the query's place, all places of keys and values."""
    query, *others = sources
    layout = query.layout if query.layout is not None else tuple(features(size) for size in shape)
    layout = (*layout[:-1], features(shape[-1]))
    flows = (_seen(layout, query, (-1,), rank), *(_seen(layout, other, (-1, -2), rank) for other in others))
    return Flow(layout, flows)


def _broadcast(number: int, size: int, live: Sequence[Source]) -> tuple[Atom, ...]:
    """Return what stands in a dimension, counted from the end, of values in the same places."""
    for source in live:
        if source.layout is not None and -number <= len(source.shape) and source.shape[number] == size:
            dim = source.layout[number]
            if places(dim):
                return dim
    return features(size)


def _seen(layout: Layout, source: Source, moved: Collection[int], rank: int) -> tuple[AxisFlow, ...] | None:
    """Return how a layout reads a source whose dimensions stand below its own, counted from the end.

    Args:
        layout: Of the output.
        source: What is read.
        moved: Dimensions, counted from the end, that are read whole.
        rank: Axes of the network's input.
    """
    if source.layout is None:
        return None
    kept = _kept(layout, source, moved)
    axes = tuple(_seen_along(axis, layout, source.layout, kept) for axis in range(rank))
    return None if all(axis == SAME_PLACE for axis in axes) else axes


def _kept(layout: Layout, source: Source, moved: Collection[int]) -> dict[Atom, Atom]:
    """Return for the digits of a source that stay apart the digits of the layout they stand below."""
    kept: dict[Atom, Atom] = {}
    for number, dim in enumerate(source.layout or (), start=-len(source.shape)):
        mine = places(dim)
        theirs = places(layout[number]) if -number <= len(layout) and number not in moved else []
        if not mine or not theirs:
            continue
        if [(atom.axis, atom.size) for atom in dim] == [(atom.axis, atom.size) for atom in layout[number]]:
            kept.update(zip(mine, theirs, strict=True))
        elif source.shape[number] != 1:
            raise PlacesLostError
    return kept


def _seen_along(axis: int, layout: Layout, source: Layout, kept: dict[Atom, Atom]) -> AxisFlow:
    mine, theirs = digits(source, axis), digits(layout, axis)
    free = [atom for atom in mine if atom not in kept]
    if not mine or (not free and mine == theirs):
        return SAME_PLACE
    if len(free) == len(mine):
        return EVERYWHERE
    has_top = kept.get(mine[0]) == theirs[0]
    step = index_maps.picked(
        length(layout, axis),
        (theirs[0].weight, mine[0].weight) if has_top else None,
        tuple((kept[atom].weight, atom.size, atom.weight) for atom in mine[1 if has_top else 0 :] if atom in kept),
        tuple((atom.weight, atom.size) for atom in free),
    )
    return AxisFlow(((step, length(source, axis)),))


def _side_by_side(axis: int, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    """Return the flow where parts of a map stand side by side."""
    if sum(source.shape[axis] for source in sources) != shape[axis]:
        raise PlacesLostError  # a part that no input has a hand in is not among what it reads
    start, layouts = 0, []
    inputs: list[tuple[AxisFlow, ...] | None] = []
    for source in sources:
        if source.layout is None:
            inputs.append(None)
        else:
            walk = Walk(source, rank)
            act_on(walk, axis, index_maps.shifted(-start), shape[axis])
            layouts.append(walk.layout)
            [flow] = walk.end(1).inputs
            inputs.append(tuple(one._replace(is_part=bool(one.steps)) for one in flow or ()) or None)
        start += source.shape[axis]
    if any(layout != layouts[0] for layout in layouts):
        raise PlacesLostError
    return Flow(layouts[0], tuple(inputs))


def _with_one(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], 1, *shape[axis + 1 :])


def _without(source: Source, axis: int) -> Source:
    """Return a source with one place, of no matter what, in a dimension."""
    if source.layout is None:
        return source
    return Source(_with_one(source.shape, axis), (*source.layout[:axis], (), *source.layout[axis + 1 :]))
