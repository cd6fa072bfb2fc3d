"""Krähenbühl et al.: unit variance within layers, and equal rates of change between them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from striate.errors import DataError
from striate.nets.beginnings.beginning import BEGINNINGS, Beginning, Ground, register
from striate.nets.beginnings.rates import change_rates, output_draws, spread
from striate.nets.beginnings.walk import walk
from striate.nets.beginnings.weighted import begin_he, bias_of, channel_axes, scale_channels, weight_of, weighted

ROUNDS = 12
ENOUGH = 1.05
_FLAT = 1e-7


@register
class Krahenbuhl(Beginning):
    """Random, k-means or PCA weights, rescaled from images: channels of unit variance, and layers that change at equal rates.

    Within layers: each channel of each layer, in the order they run, gets mean 0 and standard deviation 1. Between layers: the
    rate of change of a layer is √(E‖∂ℓ/∂W‖² / ‖W‖²), with ℓ the outputs weighted by random numbers, so that no label counts.
    Each layer's weights are multiplied by (its rate / the geometric mean of all)^½, which leaves the product of all factors 1;
    biases are then centred again, and rates measured anew, until the largest is at most 1.05 times the smallest, or 12 rounds.

    With branches the factor of one layer is not undone in the layers that read it, as in the paper: which layer that would be is
    not defined. Rates are measured on the whole network instead, and a round that makes them less equal is taken back and
    halved. Layers that the output does not depend on, or that are frozen, keep their scale. What was reached is told.

    When it misleads:
        Rates are equal at the first step only. The rate counts an optimiser that steps along the gradient; Adam divides by its
        size. Batch normalisation hides the scale of the layer before it.

    Source:
        Krähenbühl, Doersch, Donahue and Darrell, "Data-dependent Initializations of Convolutional Neural Networks", ICLR 2016,
        algorithms 1 and 2. Differs: branches, as said; rates over whole layers; biases are centred anew instead of scaled.
    """

    name = "krahenbuhl"
    arguments = ("random", "kmeans", "pca")
    needs_images = True
    most_images = 64
    is_quiet = False

    def begin(self, ground: Ground) -> tuple[str, ...]:
        told: list[str] = []
        if ground.argument in {"kmeans", "pca"}:
            told += BEGINNINGS[ground.argument].begin(ground)
        else:
            begin_he(ground.module, ground.generator)
        images = ground.pictures()
        flat: list[str] = []
        walk(ground.module, images, after=lambda name, layer, made: _unit(name, layer, made, flat))
        told += [f"{name} has channels that are the same for all images; they keep their scale." for name in flat]
        before, after = _balance(ground.module, images, ground.generator)
        told.append(
            f"The largest rate of change was {before:.3g} times the smallest within layers of unit variance, and is now "
            f"{after:.3g} times it, on {len(images)} images."
        )
        return tuple(told)


def _unit(name: str, layer: nn.Module, made: Tensor, flat: list[str]) -> Tensor:
    """Give each channel mean 0 (where there is a bias) and standard deviation 1."""
    axis, others = channel_axes(layer, made)
    std = made.double().std(dim=others, unbiased=False)
    if not bool(std.isfinite().all()) or not bool((std > _FLAT).any()):
        raise DataError(
            "a layer must make values that differ, for its variance to be set",
            got=float(std.max()),
            where=name,
            hint="Are all images the same? The weights are as they were.",
        )
    if bool((std <= _FLAT).any()):
        flat.append(name)
    factors = torch.where(std > _FLAT, 1 / std, 1.0).to(made.dtype)
    scale_channels(layer, factors)
    shape = [-1 if place == axis else 1 for place in range(made.ndim)]
    bias = bias_of(layer)
    scaled = made * factors.view(shape)
    if bias is not None:
        with torch.no_grad():
            bias.mul_(factors)
    return _centre(name, layer, scaled)


def _centre(_name: str, layer: nn.Module, made: Tensor) -> Tensor:
    """Take each channel's mean into its bias, where there is one."""
    bias = bias_of(layer)
    if bias is None:
        return made
    axis, others = channel_axes(layer, made)
    mean = made.double().mean(dim=others).to(made.dtype)
    with torch.no_grad():
        bias.sub_(mean)
    return made - mean.view([-1 if place == axis else 1 for place in range(made.ndim)])


def _balance(module: nn.Module, images: Tensor, generator: torch.Generator) -> tuple[float, float]:
    """Equalise the rates; return the largest over the smallest, before and after."""
    draws = output_draws(module, images, generator)
    rates = change_rates(module, images, draws)
    first = best = spread(rates)
    exponent = 0.5
    for _ in range(ROUNDS):
        if best <= ENOUGH:
            break
        kept = {key: value.detach().clone() for key, value in module.named_parameters()}
        mean = torch.tensor(list(rates.values()), dtype=torch.float64).log().mean().exp().item()
        layers = weighted(module)
        with torch.no_grad():
            for name, rate in rates.items():
                weight_of(layers[name]).mul_((rate / mean) ** exponent)
        walk(module, images, after=_centre)
        tried = change_rates(module, images, draws)
        if spread(tried) < best:
            rates, best = tried, spread(tried)
            continue
        exponent /= 2
        with torch.no_grad():
            for key, value in module.named_parameters():
                value.copy_(kept[key])
    return first, best
