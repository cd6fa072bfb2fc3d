"""The backward pass of pooling: to the winner, evenly, or by each value's part in the sum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from striate.explain.laws.windows import Windows, adaptive, sliding


def winners(read: Tensor, windows: Windows) -> Tensor:
    """Return (n, c, windows): where on the flattened input each window's winner stands.

    Of equal values the first in reading order wins, as torch breaks ties.

    Example:
        >>> how = {"kernel_size": 2, "stride": 2, "padding": 0}
        >>> winners(torch.tensor([[[1.0, 3.0, 2.0, 2.0]]]), sliding((4,), (2,), how)).tolist()
        [[[1, 2]]]
    """
    values = read.flatten(2)[:, :, windows.places].masked_fill(~windows.is_read, -torch.inf)
    largest = (values == values.amax(-1, keepdim=True)) & windows.is_read
    taps = torch.arange(values.shape[-1], device=read.device)
    first = torch.where(largest, taps, values.shape[-1] - 1).amin(-1)
    places = windows.places.to(read.device).expand(*first.shape[:2], -1, -1)
    return places.gather(-1, first[..., None])[..., 0]


def max_gradient(arrived: Tensor, read: Tensor, windows: Windows) -> Tensor:
    """Return the gradient at the input of max pooling (n, c, …): each window's at its winner, added up, zero elsewhere."""
    out = torch.zeros_like(read).flatten(2)
    return out.scatter_add_(2, winners(read, windows), arrived.flatten(2)).reshape(read.shape)


def spread_gradient(arrived: Tensor, size: tuple[int, ...], windows: Windows, divisors: Tensor) -> Tensor:
    """Return the gradient at the input of average pooling: each window's, shared evenly among what it read.

    Args:
        arrived: (n, c, …) gradient at the output.
        size: Shape of the input.
        windows: What each output read.
        divisors: (windows,) what each output's sum was divided by.

    Example:
        >>> how = {"kernel_size": 2, "stride": 1, "padding": 0}
        >>> windows = sliding((3,), (2,), how)
        >>> spread_gradient(torch.tensor([[[2.0, 4.0]]]), (1, 1, 3), windows, windows.counted).tolist()
        [[[1.0, 3.0, 2.0]]]
    """
    share = arrived.flatten(2) / divisors.to(arrived)
    return _back(share[..., None] * windows.is_read.to(arrived), size, windows)


def lp_gradient(arrived: Tensor, read: Tensor, made: Tensor, power: float, windows: Windows) -> Tensor:
    """Return the gradient at the input of Lp pooling, (Σ xᵖ)^(1/p) of values that are not negative.

    Each value gets its window's gradient times (value / result)^(p − 1): all alike with p = 1, a sum, and the more of it
    to the largest the larger p, up to max pooling.
    """
    values = read.flatten(2)[:, :, windows.places] * windows.is_read.to(read)
    part = (values / made.flatten(2)[..., None]) ** (power - 1) * windows.is_read.to(read)
    return _back(arrived.flatten(2)[..., None] * part, tuple(read.shape), windows)


def windows_of(operator: str, arguments: Mapping[str, Any], made: Tensor) -> Windows:
    """Return what each output of a recorded pooling reads."""
    size, places = arguments["self"].shape[2:], made.shape[2:]
    return adaptive(size, places) if operator.startswith("adaptive") else sliding(size, places, arguments)


def max_law(operator: str, arguments: Mapping[str, Any], arrived: Tensor, made: Tensor) -> dict[str, Tensor]:
    """Return the gradient at the input of max pooling, sliding or adaptive."""
    return {"self": max_gradient(arrived, arguments["self"], windows_of(operator, arguments, made))}


def average_law(operator: str, arguments: Mapping[str, Any], arrived: Tensor, made: Tensor) -> dict[str, Tensor]:
    """Return the gradient at the input of average pooling, sliding or adaptive."""
    windows = windows_of(operator, arguments, made)
    divisors = windows.counted
    if arguments.get("divisor_override"):
        divisors = torch.full_like(divisors, arguments["divisor_override"])
    elif not arguments.get("count_include_pad", True):
        divisors = windows.is_read.sum(1).to(divisors)
    return {"self": spread_gradient(arrived, tuple(arguments["self"].shape), windows, divisors)}


def _back(terms: Tensor, size: tuple[int, ...], windows: Windows) -> Tensor:
    """Return terms (n, c, windows, taps) summed at the places they stand for."""
    out = terms.new_zeros(size).flatten(2)
    places = windows.places.to(terms.device).flatten().expand(*terms.shape[:2], -1)
    return out.scatter_add_(2, places, terms.flatten(2)).reshape(size)
