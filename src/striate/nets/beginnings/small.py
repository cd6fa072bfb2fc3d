"""Small random: the same small spread everywhere."""

from __future__ import annotations

from striate.nets.beginnings.beginning import Beginning, Ground, register
from striate.nets.beginnings.weighted import draw, reset_normalisation, weighted

STD = 0.01


@register
class Small(Beginning):
    """Normal weights of standard deviation 0.01 in every layer; biases 0.

    When it misleads:
        Without normalisation values shrink from layer to layer, by √(fan-in / 2) / 100 each, and gradients with them: a deep
        network does not begin to learn.

    Source:
        Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012,
        section 5. Differs: all biases are 0, theirs were 1 in some layers.
    """

    name = "small"
    is_quiet = False

    def begin(self, ground: Ground) -> tuple[str, ...]:
        for layer in weighted(ground.module).values():
            draw(layer, STD, ground.generator)
        reset_normalisation(ground.module)
        return ()
