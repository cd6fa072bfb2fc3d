"""A unit's value as terms: which places of which values, times which weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from striate.explain.neuron.passing import ravelled
from striate.records.neuron import NeuronKind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terms:
    """What a call adds up for one unit.

    Attributes:
        kind: Of the sum.
        formula: In words, with its numbers.
        numbers: Of the value that each part reads.
        places: (parts, taps) int64: where each tap stands in the flattened value; −1 off the map.
        anchors: (parts,) int64: a place of the part's channel, where all its taps may be off the map.
        weights: (parts, taps) float64.
        window: Sizes of the window; their product is the number of taps.
        bias: What is added.
        absent: Which channels are not connected, in words.
        winner: Tap of the largest value; None without one.
        by_channel: Whether taps are to be gathered by the channel they come from: what is read was flattened.
    """

    kind: NeuronKind
    formula: str
    numbers: tuple[int, ...]
    places: Tensor
    anchors: Tensor
    weights: Tensor
    window: tuple[int, ...]
    bias: float = 0.0
    absent: str = ""
    winner: int | None = None
    by_channel: bool = False


def rectangle(taps: Sequence[Tensor], sizes: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Return (taps,) places on a flattened map of all combinations of the taps along each axis, and whether they are on it.

    Example:
        >>> places, inside = rectangle([torch.tensor([-1, 0]), torch.tensor([2, 3])], (4, 3))
        >>> places[inside].tolist(), inside.tolist()
        ([2], [False, False, True, False])
    """
    places, inside = torch.zeros(1, dtype=torch.int64), torch.ones(1, dtype=torch.bool)
    for tap, size in zip(taps, sizes, strict=True):
        places = (places[:, None] * size + tap.clamp(0, size - 1)).flatten()
        inside = (inside[:, None] & ((tap >= 0) & (tap < size))).flatten()
    return places, inside


def windowed(channels: range, taps: Sequence[Tensor], sizes: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Return places (channels, taps) of a window in each channel of a value (1, channels, *sizes), and anchors (channels,)."""
    on_map, inside = rectangle(taps, sizes)
    first = torch.arange(channels.start, channels.stop) * prod(sizes)
    # The middle: the border of what is read may be padding that was put there by a call before.
    middle = ravelled(tuple(size // 2 for size in sizes), tuple(sizes))
    return torch.where(inside, first[:, None] + on_map, -1), first + middle
