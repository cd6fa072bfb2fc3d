"""Overfitting as a number: how much better a network answers samples it was trained on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import sqrt

import torch
from torch import Tensor, nn

from striate.data import Batch, Dataset, Split, batches, shuffled
from striate.data.halving import Halving
from striate.numbers import count, measure, percent
from striate.observe import wilson
from striate.records.care import Gap
from striate.records.output import OutputKind, Preprocessing
from striate.train.device import Device
from striate.train.losses import Loss, scores_of
from striate.train.score import SCORE_NAMES, score_of

MOST = 2000
DRAWS = 1000


def measure_gap(  # noqa: PLR0913 - what is measured, on what, where and how
    module: nn.Module,
    dataset: Dataset,
    split: Split,
    preprocessing: Preprocessing,
    *,
    loss: Loss,
    device: Device,
    batch_size: int,
    check: Callable[[], None],
) -> Gap:
    """Return training and validation score on equal terms: in eval mode, without shifts, on as many samples of each.

    Args:
        module: On the device; left in the mode it came in.
        dataset: Where the samples are.
        split: Its parts; at most 2,000 samples of each are drawn.
        preprocessing: How samples become inputs.
        loss: Knows the scale of values.
        device: Where to work.
        batch_size: Images at once.
        check: Called before each batch; raises to stop.

    When it misleads:
        A gap of nothing can be two scores that are equally bad. With near-duplicates between the parts the true gap is wider
        (`striate splits`). The interval knows of chance in these samples, not of a validation part that chose the epoch.

    Source:
        Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 1998, method
        10; for labels and values bootstrap percentiles from 1,000 draws of both parts.
    """
    most = min(MOST, len(split.train), len(split.validation))
    kind = dataset.output.kind
    found = []
    was_training = [(part, part.training) for part in module.modules()]
    halving = Halving("measuring the gap", at_once=batch_size)

    def look(batch: Batch, part: slice) -> Tensor:
        with device.autocast():
            return scores_of(module, device.take(batch.images[part]), dataset.output.count)

    try:
        module.eval()
        for part in (split.train, split.validation):
            answers: list[Tensor] = []
            truth: list[Tensor] = []
            drawn = shuffled(part, seed=0, epoch=0)[:most]
            with torch.no_grad():
                for batch in batches(dataset, drawn, preprocessing, batch_size=batch_size):
                    check()
                    answers += halving.run(partial(look, batch), len(batch))
                    truth.append(batch.targets.to(device.place))
            targets = torch.cat(truth)
            found.append((torch.cat(answers), loss.standardised(targets) if kind == "values" else targets))
    finally:
        for part_of, mode in was_training:
            part_of.training = mode
    training, validation = (score_of(kind, answers, truth) for answers, truth in found)
    interval = newcombe(training, validation, most) if kind == "classes" else _drawn(kind, found[0], found[1], most)
    return Gap(score_name=SCORE_NAMES[kind], training=training, validation=validation, samples=most, interval=interval)


def newcombe(first: float, second: float, samples: int, others: int | None = None) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two shares from independent samples.

    Args:
        first: Share in the first.
        second: Share in the second.
        samples: Size of the first.
        others: Size of the second, if that is another.

    Example:
        >>> low, high = newcombe(56 / 70, 48 / 80, 70, 80)   # Newcombe 1998, table II
        >>> round(low, 4), round(high, 4)
        (0.0524, 0.3339)
    """
    (low, high), (lower, upper) = wilson(first, samples), wilson(second, others or samples)
    difference = first - second
    return (
        difference - sqrt((first - low) ** 2 + (upper - second) ** 2),
        difference + sqrt((high - first) ** 2 + (second - lower) ** 2),
    )


def told(gap: Gap) -> str:
    r"""Return the gap as a sentence.

    Example:
        >>> gap = Gap(score_name="R²", training=0.9, validation=0.7, samples=500, interval=(0.1, 0.3))
        >>> print(told(gap).replace(": ", ":\n"))
        On equal terms R² is 0.900 on training and 0.700 on validation samples, 500 each:
        a gap of 0.200 (95 % interval 0.100 to 0.300).
    """
    is_share = gap.score_name != "R²"
    shown = percent if is_share else measure
    difference, low, high = (
        f"{100 * value:.1f}".replace("-", "−") if is_share else measure(value)
        for value in (gap.difference, *gap.interval)
    )
    return (
        f"On equal terms {gap.score_name} is {shown(gap.training)} on training and {shown(gap.validation)} on validation "
        f"samples, {count(gap.samples)} each: a gap of {difference}{' points' if is_share else ''} "
        f"(95 % interval {low} to {high})."
    )


def _drawn(
    kind: OutputKind, training: tuple[Tensor, Tensor], validation: tuple[Tensor, Tensor], samples: int
) -> tuple[float, float]:
    """Return the bootstrap percentiles of the difference, both parts drawn anew each time."""
    generator = torch.Generator().manual_seed(0)
    differences = []
    for _ in range(DRAWS):
        scores = []
        for answers, truth in (training, validation):
            chosen = torch.randint(samples, (samples,), generator=generator).to(truth.device)
            scores.append(score_of(kind, answers[chosen], truth[chosen]))
        differences.append(scores[0] - scores[1])
    low, high = torch.tensor(differences, dtype=torch.float64).quantile(torch.tensor([0.025, 0.975]).double()).tolist()
    return low, high
