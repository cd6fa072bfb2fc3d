"""What is shown where an image is covered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from striate.errors import InputError, unknown_name
from striate.explain.answers import channelwise
from striate.nets import Network

# One of FILLS, or values of the network's input, after preprocessing: one for all channels, or one for each.
Fill: TypeAlias = str | float | int | Sequence[float]
FILLS = ("background", "grey", "mean", "image mean", "blur", "noise")
# The blur's standard deviation, as a share of the longest side.
_BLUR = 1 / 16
_SEED = 0


def fill_values(network: Network, image: Tensor, fill: Fill) -> Tensor:
    """Return what stands in for what is covered in an image (c, …): (c, 1, …) where it is the same everywhere, or (c, …).

    "background" is the commonest value of a one-channel image (of equally common ones the lowest),
    and otherwise "mean", the channel mean of the preprocessing, which is 0. "grey" is 0.5 on the
    stored scale. "image mean" is each channel's mean over this image; "blur" the image smoothed by a
    Gaussian of 1/16 of its longest side, mirrored at the borders; "noise" normal values with each
    channel's mean and spread over this image.

    Raises:
        UnknownNameError: A fill nobody knows.
        InputError: Another number of values than channels.
    """
    if isinstance(fill, str) and fill not in FILLS:
        raise unknown_name("fill", fill, [*FILLS, "inpainted"])
    ones = (1,) * (image.ndim - 1)
    plane = image.new_zeros((len(image), *ones))
    if not isinstance(fill, str):
        values = [float(value) for value in (fill if isinstance(fill, Sequence) else [fill] * len(image))]
        if len(values) != len(image):
            raise InputError(f"a fill must be one value, or one for each of {len(image)} channels", got=tuple(values))
        return image.new_tensor(values).view(-1, *ones)
    if fill == "grey":
        mean, std = channelwise(network, image[None])
        return plane + ((0.5 - mean) / std)[0]
    if fill == "background" and image.shape[0] == 1:
        values_found, counts = np.unique(image.float().cpu().numpy(), return_counts=True)
        return plane + float(values_found[counts.argmax()])
    if fill in {"image mean", "noise"}:
        flat = image.flatten(1).double()
        mean, spread = (one.view(-1, *ones) for one in (flat.mean(1), flat.std(1, correction=0)))
        drawn = torch.randn(image.shape, generator=torch.Generator().manual_seed(_SEED), dtype=torch.float64)
        return (mean + (spread * drawn.to(image.device) if fill == "noise" else 0)).to(image.dtype)
    return blurred(image, _BLUR * max(image.shape[1:])) if fill == "blur" else plane


def blurred(image: Tensor, sigma: float) -> Tensor:
    """Return an image (c, …) smoothed by a Gaussian along every axis of space, mirrored at the borders.

    Args:
        image: (c, …).
        sigma: Standard deviation in pixels; weights beyond three of it are left out.
    """
    out = image.double()
    for axis in range(1, image.ndim):
        length = image.shape[axis]
        reach = min(max(1, round(3 * sigma)), length - 1)
        if reach < 1:
            continue
        at = torch.arange(-reach, reach + 1, dtype=torch.float64, device=image.device)
        weights = torch.exp(-0.5 * (at / sigma) ** 2)
        rows = out.movedim(axis, -1)
        padded = functional.pad(rows.reshape(1, -1, length), (reach, reach), mode="reflect")
        smooth = functional.conv1d(padded.reshape(-1, 1, length + 2 * reach), (weights / weights.sum()).view(1, 1, -1))
        out = smooth.reshape(rows.shape).movedim(-1, axis)
    return out.to(image.dtype)
