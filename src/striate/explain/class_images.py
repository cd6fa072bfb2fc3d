"""Images grown from noise until one output is high."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from striate.errors import InputError, ShapeError
from striate.events import SILENT, Events, Task
from striate.explain.answers import channelwise, meant, on_scale, parts, scores, taken, undisturbed
from striate.explain.ascent import climb
from striate.explain.detail import fine_detail
from striate.explain.method import method
from striate.nets import Network
from striate.records import ClassImages


@method("What does the network look for in each class?", section="methods/class-images")
def class_images(
    network: Network,
    *,
    targets: Sequence[int] | None = None,
    real: Tensor | None = None,
    steps: int = 150,
    seed: int = 0,
    events: Events = SILENT,
) -> ClassImages:
    """Return, for each output, an image grown from noise until its score is high.

    Grown twice: with a prior, and without, to show what the prior does. The prior: images are sums
    of waves whose size falls as 1 / frequency; eight views at each step, shifted by up to 1/14 of
    the side, turned by up to 20° and scaled by 0.8 … 1.2; and a price for
    total variation, and for lying further from the data's mean than its standard deviation: 13 and 20 times the
    score's own spread (its standard deviation over 64 images of random waves) for each 1 of the stored range, mean
    over pixels. Images stay within the stored range, so that what is shown is what the network receives.

    Args:
        network: Of images. Of values: each value is driven up ("high") and down ("low").
        targets: Output units, in order; None for all.
        real: Real images to compare the detail with, preprocessed, (m, c, h, w).
        steps: Steps of Adam.
        seed: Of the noise and the views, which are the same for all outputs.
        events: Hears of each image's step.

    Returns:
        Probabilities are those of the image as it is returned. `data_detail` is (0, 1), all there
        is, without real images.

    Raises:
        InputError: A network of lines or volumes; a target that is no output; steps below 0.
        Cancelled: The watcher asked to stop.

    When it misleads:
        A readable image comes half from the prior; a network that reads only texture can be pushed
        to show strokes. One image shows one way to be sure, not all, and parts that do not change
        the score are missing. A score that only grows says nothing of how likely the image is.

    Source:
        Simonyan, Vedaldi, Zisserman, ICLR workshop 2014, sec. 2; waves and views: Olah, Mordvintsev,
        Schubert, "Feature Visualization", Distill 2017; total variation: Mahendran & Vedaldi,
        CVPR 2015. Differs: all views of a step are averaged; contrast has a price; no colour
        decorrelation.

    Cost:
        `steps` × (8 + 1) forward and backward passes for each output, twice that for a value.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> grown = class_images(network, steps=2)
        >>> grown.names, grown.images.shape
        (('0', '1', '2'), (3, 1, 8, 8))
    """
    if len(network.input_shape) != 3:
        raise InputError("class images must be images (c, h, w)", got=network.input_shape)
    if steps < 0:
        raise InputError("steps must be at least 0", got=steps)
    names, goals = _goals(network, targets)
    task = Task("class images", total=2 * steps * len(goals), unit="step", events=events)
    grown, plain = (
        climb(network, goals, steps=steps, seed=seed, with_prior=with_prior, task=task) for with_prior in (True, False)
    )
    return ClassImages(
        names=names,
        images=grown.numpy(),
        plain=plain.numpy(),
        probability=_reached(network, grown, goals).numpy(),
        plain_probability=_reached(network, plain, goals).numpy(),
        detail=fine_detail(grown).numpy(),
        plain_detail=fine_detail(plain).numpy(),
        data_detail=_data_detail(network, real),
        steps=steps,
        seed=seed,
    )


def _goals(network: Network, targets: Sequence[int] | None) -> tuple[tuple[str, ...], Tensor]:
    """Return a name for each image, and what it climbs: (images, outputs)."""
    count = network.output.count
    units = list(range(count)) if targets is None else [int(unit) for unit in targets]
    outside = [unit for unit in units if not 0 <= unit < count]
    if outside:
        raise InputError(f"targets must be 0 … {count - 1}", got=outside[0])
    one = torch.eye(count)[units]
    names = [network.output.names[unit] for unit in units]
    if network.output.kind != "values":
        return tuple(names), one
    both = torch.stack([one, -one], dim=1).reshape(-1, count)
    return tuple(f"{name}, {end}" for name in names for end in ("high", "low")), both


def _reached(network: Network, images: Tensor, goals: Tensor) -> Tensor:
    """Return the output (n,) each image was grown for: its probability or value."""
    mean, std = channelwise(network, images)
    inputs = taken(network, (images - mean) / std)
    reached = [torch.zeros(0)]
    with undisturbed(network.module), torch.no_grad():
        for part, wanted in zip(parts(inputs, 64), parts(goals, 64), strict=True):
            answers = meant(network, scores(network, part)).float().cpu()
            reached.append((answers * wanted.abs()).sum(1))
    return torch.cat(reached)


def _data_detail(network: Network, real: Tensor | None) -> tuple[float, float]:
    """Return the 5 % and 95 % quantile of fine detail over real images."""
    if real is None or not len(real):
        return 0.0, 1.0
    if tuple(real.shape[1:]) != network.input_shape:
        raise ShapeError("real images must have the network's input shape", got=tuple(real.shape[1:]))
    shares = fine_detail(on_scale(network, real.detach())).double()
    low, high = torch.quantile(shares, shares.new_tensor([0.05, 0.95])).tolist()
    return low, high
