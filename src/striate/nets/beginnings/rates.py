"""How fast each layer would change: the size of its gradient beside that of its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted
from striate.nets.beginnings.walk import as_in_training, run
from striate.nets.beginnings.weighted import weight_of, weighted

DRAWS = 8


def output_draws(module: nn.Module, images: Tensor, generator: torch.Generator) -> Tensor:
    """Return random weights of the outputs, (draws, n, …): the loss is their product, summed."""
    with as_in_training(module), torch.no_grad():
        made = _first(run(module, images))
    return torch.empty(DRAWS, *made.shape).normal_(generator=generator)


def change_rates(module: nn.Module, images: Tensor, draws: Tensor) -> dict[str, float]:
    """Return √(E‖∂ℓ/∂W‖² / ‖W‖²) of each layer, by path; ℓ is one image's outputs weighted by random numbers.

    The draws of different images are independent, so that the squared gradient of their sum is, on average over draws, the sum
    of the squared gradients of each image.

    Args:
        module: Left as it was, gradients too; batch normalisation uses the batch.
        images: (n, c, …).
        draws: What `output_draws` returned.

    Returns:
        Layers that are trained and that the output depends on.
    """
    layers = {name: layer for name, layer in weighted(module).items() if weight_of(layer).requires_grad}
    weights = [weight_of(layer) for layer in layers.values()]
    if not weights:
        return {}
    squares = [0.0] * len(weights)
    with as_in_training(module), torch.enable_grad():
        made = _first(run(module, images))
        for number, draw in enumerate(draws):
            gradients: Sequence[Tensor | None] = torch.autograd.grad(
                (made * draw.to(made.device)).sum(),
                weights,
                retain_graph=number + 1 < len(draws),
                allow_unused=True,
            )
            for place, gradient in enumerate(gradients):
                squares[place] += 0.0 if gradient is None else gradient.double().square().sum().item()
    per_image = len(draws) * len(images)
    return {
        name: (square / per_image / weight.detach().double().square().sum().item()) ** 0.5
        for name, square, weight in zip(layers, squares, weights, strict=True)
        if square > 0
    }


def spread(rates: Mapping[str, float]) -> float:
    """Return the largest rate over the smallest; 1 with fewer than two."""
    return max(rates.values()) / min(rates.values()) if rates else 1.0


def _first(made: object) -> Tensor:
    """Return the first tensor of what a network returns."""
    if isinstance(made, tuple | list) and made and isinstance(made[0], Tensor):
        return made[0]
    if not isinstance(made, Tensor):
        raise InputError("a network must return a tensor for its rates of change", got=Quoted(type(made).__name__))
    return made
