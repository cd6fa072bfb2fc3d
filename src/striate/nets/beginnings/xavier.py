"""Xavier: a compromise between what a layer reads and what it feeds."""

from __future__ import annotations

import torch

from striate.nets.beginnings.beginning import Beginning, Ground, register
from striate.nets.beginnings.weighted import fans, reset_normalisation, weight_of, weighted, zero_bias


@register
class Xavier(Beginning):
    """Uniform weights between ±√(6 / (fan-in + fan-out)), variance 2 / (fan-in + fan-out); biases 0.

    When it misleads:
        Made for tanh. Behind ReLU values lose half of their mean square in each layer.

    Source:
        Glorot and Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural Networks", AISTATS 2010,
        equation 16. Differs: None; in convolutions both fans count the window, as in torch.
    """

    name = "xavier"

    def begin(self, ground: Ground) -> tuple[str, ...]:
        for layer in weighted(ground.module).values():
            limit = (6.0 / sum(fans(layer))) ** 0.5
            weight = weight_of(layer)
            with torch.no_grad():
                weight.copy_(torch.empty(weight.shape).uniform_(-limit, limit, generator=ground.generator))
            zero_bias(layer)
        reset_normalisation(ground.module)
        return ()
