"""Layer normalisation over channels, as ConvNeXt has it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class ChannelNorm(nn.Module):
    """The channels of each place to mean 0 and variance 1, then scale and shift; (n, c, axes…) stays as it is."""

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def reset_parameters(self) -> None:
        """Put the scale back to one and the shift to zero."""
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised map."""
        x = x.permute(0, *range(2, x.dim()), 1)
        x = functional.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)
        return x.permute(0, -1, *range(1, x.dim() - 1))

    def extra_repr(self) -> str:
        """Return its settings for `print`."""
        return f"{len(self.weight)}, eps={self.eps}"
