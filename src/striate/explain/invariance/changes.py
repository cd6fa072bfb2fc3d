"""Images shifted, mirrored, turned, scaled and lit otherwise, so that as little as can be enters from outside."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

Changing = Callable[[Tensor], Tensor]
_NEIGHBOURS = tuple((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of images, in one or several directions.

    Attributes:
        name: In words: "shift by 1 px".
        directions: What takes images (n, c, h, w) to changed ones of the same shape, one for each direction.
        is_light: Whether it acts on the stored scale, 0 … 1, where light is light; the others act where they stand.
        steps_px: Of a shift, how far down and to the right each direction goes.
        is_exact: Whether it only exchanges places, on maps of any size: nothing is interpolated.
    """

    name: str
    directions: tuple[Changing, ...]
    is_light: bool = False
    steps_px: tuple[tuple[int, int], ...] = ()
    is_exact: bool = False


def shift(step_px: int) -> Change:
    """Return the shift by so many pixels to each of the eight neighbours; the border's own pixels fill what becomes free."""
    return Change(
        name=f"shift by {step_px} px",
        directions=tuple(partial(shifted, down=step_px * down, right=step_px * right) for down, right in _NEIGHBOURS),
        steps_px=tuple((step_px * down, step_px * right) for down, right in _NEIGHBOURS),
    )


def mirror() -> Change:
    """Return the exchange of left and right."""
    return Change(name="mirrored", directions=(partial(torch.flip, dims=(-1,)),), is_exact=True)


def quarter_turn() -> Change:
    """Return the turn by 90°, either way; of square images."""
    return Change(
        name="turned by 90°",
        directions=tuple(partial(torch.rot90, k=turns, dims=(-2, -1)) for turns in (1, -1)),
        is_exact=True,
    )


def turn(degrees: float) -> Change:
    """Return the turn by an angle, either way: bilinear, the border repeated."""
    return Change(
        name=f"turned by {degrees:g}°",
        directions=tuple(partial(_warped, degrees=angle, factor=1.0) for angle in (degrees, -degrees)),
    )


def zoom(factor: float) -> Change:
    """Return the enlargement by a factor and the reduction by it, about the middle: bilinear, the border repeated."""
    return Change(
        name=f"scaled by {factor:g}",
        directions=tuple(partial(_warped, degrees=0.0, factor=by) for by in (factor, 1 / factor)),
    )


def brightness(step: float) -> Change:
    """Return a lighter and a darker image, by a share of the whole scale; nothing is cut off."""
    return Change(
        name=f"brightness ±{step:g}",
        directions=tuple(partial(torch.add, other=by) for by in (step, -step)),
        is_light=True,
    )


def contrast(share: float) -> Change:
    """Return more and less contrast: distances from each image's mean, longer and shorter by a share."""
    return Change(
        name=f"contrast ±{share:g}",
        directions=tuple(partial(_stretched, factor=by) for by in (1 + share, 1 - share)),
        is_light=True,
    )


def usual_changes(sides: tuple[int, int]) -> tuple[Change, ...]:
    """Return the changes that are tried: shifts first.

    Example:
        >>> [change.name for change in usual_changes((28, 28))][:3]
        ['shift by 1 px', 'shift by 2 px', 'shift by 4 px']
    """
    shifts = [shift(step) for step in (1, 2, 4) if 4 * step < min(sides)]
    square = [quarter_turn()] if sides[0] == sides[1] else []
    return (*shifts, mirror(), turn(5), turn(15), *square, zoom(1.1), brightness(0.1), contrast(0.2))


def shifted(images: Tensor, down: int, right: int) -> Tensor:
    """Return images (…, h, w) moved by whole pixels; the border's own pixels fill what becomes free.

    Example:
        >>> shifted(torch.tensor([[[[1.0, 2.0, 3.0]]]]), 0, 1).flatten().tolist()
        [1.0, 1.0, 2.0]
    """
    height, width = images.shape[-2:]
    rows = (torch.arange(height, device=images.device) - down).clamp(0, height - 1)
    columns = (torch.arange(width, device=images.device) - right).clamp(0, width - 1)
    return images.index_select(-2, rows).index_select(-1, columns)


def _warped(images: Tensor, degrees: float, factor: float) -> Tensor:
    """Return images turned counter-clockwise and enlarged about their middle."""
    height, width = images.shape[-2:]
    cos, sin = math.cos(math.radians(degrees)) / factor, math.sin(math.radians(degrees)) / factor
    # The grid runs from −1 to 1 along both sides, whatever their lengths.
    rows = [[cos, -sin * height / width, 0.0], [sin * width / height, cos, 0.0]]
    maps = images.new_tensor(rows).expand(len(images), 2, 3)
    grid = functional.affine_grid(maps, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _stretched(unit: Tensor, factor: float) -> Tensor:
    mean = unit.flatten(1).mean(1).view(-1, *[1] * (unit.ndim - 1))
    return mean + factor * (unit - mean)
