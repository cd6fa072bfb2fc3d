"""How the places of an op's output flow from the places of its inputs: a kind's answer, made into maps of indices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from typing import Any

from striate.analyse.field import index_maps
from striate.analyse.field.axes import FEATURES, PlacesLostError, features, joined, places, plain, regrouped
from striate.analyse.field.meeting import attends, joins, multiplies, same
from striate.analyse.field.walk import (
    EVERYWHERE,
    SAME_PLACE,
    AxisFlow,
    Flow,
    Source,
    Walk,
    act_on,
    act_on_last,
    mix_channels,
)
from striate.graph import Shape
from striate.kinds.reach import (
    Adapts,
    Attends,
    Expands,
    Joins,
    Mixes,
    Multiplies,
    Pads,
    Reach,
    Regroups,
    Reorders,
    Repeats,
    Resizes,
    Reverses,
    Rolls,
    Same,
    Shuffles,
    Slides,
    Spreads,
    Takes,
    Unfolds,
)


def flow(reach: Reach, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    """Return how an op's output reads its inputs.

    Args:
        reach: The kind's answer.
        shape: Shape of the output.
        sources: What it reads, in order; at least one with a layout.
        rank: Axes of space of the network's input.

    Raises:
        PlacesLostError: No rule says where the places go.
    """
    rule = _RULES.get(type(reach))
    if rule is None:
        raise PlacesLostError
    if sources[0].layout is None and not isinstance(reach, Same | Joins | Multiplies | Attends):
        # Filters that are computed: what they see is everywhere in the output.
        return Flow(tuple(features(size) for size in shape), ((EVERYWHERE,) * rank,) * len(sources))
    return rule(reach, shape, sources, rank)


@lru_cache(maxsize=4096)
def _window_flow(kernel: int, stride: int, before: int, dilation: int, size: int) -> AxisFlow:
    if kernel == stride == 1 and before == 0:
        return SAME_PLACE
    return AxisFlow(((index_maps.slid(kernel, stride, before, dilation), size),))


def _slides(reach: Slides, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    window, source = reach.window, sources[0]
    if len(window.kernel) == rank and source.layout == plain(source.shape, rank):
        axes = tuple(
            _window_flow(kernel, stride, padding[0], dilation, size)
            for kernel, stride, padding, dilation, size in zip(
                window.kernel, window.stride, window.padding, window.dilation, source.shape[2:], strict=True
            )
        )
        rest = ((EVERYWHERE,) * rank,) * (len(sources) - 1)
        return Flow(plain(shape, rank), (axes, *rest))
    walk, count = Walk(source, rank), len(window.kernel)
    mix_channels(walk, len(shape) - count - 1, shape, mixes=reach.mixes_channels)
    maps = [
        index_maps.slid(kernel, stride, before, dilation)
        for kernel, stride, (before, _), dilation in zip(
            window.kernel, window.stride, window.padding, window.dilation, strict=True
        )
    ]
    act_on_last(walk, maps, shape)
    return walk.end(len(sources))


def _spreads(reach: Spreads, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    window = reach.filter
    walk = Walk(sources[0], rank)
    mix_channels(walk, len(shape) - len(window.kernel) - 1, shape, mixes=True)
    maps = [
        index_maps.spread(kernel, stride, before, dilation)
        for kernel, stride, (before, _), dilation in zip(
            window.kernel, window.stride, window.padding, window.dilation, strict=True
        )
    ]
    act_on_last(walk, maps, shape)
    return walk.end(len(sources))


def _resizes(reach: Resizes, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    sizes = zip(sources[0].shape[-reach.axes :], shape[-reach.axes :], strict=True)
    scales: tuple[float | None, ...] = reach.scales or (None,) * reach.axes
    walk = Walk(sources[0], rank)
    maps = [
        index_maps.resized(
            reach.mode, old, new, scale=scale, align_corners=reach.align_corners, antialias=reach.antialias
        )
        for (old, new), scale in zip(sizes, scales, strict=True)
    ]
    act_on_last(walk, maps, shape)
    return walk.end(len(sources))


def _adapts(reach: Adapts, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    count = len(reach.size)
    if set(reach.size) == {1}:
        return _mixes(Mixes(tuple(range(-count, 0)), "one"), shape, sources, rank)
    walk = Walk(sources[0], rank)
    old = sources[0].shape[-count:]
    act_on_last(walk, [index_maps.adapted(n, m) for n, m in zip(old, reach.size, strict=True)], shape)
    return walk.end(len(sources))


def _mixes(reach: Mixes, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    walk = Walk(sources[0], rank)
    count = len(sources[0].shape)
    over = sorted({number % count for number in reach.over})
    if reach.is_causal:
        for number in over:
            walk.run(number)
        return walk.end(len(sources))
    stays = reach.leaves == "places"
    walk.mix([atom for number in over for atom in places(walk.layout[number])], stays=stays)
    if stays:
        return walk.end(len(sources))
    for number in over:
        walk.set(number, features(shape[number]) if reach.leaves == "features" else ())
    if reach.leaves == "none":
        walk.layout = tuple(dim for number, dim in enumerate(walk.layout) if number not in over)
    return walk.end(len(sources))


def _regroups(_reach: Regroups, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    walk = Walk(sources[0], rank)
    _regroup(walk, shape)
    return walk.end(len(sources))


def _regroup(walk: Walk, shape: Shape) -> None:
    walk.layout = regrouped(walk.layout, shape)
    for number in range(len(shape)):
        dim = walk.layout[number]
        # Features that run fastest beside one digit of space are finer places of that axis: each reads the same.
        if len(dim) == 2 and dim[0].axis != FEATURES and dim[1].axis == FEATURES:
            walk.set(number, dim[:1])
            walk.act(dim[0], index_maps.repeated(dim[1].size), dim[0].size * dim[1].size)


def _expands(_reach: Expands, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    walk = Walk(sources[0], rank)
    new = len(shape) - len(walk.layout)
    walk.layout = ((),) * new + walk.layout
    for number, (size, old) in enumerate(zip(shape, (1,) * new + sources[0].shape, strict=True)):
        if size != old:
            walk.mix(places(walk.layout[number]), stays=False)
            walk.set(number, features(size))
    return walk.end(len(sources))


def _reorders(reach: Reorders, _shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    walk = Walk(sources[0], rank)
    walk.layout = tuple(walk.layout[number] for number in reach.order)
    return walk.end(len(sources))


def _takes(reach: Takes, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    walk = Walk(sources[0], rank)
    dim = walk.layout[reach.axis]
    size = 1 if reach.drops else shape[reach.axis]
    if not places(dim) or size == sources[0].shape[reach.axis]:
        # A dimension of one place may be dropped: nothing else was there.
        walk.mix(places(dim) if reach.drops else (), stays=False)
        walk.set(reach.axis, features(size) if not places(dim) else walk.layout[reach.axis])
    else:
        inner = prod(atom.size for atom in dim[1:])
        if reach.drops or reach.start % inner or (inner > 1 and (reach.step != 1 or size % inner)):
            raise PlacesLostError
        first = dim[0]
        if first.axis == FEATURES:
            walk.set(reach.axis, (*features(size // inner), *dim[1:]))
        else:
            walk.act(first, index_maps.shifted(reach.start // inner, step=reach.step), size // inner)
    if reach.drops:
        walk.layout = (*walk.layout[: reach.axis], *walk.layout[reach.axis + 1 :])
    return walk.end(len(sources))


def _pads(reach: Pads, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    walk = Walk(sources[0], rank)
    for number, before in enumerate(reach.before, start=len(shape) - len(reach.before)):
        if shape[number] != sources[0].shape[number] or before:
            act_on(walk, number, index_maps.shifted(-before, fill=reach.fill), shape[number])
    return walk.end(len(sources))


def _rolls(reach: Rolls, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    walk = Walk(sources[0], rank)
    for axis, shift in zip(reach.axes, reach.shifts, strict=True):
        number = axis % len(shape)
        if places(walk.layout[number]):
            act_on(walk, number, index_maps.shifted(-shift, fill="circular"), shape[number])
    return walk.end(len(sources))


def _reverses(reach: Reverses, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    walk = Walk(sources[0], rank)
    for number in reach.axes:
        if shape[number] > 1:
            act_on(walk, number, index_maps.mirrored(shape[number]), shape[number])
    return walk.end(len(sources))


def _repeats(reach: Repeats, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    walk = Walk(sources[0], rank)
    new = len(shape) - len(walk.layout)
    walk.layout = ((),) * new + walk.layout
    for number, (times, size) in enumerate(zip(reach.times, shape, strict=True)):
        if times != 1:
            digit = index_maps.repeated(times) if reach.is_each else index_maps.tiled(size // times)
            act_on(walk, number, digit, size)
    return walk.end(len(sources))


def _unfolds(reach: Unfolds, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    whole = (*shape[:-1], *reach.places)
    found = _slides(Slides(reach.columns), whole, sources, rank)
    return Flow((*found.layout[:-2], joined([atom for dim in found.layout[-2:] for atom in dim])), found.inputs)


def _shuffles(reach: Shuffles, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    factor, walk = reach.factor, Walk(sources[0], rank)
    *lead, channels, height, width = sources[0].shape
    first = len(lead)
    order: list[int]
    if reach.grows:
        _regroup(walk, (*lead, channels // factor**2, factor, factor, height, width))
        order = [0, 3, 1, 4, 2]
    else:
        _regroup(walk, (*lead, channels, height // factor, factor, width // factor, factor))
        order = [0, 2, 4, 1, 3]
    walk.layout = walk.layout[:first] + tuple(walk.layout[first + number] for number in order)
    _regroup(walk, shape)
    return walk.end(len(sources))


def _multiplies(reach: Multiplies, shape: Shape, sources: Sequence[Source], rank: int) -> Flow:
    if len(sources) > 1:
        return multiplies(reach, shape, sources, rank)
    # The other factor is a parameter.
    is_left, is_right = (sources[0].shape == factor for factor in (reach.left, reach.right))
    if is_left == is_right:
        raise PlacesLostError
    return _mixes(Mixes((-1,) if is_left else (-2,), "features"), shape, sources, rank)


_RULES: dict[type[Reach], Callable[[Any, Shape, Sequence[Source], int], Flow]] = {
    Same: same,
    Slides: _slides,
    Spreads: _spreads,
    Resizes: _resizes,
    Adapts: _adapts,
    Mixes: _mixes,
    Multiplies: _multiplies,
    Attends: attends,
    Regroups: _regroups,
    Expands: _expands,
    Reorders: _reorders,
    Joins: joins,
    Takes: _takes,
    Pads: _pads,
    Rolls: _rolls,
    Reverses: _reverses,
    Repeats: _repeats,
    Unfolds: _unfolds,
    Shuffles: _shuffles,
}
