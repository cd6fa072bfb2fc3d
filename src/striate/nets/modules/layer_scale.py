"""A learned factor for each channel, as ConvNeXt has it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LayerScale(nn.Module):
    """A factor for each channel of (n, c, axes…), all of them `start` before training."""

    def __init__(self, channels: int, axes: int, start: float) -> None:
        super().__init__()
        self.layer_scale = nn.Parameter(torch.full((channels, *[1] * axes), start))

    def forward(self, x: Tensor) -> Tensor:
        """Return the scaled map."""
        return self.layer_scale * x

    def extra_repr(self) -> str:
        """Return the shape of the factors for `print`."""
        return str(tuple(self.layer_scale.shape))
