"""Gradient ascent on scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from striate.errors import InputError
from striate.events import Task
from striate.explain.answers import channelwise, fitting, parts, taken, undisturbed
from striate.explain.growing.canvas import Canvas, Pixels, Waves
from striate.explain.growing.judging import finite
from striate.explain.growing.natural import Natural
from striate.explain.growing.prior import Prior
from striate.explain.growing.views import random_views, seen
from striate.nets import Network

SAMPLES = 64
# The backward pass keeps every layer's values.
KEPT = 4

# What is climbed: preprocessed images (n, c, h, w) to values (n, channels) that goals weigh.
Read = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ascent:
    """How images are grown.

    Attributes:
        network: Whose preprocessing it is, and who is left as it came.
        shape: (c, h, w) of the images.
        prior: What they are held to.
        steps: Of Adam, all sides together.
        seed: Of the first noise and of the views, which are the same for all images.
        task: Told of each image's step.
        start: An image (c, h, w) on the stored scale to begin at; None for noise.
        colours: (c, c), as `colour_axes` gives them; None for each channel its own.
        natural: Statistics of real images, if the prior has a price for them.
    """

    network: Network
    shape: tuple[int, int, int]
    prior: Prior
    steps: int
    seed: int
    task: Task
    start: Tensor | None = None
    colours: Tensor | None = None
    natural: Natural | None = None


def climb(ascent: Ascent, read: Read, goals: Tensor, pull: Tensor | None = None, begin: Tensor | None = None) -> Tensor:
    """Return images (n, c, h, w), within 0 … 1, on the stored scale, grown towards goals.

    Each image climbs on its own: how many are grown together changes nothing but speed.

    Args:
        ascent: How.
        read: Gives the values that are climbed; where gradients come from.
        goals: (n, channels): the weight of each value in what an image climbs.
        pull: (n,) how many times the score counts against the prior's prices; None for once.
        begin: (n, c, h, w) on the stored scale: where each image begins; None for what the ascent says.

    Raises:
        InputError: What is climbed does not depend on the image in a differentiable way; values or gradients are not finite.
    """
    shape, prior = ascent.shape, ascent.prior
    at_once = max(1, fitting(torch.zeros(shape)) // max(KEPT, prior.views))
    grown = [torch.zeros((0, *shape))]
    with undisturbed(ascent.network.module):
        if prior.has_price and len(goals):
            goals = goals / spread(ascent, read, goals)[:, None]
            goals = goals if pull is None else goals * pull[:, None]
        for row in range(0, len(goals), at_once):
            part = goals[row : row + at_once]
            generator = torch.Generator().manual_seed(ascent.seed)
            images = None if begin is None else begin[row : row + at_once]
            for side, steps in _stages(ascent):
                canvas = _canvas(ascent, len(part), side, images, generator)
                images = _climb(ascent, read, part, canvas, generator, steps)
            grown.append(images if images is not None else torch.zeros((0, *shape)))
    return torch.cat(grown)


def spread(ascent: Ascent, read: Read, goals: Tensor) -> Tensor:
    """Return the standard deviation (n,) of what each image climbs, over random waves; 1 where it is 0.

    The network must be in eval mode. A class's score runs over tens, a standardised value's over tenths: prices are
    paid in this unit.
    """
    network = ascent.network
    generator = torch.Generator().manual_seed(ascent.seed)
    waves = Waves(SAMPLES, ascent.shape, network.preprocessing.mean, generator)
    waves.values = torch.randn(waves.values.shape, generator=generator)
    images = waves.images()
    mean, std = channelwise(network, images)
    inputs = taken(network, (images - mean) / std)
    with torch.no_grad():
        answers = [read(part).cpu().double() for part in parts(inputs, fitting(inputs[0]))]
    spreads = (finite(network, torch.cat(answers)) @ goals.double().T).std(0)
    return torch.where(spreads > 0, spreads, 1.0).to(goals)


def _stages(ascent: Ascent) -> Iterator[tuple[tuple[int, int, int], int]]:
    """Yield the shape (c, h, w) at each side, and the steps there: as many at each, the rest at the last."""
    channels, height, width = ascent.shape
    sides = ascent.prior.sides
    each = ascent.steps // len(sides)
    for share in sides:
        steps = each if share < 1 else ascent.steps - each * (len(sides) - 1)
        yield (channels, max(1, round(share * height)), max(1, round(share * width))), steps


def _canvas(
    ascent: Ascent, count: int, shape: tuple[int, int, int], before: Tensor | None, generator: torch.Generator
) -> Canvas:
    mean = ascent.network.preprocessing.mean
    waves = partial(Waves, colours=ascent.colours)
    canvas: Canvas = (waves if ascent.prior.waves else Pixels)(count, shape, mean, generator)
    if before is None and ascent.start is not None:
        before = ascent.start[None].repeat(count, 1, 1, 1)
    if before is not None:
        if before.shape[2:] != shape[1:]:
            before = functional.interpolate(before, size=shape[1:], mode="bilinear", align_corners=False)
        canvas.begin_at(before)
    return canvas


def _climb(ascent: Ascent, read: Read, goals: Tensor, canvas: Canvas, generator: torch.Generator, steps: int) -> Tensor:
    prior, network = ascent.prior, ascent.network
    first = next((p for p in network.module.parameters() if p.is_floating_point()), None)
    device = goals.device if first is None else first.device
    dtype = goals.dtype if first is None else first.dtype
    canvas.values = canvas.values.to(device).requires_grad_()
    optimizer = torch.optim.Adam([canvas.values], lr=prior.rate)
    for _ in range(steps):
        with torch.enable_grad():
            images = canvas.images()
            shown = _shown(images, prior, generator)
            mean, std = channelwise(network, shown)
            # A copy, so that a network that begins with an in-place op changes no image.
            given = ((shown - mean) / std).to(dtype)
            answered = finite(network, read(given.clone()))
            weights = goals.to(answered).repeat(len(shown) // len(images), 1)
            gain = (answered * weights).sum() * (len(images) / len(shown))
            if not answered.requires_grad:
                raise _unclimbable(network)
            paid = _price(images, mean, std, ascent) - gain
            slope, through = torch.autograd.grad(paid, [canvas.values, given], allow_unused=True)
        # The price alone has a slope as well.
        if through is None:
            raise _unclimbable(network)
        canvas.values.grad = finite(network, slope, "gradients")
        optimizer.step()
        canvas.settle()
        if prior.blur_px:
            canvas.blur(prior.blur_px)
        ascent.task.advance(len(images))
    with torch.no_grad():
        return canvas.images().detach().float().cpu()


def _unclimbable(network: Network) -> InputError:
    return InputError(
        "what is climbed must depend on the image in a differentiable way",
        got=type(network.module).__name__,
        hint="Does its forward ignore its input, detach, round, or switch gradients off?",
    )


def _shown(images: Tensor, prior: Prior, generator: torch.Generator) -> Tensor:
    if not prior.views:
        return images
    views = random_views(
        generator,
        prior.views,
        most_shift=prior.shift,
        most_turn=math.radians(prior.turn_degrees),
        most_scale=prior.scale,
    )
    return seen(images, views)


def _price(images: Tensor, mean: Tensor, std: Tensor, ascent: Ascent) -> Tensor:
    """Return what images (n, c, h, w) pay together, in units of the score's spread."""
    prior, paid = ascent.prior, images.new_zeros(())
    values = images.shape[1:].numel()
    if prior.total_variation:
        rough = images.diff(dim=-2).abs().sum() + images.diff(dim=-1).abs().sum()
        paid = paid + prior.total_variation * rough / values
    if prior.contrast:
        # Within one standard deviation of the data's mean everything is usual, and free.
        paid = paid + prior.contrast * ((images - mean).abs() - std).clamp_min(0).sum() / values
    if prior.l2:
        paid = paid + prior.l2 * ((images - mean) / std).square().sum() / values
    if prior.natural and ascent.natural is not None:
        paid = paid + prior.natural * ascent.natural.distance(images).sum()
    return paid
