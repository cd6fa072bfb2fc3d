"""What gradient ascent changes: pixels, or the waves a natural image is made of."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor
from torch.nn import functional

Shape3 = tuple[int, int, int]
FIRST_NOISE = 0.01
# Values this near to 0 and 1 are as far as a logistic function is asked to go.
_END = 0.02


class Canvas(ABC):
    """Images as something that can be climbed: `values` is changed, `images` shows it."""

    values: Tensor

    @abstractmethod
    def images(self) -> Tensor:
        """Return the images (n, c, h, w), within 0 … 1, on the stored scale."""

    @abstractmethod
    def begin_at(self, images: Tensor) -> None:
        """Begin at images (n, c, h, w) on the stored scale instead of noise."""

    def settle(self) -> None:  # noqa: B027 - most canvases need nothing
        """Bring `values` back to what can be shown, after a step."""

    @abstractmethod
    def blur(self, sigma_px: float) -> None:
        """Blur what is shown by a Gaussian."""


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
        colours: (c, c), what turns waves into colours; None if each channel has its own.
    """

    def __init__(
        self,
        count: int,
        shape: Shape3,
        mean: tuple[float, ...],
        generator: torch.Generator,
        colours: Tensor | None = None,
    ) -> None:
        channels, height, width = shape
        down = torch.fft.fftfreq(height)[:, None]
        across = torch.fft.rfftfreq(width)[None]
        self._squared = down**2 + across**2
        falling = 1 / self._squared.sqrt().clamp_min(1 / max(height, width))
        self._falling = falling / falling.square().mean().sqrt()
        self._size = (height, width)
        self._colours = colours
        inside = [min(max(value, _END), 1 - _END) for value in mean]
        self._middle = torch.tensor([math.log(v / (1 - v)) for v in inside]).view(-1, 1, 1)
        noise = torch.randn((channels, height, width // 2 + 1, 2), generator=generator)
        self.values = (FIRST_NOISE * noise).repeat(count, 1, 1, 1, 1)

    def images(self) -> Tensor:
        """Return the images (n, c, h, w), within 0 … 1, on the stored scale."""
        falling = self._falling.to(self.values.device)
        waves = torch.view_as_complex(self.values) * falling
        sums = torch.fft.irfft2(waves, s=self._size, norm="ortho")
        if self._colours is not None:
            sums = torch.einsum("ij,njhw->nihw", self._colours.to(sums), sums)
        return torch.sigmoid(sums + self._middle.to(sums.device))

    def begin_at(self, images: Tensor) -> None:
        """Begin at images on the stored scale; what is nearer than 0.02 to black or white begins at 0.02."""
        sums = torch.logit(images.float().cpu().clamp(_END, 1 - _END)) - self._middle
        if self._colours is not None:
            sums = torch.einsum("ij,njhw->nihw", torch.linalg.pinv(self._colours), sums)
        waves = torch.fft.rfft2(sums, norm="ortho") / self._falling
        self.values = torch.view_as_real(waves).contiguous()

    def blur(self, sigma_px: float) -> None:
        """Blur by a Gaussian, whose transform is a Gaussian again."""
        passing = torch.exp(-2 * (math.pi * sigma_px) ** 2 * self._squared)
        with torch.no_grad():
            self.values.mul_(passing[..., None].to(self.values))


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

    def begin_at(self, images: Tensor) -> None:
        """Begin at images on the stored scale, cut to 0 … 1."""
        self.values = images.float().cpu().clamp(0, 1).clone()

    def settle(self) -> None:
        """Cut the pixels to 0 … 1."""
        with torch.no_grad():
            self.values.clamp_(0, 1)

    def blur(self, sigma_px: float) -> None:
        """Blur by a Gaussian, cut at three standard deviations; the border repeats."""
        reach = max(1, math.ceil(3 * sigma_px))
        line = torch.exp(-((torch.arange(-reach, reach + 1) / sigma_px) ** 2) / 2)
        line = (line / line.sum()).to(self.values)
        with torch.no_grad():
            flat = self.values.flatten(0, 1)[:, None]
            flat = functional.pad(flat, (reach, reach, reach, reach), mode="replicate")
            flat = functional.conv2d(functional.conv2d(flat, line.view(1, 1, -1, 1)), line.view(1, 1, 1, -1))
            self.values.copy_(flat.view_as(self.values))
