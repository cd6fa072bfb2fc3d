"""`DenseNetwork`: a classifier that answers at every place of an image of any size."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from math import prod

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted, ShapeError
from striate.graph import times
from striate.nets.dense.head import Head
from striate.nets.dense.trunk import Trunk
from striate.nets.dense.windows import spaced
from striate.records.dense import Conversion
from striate.trace import Recording

Box = tuple[tuple[int, int], ...]


class DenseNetwork(nn.Module):
    """A classifier as a fully convolutional network; `dense` makes one.

    The copy of the network inside is run by its recorded calls, always as in eval mode; gradients flow. The head's modules
    are real ones, and have copies of the weights.

    Attributes:
        network: The copy of the network; layers of the head that became convolutions are empty in it.
        head: Modules that slide over the trunk's map.
        conversion: What became of what, and how exact it is.
        stride_px: Input pixels from one position to the next, per axis.
        finer: Positions for one of the conversion's stride, per axis.
        parts: What was read off the head.
        trunk: What runs the network up to its last map.
        native: The trace of the network at its own size.
    """

    def __init__(
        self,
        network: nn.Module,
        trunk: Trunk,
        head: Head,
        native: Recording,
        conversion: Conversion,
        finer: tuple[int, ...] = (),
        coarse: DenseNetwork | None = None,
    ) -> None:
        super().__init__()
        # In a tuple, so that its modules, which are shared, do not count twice.
        self._coarse = (coarse,) if coarse is not None else ()
        self.network = network
        self.head = nn.Sequential(OrderedDict(head.modules))
        self.conversion = conversion
        # Positions of this map for one of the network's own stride.
        self.finer = finer or (1,) * len(conversion.window)
        self.stride_px = tuple(step // by for step, by in zip(conversion.stride_px, self.finer, strict=True))
        self.trunk, self.native, self.parts = trunk, native, head

    def forward(self, images: Tensor) -> Tensor:
        """Return the maps of all scores, (n, outputs, positions…), of images (n, channels, axes…).

        Raises:
            ShapeError: Images of other channels, or smaller than the network's own input.
        """
        self._check(tuple(images.shape))
        maps: Tensor = self.head(self.trunk(self.network, images))
        self._check_counts(tuple(images.shape[2:]), tuple(maps.shape[2:]))
        return self._with_rest(maps) if self.parts.rest else maps

    def maps(self, images: Tensor) -> Tensor:
        """Return what `forward` returns."""
        found: Tensor = self(images)
        return found

    def own(self, crops: Tensor) -> Tensor:
        """Return what the network itself answers, (n, outputs), for images of its own size."""
        coarse = self._coarse[0] if self._coarse else self
        return DenseNetwork.forward(coarse, crops).flatten(2)[:, :, 0]

    def positions(self, size_px: tuple[int, ...]) -> tuple[int, ...]:
        """Return how many positions the maps of an image have, per axis, without running the network.

        Example:
            >>> from striate.nets.dense import dense
            >>> net = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.Flatten(), nn.Linear(4 * 3 * 3, 2))
            >>> dense(net, (1, 7, 7)).positions((7, 15))
            (1, 5)
        """
        shape = (self.conversion.input_shape[0], *size_px)
        self._check((1, *shape))
        sizes = self.trunk.shape(self.network, shape)[1:]
        window = self.conversion.window
        counts = tuple(n - (w - 1) * f for n, w, f in zip(sizes, window, self.finer, strict=True))
        self._check_counts(size_px, counts)
        return counts

    def crop(self, position: tuple[int, ...]) -> Box:
        """Return the pixels for which a position answers as the network does, (first, last + 1) per axis."""
        sides = self.conversion.input_shape[1:]
        return tuple((p * s, p * s + n) for p, s, n in zip(position, self.stride_px, sides, strict=True))

    def centre_px(self, position: tuple[int, ...]) -> tuple[float, ...]:
        """Return the middle of a position's field in the image, per axis."""
        first = self.conversion.centre_px
        return tuple(c + p * s for c, p, s in zip(first, position, self.stride_px, strict=True))

    def with_trunk(self, trunk: Trunk, finer: tuple[int, ...]) -> DenseNetwork:
        """Return the same network with `finer` times as many positions per axis; the weights are shared."""
        modules = {name: spaced(part, finer) for name, part in self.head.named_children()}
        head = replace(self.parts, modules=modules)
        made = DenseNetwork(self.network, trunk, head, self.native, self.conversion, finer, self)
        return made.train(self.training)

    def _with_rest(self, maps: Tensor) -> Tensor:
        """Run the network's own calls from the features on, once a position."""
        rows = maps.movedim(1, -1)
        value = rows.reshape(-1, *self.parts.rest_shape)
        scores: Tensor = self.native.program.run_from(self.network, {self.parts.rest: value}).outputs
        return scores.reshape(*rows.shape[:-1], -1).movedim(-1, 1)

    def _check(self, shape: tuple[int, ...]) -> None:
        channels, *sides = self.conversion.input_shape
        if len(shape) != len(sides) + 2 or shape[1] != channels:
            raise ShapeError(
                f"images must be a batch with {channels} channels and {len(sides)} axes of space",
                got=Quoted(times(shape)),
            )
        if any(have < need for have, need in zip(shape[2:], sides, strict=True)):
            raise ShapeError(
                f"an image must be at least as large as the network's input, {times(sides)}",
                got=Quoted(times(shape[2:])),
                hint="Enlarge it first, or convert the network at a smaller input.",
            )

    def _check_counts(self, size_px: tuple[int, ...], counts: tuple[int, ...]) -> None:
        """Check that positions lie a stride apart at this size, too."""
        if max(self.finer) > 1:
            return
        crops = [
            (size - side) // s + 1
            for size, side, s in zip(size_px, self.conversion.input_shape[1:], self.stride_px, strict=True)
        ]
        # One more where the network leaves out the last pixels of its own size.
        if any(count - crop not in {0, 1} for count, crop in zip(counts, crops, strict=True)):
            raise InputError(
                f"a network must do at every size what it does at its own: a position every {times(self.stride_px)} pixels",
                got=Quoted(f"{times(counts)} positions at {times(size_px)} pixels"),
                where=self.conversion.trunk,
                hint="It does other things to larger images; use crops.",
            )


def scores(answer: object, images: Tensor) -> Tensor:
    """Return a classifier's scores (n, outputs) from its answer for images.

    Raises:
        InputError: It is anything else.
    """
    if isinstance(answer, Tensor) and answer.ndim >= 1 and len(answer) == len(images):
        rows = answer.reshape(len(images), -1)
        if rows.shape[1] == prod(answer.shape[1:]) and max(answer.shape[1:], default=1) == rows.shape[1]:
            return rows
    got = times(tuple(answer.shape)) if isinstance(answer, Tensor) else type(answer).__name__
    raise InputError("a network must answer with one row of scores an image", got=Quoted(got))


def at(maps: Tensor, position: tuple[int, ...]) -> Tensor:
    """Return the scores (outputs,) at a position of maps (outputs, positions…)."""
    for place in position:
        maps = maps.select(1, place)
    return maps


def largest_deviation(one: Tensor, other: Tensor) -> float:
    """Return the largest difference over the largest value of the second; infinite where values are not numbers."""
    scale = float(other.abs().max()) if other.numel() else 0.0
    worst = float((one - other).abs().max()) if other.numel() else 0.0
    if not torch.isfinite(one).all() or not torch.isfinite(other).all():
        return float("inf")
    return worst / scale if scale else worst
