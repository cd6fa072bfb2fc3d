"""Stochastic depth: a branch left out by chance, image by image."""

from __future__ import annotations

from torch import Tensor, nn


class DropPath(nn.Module):
    """All values of an image are zero with probability `share` while training; the others are divided by 1 − `share`."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """Return the values as they are (eval mode), or those of the images that were drawn."""
        if not self.training or self.share == 0:
            return x
        stays = 1 - self.share
        drawn = x.new_empty(len(x), *[1] * (x.dim() - 1)).bernoulli_(stays)
        return x * drawn.div_(stays)

    def extra_repr(self) -> str:
        """Return the share for `print`."""
        return f"{self.share:g}"
