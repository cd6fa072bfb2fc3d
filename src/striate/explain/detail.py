"""Fine detail: the share of a picture's power at wavelengths under 4 pixels."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor

from striate.explain.answers import parts

FINE = 0.25  # cycles per pixel: a wavelength of 4 pixels
SMALL = 16  # a side under this has too few frequencies of its own
GRID = 32
MOST_PLACES = 2**10  # of which a quadratic form is kept
FORM_SHARE = 32  # values of a form, for each of the spectrum, from which on a transform is quicker
CHUNK = 2**22  # values of the spectrum at once


def fine_detail(pictures: Tensor, *, with_mean: bool = False) -> Tensor:
    """Return the share of each picture's power at wavelengths under 4 pixels.

    Power is the squared magnitude of the discrete Fourier transform, all channels together; fine is
    a radial frequency √(fy² + fx²) above 1/4 cycles per pixel (of a volume √(fz² + fy² + fx²)), the
    corners of the spectrum included. No window is applied: the picture is taken as repeating at its border. A side under 16
    pixels (a filter) is padded with zeros to 32, since three pixels alone have no frequency but 0
    and ±1/3. Shares do not depend on scale: doubling a picture changes nothing.

    Args:
        pictures: (n, c, h, w), or (n, c, sides…) of one to three axes; a line may be (n, c, 1, length) too.
        with_mean: Whether the channel means count as power at wavelength ∞. For filters, yes: a
            blur passes the mean, and without it its rest would look fine. For images, no: the
            brightness of an image says nothing about its detail.

    Returns:
        (n,) float32, 0 … 1; 0 for a picture without power.

    When it misleads:
        A picture that differs much from border to border has an edge there that adds fine detail.
        White noise is at 1 − π/16 = 0.80, not 1; on one axis at 1/2, on three at 1 − π/48 = 0.93.

    Source:
        Ours; the radial share of power is usual in the study of natural images (Field, JOSA A 1987).
        Differs: None.

    Example:
        >>> checkers = (torch.arange(16)[:, None] + torch.arange(16)) % 2
        >>> fine_detail(checkers[None, None].float()).item()
        1.0
    """
    # A padded spectrum holds more values than the picture.
    spectrum = 0 if _is_small(pictures.shape[2:]) else pictures.shape[1] * prod(_padded(pictures.shape[2:]))
    at_once = max(1, CHUNK // max(1, pictures[:1].numel(), spectrum))
    shares = [torch.zeros(0, device=pictures.device)]
    for part in parts(pictures.detach(), at_once):
        values = part.double()
        before = values.square().flatten(1).sum(1)
        if not with_mean:
            values = values - values.mean(tuple(range(2, values.ndim)), keepdim=True)
        total = values.square().flatten(1).sum(1)
        fine = _fine_power(values)
        # Rounding leaves of a constant some 1e-32 of its square, which is no power.
        has_power = total > 1e-24 * before
        shares.append(torch.where(has_power, fine / total, 0.0).clamp(0, 1).float())
    return torch.cat(shares)


def _fine_power(values: Tensor) -> Tensor:
    """Return the fine power (n,) of pictures (n, c, sides…), on the scale of their summed squares."""
    sides = values.shape[2:]
    size = _padded(sides)
    if not _is_small(sides):
        over = tuple(range(2, values.ndim))
        power: Tensor = torch.fft.fftn(values, s=size, dim=over).abs().square().sum(1)
        return (power * _fine(size).to(values.device)).flatten(1).sum(1) / prod(size)
    # For many small pictures fine power is a quadratic form: what two places share depends on how far apart they are.
    shared = torch.fft.ifftn(_fine(size).to(torch.complex128)).real
    places = torch.cartesian_prod(*(torch.arange(side) for side in sides)).reshape(-1, len(sides))
    apart = places[:, None] - places[None]
    form = shared[tuple(apart[..., axis] % side for axis, side in enumerate(size))].to(values.device)
    flat = values.flatten(2)
    fine: Tensor = ((flat @ form) * flat).sum((1, 2))
    return fine


def _is_small(sides: Sequence[int]) -> bool:
    """Return whether a quadratic form over places is quicker than a transform: a 7 × 7 × 7 filter is padded to 32 × 32 × 32."""
    places = prod(sides)
    return places <= SMALL**2 or (places <= MOST_PLACES and places**2 <= FORM_SHARE * prod(_padded(sides)))


def _padded(sides: Sequence[int]) -> tuple[int, ...]:
    return tuple(side if side >= SMALL or side == 1 else GRID for side in sides)


def _fine(size: tuple[int, ...]) -> Tensor:
    """Return which frequencies of a transform of this size are fine, bool."""
    grid = torch.meshgrid(*(torch.fft.fftfreq(side, dtype=torch.float64) for side in size), indexing="ij")
    # A little above 1/4, so that rounding does not decide about a wavelength of exactly 4.
    squared: Tensor = torch.stack(grid).square().sum(0)
    return squared > FINE**2 * (1 + 1e-9)
