"""Who is nearest to whom, exactly: products of blocks of rows, so that memory stays bounded however many rows there are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from striate.errors import InputError
from striate.events import SILENT, Events, Task
from striate.features.space import Numbers, Points

Distances = npt.NDArray[np.float32]

# Values of one block of products: 2²⁴ float32 are 64 MiB; ranking them takes as much again.
BLOCK_VALUES = 2**24
# Products round: so many more rows than asked are looked at again, by differences in float64.
_SPARE = 8


def nearest_rows(
    points: Points, count: int, *, others: Points | None = None, events: Events = SILENT
) -> tuple[Numbers, Distances]:
    """Return for each point the nearest others, exactly, and how far they are.

    Candidates are found by products in float32, those of the points themselves apart; the `count` nearest of 8 more than
    that are then told apart by differences in float64. Of equally near ones the lower row comes first.

    Args:
        points: (n, f) finite.
        count: Neighbours of each; all there are if there are fewer.
        others: (m, f) among which they are sought; the points themselves, without the point in question, if left out.
        events: Hears "finding neighbours" by the row; may cancel between blocks.

    Returns:
        Rows (n, count), nearest first, and Euclidean distances of the same shape.

    Raises:
        InputError: Fewer than two points, or no others.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Where more than 8 rows beyond the `count`-th are as near as float32 can tell (copies), some of them stand for the
        others.

    Cost:
        n · m · f multiply-accumulates, twice the bytes of 2²⁴ float32 (128 MiB) beside the points. On two cores 20,000 rows
        of 50 take 3 s.

    Example:
        >>> rows, distances = nearest_rows(np.array([[0.0], [1.0], [3.0]], np.float32), 1)
        >>> rows[:, 0].tolist(), distances[:, 0].tolist()
        ([1, 0, 1], [1.0, 1.0, 2.0])
    """
    is_own = others is None
    ground = points if others is None else others
    available = len(ground) - is_own
    if available < 1 or count < 1:
        raise InputError("neighbours must be sought among two points or more", got=len(ground))
    count = min(count, available)
    # Near the origin the products lose least.
    centre = ground.mean(0, dtype=np.float64).astype(np.float32)
    there = torch.from_numpy(np.ascontiguousarray(ground - centre, np.float32))
    here = there if is_own else torch.from_numpy(np.ascontiguousarray(points - centre, np.float32))
    halves = there.square().sum(1) / 2
    rows = np.empty((len(points), count), np.int64)
    distances = np.empty((len(points), count), np.float32)
    step = max(1, BLOCK_VALUES // len(ground))
    wanted = min(count + _SPARE, available)
    task = Task("finding neighbours", total=len(points), unit="row", events=events)
    for top in range(0, len(points), step):
        block = here[top : top + step]
        # The order of |b|²/2 − a·b is that of the distances to a.
        ranks = torch.addmm(halves, block, there.T, alpha=-1.0)
        if is_own:
            own = torch.arange(len(block))
            ranks[own, own + top] = torch.inf
        candidates = ranks.topk(wanted, dim=1, largest=False, sorted=False).indices
        rows[top : top + step], distances[top : top + step] = _in_order(block, there, candidates, count)
        task.advance(len(block))
    return rows, distances


def _in_order(
    block: torch.Tensor, there: torch.Tensor, candidates: torch.Tensor, count: int
) -> tuple[Numbers, Distances]:
    candidates = candidates.sort(dim=1).values
    squares = torch.empty(candidates.shape, dtype=torch.float64)
    # Some rows at a time: the differences of a block in float64 would be larger than all the points.
    step = max(1, BLOCK_VALUES // (4 * candidates.shape[1] * max(block.shape[1], 1)))
    for top in range(0, len(block), step):
        apart = there[candidates[top : top + step]] - block[top : top + step, None]
        squares[top : top + step] = torch.linalg.vector_norm(apart, dim=2, dtype=torch.float64)
    order = squares.argsort(dim=1, stable=True)[:, :count]
    return candidates.gather(1, order).numpy(), squares.gather(1, order).numpy().astype(np.float32)
