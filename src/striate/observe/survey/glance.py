"""What is taken from one layer's value the moment it is made: a few numbers a unit and image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from math import prod

import torch
from torch import Tensor

# Positions of a map that are read for statistics, an image.
POSITIONS = 4
# From one map in so many on, places are found in all maps at once.
_MANY = 64
# Multiples of it, less their whole part, lie as evenly between 0 and 1 as can be, however many there are.
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Glance:
    """What is kept of one layer for some images, on the processor.

    Attributes:
        peaks: (n, units) float32: the largest value over the positions.
        places: (n, units) int64: where it is, counted through the map; −1 where nobody will ask.
        means: (n, units) float32: the mean over the positions; None where only the strongest are wanted.
        read: (n, positions, units) float32: values at the positions read.
        beside: (n, positions, units) float32: values at a neighbour of each; None without axes of space.
        on: (n, units) bool: above zero at every position; asked only of units that are at those read in all images.
    """

    peaks: Tensor
    places: Tensor
    means: Tensor | None = None
    read: Tensor | None = None
    beside: Tensor | None = None
    on: Tensor | None = None

    def of(self, images: Tensor) -> Glance:
        """Return what was kept of some of the images."""
        return _made([self], lambda parts: parts[0][images])

    @classmethod
    def joined(cls, parts: Sequence[Glance]) -> Glance:
        """Return what was kept of all the images of some parts, in their order."""
        return _made(parts, torch.cat)


def glance(
    value: Tensor, orders: Tensor, bar: Tensor | None, *, has_statistics: bool, still_on: Tensor | None = None
) -> Glance:
    """Return what is kept of a layer's value.

    Args:
        value: (n, units, axes of space): the value, units second.
        orders: (n,) int64: the images' numbers in the survey, which say where their maps are read.
        bar: (units,) float32: what a peak must reach for its place to be asked for; None for all.
        has_statistics: Whether more than peaks is wanted.
        still_on: (units,) bool: which units were on in all images so far; of others nobody will ask. None for all.
    """
    sizes = tuple(value.shape[2:])
    flat = value.flatten(2) if sizes else value[:, :, None]
    peaks, rows = _peaks(value)
    places = _places(value, peaks, rows, bar)
    peaks = peaks.float()
    if not has_statistics:
        return Glance(peaks=peaks.cpu(), places=places.cpu())
    by_place = flat.movedim(2, 1)
    here, there = positions(sizes, tuple(orders.tolist()))
    images = torch.arange(len(value), device=value.device)[:, None]
    read = by_place[images, here.to(value.device)].float()
    return Glance(
        peaks=peaks.cpu(),
        places=places.cpu(),
        means=(flat.mean(2, dtype=torch.float32) if sizes else peaks).cpu(),
        read=read.cpu(),
        beside=None if there is None else by_place[images, there.to(value.device)].float().cpu(),
        on=_is_on(flat, read, peaks, still_on).cpu(),
    )


# Many layers have maps of one size.
@lru_cache(maxsize=64)
def positions(sizes: tuple[int, ...], orders: Sequence[int]) -> tuple[Tensor, Tensor | None]:
    """Return which positions of a map are read of each image, and a neighbour of each, counted through the map.

    Evenly spread from a beginning that moves on from image to image, so that many images cover the map. The neighbour is
    the next along one of the axes of space in turn, at the far end the one before.

    Args:
        sizes: Of the map; empty for a vector.
        orders: The images' numbers.

    Example:
        >>> here, there = positions((4, 8), (0, 1))
        >>> here.tolist()
        [[0, 8, 16, 24], [4, 12, 20, 28]]
        >>> there[0].tolist()
        [8, 9, 24, 25]
    """
    count = prod(sizes)
    read = min(POSITIONS, count)
    shift = torch.tensor([order * _GOLDEN % 1 for order in orders], dtype=torch.float64)
    here = ((shift[:, None] + torch.arange(read)) * (count / read)).long().clamp(max=count - 1)
    axes = [axis for axis, length in enumerate(sizes) if length > 1]
    if not axes:
        return here, None
    there = here.clone()
    for place in range(read):
        axis = axes[place % len(axes)]
        stride = prod(sizes[axis + 1 :])
        along = here[:, place] // stride % sizes[axis]
        there[:, place] += torch.where(along + 1 < sizes[axis], stride, -stride)
    return here, there


def _made(parts: Sequence[Glance], how: Callable[[list[Tensor]], Tensor]) -> Glance:
    """Return a glance each of whose tensors is made of those of the parts."""
    found: dict[str, Tensor | None] = {}
    for one in fields(Glance):
        tensors = [getattr(part, one.name) for part in parts]
        found[one.name] = None if tensors[0] is None else how(tensors)
    return Glance(**found)  # type: ignore[arg-type]  # tensors where the parts have them


def _peaks(value: Tensor) -> tuple[Tensor, Tensor | None]:
    """Return the largest value of each map, and along each of its rows (n, rows, units), where that costs nothing more."""
    if value.ndim == 2:
        # A copy: the layer behind may write into the value.
        return value.clone(), None
    last = value.movedim(1, -1)
    if value.ndim > 3 and last.is_contiguous():
        rows = last.amax(-2).flatten(1, -2)
        return rows.amax(1), rows
    return value.amax(tuple(range(2, value.ndim))), None


def _places(value: Tensor, peaks: Tensor, rows: Tensor | None, bar: Tensor | None) -> Tensor:
    """Return where the peaks are that reach the bar, of equal ones the first: finding a place costs more than the rest."""
    found = torch.full(peaks.shape, -1, dtype=torch.int64, device=peaks.device)
    entering = torch.ones_like(peaks, dtype=torch.bool) if bar is None else peaks >= bar.to(peaks.device)
    images, units = entering.nonzero(as_tuple=True)
    if not len(images):
        return found
    if value.ndim == 2:
        found[images, units] = 0
    elif value.ndim == 3 or (rows is None and _MANY * len(images) < peaks.numel()):
        found[images, units] = value.flatten(2)[images, units].argmax(1)
    else:
        # First which row, then where in it: one even reading of all instead of a scattered one of each map.
        rows = value.amax(-1).flatten(2).movedim(2, 1) if rows is None else rows
        row = rows[images, :, units].argmax(1)
        across = value.flatten(2, -2)[images, units, row].argmax(1)
        found[images, units] = row * value.shape[-1] + across
    return found


def _is_on(flat: Tensor, read: Tensor, peaks: Tensor, still_on: Tensor | None) -> Tensor:
    # An image that is left out must not stand in the way of others.
    on = (read > 0).all(1) | ~peaks.isfinite().all(1)[:, None]
    # Few units are above zero wherever they were read in all images: only these are read whole.
    asked = on.all(0) if still_on is None else on.all(0) & still_on.to(on.device)
    units = asked.nonzero().flatten()
    found = torch.zeros_like(on)
    if len(units):
        found[:, units] = (flat[:, units] > 0).all(2)
    return found
