"""The backward pass of normalisation: a scale with fixed statistics, a scale minus two means with its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor


def own_statistics(arrived: Tensor, read: Tensor, over: Sequence[int], eps: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradient at the input of x̂ = (x − mean) / σ, with x̂ and 1 / σ.

    (g − mean(g) − x̂ · mean(g · x̂)) / σ: every value moves the mean and the variance of all, so what they share and what
    only stretches them is taken out.

    Args:
        arrived: Gradient at x̂.
        read: x.
        over: Axes the statistics are taken over.
        eps: Added to the variance.

    Source:
        Ioffe & Szegedy, "Batch Normalization", ICML 2015, sec. 3.
    """
    axes = tuple(over)
    scale = (read.var(axes, correction=0, keepdim=True) + eps).rsqrt()
    shape = (read - read.mean(axes, keepdim=True)) * scale
    mean = arrived.mean(axes, keepdim=True)
    stretch = (arrived * shape).mean(axes, keepdim=True)
    return (arrived - mean - shape * stretch) * scale, shape, scale


def batch_law(arguments: Mapping[str, Any], arrived: Tensor, _made: Tensor) -> dict[str, Tensor]:
    """Return the gradients of batch normalisation, by running statistics or by those of the batch."""
    read, eps = arguments["input"], arguments["eps"]
    over = (0, *range(2, read.ndim))
    if arguments["training"]:
        weighted = arrived * _along(arguments.get("weight"), arrived, 1)
        sent, shape, _ = own_statistics(weighted, read, over, eps)
    else:
        scale = _along((arguments["running_var"] + eps).rsqrt(), read, 1)
        shape = (read - _along(arguments["running_mean"], read, 1)) * scale
        sent = arrived * _along(arguments.get("weight"), arrived, 1) * scale
    return {"input": sent} | _affine(arguments, arrived, shape, over)


def instance_law(arguments: Mapping[str, Any], arrived: Tensor, _made: Tensor) -> dict[str, Tensor]:
    """Return the gradients of instance normalisation: each channel of each image by itself."""
    read = arguments["input"]
    weighted = arrived * _along(arguments.get("weight"), arrived, 1)
    sent, shape, _ = own_statistics(weighted, read, range(2, read.ndim), arguments["eps"])
    return {"input": sent} | _affine(arguments, arrived, shape, (0, *range(2, read.ndim)))


def group_law(arguments: Mapping[str, Any], arrived: Tensor, _made: Tensor) -> dict[str, Tensor]:
    """Return the gradients of group normalisation: groups of channels of each image."""
    read, groups = arguments["input"], arguments["num_groups"]
    weighted = arrived * _along(arguments.get("weight"), arrived, 1)
    rows = (len(read), groups, -1)
    sent, shape, _ = own_statistics(weighted.reshape(rows), read.reshape(rows), (2,), arguments["eps"])
    found = {"input": sent.reshape(read.shape)}
    return found | _affine(arguments, arrived, shape.reshape(read.shape), (0, *range(2, read.ndim)))


def layer_law(arguments: Mapping[str, Any], arrived: Tensor, _made: Tensor) -> dict[str, Tensor]:
    """Return the gradients of layer normalisation: the trailing axes of each image or place."""
    read, over = arguments["input"], len(arguments["normalized_shape"])
    weight = arguments.get("weight")
    weighted = arrived if weight is None else arrived * weight
    sent, shape, _ = own_statistics(weighted, read, range(read.ndim - over, read.ndim), arguments["eps"])
    return {"input": sent} | _affine(arguments, arrived, shape, range(read.ndim - over))


def _affine(arguments: Mapping[str, Any], arrived: Tensor, shape: Tensor, over: Sequence[int]) -> dict[str, Tensor]:
    """Return the gradients of scale and shift: sums over all places that share them."""
    axes, found = tuple(over), {}
    if arguments.get("weight") is not None:
        found["weight"] = (arrived * shape).sum(axes)
    if arguments.get("bias") is not None:
        found["bias"] = arrived.sum(axes)
    return found


def _along(values: Tensor | None, like: Tensor, axis: int) -> Tensor:
    """Return values along one axis, shaped to go with a tensor; ones for None."""
    if values is None:
        return torch.ones((), dtype=like.dtype, device=like.device)
    return values.reshape([-1 if at == axis else 1 for at in range(like.ndim)])
