"""What gradient ascent changes: pixels, or the waves a natural image is made of."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor

Shape3 = tuple[int, int, int]
FIRST_NOISE = 0.01


class Canvas(ABC):
    """Images as something that can be climbed: `values` is changed, `images` shows it."""

    values: Tensor

    @abstractmethod
    def images(self) -> Tensor:
        """Return the images (n, c, h, w), within 0 … 1, on the stored scale."""

    def settle(self) -> None:  # noqa: B027 - most canvases need nothing
        """Bring `values` back to what can be shown, after a step."""


class Waves(Canvas):
    """Images as sums of waves whose size falls with frequency, as in natural images (1 / f).

    A step of one size in every wave changes slow ones most, so that shapes come before grain. The
    sum is squeezed into 0 … 1 by a logistic function that is at the mean of the data where the sum
    is zero. One pixel's sum has standard deviation 1 for waves of standard deviation 1, whatever
    the size of the image.

    Args:
        count: Images.
        shape: (c, h, w).
        mean: Per channel, 0 … 1: where the images begin.
        generator: Of the first noise, which is the same for all images.
    """

    def __init__(self, count: int, shape: Shape3, mean: tuple[float, ...], generator: torch.Generator) -> None:
        channels, height, width = shape
        down = torch.fft.fftfreq(height)[:, None]
        across = torch.fft.rfftfreq(width)[None]
        falling = 1 / (down**2 + across**2).sqrt().clamp_min(1 / max(height, width))
        self._falling = falling / falling.square().mean().sqrt()
        self._size = (height, width)
        inside = [min(max(value, 0.02), 0.98) for value in mean]
        self._middle = torch.tensor([math.log(v / (1 - v)) for v in inside]).view(-1, 1, 1)
        noise = torch.randn((channels, height, width // 2 + 1, 2), generator=generator)
        self.values = (FIRST_NOISE * noise).repeat(count, 1, 1, 1, 1)

    def images(self) -> Tensor:
        """Return the images (n, c, h, w), within 0 … 1, on the stored scale."""
        falling = self._falling.to(self.values.device)
        waves = torch.view_as_complex(self.values) * falling
        sums = torch.fft.irfft2(waves, s=self._size, norm="ortho")
        return torch.sigmoid(sums + self._middle.to(sums.device))


class Pixels(Canvas):
    """Images as they are, cut to 0 … 1; without any prior.

    Args:
        count: Images.
        shape: (c, h, w).
        mean: Per channel, 0 … 1: where the images begin.
        generator: Of the first noise, which is the same for all images.
    """

    def __init__(self, count: int, shape: Shape3, mean: tuple[float, ...], generator: torch.Generator) -> None:
        noise = FIRST_NOISE * torch.randn(shape, generator=generator)
        start = (torch.tensor(mean).view(-1, 1, 1) + noise).clamp(0, 1)
        self.values = start.repeat(count, 1, 1, 1)

    def images(self) -> Tensor:
        """Return the images (n, c, h, w), within 0 … 1, on the stored scale."""
        return self.values

    def settle(self) -> None:
        """Cut the pixels to 0 … 1."""
        with torch.no_grad():
            self.values.clamp_(0, 1)
