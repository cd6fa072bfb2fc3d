"""Operators on boxes: a sliding one on the box and its surroundings, without padding; the others on the box alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from striate.explain.occlusion.node import Node

_CONVOLUTIONS: Mapping[int, Any] = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}
_MAXIMA: Mapping[int, Any] = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
_MEANS: Mapping[int, Any] = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}

# Reads a value a node needs, by its number: a parameter.
Reader: TypeAlias = Callable[[int], Tensor]


def fill_of(node: Node) -> float:
    """Return what stands in the padding of a sliding operator."""
    return -torch.inf if node.name.startswith("max_pool") else 0.0


def slide(node: Node, padded: Tensor, read: Reader) -> Tensor:
    """Return what a sliding operator makes of boxes (n, c, …) with all their surroundings; means are of full windows."""
    found = node.op.attributes
    count = padded.ndim - 2
    if node.name.startswith("conv"):
        weight, *bias = (read(value) for value in node.reads[1:])
        return _tensor(
            _CONVOLUTIONS[count](
                padded, weight, bias[0] if bias else None, found["stride"], 0, found["dilation"], found["groups"]
            )
        )
    if node.name.startswith("max_pool"):
        return _tensor(_MAXIMA[count](padded, found["kernel"], found["stride"], 0, found["dilation"]))
    return _tensor(_MEANS[count](padded, found["kernel"], found["stride"]))


def mean_scale(node: Node, source: Tensor, padding: list[int]) -> Tensor | None:
    """Return by what means of full windows must be multiplied, place by place: at borders some are of fewer values.

    Args:
        node: A sliding mean.
        source: (1, c, …), what it reads.
        padding: As `functional.pad` takes it.
    """
    ones = torch.ones_like(source[:, :1])
    own = _tensor(node.func(ones, *node.args[1:], **node.kwargs))
    full = slide(node, functional.pad(ones, padding), _none)
    scale = own / full
    return None if bool((scale == 1).all()) else scale


def _none(value: int) -> Tensor:
    raise LookupError(value)


def _tensor(found: Any) -> Tensor:  # noqa: ANN401 - torch does not type its operators
    assert isinstance(found, Tensor)  # noqa: S101
    return found
