"""What takes the place of global pooling, and of layers on features, once there is a feature vector at every position."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Summary = Literal["mean", "max", "sum"]


class WindowPool(nn.Module):
    """The mean, maximum or sum of each window of a map: global pooling that slides by one position.

    Args:
        window: Places of a window, per axis.
        summary: What is taken of them.
        dilation: Places from one to the next, per axis.

    Example:
        >>> WindowPool((1, 2), "max")(torch.tensor([[[[1.0, 5.0, 2.0]]]])).tolist()
        [[[[5.0, 5.0]]]]
    """

    def __init__(self, window: tuple[int, ...], summary: Summary, dilation: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.window, self.summary = window, summary
        self.dilation = dilation or (1,) * len(window)

    def forward(self, maps: Tensor) -> Tensor:
        """Return (n, c, positions…) of maps (n, c, places…)."""
        join: Callable[[Tensor, Tensor], Tensor] = torch.maximum if self.summary == "max" else torch.add
        # One axis after the other: k additions a place instead of k².
        for axis, (count, step) in enumerate(zip(self.window, self.dilation, strict=True), start=2):
            positions = maps.shape[axis] - (count - 1) * step
            maps = reduce(join, (maps.narrow(axis, number * step, positions) for number in range(count)))
        return maps / float(torch.Size(self.window).numel()) if self.summary == "mean" else maps

    def extra_repr(self) -> str:
        """Return window and summary."""
        return f"{self.window}, {self.summary}, dilation={self.dilation}"


class FeatureNorm(nn.Module):
    """Layer normalisation of the features at each position.

    Args:
        weight: (features,) or None.
        bias: (features,) or None.
        eps: Added to the variance.
    """

    def __init__(self, weight: Tensor | None, bias: Tensor | None, eps: float) -> None:
        super().__init__()
        self.weight = None if weight is None else nn.Parameter(weight.detach().clone())
        self.bias = None if bias is None else nn.Parameter(bias.detach().clone())
        self.eps = eps

    def forward(self, maps: Tensor) -> Tensor:
        """Return the normalised maps (n, c, positions…)."""
        last = maps.movedim(1, -1)
        return functional.layer_norm(last, last.shape[-1:], self.weight, self.bias, self.eps).movedim(-1, 1)


class Pick(nn.Module):
    """Features in another order, or some of them."""

    def __init__(self, features: Tensor) -> None:
        super().__init__()
        self.register_buffer("features", features)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps (n, picked, positions…)."""
        return maps[:, self.features]  # type: ignore[index]


def spaced(module: nn.Module, by: tuple[int, ...]) -> nn.Module:
    """Return a head's module for a map with `by` times as many positions: windows dilated, the weights the same tensors.

    Example:
        >>> spaced(WindowPool((2,), "max"), (2,))(torch.tensor([[[1.0, 9.0, 2.0]]])).tolist()
        [[[2.0]]]
    """
    if isinstance(module, WindowPool):
        step = tuple(d * b for d, b in zip(module.dilation, by, strict=True))
        return WindowPool(module.window, module.summary, step)
    if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d):
        step = tuple(d * b for d, b in zip(module.dilation, by, strict=True))
        return convolution(module.weight, module.bias, dilation=step, groups=module.groups)
    return module


def convolution(
    weight: Tensor,
    bias: Tensor | None,
    *,
    dilation: tuple[int, ...] = (),
    groups: int = 1,
) -> nn.Conv1d | nn.Conv2d | nn.Conv3d:
    """Return a convolution without padding that holds these very tensors; no random number is drawn."""
    rank = weight.ndim - 2
    kind = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[rank - 1]
    layer = kind(
        weight.shape[1] * groups, weight.shape[0], tuple(weight.shape[2:]),  # type: ignore[arg-type]
        dilation=dilation or (1,) * rank, groups=groups, bias=bias is not None, device="meta",  # type: ignore[arg-type]
    )  # fmt: skip
    layer.weight = weight if isinstance(weight, nn.Parameter) else nn.Parameter(weight)
    if bias is not None:
        layer.bias = bias if isinstance(bias, nn.Parameter) else nn.Parameter(bias)
    return layer
