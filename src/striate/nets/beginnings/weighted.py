"""The layers that have weights: which, how many values they read and make, and drawing new ones."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor, nn

from striate.nets.modules.channel_norm import ChannelNorm

PLAIN = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
NORMALISING = (
    nn.modules.batchnorm._NormBase,  # noqa: SLF001 - torch has no public name for "any batch or instance norm"
    nn.GroupNorm,
    nn.LayerNorm,
    nn.RMSNorm,
    ChannelNorm,
)


def weighted(module: nn.Module) -> dict[str, nn.Module]:
    """Return the layers with weights by path: convolutions and fully connected ones, then transposed convolutions.

    The order is that of registration; one that is used twice stands once. Transposed convolutions come last so that they
    draw last, and the others draw what they always drew.
    """
    parts = list(module.named_modules())
    return {name: part for kinds in (PLAIN, TRANSPOSED) for name, part in parts if isinstance(part, kinds)}


def weight_of(layer: nn.Module) -> Tensor:
    """Return a layer's weights."""
    found = layer.weight
    if not isinstance(found, Tensor):
        raise TypeError("a layer with weights must have a tensor of them")
    return found


def bias_of(layer: nn.Module) -> Tensor | None:
    """Return a layer's biases, None if it has none."""
    found = layer.bias
    return found if isinstance(found, Tensor) else None


def fans(layer: nn.Module) -> tuple[float, float]:
    """Return how many values one output reads (fan-in), and how many outputs one value goes to (fan-out).

    Both count the weights of one output channel, and of one input channel, over the whole window. Strides are left out, as
    Glorot, He and torch leave them out; a transposed convolution is counted as the convolution it undoes, the other way.

    Example:
        >>> fans(nn.Conv2d(8, 32, 3, groups=2)), fans(nn.ConvTranspose2d(8, 32, 3))
        ((36.0, 144.0), (72.0, 288.0))
    """
    weight = weight_of(layer)
    window = prod(weight.shape[2:])
    first, second = weight.shape[0], weight.shape[1]
    groups = getattr(layer, "groups", 1)
    if isinstance(layer, TRANSPOSED):
        return float(first // groups * window), float(second * window)
    return float(second * window), float(first // groups * window)


def draw(layer: nn.Module, std: float, generator: torch.Generator) -> None:
    """Give a layer normal weights of this spread, and zero biases."""
    weight = weight_of(layer)
    with torch.no_grad():
        weight.copy_(torch.empty(weight.shape).normal_(0.0, std, generator=generator))
    zero_bias(layer)


def draw_he(layer: nn.Module, generator: torch.Generator) -> None:
    """Give a layer weights of variance 2 / fan-in, and zero biases."""
    fan_in = fans(layer)[0]
    draw(layer, (2.0 / fan_in) ** 0.5, generator)


def begin_he(module: nn.Module, generator: torch.Generator) -> None:
    """Give all layers what "he" gives them, and reset normalisation: the ground on which others stand."""
    for layer in weighted(module).values():
        draw_he(layer, generator)
    reset_normalisation(module)


def zero_bias(layer: nn.Module) -> None:
    """Put the biases to zero, if there are any."""
    bias = bias_of(layer)
    if bias is not None:
        with torch.no_grad():
            bias.zero_()


def reset_normalisation(module: nn.Module) -> None:
    """Give every normalisation scale one, shift zero and fresh statistics."""
    for part in module.modules():
        if isinstance(part, NORMALISING):
            part.reset_parameters()


def scale_channels(layer: nn.Module, factors: Tensor) -> None:
    """Multiply the weights of each output channel by its factor, (channels,)."""
    weight = weight_of(layer)
    ones = [1] * (weight.ndim - 2)
    with torch.no_grad():
        if isinstance(layer, TRANSPOSED):
            groups = layer.groups
            grouped = weight.view(groups, weight.shape[0] // groups, *weight.shape[1:])
            grouped.mul_(factors.view(groups, 1, -1, *ones))
        else:
            weight.mul_(factors.view(-1, 1, *ones))


def channel_axes(layer: nn.Module, values: Tensor) -> tuple[int, tuple[int, ...]]:
    """Return the axis of the channels in what a layer makes, and all others."""
    axis = values.ndim - 1 if isinstance(layer, nn.Linear) else values.ndim - weight_of(layer).ndim + 1
    return axis, tuple(other for other in range(values.ndim) if other != axis)
