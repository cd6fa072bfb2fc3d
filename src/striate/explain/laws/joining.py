"""The backward pass of what joins, cuts or moves values: sums, products, concatenation, reshaping, means; and of fc layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

Arguments = Mapping[str, Any]
Found = dict[str, Tensor]


def linear_law(arguments: Arguments, arrived: Tensor, _made: Tensor) -> Found:
    """Return the gradients of a fully connected layer; that of the weights is an outer product, summed over rows."""
    read, weight = arguments["input"], arguments["weight"]
    rows, values = arrived.reshape(-1, weight.shape[0]), read.reshape(-1, weight.shape[1])
    # A product of matrices is the sum of the rows' outer products.
    found = {"input": arrived @ weight, "weight": rows.T @ values}
    return found if arguments.get("bias") is None else found | {"bias": rows.sum(0)}


def product_law(arguments: Arguments, arrived: Tensor, _made: Tensor) -> Found:
    """Return the gradients of factors: each gets the gradient times the other."""
    one, other = arguments["self"], arguments["other"]
    found = {"self": _as(arrived * other, one)}
    return found | ({"other": _as(arrived * one, other)} if isinstance(other, Tensor) else {})


def quotient_law(arguments: Arguments, arrived: Tensor, made: Tensor) -> Found:
    """Return the gradients of a quotient."""
    one, other = arguments["self"], arguments["other"]
    found = {"self": _as(arrived / other, one)}
    return found | ({"other": _as(-arrived * made / other, other)} if isinstance(other, Tensor) else {})


def sum_law(arguments: Arguments, arrived: Tensor, _made: Tensor) -> Found:
    """Return the gradients of summands: each gets a copy, summed where it was repeated to fit."""
    found = {"self": _as(arrived, arguments["self"])}
    other = arguments["other"]
    return found | ({"other": _as(arrived * arguments["alpha"], other)} if isinstance(other, Tensor) else {})


def difference_law(arguments: Arguments, arrived: Tensor, made: Tensor) -> Found:
    """Return the gradients of a difference: a copy, and a copy with its sign changed."""
    return sum_law({**arguments, "alpha": -arguments["alpha"]}, arrived, made)


def concat_law(arguments: Arguments, arrived: Tensor, _made: Tensor) -> Found:
    """Return the gradients of what was concatenated: the arriving gradient, cut where it was joined."""
    axis, parts = arguments["dim"], arguments["tensors"]
    cut = torch.split(arrived, [part.shape[axis] for part in parts], axis)
    return {f"tensors.{place}": part for place, part in enumerate(cut)}


def mean_law(arguments: Arguments, arrived: Tensor, made: Tensor) -> Found:
    """Return the gradient of what was averaged: an equal share each."""
    read = arguments["self"]
    share = made.numel() / read.numel()
    return {"self": _unreduced(arguments, arrived) * share}


def total_law(arguments: Arguments, arrived: Tensor, _made: Tensor) -> Found:
    """Return the gradient of what was summed up: a copy each."""
    return {"self": _unreduced(arguments, arrived).clone()}


def copied_law(arguments: Arguments, arrived: Tensor, _made: Tensor) -> Found:
    """Return the gradient of what was handed on as it is."""
    return {next(name for name, value in arguments.items() if isinstance(value, Tensor)): arrived}


def moved_law(func: Any, arguments: Arguments, arrived: Tensor) -> Found:  # noqa: ANN401 - an OpOverload
    """Return the gradient of what was only moved, repeated or left out: each value's own, where it came from.

    The operator itself is asked where each value goes, with numbered places in place of values.
    """
    name = next(name for name, value in arguments.items() if isinstance(value, Tensor))
    read = arguments[name]
    # From 1: what padding puts in is 0.
    numbers = torch.arange(1, read.numel() + 1, device=read.device, dtype=torch.float64).reshape(read.shape)
    places = func(**{**arguments, name: numbers}).flatten().long()
    out = arrived.new_zeros(read.numel() + 1)
    return {name: out.scatter_add_(0, places, arrived.flatten())[1:].reshape(read.shape)}


def _unreduced(arguments: Arguments, arrived: Tensor) -> Tensor:
    read, axes = arguments["self"], arguments.get("dim")
    if not axes and axes != 0:
        return arrived.expand(read.shape)
    listed = axes if isinstance(axes, list | tuple) else [axes]
    if not arguments.get("keepdim"):
        for axis in sorted(at % read.ndim for at in listed):
            arrived = arrived.unsqueeze(axis)
    return arrived.expand(read.shape)


def _as(gradient: Tensor, like: Tensor) -> Tensor:
    """Return a gradient summed over the axes along which a value was repeated to fit."""
    extra = gradient.ndim - like.ndim
    if extra > 0:
        gradient = gradient.sum(tuple(range(extra)))
    stretched = [axis for axis, length in enumerate(like.shape) if length == 1 and gradient.shape[axis] != 1]
    return gradient.sum(stretched, keepdim=True) if stretched else gradient
