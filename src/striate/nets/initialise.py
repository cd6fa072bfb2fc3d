"""Where the weights begin."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

from striate.errors import InputError

Scheme = Literal["he", "small"]
_WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
_NORMALISING = (
    nn.modules.batchnorm._NormBase,  # noqa: SLF001 - torch has no public name for "any batch or instance norm"
    nn.GroupNorm,
    nn.LayerNorm,
)


def initialise(module: nn.Module, scheme: Scheme = "he", *, seed: int) -> None:
    """Give every convolution and fully connected layer random weights and zero biases, in place.

    Normalisation is reset to scale one, shift zero. The global random state is not touched.

    Args:
        module: Changed in place.
        scheme: "he": normal with variance 2 / fan-in. "small": normal with standard deviation 0.01.
        seed: The same seed gives the same weights.

    Raises:
        InputError: A scheme nobody knows.

    When it misleads:
        The last layer is treated like all others; its first scores are therefore of order one, not zero.

    Source:
        He et al., "Delving Deep into Rectifiers", ICCV 2015, section 2.2. Differs: None.

    Example:
        >>> layer = nn.Linear(1000, 400)
        >>> initialise(layer, "he", seed=0)
        >>> round(layer.weight.std().item(), 3)   # √(2 / 1000)
        0.045
    """
    if scheme not in {"he", "small"}:
        raise InputError("init must be he or small", got=scheme)
    generator = torch.Generator().manual_seed(seed)
    for child in module.modules():
        if isinstance(child, _WEIGHTED):
            fan_in = child.weight[0].numel()
            std = (2.0 / fan_in) ** 0.5 if scheme == "he" else 0.01
            with torch.no_grad():
                child.weight.copy_(torch.empty(child.weight.shape).normal_(0.0, std, generator=generator))
                if child.bias is not None:
                    child.bias.zero_()
        elif isinstance(child, _NORMALISING):
            child.reset_parameters()
