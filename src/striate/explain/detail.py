"""Fine detail: the share of a picture's power at wavelengths under 4 pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.explain.answers import parts

FINE = 0.25  # cycles per pixel: a wavelength of 4 pixels
SMALL = 16  # a side under this has too few frequencies of its own
GRID = 32
CHUNK = 2**22  # values of the spectrum at once


def fine_detail(pictures: Tensor, *, with_mean: bool = False) -> Tensor:
    """Return the share of each picture's power at wavelengths under 4 pixels.

    Power is the squared magnitude of the discrete Fourier transform, all channels together; fine is
    a radial frequency √(fy² + fx²) above 1/4 cycles per pixel, the corners of the spectrum
    included. No window is applied: the picture is taken as repeating at its border. A side under 16
    pixels (a filter) is padded with zeros to 32, since three pixels alone have no frequency but 0
    and ±1/3. Shares do not depend on scale: doubling a picture changes nothing.

    Args:
        pictures: (n, c, h, w); a line is (n, c, 1, length).
        with_mean: Whether the channel means count as power at wavelength ∞. For filters, yes: a
            blur passes the mean, and without it its rest would look fine. For images, no: the
            brightness of an image says nothing about its detail.

    Returns:
        (n,) float32, 0 … 1; 0 for a picture without power.

    When it misleads:
        A picture that differs much from border to border has an edge there that adds fine detail.
        White noise is at 1 − π/16 = 0.80, not 1.

    Source:
        Ours; the radial share of power is usual in the study of natural images (Field, JOSA A 1987).
        Differs: None.

    Example:
        >>> checkers = (torch.arange(16)[:, None] + torch.arange(16)) % 2
        >>> fine_detail(checkers[None, None].float()).item()
        1.0
    """
    at_once = max(1, CHUNK // max(1, pictures[:1].numel()))
    shares = [torch.zeros(0, device=pictures.device)]
    for part in parts(pictures.detach(), at_once):
        values = part.double()
        before = values.square().sum((1, 2, 3))
        if not with_mean:
            values = values - values.mean((-2, -1), keepdim=True)
        total = values.square().sum((1, 2, 3))
        fine = _fine_power(values)
        # Rounding leaves of a constant some 1e-32 of its square, which is no power.
        has_power = total > 1e-24 * before
        shares.append(torch.where(has_power, fine / total, 0.0).clamp(0, 1).float())
    return torch.cat(shares)


def _fine_power(values: Tensor) -> Tensor:
    """Return the fine power (n,) of pictures (n, c, h, w), on the scale of their summed squares."""
    height, width = values.shape[-2:]
    size = tuple(side if side >= SMALL or side == 1 else GRID for side in (height, width))
    if height * width >= SMALL**2:
        power: Tensor = torch.fft.fft2(values, s=size).abs().square().sum(1)
        return (power * _fine(size).to(values.device)).sum((-2, -1)) / (size[0] * size[1])
    # For many small pictures the transform is a matrix, and fine power a quadratic form.
    waves = torch.fft.fft2(torch.eye(height * width).double().view(-1, height, width), s=size)
    fine_waves = torch.view_as_real(waves[:, _fine(size)]).flatten(1).to(values.device)
    form = fine_waves @ fine_waves.T / (size[0] * size[1])
    flat = values.flatten(2)
    return ((flat @ form) * flat).sum((1, 2))


def _fine(size: tuple[int, ...]) -> Tensor:
    """Return which frequencies of a transform of this size are fine, bool."""
    down, across = (torch.fft.fftfreq(side, dtype=torch.float64) for side in size)
    # A little above 1/4, so that rounding does not decide about a wavelength of exactly 4.
    squared: Tensor = down[:, None] ** 2 + across**2
    return squared > FINE**2 * (1 + 1e-9)
