"""LSUV: every layer's output is given unit variance on real images, one after the other."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from striate.errors import DataError
from striate.nets.beginnings.beginning import Beginning, Ground, register
from striate.nets.beginnings.orthogonal import make_orthogonal
from striate.nets.beginnings.walk import walk
from striate.nets.beginnings.weighted import bias_of, reset_normalisation, weight_of

TOLERANCE = 0.1
_FLAT = 1e-7


@register
class LSUV(Beginning):
    """Orthogonal weights, then each layer scaled until its output has mean 0 and standard deviation 1 on training images.

    Layers are solved in the order they run, each exactly: the mean over all of its outputs is taken into the bias, weights and
    bias are divided by the standard deviation. One forward pass does it all, since what is solved at one layer is what the next
    one reads. Layers without bias keep their mean. Batch normalisation uses the batch, as in training; the layers before it
    are scaled too, which changes their gradients only. A second pass measures what was reached, and tells it.

    When it misleads:
        One mean and one standard deviation for the whole layer: single channels may still be far from them. A layer that runs
        several times is solved for its first run. The output layer too makes values of order one.

    Source:
        Mishkin and Matas, "All You Need Is a Good Init", ICLR 2016, algorithm 1. Differs: solved in one step instead of by
        repetition, with the mean taken out first; the published code, which takes mean and variance in turns, diverges on a
        VGG-11 without normalisation.
    """

    name = "lsuv"
    needs_images = True

    def begin(self, ground: Ground) -> tuple[str, ...]:
        make_orthogonal(ground.module, 1.0, ground.generator)
        reset_normalisation(ground.module)
        images = ground.pictures()
        order = walk(ground.module, images, after=_solve)
        stds = spreads(ground.module, images)
        off = {name: std for name, std in stds.items() if abs(std - 1) >= TOLERANCE}
        reached = (
            f"{len(order)} layers solved on {len(images)} images; the standard deviation of their outputs is "
            f"{min(stds.values()):.3f} to {max(stds.values()):.3f}."
        )
        return (reached, *(f"{name} is at {std:.3f}: it runs more than once." for name, std in off.items()))


def spreads(module: nn.Module, images: Tensor) -> dict[str, float]:
    """Return the standard deviation of each layer's output, measured as in training; of several runs the one farthest from 1."""
    found: dict[str, float] = {}

    def look(name: str, _layer: nn.Module, made: Tensor) -> None:
        std = made.double().std(unbiased=False).item()
        if name not in found or abs(std - 1) > abs(found[name] - 1):
            found[name] = std

    walk(module, images, after=look, every_call=True)
    return found


def _solve(name: str, layer: nn.Module, made: Tensor) -> Tensor:
    mean, std = made.double().mean().item(), made.double().std(unbiased=False).item()
    # Not "std <= _FLAT": what is no number must be caught too.
    if not _FLAT < std < 1 / _FLAT:
        raise DataError(
            "a layer must make values that differ, for its variance to be set",
            got=std,
            where=name,
            hint="Are all images the same, or a layer before it constant? The weights are as they were.",
        )
    bias = bias_of(layer)
    mean = 0.0 if bias is None else mean
    with torch.no_grad():
        weight_of(layer).div_(std)
        if bias is not None:
            bias.sub_(mean).div_(std)
    return (made - mean) / std
