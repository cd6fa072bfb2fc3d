"""Images grown from noise until one output is high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from striate.errors import InputError, ShapeError
from striate.events import SILENT, Events, Task
from striate.explain.answers import meant, on_scale, scores, taken
from striate.explain.detail import fine_detail
from striate.explain.growing.ascent import Ascent, climb
from striate.explain.growing.judging import judged, ranks, scored
from striate.explain.growing.prior import BARE, USUAL, Prior
from striate.explain.growing.starting import around
from striate.explain.growing.twins import drawn_anew
from striate.explain.method import method
from striate.explain.saliency.scored import single
from striate.nets import Network
from striate.records import ClassImages

# Where the class is not first the ascent goes on, up the margin to the class that is, counted so many times against the prior.
PULLS = (1.0, 4.0, 16.0, 64.0)
# Images for which the network drawn anew is climbed too: a yardstick needs no more.
MOST_TWINS = 3


@method("What does the network look for in each class?", section="methods/class-images")
def class_images(  # noqa: PLR0913 - each is a choice of its own
    network: Network,
    *,
    targets: Sequence[int] | None = None,
    real: Tensor | None = None,
    prior: Prior = USUAL,
    start: Tensor | None = None,
    judge: Network | None = None,
    natural_network: Network | None = None,
    twins: int = MOST_TWINS,
    steps: int = 150,
    seed: int = 0,
    events: Events = SILENT,
) -> ClassImages:
    """Return, for each output, an image grown until its score, before softmax, is high.

    Grown twice: with a prior, and without, to show what the prior does. The usual prior: images are sums
    of waves whose size falls as 1 / frequency; eight views at each step, shifted by up to 1/14 of
    the side, turned by up to 20° and scaled by 0.8 … 1.2; and a price for
    total variation, and for lying further from the data's mean than its standard deviation: 13 and 20 times the
    score's own spread (its standard deviation over 64 images of random waves) for each 1 of the stored range, mean
    over pixels. Where the class does not come first the ascent goes on for as many steps, now without views, up the margin to the
    highest other score, counted once, then 4, 16 and 64 times, which the record tells (`rounds`, `pull`).
    Images stay within the stored range, so that what is shown is what the
    network receives. The first few
    are grown once more, by the same rounds, for the same network with all weights drawn anew: what looks the same there came
    from the prior.

    Args:
        network: Of images. Of values: each value is driven up ("high") and down ("low").
        targets: Output units, in order; None for all.
        real: Real images, preprocessed, (m, c, h, w): to compare detail and scores with, and for what a prior measures.
        prior: What images are held to: see `Prior`.
        start: An image to begin at, preprocessed, (c, h, w); noise if None.
        judge: Another network with the same outputs, asked what it sees in the images.
        natural_network: Whose features `prior.natural` compares; the network's own if None.
        twins: How many images are grown for the network drawn anew.
        steps: Steps of Adam.
        seed: Of the noise, the views and the weights drawn anew, which are the same for all outputs.
        events: Hears of each image's step.

    Returns:
        Scores, ranks and probabilities are those of the image as it is returned. `data_detail` is (0, 1), all there
        is, without real images.

    Raises:
        InputError: A network of lines or volumes; a target that is no output; steps or twins below 0; a start with NaN; a
            prior that needs real images without any; a judge with other outputs; a network that ignores its input,
            detaches it, or does not answer with finite numbers.
        ShapeError: Real images, or a start, of another shape; sides of the prior that the network cannot take.
        Cancelled: The watcher asked to stop.

    When it misleads:
        A readable image comes half from the prior; a network that reads only texture can be pushed
        to show strokes. One image shows one way to be sure, not all, and parts that do not change
        the score are missing. A score far above that of real images belongs to an image far from all of them. Rank 1 says
        that the ascent succeeded, not that the network learned anything: a network drawn anew reaches it too.

    Source:
        Simonyan, Vedaldi, Zisserman, ICLR workshop 2014, sec. 2; waves, views and colour: Olah, Mordvintsev,
        Schubert, "Feature Visualization", Distill 2017; total variation: Mahendran & Vedaldi,
        CVPR 2015; blur: Yosinski et al., 2015. Differs: all views of a step are averaged; contrast has a price; colours are
        decorrelated by the user's own images, if at all; natural statistics are means and deviations of channels.

    Cost:
        `steps` × (8 + 1) forward and backward passes for each output, twice that for a value; `steps` × 8 for each twin; and
        `steps` more for each image or twin whose class does not come first, up to four times.

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
    for name, number in (("steps", steps), ("twins", twins)):
        if number < 0:
            raise InputError(f"{name} must be at least 0", got=number)
    with torch.inference_mode(mode=False):
        network = single(network)
        channels, height, width = network.input_shape
        names, goals = _goals(network, targets)
        units = goals.abs().argmax(1).tolist()
        stored = None if real is None or not len(real) else _stored(network, real)
        begin = None if start is None else _stored(network, start[None])[0]
        fresh = drawn_anew(network, seed=seed) if len(goals) and twins and steps else None
        count = min(twins, len(goals)) if fresh is not None else 0
        task = Task("class images", total=steps * (2 * len(goals) + count), unit="image step", events=events)
        ascent = around(
            network,
            (channels, height, width),
            prior,
            steps,
            seed,
            task,
            start=begin,
            real=stored,
            natural=natural_network,
        )
        grown, pull, rounds = _pulled(ascent, network, goals, events)
        twin = twin_score = None
        if fresh is not None:
            # The same rounds as well: only the weights may differ.
            twin = _pulled(replace(ascent, network=fresh), fresh, goals[:count], events)[0]
            twin_score = (scored(fresh, twin) * goals[:count]).sum(1)
        plain = climb(replace(ascent, prior=BARE), partial(scores, network), goals)
        answered, plain_answered = scored(network, grown), scored(network, plain)
        seen = judged(judge, network, grown, units) if judge is not None else ((), torch.zeros(0))
    is_values = network.output.kind == "values"
    return ClassImages(
        names=names,
        images=grown.numpy(),
        plain=plain.numpy(),
        probability=(meant(network, answered) * goals.abs()).sum(1).numpy(),
        plain_probability=(meant(network, plain_answered) * goals.abs()).sum(1).numpy(),
        detail=fine_detail(grown).numpy(),
        plain_detail=fine_detail(plain).numpy(),
        data_detail=_data_detail(stored),
        steps=steps,
        seed=seed,
        score=(answered * goals).sum(1).numpy(),
        rank=() if is_values else ranks(answered, units),
        natural_score=_natural_scores(network, stored, units),
        pull=tuple(pull.tolist()),
        rounds=rounds,
        judge_rank=() if is_values else seen[0],
        judge_probability=tuple(seen[1].tolist()),
        twin=None if twin is None else twin.numpy(),
        twin_score=None if twin_score is None else twin_score.numpy(),
        twin_detail=None if twin is None else fine_detail(twin).numpy(),
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


def _pulled(ascent: Ascent, network: Network, goals: Tensor, events: Events) -> tuple[Tensor, Tensor, tuple[int, ...]]:
    """Return images grown with the prior, how many times each score counted against it at last, and how often each went on."""
    read, units = partial(scores, network), goals.argmax(1).tolist()
    grown, pull = climb(ascent, read, goals), torch.ones(len(goals))
    rounds = torch.zeros(len(goals), dtype=torch.long)
    can_go_on = network.output.kind == "classes" and ascent.steps and ascent.prior.has_price
    for factor in PULLS if can_go_on else ():
        missed = torch.tensor([place > 1 for place in ranks(scored(network, grown), units)], dtype=torch.bool)
        if not bool(missed.any()):
            break
        pull[missed] = factor
        rounds[missed] += 1
        task = Task("class images again", total=ascent.steps * int(missed.sum()), unit="image step", events=events)
        # What is there already is gone on with as it is shown: whole, and without views.
        still = replace(ascent, task=task, prior=replace(ascent.prior, views=0, sides=(1.0,)))
        grown[missed] = climb(still, partial(margins_of, network), goals[missed], pull[missed], grown[missed])
    return grown, pull, tuple(rounds.tolist())


def margins_of(network: Network, inputs: Tensor) -> Tensor:
    """Return how far each score (n, outputs) lies above the highest other one: above 0 for the answer alone."""
    answered = scores(network, inputs)
    if answered.shape[1] < 2:
        return answered
    first, second = answered.topk(2, dim=1).values.unbind(1)
    is_first = torch.zeros_like(answered, dtype=torch.bool).scatter_(1, answered.argmax(1, keepdim=True), value=True)
    return answered - torch.where(is_first, second[:, None], first[:, None])


def _natural_scores(network: Network, real: Tensor | None, units: Sequence[int]) -> tuple[float | None, ...]:
    """Return, for each unit, the mean score of the real images whose answer it is; () without images, or for values."""
    if real is None or network.output.kind == "values":
        return ()
    answered = scored(network, real)
    found: list[float | None] = []
    for unit in units:
        is_own = answered.argmax(1) == unit if network.output.kind == "classes" else answered[:, unit] > 0
        own = answered[is_own, unit]
        found.append(float(own.mean()) if len(own) else None)
    return tuple(found)


def _data_detail(real: Tensor | None) -> tuple[float, float]:
    """Return the 5 % and 95 % quantile of fine detail over real images on the stored scale."""
    if real is None:
        return 0.0, 1.0
    shares = fine_detail(real).double()
    low, high = torch.quantile(shares, shares.new_tensor([0.05, 0.95])).tolist()
    return low, high


def _stored(network: Network, images: Tensor) -> Tensor:
    """Return preprocessed images on the stored scale, checked."""
    if tuple(images.shape[1:]) != network.input_shape:
        raise ShapeError("images must have the network's input shape", got=tuple(images.shape[1:]))
    return on_scale(network, taken(network, images)).float().cpu()
