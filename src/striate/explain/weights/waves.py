"""Which wave each filter answers to most: frequency, orientation, colour."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.records import Waves

# Filters are padded with zeros to so many places: frequencies are read to 1/128 cycles per pixel, of volumes to 1/32.
_GRID = {1: 128, 2: 128, 3: 32}
_AT_ONCE = 2**22
_COLOURS = 3


def waves(weight: Tensor) -> Waves | None:
    """Return where the Fourier transform of each filter (n, c, kernel…) is largest, all channels together.

    Without padding a filter of 5 pixels would know five frequencies; padding interpolates between them. The mean counts:
    where it is the peak, there is no wave.

    Returns:
        None for kernels of one place.

    Example:
        >>> across = torch.cos(2 * torch.pi * torch.arange(16) / 4).expand(1, 1, 16, 16)
        >>> found = waves(across)
        >>> found.cycles_per_px.tolist(), found.orientation_deg.tolist()
        ([0.25], [0.0])
    """
    sides = weight.shape[2:]
    if not sides or max(sides) == 1:
        return None
    size = tuple(1 if side == 1 else max(_GRID[len(sides)], side) for side in sides)
    grid = torch.meshgrid(*(torch.fft.fftfreq(side, dtype=torch.float64) for side in size), indexing="ij")
    frequencies = torch.stack(grid).flatten(1)
    peaks = _peaks(weight, size)
    at = frequencies[:, peaks]
    cycles = at.norm(dim=0)
    orientation = None
    if len(sides) == 2:
        # Rows are counted downwards, angles upwards.
        orientation = torch.rad2deg(torch.atan2(-at[0], at[1])).remainder(180)
        orientation = torch.where(orientation >= 179.9999, 0.0, orientation) * (cycles > 0) + 0.0  # no −0
    return Waves(
        cycles_per_px=cycles.float().numpy(),
        orientation_deg=None if orientation is None else orientation.float().numpy(),
        colour_share=_colour(weight) if weight.shape[1] == _COLOURS else None,
    )


def _peaks(weight: Tensor, size: tuple[int, ...]) -> Tensor:
    places = int(torch.tensor(size).prod())
    at_once = max(1, _AT_ONCE // (places * weight.shape[1]))
    over = tuple(range(2, weight.ndim))
    found = [torch.zeros(0, dtype=torch.int64)]
    for begin in range(0, len(weight), at_once):
        power = (
            torch.fft.fftn(weight[begin : begin + at_once].double(), s=size, dim=over).abs().square().sum(1).flatten(1)
        )
        highest = power.amax(1, keepdim=True)
        # A real filter has every peak twice; rounding must not choose between them.
        found.append((power >= highest * (1 - 1e-9)).int().argmax(1))
    return torch.cat(found)


def _colour(weight: Tensor) -> object:
    """Return the share of each filter's power that is not the same in all channels; 0 for filters of zeros."""
    values = weight.double()
    total = values.square().flatten(1).sum(1)
    apart = (values - values.mean(1, keepdim=True)).square().flatten(1).sum(1)
    return torch.where(total > 0, apart / total.clamp(min=torch.finfo(torch.float64).tiny), 0.0).float().numpy()
