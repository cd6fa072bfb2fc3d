"""Gradient ascent on scores."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.events import Task
from striate.explain.answers import channelwise, fitting, parts, scores, taken, undisturbed
from striate.explain.canvas import Canvas, Pixels, Waves
from striate.explain.views import VIEWS, random_views, seen
from striate.nets import Network

STEP = 0.05
# What an image pays for total variation 1, and for lying 1 beyond the usual range, in units of its score's spread.
ROUGHNESS = 13.0
CONTRAST = 20.0
SAMPLES = 64


def climb(
    network: Network,
    goals: Tensor,
    *,
    steps: int,
    seed: int,
    with_prior: bool,
    task: Task,
) -> Tensor:
    """Return images (n, c, h, w), within 0 … 1, on the stored scale, grown towards goals.

    Each image climbs on its own: how many are grown together changes nothing but speed.

    Args:
        network: Of images.
        goals: (n, outputs): the weight of each score in what an image climbs.
        steps: Of Adam.
        seed: Of the first noise and of the views, which are the same for all images.
        with_prior: Waves, views, and a price for roughness and contrast; or bare pixels.
        task: Told of each image's step.
    """
    shape = (network.input_shape[0], network.input_shape[1], network.input_shape[2])
    views = VIEWS if with_prior else 1
    # The backward pass keeps every layer's values.
    at_once = max(1, fitting(torch.zeros(shape)) * 2 // views)
    grown = [torch.zeros((0, *shape))]
    with undisturbed(network.module):
        if with_prior and len(goals):
            goals = goals / spread(network, goals, seed=seed)[:, None]
        for part in parts(goals, at_once):
            generator = torch.Generator().manual_seed(seed)
            make = Waves if with_prior else Pixels
            canvas = make(len(part), shape, network.preprocessing.mean, generator)
            grown.append(_climb(network, part, canvas, generator, steps, task))
    return torch.cat(grown)


def spread(network: Network, goals: Tensor, *, seed: int) -> Tensor:
    """Return the standard deviation (n,) of what each image climbs, over random waves; 1 where it is 0.

    The network must be in eval mode. A class's score runs over tens, a standardised value's over tenths: prices are
    paid in this unit.
    """
    shape = (network.input_shape[0], network.input_shape[1], network.input_shape[2])
    generator = torch.Generator().manual_seed(seed)
    waves = Waves(SAMPLES, shape, network.preprocessing.mean, generator)
    waves.values = torch.randn(waves.values.shape, generator=generator)
    images = waves.images()
    mean, std = channelwise(network, images)
    inputs = taken(network, (images - mean) / std)
    with torch.no_grad():
        answers = [scores(network, part).cpu().double() for part in parts(inputs, fitting(inputs[0]))]
    spreads = (torch.cat(answers) @ goals.double().T).std(0)
    return torch.where(spreads > 0, spreads, 1.0).to(goals)


def _climb(
    network: Network,
    goals: Tensor,
    canvas: Canvas,
    generator: torch.Generator,
    steps: int,
    task: Task,
) -> Tensor:
    first = next((p for p in network.module.parameters() if p.is_floating_point()), None)
    device = goals.device if first is None else first.device
    dtype = goals.dtype if first is None else first.dtype
    with_prior = isinstance(canvas, Waves)
    canvas.values = canvas.values.to(device).requires_grad_()
    optimizer = torch.optim.Adam([canvas.values], lr=STEP)
    for _ in range(steps):
        with torch.enable_grad():
            images = canvas.images()
            shown = seen(images, random_views(generator)) if with_prior else images
            mean, std = channelwise(network, shown)
            answered = scores(network, ((shown - mean) / std).to(dtype))
            weights = goals.to(answered).repeat(len(shown) // len(images), 1)
            gain = (answered * weights).sum() * (len(images) / len(shown))
            price = _price(images, mean, std) if with_prior else 0.0
            [slope] = torch.autograd.grad(price - gain, [canvas.values])
        canvas.values.grad = slope
        optimizer.step()
        canvas.settle()
        task.advance(len(images))
    with torch.no_grad():
        return canvas.images().detach().float().cpu()


def _price(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Return what images (n, c, h, w) pay together for roughness and contrast, in units of the score's spread."""
    rough = images.diff(dim=-2).abs().sum() + images.diff(dim=-1).abs().sum()
    # Within one standard deviation of the data's mean everything is usual, and free.
    unusual = ((images - mean).abs() - std).clamp_min(0).sum()
    return (ROUGHNESS * rough + CONTRAST * unusual) / images.shape[1:].numel()
