"""The backward pass of a convolution, by forward arithmetic alone: no call here differentiates anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from striate.explain.laws.windows import each

_CONVOLUTIONS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
# Above so many products, those by inserted zeros are left out: some two seconds in double precision.
_MOST_PRODUCTS = 2_000_000_000
Pairs = tuple[tuple[int, int], ...]


def flipped(weight: Tensor) -> Tensor:
    """Return filters (filters, channels, kernel) turned about their middle along every axis of space.

    Example:
        >>> flipped(torch.tensor([[[1.0, 2.0, 3.0]]])).tolist()
        [[[3.0, 2.0, 1.0]]]
    """
    return weight.flip(tuple(range(2, weight.ndim)))


def with_zeros_between(maps: Tensor, stride: Sequence[int]) -> Tensor:
    """Return maps (n, c, …) with stride − 1 zeros between neighbours.

    Example:
        >>> with_zeros_between(torch.tensor([[[1.0, 2.0]]]), (3,)).tolist()
        [[[1.0, 0.0, 0.0, 2.0]]]
    """
    sizes = [(length - 1) * step + 1 for length, step in zip(maps.shape[2:], stride, strict=True)]
    out = maps.new_zeros(*maps.shape[:2], *sizes)
    out[_all_but_space(slice(None, None, step) for step in stride)] = maps
    return out


def input_gradient(
    arrived: Tensor,
    weight: Tensor,
    size: Sequence[int],
    *,
    stride: Sequence[int],
    padding: Pairs,
    dilation: Sequence[int],
    groups: int,
) -> Tensor:
    """Return the gradient at a convolution's input: the arriving gradient, convolved with the flipped filters.

    Zeros are put between the arriving gradients where the stride was above 1, and around them, so that the flipped filter
    meets each output that had read a place; channels and filters change places within each group.

    Args:
        arrived: (n, filters, …) gradient at the output.
        weight: (filters, channels / groups, kernel).
        size: Sizes of the input's axes of space.
        stride: Per axis.
        padding: Per axis, before and after.
        dilation: Per axis.
        groups: Of channels.

    Source:
        Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", 2016, sec. 4. Differs: any dilation,
        padding that is uneven, and groups.

    Example:
        >>> arrived, weight = torch.tensor([[[1.0, 0.0, 0.0]]]), torch.tensor([[[1.0, 2.0, 3.0]]])
        >>> how = {"stride": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}
        >>> input_gradient(arrived, weight, (5,), **how).tolist()
        [[[1.0, 2.0, 3.0, 0.0, 0.0]]]
    """
    spread = with_zeros_between(arrived, stride)
    around: list[int] = []
    kernel = weight.shape[2:]
    for length, here, span, (before, _) in zip(size, spread.shape[2:], _spans(kernel, dilation), padding, strict=True):
        left = span - before
        # Together they bring back the input's size; what no window reached gets zeros, what was padding is cut.
        around = [left, length + span - here - left, *around]
    turned = flipped(weight)
    filters, per_group = weight.shape[0] // groups, weight.shape[1]
    turned = turned.reshape(groups, filters, per_group, *kernel).transpose(1, 2)
    turned = turned.reshape(groups * per_group, filters, *kernel)
    # Negative padding cuts: where the forward padding was wider than the filter reaches.
    wide = functional.pad(spread, around)
    return _CONVOLUTIONS[len(kernel)](wide, turned, dilation=tuple(dilation), groups=groups)


def input_gradient_by_taps(
    arrived: Tensor,
    weight: Tensor,
    size: Sequence[int],
    *,
    stride: Sequence[int],
    padding: Pairs,
    dilation: Sequence[int],
    groups: int,
) -> Tensor:
    """Return what `input_gradient` returns, tap by tap: each tap sends to the places it had read, and they add up.

    The same products without those by inserted zeros, which are all but one in 256 where a stride of 16 meets two axes.
    """
    batch, filters, *places = arrived.shape
    sent = arrived.reshape(batch, groups, filters // groups, -1)
    parts = weight.reshape(groups, filters // groups, *weight.shape[1:])
    wide = [length + before + after for length, (before, after) in zip(size, padding, strict=True)]
    out = arrived.new_zeros(batch, groups * weight.shape[1], *wide)
    for offset in product(*map(range, weight.shape[2:])):
        terms = torch.einsum("ngfp,gfc->ngcp", sent, parts[_all_but_space(offset)])
        out[_taps(offset, places, stride, dilation)] += terms.reshape(batch, -1, *places)
    inside = (slice(before, before + length) for length, (before, _) in zip(size, padding, strict=True))
    return out[_all_but_space(inside)]


def weight_gradient(
    arrived: Tensor,
    read: Tensor,
    kernel: Sequence[int],
    *,
    stride: Sequence[int],
    padding: Pairs,
    dilation: Sequence[int],
    groups: int,
) -> Tensor:
    """Return the gradient of the filters: for each weight, the sum over all places where it was used.

    Args:
        arrived: (n, filters, …) gradient at the output.
        read: (n, channels, …) the input.
        kernel: Sizes of the filter.
        stride: Per axis.
        padding: Per axis, before and after.
        dilation: Per axis.
        groups: Of channels.

    Example:
        >>> arrived, read = torch.tensor([[[1.0, 10.0]]]), torch.tensor([[[1.0, 2.0, 3.0]]])
        >>> how = {"stride": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}
        >>> weight_gradient(arrived, read, (2,), **how).tolist()
        [[[21.0, 32.0]]]
    """
    batch, filters, *places = arrived.shape
    channels = read.shape[1]
    sent = arrived.reshape(batch, groups, filters // groups, -1)
    out = arrived.new_zeros(filters, channels // groups, *kernel)
    for offset in product(*map(range, kernel)):
        met = inputs_met(read, offset, places, stride=stride, padding=padding, dilation=dilation)
        met = met.reshape(batch, groups, channels // groups, -1)
        out[_all_but_space(offset)] = torch.einsum("ngfp,ngcp->gfc", sent, met).reshape(filters, channels // groups)
    return out


def inputs_met(
    read: Tensor,
    offset: Sequence[int],
    places: Sequence[int],
    *,
    stride: Sequence[int],
    padding: Pairs,
    dilation: Sequence[int],
) -> Tensor:
    """Return (n, channels, places): the input value that the weight at `offset` was multiplied with at each place."""
    around = [pad for pair in reversed(padding) for pad in pair]
    wide = functional.pad(read, around)
    return wide[_taps(offset, places, stride, dilation)]


def convolution_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return stride, padding, dilation and groups of a recorded convolution, per axis."""
    weight = arguments["weight"]
    axes = weight.ndim - 2
    dilation = each(arguments["dilation"], axes)
    padding = arguments["padding"]
    pairs: Pairs
    if isinstance(padding, str):
        spans = _spans(weight.shape[2:], dilation) if padding == "same" else (0,) * axes
        pairs = tuple((span // 2, span - span // 2) for span in spans)
    else:
        pairs = tuple((pad, pad) for pad in each(padding, axes))
    return {
        "stride": each(arguments["stride"], axes),
        "padding": pairs,
        "dilation": dilation,
        "groups": arguments["groups"],
    }


def convolution_law(arguments: Mapping[str, Any], arrived: Tensor, _made: Tensor) -> dict[str, Tensor]:
    """Return the gradients of a convolution's input, filters and bias."""
    if arguments.get("transposed"):
        return transposed_law(arguments, arrived, _made)
    read, weight, how = arguments["input"], arguments["weight"], convolution_of(arguments)
    # With inserted zeros every place of the input is a place of the output.
    products = weight.numel() * read.shape[0] * prod(read.shape[2:])
    is_mostly_zeros = max(how["stride"]) > 1 and products > _MOST_PRODUCTS
    backward = input_gradient_by_taps if is_mostly_zeros else input_gradient
    found = {
        "input": backward(arrived, weight, read.shape[2:], **how),
        "weight": weight_gradient(arrived, read, weight.shape[2:], **how),
    }
    return found | _bias(arguments, arrived)


def transposed_law(arguments: Mapping[str, Any], arrived: Tensor, _made: Tensor) -> dict[str, Tensor]:
    """Return the gradients of a transposed convolution: its input's is a convolution with the filters as they are."""
    read, weight, how = arguments["input"], arguments["weight"], convolution_of(arguments)
    pairs = [pad for pair in reversed(how["padding"]) for pad in pair]
    forward = _CONVOLUTIONS[weight.ndim - 2]
    wide = functional.pad(arrived, pairs)
    rest = {"stride": how["stride"], "dilation": how["dilation"], "groups": how["groups"]}
    # Rows that output padding added beyond the last tap are read by no window.
    sent = forward(wide, weight, **rest)[_all_but_space(slice(0, length) for length in read.shape[2:])]
    # The roles of input and arriving gradient are exchanged.
    found = {"input": sent, "weight": weight_gradient(read, arrived, weight.shape[2:], **how)}
    return found | _bias(arguments, arrived)


def _bias(arguments: Mapping[str, Any], arrived: Tensor) -> dict[str, Tensor]:
    if arguments.get("bias") is None:
        return {}
    return {"bias": arrived.sum((0, *range(2, arrived.ndim)))}


def _taps(
    offset: Sequence[int], places: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> tuple[Any, ...]:
    """Return which padded inputs the weight at `offset` meets, one for each place."""
    return _all_but_space(
        slice(at * spread, at * spread + (count - 1) * step + 1, step)
        for at, count, step, spread in zip(offset, places, stride, dilation, strict=True)
    )


def _all_but_space(index: Iterable[Any]) -> tuple[Any, ...]:
    """Return an index that leaves batch and channels alone."""
    return (..., *index)


def _spans(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    return tuple((side - 1) * spread for side, spread in zip(kernel, dilation, strict=True))
