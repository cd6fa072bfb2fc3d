"""A network run for many windows of one image at once, where only what a window changes is computed again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate.explain.occlusion.boxes import Box, after, slid_axes
from striate.explain.occlusion.gates import gates
from striate.explain.occlusion.local import Local, is_overwriting, laid_out
from striate.explain.occlusion.node import Node, shape_of
from striate.explain.occlusion.operators import Reader, fill_of, mean_scale, slide
from striate.explain.occlusion.patches import Places, Sheet, put
from striate.kinds.reach import Adapts, Joins, Mixes, Pads, Regroups, Slides, Window
from striate.records.occlusion_plan import Approximation
from striate.trace.execution import filled
from striate.trace.replay import Scaled

# From here on a box is hardly less than the map, and the map is quicker: nothing need be cut and put.
MOST = 0.85
_UNCHANGED = frozenset({"contiguous", "clone", "alias", "detach", "lift_fresh"})


class Engine:
    """One image's values, kept, and what follows from covering parts of it.

    For each batch of windows, every value is carried as the box that changes and nothing else; an operator that looks around
    gets the surroundings from the value of the clean image. Where the box would be most of the map, or nobody knows what an
    operator does to places, whole maps are made.

    Args:
        local: The network's calls with its present parameters.
        image: (1, c, …).
        most: The largest share of a map that is kept as a box; 0 makes all maps whole.
        approximation: What is left out, if anything.
    """

    def __init__(
        self, local: Local, image: Tensor, *, most: float = MOST, approximation: Approximation | None = None
    ) -> None:
        self.local, self.most = local, most
        self._frozen = gates(local.nodes) if approximation is not None and approximation.freezes_gates else frozenset()
        self._kept = 1.0 if approximation is None else approximation.kept
        self.clean: dict[int, Tensor] = {local.input: laid_out(image)}
        self._sheets: dict[tuple[Any, ...], Sheet] = {}
        self._scales: dict[int, Sheet | None] = {}
        with torch.inference_mode():
            for node in local.nodes:
                self.clean.update(made(node, whole(node, local, 1, self.read)))

    @property
    def scores(self) -> Tensor:
        """Scores of the clean image, (1, outputs)."""
        return self.read(self.local.output)

    def boxes(self, starts: Places, size: tuple[int, ...]) -> dict[int, Box | None]:
        """Return the changed box of every value for windows of a size that begin at `starts` (n, axes)."""
        image = Box(tuple(range(2, 2 + len(size))), starts, size) if self.most else None
        return self._changed(self.local.input, image)

    def _changed(self, value: int, box: Box | None) -> dict[int, Box | None]:
        """Return the changed box of every value that follows from one, that one among them."""
        found: dict[int, Box | None] = {value: box}
        for node in self.local.nodes:
            if node.is_flowing and node.made[0] not in self._frozen and not found.keys().isdisjoint(node.reads):
                found.update(dict.fromkeys(node.made, after(node, found, self.most, self._kept)))
        return found

    def macs(self, boxes: Mapping[int, Box | None]) -> float:
        """Return multiply-accumulates for one window with these boxes."""
        total = 0.0
        for node in self.local.nodes:
            if node.made[0] in boxes:
                box = boxes[node.made[0]]
                total += node.macs * (1.0 if box is None else box.share(node.shape))
        return total

    def run(self, covers: Tensor, starts: Places) -> Tensor:
        """Return the scores (n, outputs) with parts of the image replaced.

        Args:
            covers: (n, c, …), what stands in the image instead.
            starts: (n, axes), where each begins.
        """
        with torch.inference_mode():
            run = _Run(self, len(starts), self.boxes(starts, tuple(covers.shape[2:])), self.local.input, covers)
            if run.is_whole:
                run.paste(Box(tuple(range(2, covers.ndim)), starts, tuple(covers.shape[2:])))
            return run.scores()

    def run_from(self, value: int, values: Tensor) -> Tensor:
        """Return the scores (n, outputs) that follow from whole values (n, …) put in the place of an inner one.

        Only what depends on it is computed. The values may be written over.
        """
        with torch.inference_mode():
            return _Run(self, len(values), self._changed(value, None), value, values).scores()

    def read(self, value: int) -> Tensor:
        """Return a value of the clean image, or a parameter."""
        found = self.clean.get(value)
        return self.local.found[value] if found is None else found

    def sheet(
        self, value: int, axes: tuple[int, ...], padding: tuple[tuple[int, int], ...] = (), fill: float = 0
    ) -> Sheet:
        """Return a clean value ready to have boxes cut out of it; made once."""
        key = (value, axes, padding, fill)
        if key not in self._sheets:
            self._sheets[key] = Sheet(self.read(value), axes, padding, fill)
        return self._sheets[key]

    def scale(self, node: Node, padding: tuple[tuple[int, int], ...]) -> Sheet | None:
        """Return by what means of full windows must be multiplied; None if by nothing. Made once."""
        key = node.made[0]
        if key not in self._scales:
            found = mean_scale(node, self.read(node.reads[0]), padding) if node.name.startswith("avg_pool") else None
            self._scales[key] = None if found is None else Sheet(found, tuple(range(2, found.ndim)))
        return self._scales[key]


def whole(node: Node, local: Local, batch: int, read: Reader) -> Any:  # noqa: ANN401 - what the operator returns
    """Return what a node makes of whole values."""
    if node.name in _UNCHANGED:
        return read(node.reads[0])
    if isinstance(node.reach, Regroups):
        return read(node.reads[0]).reshape(shape_of(local.record, node.made[0], batch))
    values = {value: read(value) for value in node.reads}
    args = filled(node.args, values, batch, local.device)
    return node.func(*args, **{name: filled(part, values, batch, local.device) for name, part in node.kwargs.items()})


def made(node: Node, out: Any) -> Iterator[tuple[int, Tensor]]:  # noqa: ANN401 - what the operator returned
    """Yield the number and the value of each output."""
    parts = out if isinstance(out, list | tuple) else (out,)
    for value, part in zip(node.makes, parts, strict=True):
        if value is not None:
            yield value, part


class _Run:
    """One batch of changes on its way through the network: what has changed of which value, and the boxes of all that follow."""

    def __init__(
        self, engine: Engine, count: int, boxes: Mapping[int, Box | None], value: int, changed: Tensor
    ) -> None:
        self._engine, self._local, self._count = engine, engine.local, count
        self._boxes, self._begin = boxes, value
        self._values: dict[int, Tensor] = {value: changed}

    @property
    def is_whole(self) -> bool:
        """Whether what has changed is wanted as a whole map."""
        return self._boxes[self._begin] is None

    def paste(self, box: Box) -> None:
        """Put what has changed into whole maps."""
        self._values[self._begin] = self._pasted(self._begin, box)

    def scores(self) -> Tensor:
        """Return the scores, (n, outputs)."""
        for node, dead in zip(self._local.nodes, self._local.dead, strict=True):
            if node.made[0] in self._boxes and node.made[0] != self._begin:
                box = self._boxes[node.made[0]]
                out = self._whole(node) if box is None else self._on_box(node, box)
                self._values.update(made(node, out))
            for value in dead:
                self._values.pop(value, None)
        return self._all(self._local.output)

    def _whole(self, node: Node) -> Any:  # noqa: ANN401
        box = self._boxes.get(node.reads[0])
        if box is not None and _is_mean_over(node, box):
            return self._mean(node, box)
        return self._made(node, (self._count, *node.shape[1:]), self._all)

    def _made(self, node: Node, shape: tuple[int, ...], read: Reader) -> Any:  # noqa: ANN401
        """Return what a node makes of values, written over the first where that is of the same shape and nobody else's."""
        values = {value: read(value) for value in node.reads}
        is_own = is_overwriting(node, self._local) and node.reads[0] in self._boxes
        is_like = len({tensor.dtype for tensor in values.values()}) == 1
        if is_own and is_like and values[node.reads[0]].shape == shape:
            node = replace(node, func=getattr(torch.ops.aten, node.name + "_"))
        return whole(node, self._local, self._count, values.__getitem__)

    def _all(self, value: int) -> Tensor:
        """Return a whole value, for all windows."""
        if value not in self._boxes:
            found = self._engine.read(value)
            is_for_each = value not in self._local.found and self._local.record.shapes[value][:1] == (Scaled(0, 1),)
            return found.expand(self._count, *found.shape[1:]) if is_for_each else found
        box = self._boxes[value]
        return self._values[value] if box is None else self._pasted(value, box)

    def _pasted(self, value: int, box: Box) -> Tensor:
        shape = self._engine.read(value).shape
        return self._around(
            value, Box(box.axes, np.zeros_like(box.starts), tuple(shape[axis] for axis in box.axes)), box
        )

    def _around(self, value: int, wanted: Box, box: Box | None) -> Tensor:
        """Return a value in a box around its own: what is outside of its own is the clean image's."""
        if box is not None and box.size == wanted.size and np.array_equal(box.starts, wanted.starts):
            return self._values[value]
        out = self._engine.sheet(value, wanted.axes).cut(wanted.starts, wanted.size)
        if box is not None:
            put(out, self._values[value], box.axes, box.starts - wanted.starts)
        return out

    def _mean(self, node: Node, box: Box) -> Tensor:
        """Return the mean over all places: the clean one, and what the box adds to it."""
        value, out = node.reads[0], self._engine.read(node.made[0])
        change = self._values[value] - self._engine.sheet(value, box.axes).cut(box.starts, box.size)
        places = prod(node.sources[0][axis] for axis in box.axes)
        return out + change.sum(box.axes).div_(places).view(self._count, *out.shape[1:])

    def _on_box(self, node: Node, box: Box) -> Any:  # noqa: ANN401
        """Return what a node makes of boxes, within the box that changes of it."""
        first = node.reads[0]
        inner = self._boxes.get(first)
        if node.name in _UNCHANGED or isinstance(node.reach, Pads):
            return self._values[first]
        if isinstance(node.reach, Slides) and inner is not None:
            return self._slid(node, node.reach.window, inner, box)
        shape = [self._count, *node.shape[1:]]
        for axis, length in zip(box.axes, box.size, strict=True):
            shape[axis] = length
        if isinstance(node.reach, Regroups):
            return self._values[first].reshape(shape)
        return self._made(node, tuple(shape), lambda value: self._operand(node, value, box))

    def _operand(self, node: Node, value: int, box: Box) -> Tensor:
        """Return a value as an operator that works in place reads it for a box."""
        if value in self._boxes:
            return self._around(value, box, self._boxes[value])
        found = self._engine.read(value)
        is_beside = node.is_broadcasting or isinstance(node.reach, Joins)
        missing = len(node.shape) - found.ndim
        along = [axis - missing for axis in box.axes]
        if not is_beside or all(axis < 0 or found.shape[axis] == 1 for axis in along):
            return found
        wide = found.reshape(*(1,) * missing, *found.shape)
        spread = [node.shape[axis] if axis in box.axes else length for axis, length in enumerate(wide.shape)]
        return Sheet(wide.expand(spread), box.axes).cut(box.starts, box.size)

    def _slid(self, node: Node, window: Window, inner: Box, box: Box) -> Tensor:
        """Return a sliding operator's box, made of the box it reads, `inner`, and its surroundings."""
        value = node.reads[0]
        axes = slid_axes(window, node.sources[0], node.shape)
        size = tuple((length - 1) * axis.stride + axis.span for length, axis in zip(box.size, axes, strict=True))
        starts = box.starts * np.array([axis.stride for axis in axes])
        padding = tuple((axis.before, axis.behind) for axis in axes)
        offsets = inner.starts + np.array([axis.before for axis in axes]) - starts
        around = self._inside(self._values[value], inner, offsets, size)
        if around is None:
            around = self._engine.sheet(value, inner.axes, padding, fill_of(node)).cut(starts, size)
            put(around, self._values[value], inner.axes, offsets)
        out = slide(node, around, self._engine.read)
        scale = self._engine.scale(node, padding)
        return out if scale is None else out.mul_(scale.cut(box.starts, box.size))

    @staticmethod
    def _inside(patch: Tensor, box: Box, offsets: Places, size: tuple[int, ...]) -> Tensor | None:
        """Return the part of a box that is read, if the box alone is read, and at one place in all of them."""
        if (offsets != offsets[0]).any() or (offsets[0] > 0).any() or (size - offsets[0] > box.size).any():
            return None
        part = [slice(None)] * patch.ndim
        for axis, offset, length in zip(box.axes, offsets[0].tolist(), size, strict=True):
            part[axis] = slice(-offset, length - offset)
        return patch[tuple(part)]


def _is_mean_over(node: Node, box: Box) -> bool:
    """Whether a node is the mean over all places of a map, whose box is known."""
    if box.axes != tuple(range(2, len(node.sources[0]))):
        return False
    if isinstance(node.reach, Adapts):
        return node.name.startswith("adaptive_avg") and set(node.reach.size) == {1}
    is_plain = node.name == "mean" and node.kwargs.get("dtype") is None
    return is_plain and isinstance(node.reach, Mixes) and set(node.reach.over) == set(box.axes)


def box_bytes(engine: Engine, boxes: Mapping[int, Box | None]) -> int:
    """Return the bytes of one window's largest operator: what it reads and what it makes."""
    largest = 0
    for node in engine.local.nodes:
        sizes = 0
        for value in {*node.reads, *node.made} & boxes.keys():
            found, box = engine.read(value), boxes[value]
            share = 1.0 if box is None else box.share(tuple(found.shape))
            sizes += int(found.numel() * found.element_size() * share)
        largest = max(largest, sizes)
    return largest
