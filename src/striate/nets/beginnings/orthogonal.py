"""Orthogonal: filters at right angles to each other."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from striate.nets.beginnings.beginning import Beginning, Ground, register
from striate.nets.beginnings.weighted import TRANSPOSED, reset_normalisation, weight_of, weighted, zero_bias

GAIN = 2.0**0.5


@register
class Orthogonal(Beginning):
    """Each layer's weights as a matrix with orthonormal rows (columns, where it makes more than it reads) times √2; biases 0.

    √2 makes up for ReLU, as in He's start.

    When it misleads:
        Orthogonal is the matrix of one window; a convolution as a whole is not, since its windows overlap. Groups are made
        orthogonal together, not each for itself.

    Source:
        Saxe, McClelland and Ganguli, "Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear Neural Networks",
        ICLR 2014. Differs: theirs are linear networks, with gain 1.
    """

    name = "orthogonal"

    def begin(self, ground: Ground) -> tuple[str, ...]:
        make_orthogonal(ground.module, GAIN, ground.generator)
        reset_normalisation(ground.module)
        return ()


def make_orthogonal(module: nn.Module, gain: float, generator: torch.Generator) -> None:
    """Give every layer orthogonal weights times a gain, and zero biases."""
    for layer in weighted(module).values():
        weight = weight_of(layer)
        axes = (1, 0) if isinstance(layer, TRANSPOSED) else (0, 1)
        shape = (weight.shape[axes[0]], weight.shape[axes[1]], *weight.shape[2:])
        made = gain * _orthonormal(shape[0], weight.numel() // shape[0], generator).view(shape)
        with torch.no_grad():
            weight.copy_(made.transpose(0, 1) if isinstance(layer, TRANSPOSED) else made)
        zero_bias(layer)


def _orthonormal(rows: int, columns: int, generator: torch.Generator) -> Tensor:
    """Return a random matrix with orthonormal rows, or columns if there are fewer of them.

    The signs of R's diagonal are taken out, so that every orthogonal matrix is as likely as any other (Mezzadri 2007).
    """
    drawn = torch.empty(max(rows, columns), min(rows, columns)).normal_(generator=generator)
    factor, upper = torch.linalg.qr(drawn)
    made: Tensor = factor * upper.diagonal().sign()
    return made if rows >= columns else made.T
