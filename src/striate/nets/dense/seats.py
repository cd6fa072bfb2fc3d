"""Which value of a map, or which feature, stands where while a head rearranges them: told by moving numbers through its ops."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted
from striate.graph import Op, Shape, times
from striate.trace import Recording

Holds = Literal["map", "pooled", "features"]
_MOVERS = frozenset({"flatten", "view", "permute", "slice", "identity", "dropout"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """What the values of one image are, in one value of the head.

    Attributes:
        holds: "map": values of the trunk's map; "pooled": of that map pooled to a stated size; "features": a vector.
        of: Shape of that map, (channels, axes…), or (features,).
        number: For each value of one image, its place in the flattened `of`; int64.
        anchor: The op from which the numbers were followed.
    """

    holds: Holds
    of: Shape
    number: Tensor
    anchor: str

    @classmethod
    def of_map(cls, shape: Shape, order: tuple[int, ...], anchor: str, holds: Holds = "map") -> Seats:
        """Return the seats of a map; `order` brings its dimensions to (batch, channels, axes…)."""
        number = torch.arange(prod(shape)).reshape(shape)
        back = sorted(range(len(shape)), key=lambda axis: order[axis + 1])
        return cls(holds=holds, of=shape, number=number.permute(back).contiguous(), anchor=anchor)

    @classmethod
    def of_features(cls, number: Tensor, count: int, anchor: str) -> Seats:
        """Return the seats of a vector of features."""
        return cls(holds="features", of=(count,), number=number, anchor=anchor)

    @property
    def is_vector(self) -> bool:
        """Whether the values stand in a row along one axis, whatever empty axes are around it."""
        return max(self.number.shape, default=1) == self.number.numel()

    def channel_of(self, over: tuple[int, ...]) -> Tensor | None:
        """Return the channel whose whole map is read at each place left, if `over` (batch is 0) reads whole maps."""
        kept = [axis for axis in range(self.number.ndim) if axis + 1 not in over]
        gone = [axis - 1 for axis in over if axis > 0]
        if len(gone) != len(over):
            return None
        rows = self.number.permute(*kept, *gone).reshape(*(self.number.shape[axis] for axis in kept), -1)
        places = prod(self.of[1:])
        channel, place = rows // places, rows % places
        is_whole = rows.shape[-1] == places and bool((place.sort(-1).values == torch.arange(places)).all())
        return channel[..., 0] if is_whole and bool((channel == channel[..., :1]).all()) else None


def is_mover(op: Op) -> bool:
    """Return whether an op only rearranges values."""
    return op.kind in _MOVERS and not op.attributes.get("expands")


def moved(seats: Seats, op: Op, module: nn.Module, recording: Recording, batch: int) -> Seats:
    """Return the seats behind an op that only rearranges.

    Raises:
        InputError: It mixes images, so that no rule says which values belong to which.
    """
    if not op.shape or op.shape[0] != batch:
        raise InputError(
            "a reshaping must keep the images apart",
            got=Quoted(f"{times(op.shape)} of {batch} images"),
            where=op.name,
            hint="Flatten with flatten(1).",
        )
    if op.kind == "dropout":
        return seats
    # Exact up to 2⁵³ values. Numbers from one more on, so that a zero that was put in would be seen.
    # Images of other numbers, so that one that gets a value of another's would be seen.
    apart = prod(seats.of)
    source = torch.stack([seats.number + 1 + apart * image for image in range(batch)]).to(torch.float64)
    with torch.no_grad():
        found = recording.program.run_from(module, {seats.anchor: source}, until=op.name).taps[op.name]
    rows = found.round().to(torch.int64) - 1
    number = rows[0]
    moves = rows - apart * torch.arange(batch).reshape(-1, *[1] * number.ndim)
    if number.numel() and (int(number.min()) < 0 or not torch.equal(moves, number.expand_as(moves))):
        raise InputError("a reshaping must move values only, each within its image", got=Quoted(op.kind), where=op.name)
    return Seats(holds=seats.holds, of=seats.of, number=number, anchor=op.name)
