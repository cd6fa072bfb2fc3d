"""Sliding operators on boxes with all their surroundings: without padding, which stands in the surroundings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from striate.explain.occlusion.node import Node

_CONVOLUTIONS: Mapping[int, Any] = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}
_MAXIMA: Mapping[int, Any] = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
_MEANS: Mapping[int, Any] = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}

# From the number of a value to the value.
Reader: TypeAlias = Callable[[int], Tensor]


def fill_of(node: Node) -> float:
    """Return what stands in the padding of a sliding operator."""
    return -torch.inf if node.name.startswith("max_pool") else 0.0


def slide(node: Node, around: Tensor, read: Reader) -> Tensor:
    """Return what a sliding operator makes of boxes (n, c, …) with their surroundings.

    Means are those of full windows: see `mean_scale`.
    """
    found, axes = node.op.attributes, around.ndim - 2
    out: Tensor
    if node.name.startswith("conv"):
        weight, *bias = (read(value) for value in node.reads[1:])
        how = (found["stride"], 0, found["dilation"], found["groups"])
        out = _CONVOLUTIONS[axes](around, weight, bias[0] if bias else None, *how)
    elif node.name.startswith("max_pool"):
        out = _MAXIMA[axes](around, found["kernel"], found["stride"], 0, found["dilation"])
    else:
        out = _MEANS[axes](around, found["kernel"], found["stride"])
    return out


def mean_scale(node: Node, source: Tensor, padding: Sequence[tuple[int, int]]) -> Tensor | None:
    """Return by what means of full windows must be multiplied, place by place: at borders some are of fewer values.

    Both the operator itself and full windows average ones here, and what they make of them is compared: so what counts as a
    value, and a divisor of the user's, need not be known.

    Args:
        node: A sliding mean.
        source: (1, c, …), what it reads.
        padding: Places added (before, behind) along each axis.

    Returns:
        (1, 1, …); None where it is 1 everywhere.
    """
    ones = torch.ones_like(source[:, :1])
    own: Tensor = node.func(ones, *node.args[1:], **node.kwargs)
    padded = functional.pad(ones, [number for pair in reversed(padding) for number in pair])
    scale = own / slide(node, padded, lambda _value: ones)  # a mean reads nothing else
    return None if bool((scale == 1).all()) else scale
