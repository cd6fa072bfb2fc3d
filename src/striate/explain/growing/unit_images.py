"""Images grown until one value inside a network is high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from striate.errors import InputError, ShapeError
from striate.events import SILENT, Events, Task
from striate.explain.answers import channelwise, fitting, on_scale, parts, taken, undisturbed
from striate.explain.detail import fine_detail
from striate.explain.growing.ascent import Ascent, climb
from striate.explain.growing.judging import finite, ranks
from striate.explain.growing.prior import BARE, Prior
from striate.explain.growing.starting import around
from striate.explain.growing.target import Site, SiteRead, Target, name_of, site_of, weights_of
from striate.explain.growing.twins import drawn_anew
from striate.explain.method import method
from striate.explain.saliency.scored import Scored
from striate.nets import Network
from striate.records import UnitImage

UNIT_PRIOR = Prior(views=1)


@method("What does a unit, a channel or a direction inside the network look for?", section="methods/unit-images")
def unit_images(  # noqa: PLR0913 - each is a choice of its own
    network: Network,
    targets: Sequence[Target],
    *,
    prior: Prior = UNIT_PRIOR,
    real: Tensor | None = None,
    start: Tensor | None = None,
    natural_network: Network | None = None,
    steps: int = 128,
    seed: int = 0,
    twin: bool = True,
    whole: bool = False,
    events: Events = SILENT,
) -> tuple[UnitImage, ...]:
    """Return, for each target, an image grown until its value is high; all targets of a layer climb in one batch.

    Grown with the prior, without one, and for the same network with all weights drawn anew, which is the yardstick: what
    looks the same there was made by the prior. The network runs only up to the layer that is read, and for a unit only
    on as many pixels as its receptive field has, which changes nothing of its value. Behind a ReLU what enters it is
    climbed, since a silent unit has no gradient.

    Args:
        network: Of images.
        targets: `UnitTarget`, `ChannelTarget` or `DirectionTarget`.
        prior: What images are held to.
        real: Real images, preprocessed, (m, c, h, w): for natural scores, colours and natural statistics.
        start: An image to begin at, preprocessed, (c, h, w); noise if None.
        natural_network: Whose features `prior.natural` compares; the network's own if None.
        steps: Of Adam.
        seed: Of noise, views and the weights drawn anew.
        twin: Whether the yardstick is grown.
        whole: Grow whole images also where a unit sees less.
        events: Hears of each image's step.

    Returns:
        One record for each target, in their order.

    Raises:
        UnknownNameError: No such layer.
        InputError: A network of lines or volumes; no such channel; steps below 0; a start with NaN; a prior that needs real
            images without any; a layer that does not depend on the image in a differentiable way, or gives NaN.
        ShapeError: Real images, or a start, of another shape.
        Cancelled: The watcher asked to stop.

    When it misleads:
        One image shows one way to excite a unit; what else excites it is missing (see `striate inspect --unit`). A value
        far above all natural ones means an image far from all data. Half of what is readable comes from the prior.

    Source:
        Erhan et al., "Visualizing Higher-Layer Features of a Deep Network", 2009; Olah, Mordvintsev, Schubert, "Feature
        Visualization", Distill 2017, and Lucid; Mahendran and Vedaldi, CVPR 2015 (total variation); Yosinski et al., 2015
        (blur). Differs: runs up to the target on its receptive field; prices in units of the value's spread; the colours'
        covariance is the user's; the yardstick of a network drawn anew.

    Cost:
        Three times `steps` forward and backward passes up to the layer, on the receptive field, for each target.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.explain import UnitTarget
        >>> from striate.nets import from_blueprint
        >>> plan = Blueprint.from_text("input 1x16x16; conv 3x3 4, relu; conv 3x3 8, relu; classes 3")
        >>> [grown] = unit_images(from_blueprint(plan), [UnitTarget(layer="conv2", channel=5)], steps=2)
        >>> grown.name, grown.image.shape, grown.is_part
        ('conv2:5', (1, 5, 5), True)
    """
    if len(network.input_shape) != 3:
        raise InputError("unit images must be images (c, h, w)", got=network.input_shape)
    if steps < 0:
        raise InputError("steps must be at least 0", got=steps)
    with torch.inference_mode(mode=False):
        scored = Scored(network, torch.zeros((1, *network.input_shape)))
        stored = None if real is None or not len(real) else _stored(scored.network, real)
        begin = None if start is None else _stored(scored.network, start[None])[0]
        sites = [site_of(scored, target, whole=whole) for target in targets]
        groups: dict[Site, list[int]] = {}
        for place, site in enumerate(sites):
            groups.setdefault(site, []).append(place)
        fresh = drawn_anew(scored.network, seed=seed) if twin and targets else None
        task = Task("unit images", total=(2 + (fresh is not None)) * steps * len(sites), unit="step", events=events)
        found: dict[int, UnitImage] = {}
        for site, places in groups.items():
            local = replace(prior, sides=(1.0,)) if site.is_part else prior
            ascent = around(
                scored.network, site.shape, local, steps, seed, task, start=begin, real=stored, natural=natural_network
            )
            records = _grown(scored, site, [targets[place] for place in places], ascent, fresh, stored)
            found |= dict(zip(places, records, strict=True))
    return tuple(found[place] for place in range(len(sites)))


def _grown(
    scored: Scored, site: Site, targets: list[Target], ascent: Ascent, fresh: Network | None, real: Tensor | None
) -> list[UnitImage]:
    read = SiteRead(scored, site)
    goals = torch.stack([weights_of(target, site.channels) for target in targets])
    images, plain = climb(ascent, read, goals), climb(replace(ascent, prior=BARE), read, goals)
    values, plain_values = (_values(ascent, read, each) for each in (images, plain))
    reached, plain_reached = ((each * goals).sum(1) for each in (values, plain_values))
    twins = twin_values = None
    if fresh is not None:
        other = Scored(fresh, torch.zeros((1, *fresh.input_shape)))
        twin_ascent, twin_read = replace(ascent, network=fresh), SiteRead(other, site)
        twins = climb(twin_ascent, twin_read, goals)
        twin_values = (_values(twin_ascent, twin_read, twins) * goals).sum(1)
    detail, plain_detail = fine_detail(images), fine_detail(plain)
    twin_detail = None if twins is None else fine_detail(twins)
    natural = [(None, None)] * len(targets) if real is None else _natural(scored, site, goals, real)
    channels = [0 if site.kind == "direction" else int(row.argmax()) for row in goals]
    places = ranks(values, channels)
    return [
        UnitImage(
            name=name_of(target),
            layer=site.op,
            kind=site.kind,
            image=images[row].numpy(),
            plain=plain[row].numpy(),
            score=float(reached[row]),
            plain_score=float(plain_reached[row]),
            rank=None if site.kind == "direction" else places[row],
            channels=site.channels,
            natural_mean=natural[row][0],
            natural_most=natural[row][1],
            detail=float(detail[row]),
            plain_detail=float(plain_detail[row]),
            twin=None if twins is None else twins[row].numpy(),
            twin_score=None if twin_values is None else float(twin_values[row]),
            twin_detail=None if twin_detail is None else float(twin_detail[row]),
            is_part=site.is_part,
            steps=ascent.steps,
            seed=ascent.seed,
            notes=scored.notes + site.notes,
        )
        for row, target in enumerate(targets)
    ]


def _values(ascent: Ascent, read: SiteRead, images: Tensor) -> Tensor:
    """Return the channels (n, channels) of images on the stored scale, at the place or as means."""
    mean, std = channelwise(ascent.network, images)
    inputs = taken(ascent.network, (images - mean) / std)
    with undisturbed(ascent.network.module), torch.no_grad():
        found = torch.cat([read(part).float().cpu() for part in parts(inputs, fitting(inputs[0]))])
    return finite(ascent.network, found)


def _natural(scored: Scored, site: Site, goals: Tensor, real: Tensor) -> list[tuple[float | None, float | None]]:
    """Return mean (in the middle) and highest value (at any place) over whole real images, for each goal."""
    channels, height, width = scored.network.input_shape
    read = SiteRead(scored, replace(site, place=(), shape=(channels, height, width), is_part=False))
    mean, std = channelwise(scored.network, real)
    inputs = taken(scored.network, (real - mean) / std)
    middles, most = [], []
    with undisturbed(scored.network.module), torch.no_grad():
        for part in parts(inputs, fitting(inputs[0])):
            maps = finite(scored.network, read.maps(part).float().cpu())
            middles.append(read.at_place(maps) @ goals.T)
            values = middles[-1] if site.kind == "channel" or maps.ndim == 2 else _everywhere(maps, goals)
            most.append(values.amax(0))
    means, highest = torch.cat(middles).mean(0), torch.stack(most).amax(0)
    return [(float(one), float(other)) for one, other in zip(means, highest, strict=True)]


def _everywhere(maps: Tensor, goals: Tensor) -> Tensor:
    return torch.einsum("nchw,kc->nkhw", maps, goals).flatten(2).amax(2)


def _stored(network: Network, images: Tensor) -> Tensor:
    """Return preprocessed images on the stored scale, checked."""
    if tuple(images.shape[1:]) != network.input_shape:
        raise ShapeError("images must have the network's input shape", got=tuple(images.shape[1:]))
    return on_scale(network, taken(network, images)).float().cpu()
