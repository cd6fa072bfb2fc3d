"""Convolution with TensorFlow's padding: ⌈length ÷ stride⌉ places, an odd zero at the end."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


def padded_same(x: Tensor, conv: nn.Conv1d | nn.Conv2d | nn.Conv3d) -> Tensor:
    """Return a map with the zeros that a convolution needs on each side."""
    sides: list[int] = []
    for length, kernel, stride, dilation in zip(x.shape[2:], conv.kernel_size, conv.stride, conv.dilation, strict=True):
        total = max((-(-length // stride) - 1) * stride + dilation * (kernel - 1) + 1 - length, 0)
        # The last axis first, as torch pads.
        sides = [total // 2, total - total // 2, *sides]
    return functional.pad(x, sides) if any(sides) else x


class Conv1dSame(nn.Conv1d):
    """A convolution over a signal that pads as TensorFlow does."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ⌈length ÷ stride⌉ places."""
        return super().forward(padded_same(x, self))


class Conv2dSame(nn.Conv2d):
    """A convolution over an image that pads as TensorFlow does."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ⌈length ÷ stride⌉ places along each axis."""
        return super().forward(padded_same(x, self))


class Conv3dSame(nn.Conv3d):
    """A convolution over a volume that pads as TensorFlow does."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ⌈length ÷ stride⌉ places along each axis."""
        return super().forward(padded_same(x, self))
