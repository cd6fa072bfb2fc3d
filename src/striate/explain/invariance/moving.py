"""Maps moved as their image was: exactly where places meet places, else between them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from striate.explain.invariance.changes import Change


def moved_map(values: Tensor, change: Change, direction: int, stride_px: float) -> tuple[Tensor, Tensor, bool] | None:
    """Return a map moved as its image was, the places that hold what was on the map before, and whether it is interpolated.

    Args:
        values: (n, units, h, w).
        change: What was done to the images.
        direction: Which of its directions.
        stride_px: Input pixels from one place to the next; 0 if nobody knows.

    Returns:
        The map, (h, w) bool, and whether values between places were needed; None where nothing moves, or nobody knows how far.
    """
    height, width = values.shape[-2:]
    everywhere = torch.ones(height, width, dtype=torch.bool, device=values.device)
    if change.is_light or (change.is_exact and height != width and "turned" in change.name):
        return None
    if not change.steps_px:
        return change.directions[direction](values), everywhere, not change.is_exact
    if stride_px <= 0:
        return None
    down, right = (step / stride_px for step in change.steps_px[direction])
    rows, columns = (torch.arange(side, device=values.device) - by for side, by in ((height, down), (width, right)))
    inside = ((rows >= 0) & (rows <= height - 1))[:, None] & ((columns >= 0) & (columns <= width - 1))[None]
    # The grid runs from −1 to 1, a place being 2 / side wide.
    grid = torch.stack(
        [
            ((2 * columns + 1) / width - 1)[None].expand(height, width),
            ((2 * rows + 1) / height - 1)[:, None].expand(height, width),
        ],
        -1,
    ).to(values)
    found = functional.grid_sample(
        values, grid[None].expand(len(values), -1, -1, -1), padding_mode="border", align_corners=False
    )
    return found, inside, not (down.is_integer() and right.is_integer())
