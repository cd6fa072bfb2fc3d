"""Finer maps: by shifted passes that are interleaved, or by taking the last strides out and spreading what follows."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import prod

from torch import Tensor

from striate.analyse import receptive_fields
from striate.errors import InputError, Quoted
from striate.graph import Graph, Op, times
from striate.kinds import UNKNOWN, kind_of
from striate.kinds.reach import Attends, Multiplies, Pads, Resizes, Rolls, Shuffles, Spreads, Takes, Unfolds
from striate.nets.dense.network import DenseNetwork
from striate.nets.dense.trunk import Trunk
from striate.records.readings import Receptive
from striate.trace import Edit
from striate.trace.prefix import WINDOWED

# What reads neighbours in a way that cannot be spread.
_RIGID = (Resizes, Spreads, Shuffles, Rolls, Unfolds, Attends, Multiplies)


class ShiftedNetwork(DenseNetwork):
    """A dense network whose maps are interleaved from shifted passes; `by_shift` makes one."""

    @property
    def passes(self) -> int:
        """Passes for one map."""
        return prod(self.finer)

    def forward(self, images: Tensor) -> Tensor:
        """Return the finer maps; every `finer`-th position is bit for bit that of the first pass."""
        sizes = tuple(images.shape[2:])
        counts = self.positions(sizes)
        maps: Tensor | None = None
        for shift in product(*(range(by) for by in self.finer)):
            needed = [max(-(-(n - a) // by), 0) for n, a, by in zip(counts, shift, self.finer, strict=True)]
            if 0 in needed:
                continue
            part = images
            for axis, (a, step) in enumerate(zip(shift, self.stride_px, strict=True), start=2):
                part = part.narrow(axis, a * step, part.shape[axis] - a * step)
            found = super().forward(part)
            if maps is None:
                maps = found.new_empty(*found.shape[:2], *counts)
            into = maps
            for axis, (a, by, n) in enumerate(zip(shift, self.finer, needed, strict=True), start=2):
                found = found.narrow(axis, 0, n)
                into = into[(slice(None),) * axis + (slice(a, None, by),)]
            into.copy_(found)
        if maps is None:
            raise InputError("an image must have room for one position", got=Quoted(times(sizes)))
        return maps

    def positions(self, size_px: tuple[int, ...]) -> tuple[int, ...]:
        """Return how many positions the interleaved maps have, per axis."""
        channels, *sides = self.conversion.input_shape
        self._check((1, channels, *size_px))
        counts = list(size_px)  # more than there can be
        for shift in range(max(self.finer)):
            left = [size - shift * step for size, step in zip(size_px, self.stride_px, strict=True)]
            shape = self.trunk.shape(self.network, (channels, *map(max, left, sides)))[1:]
            for axis, by in enumerate(self.finer):
                coarse = shape[axis] - self.conversion.window[axis] + 1 if left[axis] >= sides[axis] else 0
                counts[axis] = min(counts[axis], by * coarse + shift)
        return tuple(counts)


def by_shift(dense: DenseNetwork, factor: int) -> ShiftedNetwork:
    """Return a network whose maps have `factor` times as many positions per axis, from factor² shifted passes.

    Args:
        dense: A network at its own stride.
        factor: Must divide the stride.

    Raises:
        InputError: It does not, or the network is finer already.

    When it misleads:
        Padding at the left and top border stands elsewhere in each pass: near that border positions of different passes do not
        see the same zeros.

    Source:
        Pinheiro and Collobert, "Recurrent Convolutional Neural Networks for Scene Labeling", ICML 2014, section 4.4; Sermanet
        et al., "OverFeat", ICLR 2014, section 3.3. Differs: None.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from striate.nets.dense.convert import dense
        >>> net = nn.Sequential(nn.Conv2d(1, 4, 3, stride=4), nn.Flatten(), nn.Linear(4 * 2 * 2, 2))
        >>> by_shift(dense(net, (1, 7, 7)), 4).maps(torch.zeros(1, 1, 15, 9)).shape
        torch.Size([1, 2, 9, 3])
    """
    _check(dense, factor)
    finer = (factor,) * len(dense.stride_px)
    made = ShiftedNetwork(dense.network, dense.trunk, dense.parts, dense.native, dense.conversion, finer)
    return made.train(dense.training)


def by_dilation(dense: DenseNetwork, factor: int) -> DenseNetwork:
    """Return a network whose maps have `factor` times as many positions per axis, in one pass: strides out, dilation in.

    Where the map's stride would become larger than wanted, the stride is taken out of the window that makes it, and every
    window behind it reads places that lie as far apart as they did. The weights are shared with `dense`.

    Args:
        dense: A network at its own stride.
        factor: Must divide the stride.

    Raises:
        InputError: It does not; or an op behind cannot be spread (average pooling, enlargements, padding as an op of its own,
            attention).

    When it misleads:
        It equals `by_shift` where padding does not reach; near the border zeros stand at other places. Memory and time of the
        spread part grow by factor².

    Source:
        Holschneider et al., "algorithme à trous", 1989; Chen et al., "DeepLab", ICLR 2015, section 3.1. Differs: also pooling
        windows, the head and any branch; found in the table.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from striate.nets.dense.convert import dense
        >>> net = nn.Sequential(nn.Conv2d(1, 4, 3, stride=4), nn.Flatten(), nn.Linear(4 * 2 * 2, 2))
        >>> coarse, image = dense(net, (1, 7, 7)), torch.randn(1, 1, 15, 9)
        >>> torch.allclose(by_dilation(coarse, 4).maps(image), by_shift(coarse, 4).maps(image), atol=1e-6)
        True
    """
    _check(dense, factor)
    most = [step // factor for step in dense.conversion.stride_px]
    if dense.conversion.unknown_at or not dense.conversion.field_px:
        raise InputError(
            "every op up to the last map must have a known reach to be dilated",
            got=Quoted(dense.conversion.unknown_at or "none"),
            hint="Use shifted passes.",
        )
    edits = dict(_edits(dense.native.graph, dense.conversion.trunk, most))
    trunk = Trunk(dense.trunk.op, dense.trunk.order, edits)
    return dense.with_trunk(trunk, (factor,) * len(most))


def _check(dense: DenseNetwork, factor: int) -> None:
    strides = dense.conversion.stride_px
    if factor < 2 or any(step % factor for step in strides):
        raise InputError(f"a finer map's factor must divide the stride, {times(strides)}", got=factor)
    if set(dense.finer) != {1}:
        raise InputError("a map must be made finer once only", got=Quoted(times(dense.finer)))


def _edits(graph: Graph, trunk: str, most: list[int]) -> Iterator[tuple[int, Edit]]:
    """Yield the windows that change, by their number among all windowed calls."""
    fields = receptive_fields(graph)
    needed, seen = {trunk}, set(graph.conditions.inputs)
    for op in reversed(graph.ops):
        if op.name in needed:
            needed.update(op.inputs)
    number = -1
    for op in graph:
        number += op.kind in WINDOWED
        source = next((name for name in op.inputs if name in seen), None)
        if source is None:
            continue
        seen.add(op.name)
        if op.name not in needed or not fields[op.name].axes:
            continue
        before = _strides(fields, source, len(most))
        after = _strides(fields, op.name, len(most))
        if all(b <= m and a <= m for b, a, m in zip(before, after, most, strict=True)):
            continue
        kept = [(min(b, Fraction(m)), min(a, Fraction(m))) for b, a, m in zip(before, after, most, strict=True)]
        spread = [b / own for b, (own, _) in zip(before, kept, strict=True)]
        stride = [a / b for b, a in kept]
        if any(value.denominator != 1 for value in (*spread, *stride)):
            raise InputError(
                "strides must divide each other for a map to be dilated",
                got=Quoted(times([int(b) for b in before])),
                where=op.name,
                hint="Use another factor, or shifted passes.",
            )
        edit = Edit(stride=tuple(map(int, stride)), spread=tuple(map(int, spread)))
        _check_op(op, edit)
        if op.kind in WINDOWED:
            yield number, edit


def _strides(fields: dict[str, Receptive], name: str, rank: int) -> list[Fraction]:
    if name not in fields:
        return [Fraction(1)] * rank
    return [Fraction(axis.stride) for axis in fields[name].axes] or [Fraction(1)] * rank


def _check_op(op: Op, edit: Edit) -> None:
    """Refuse an op that cannot be spread as asked."""
    is_spread = max(edit.spread) > 1
    if op.kind in WINDOWED:
        if op.kind != "avgpool" or not is_spread or max(op.attributes["kernel"]) == 1:
            return
    else:
        kind = kind_of(op.kind)
        reach = kind.reach(op) if kind is not None else UNKNOWN
        is_taking = isinstance(reach, Takes) and reach.step > 1
        is_padding = isinstance(reach, Pads) and is_spread and any(op.attributes.get("pad", (1,)))
        if not (isinstance(reach, _RIGID) or reach == UNKNOWN or is_taking or is_padding):
            return
    raise InputError(
        "an op behind a stride that is taken out must be one that can be dilated",
        got=Quoted(f"{op.kind}, by {times(edit.spread)}"),
        where=op.name,
        hint="Use a smaller factor, or shifted passes.",
    )
