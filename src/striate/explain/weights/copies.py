"""Which filters of a layer are copies of each other, and how alike random ones get."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from striate.explain.weights.random_filters import random_filters

# Two filters of this cosine differ by 10 % of their power, a difference no later layer needs two filters for.
LIMIT = 0.95
DRAWS = 20
_MOST_VALUES = 2**24
_ROWS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """What is alike among some filters.

    Attributes:
        closest: The most alike pair (unit, unit, cosine); None with fewer than two.
        groups: Copies of each other, by falling size; each is a copy of some other of its group.
    """

    closest: tuple[int, int, float] | None
    groups: tuple[tuple[int, ...], ...]


def copies(weight: Tensor, limit: float) -> Copies:
    """Return the closest pair, and all groups of filters (n, …) whose cosines lie above a limit.

    A negative copy is none: after a ReLU it answers to what the other does not. A filter of zeros is like no other.

    Example:
        >>> copies(torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [-1.0, 0.0]]), 0.95)
        Copies(closest=(0, 2, 1.0), groups=((0, 2),))
    """
    unit = _directions(weight)
    number = len(unit)
    if number < 2:
        return Copies(closest=None, groups=())
    best, pair = -2.0, (0, 1)
    owner = list(range(number))
    for begin, cosines in _above(unit):
        top = int(cosines.argmax())
        row, column = divmod(top, number)
        if float(cosines[row, column]) > best:
            best, pair = float(cosines[row, column]), (begin + row, column)
        for one, other in torch.nonzero(cosines > limit).tolist():
            _join(owner, begin + one, other)
    members: dict[int, list[int]] = {}
    for place in range(number):
        members.setdefault(_root(owner, place), []).append(place)
    groups = sorted(
        (tuple(group) for group in members.values() if len(group) > 1), key=lambda group: (-len(group), group)
    )
    return Copies(closest=(*pair, float(np.clip(best, -1, 1))), groups=tuple(groups))


def random_cosine(shape: tuple[int, ...], generator: torch.Generator) -> float:
    """Return the highest cosine in a layer of random filters (n, c, kernel…): 95 % of such layers stay below.

    Of up to 20 layers; of large ones, whose highest cosines hardly differ, fewer.
    """
    if shape[0] < 2:
        return 0.0
    draws = max(1, min(DRAWS, _MOST_VALUES // max(1, int(np.prod(shape)), shape[0] ** 2)))
    highest = []
    for _ in range(draws):
        unit = _directions(random_filters(shape, generator))
        highest.append(max(float(cosines.max()) for _, cosines in _above(unit)))
    return float(np.clip(np.quantile(highest, 0.95), -1, 1))


def _directions(weight: Tensor) -> Tensor:
    flat = weight.double().flatten(1)
    length = flat.norm(dim=1, keepdim=True)
    return torch.where(length > 0, flat / length.clamp(min=torch.finfo(torch.float64).tiny), 0.0)


def _above(unit: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Yield the cosines of some rows with all, −2 where a pair was seen before or is one filter."""
    places = torch.arange(len(unit))
    for begin in range(0, len(unit), _ROWS):
        cosines = unit[begin : begin + _ROWS] @ unit.T
        yield begin, cosines.masked_fill(places[None] <= places[begin : begin + _ROWS, None], -2.0)


def _root(owner: list[int], place: int) -> int:
    while owner[place] != place:
        owner[place] = owner[owner[place]]
        place = owner[place]
    return place


def _join(owner: list[int], one: int, other: int) -> None:
    first, second = sorted((_root(owner, one), _root(owner, other)))
    owner[second] = first
