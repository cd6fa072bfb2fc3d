"""What a convolution reads: windows of its input, drawn at random; and whitening them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn

from striate.errors import ShapeError
from striate.graph import times

MOST_VALUES = 2**23
_LEAST_CONTRAST = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Patches:
    """Windows of a layer's input.

    Attributes:
        rows: float64 (n, c·k): each a window, flattened as the layer's weights are.
        available: How many different places there were, over all images.
    """

    rows: Tensor
    available: int


def draw_patches(layer: nn.Module, given: Tensor, count: int, generator: torch.Generator) -> Patches:
    """Return windows that a convolution without groups reads, at places drawn without repetition.

    Only windows that lie wholly inside the map are taken: padding is not part of any image. Strides are left out: a filter may
    meet a pattern anywhere.

    Args:
        layer: `nn.Conv1d`, `Conv2d` or `Conv3d`.
        given: Its input, (n, c, …).
        count: How many are wanted; fewer if there are fewer, or if they would take over 64 MiB.
        generator: Draws the places.

    Raises:
        ShapeError: A map smaller than the window.
    """
    kernel, dilation = _tuple(layer.kernel_size), _tuple(layer.dilation)
    sides = tuple(step * (length - 1) + 1 for length, step in zip(kernel, dilation, strict=True))
    if any(length < side for length, side in zip(given.shape[2:], sides, strict=True)):
        raise ShapeError(
            f"a map must be at least as large as the window to take patches from it, {times(sides)}",
            got=times(tuple(given.shape[2:])),
        )
    windows = given
    for axis, (side, step) in enumerate(zip(sides, dilation, strict=True), start=2):
        windows = windows.unfold(axis, side, 1)[..., ::step]
    # (n, c, places…, kernel…) to (n, places…, c, kernel…), still a view.
    spread = given.ndim - 2
    windows = windows.permute(0, *range(2, 2 + spread), 1, *range(2 + spread, 2 + 2 * spread))
    shape = windows.shape[: 1 + spread]
    available, width = prod(shape), prod(windows.shape[1 + spread :])
    count = min(count, available, max(1, MOST_VALUES // width))
    chosen = torch.randperm(available, generator=generator)[:count]
    places = torch.unravel_index(chosen, tuple(shape))
    return Patches(rows=windows[places].reshape(count, width).double(), available=available)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whitening:
    """Takes correlations out of rows: (rows − mean) @ matrix.

    Attributes:
        mean: float64 (d,).
        matrix: float64 (d, d), symmetric (ZCA): whitened patches look like patches.
    """

    mean: Tensor
    matrix: Tensor

    def __call__(self, rows: Tensor) -> Tensor:
        """Return the rows whitened."""
        return (rows - self.mean) @ self.matrix


def whitening(rows: Tensor, *, regularisation: float = 0.1) -> Whitening:
    """Return the whitening of rows (n, d).

    Args:
        rows: Finite.
        regularisation: Added to each variance, as a share of the mean variance: directions that hardly vary are noise, and
            stay small. With 0 the covariance becomes the identity.

    Source:
        Coates and Ng, "Learning Feature Representations with K-means", 2012, section 3.1, with 0.1 on patches of unit
        contrast. Differs: relative to the mean variance.
    """
    mean = rows.mean(0)
    centred = rows - mean
    covariance = centred.T @ centred / len(rows)
    values, vectors = torch.linalg.eigh(covariance)
    floor = regularisation * covariance.diagonal().mean()
    scale = (values.clamp(min=0) + floor + 1e-12 * values.max().clamp(min=1e-300)).rsqrt()
    return Whitening(mean=mean, matrix=(vectors * scale) @ vectors.T)


def of_equal_contrast(rows: Tensor) -> Tensor:
    """Return rows with their mean taken out and divided by their spread; hardly varying ones stay small."""
    centred = rows - rows.mean(1, keepdim=True)
    variance = centred.square().mean(1, keepdim=True)
    return centred / (variance + _LEAST_CONTRAST * variance.mean()).clamp(min=1e-24).sqrt()


def _tuple(value: object) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (int(str(value)),)
