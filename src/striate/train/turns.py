"""Real steps of a training on a copy of its module, and two ways that take turns."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median, quantiles

import torch
from torch import Tensor, nn

from striate.data.halving import is_out_of_memory
from striate.records.training import Recipe
from striate.records.trial import MARGIN, Tried, Way
from striate.train.device import Device
from striate.train.losses import Loss, scores_of
from striate.train.optimizers import make_optimizer

FEWEST_ROUNDS, OPEN_ROUNDS, MOST_ROUNDS = 3, 7, 15
HOPELESS = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What a trial works on.

    Attributes:
        module: Any device and mode; it is copied, and left as it is.
        images: float32 (n, *shape), prepared.
        targets: Their targets.
        loss: The training's.
        recipe: The training's.
        device: Where, in torch's defaults.
    """

    module: nn.Module
    images: Tensor
    targets: Tensor
    loss: Loss
    recipe: Recipe
    device: Device


class Runner:
    """A copy of the module that trains one way."""

    def __init__(self, work: Steps, way: Way) -> None:
        self.work, self.device = work, work.device.working(way)
        self.module = self.device.hold(copy.deepcopy(work.module)).train()
        self.optimizer = self.device.fit(make_optimizer(self.module, work.recipe))
        for group in self.optimizer.param_groups:
            # Weights that stay keep every step's work the same.
            group["lr"] = 0.0
        self._images = self.device.take(work.images)
        self._targets = work.targets.to(self.device.place)

    def step(self) -> float:
        """Return the seconds of one step."""
        began = time.perf_counter()
        self.backward()
        self.optimizer.step()
        self._settle()
        return time.perf_counter() - began

    def update(self) -> float:
        """Return the seconds of the optimiser's part of a step; gradients are there."""
        began = time.perf_counter()
        self.optimizer.step()
        self._settle()
        return time.perf_counter() - began

    def backward(self) -> None:
        """Take the gradients of the trial's batch."""
        self.device.seed(self.work.recipe.seed, 0)
        self.optimizer.zero_grad()
        with self.device.autocast():
            scores = scores_of(self.module, self._images, self.work.loss.output.count)
        loss = self.work.loss(scores, self._targets)
        self.device.backward(loss)
        loss.item()

    def look(self, times: int) -> float:
        """Return the seconds of an image in an evaluation of so many batches at once."""
        images = self.device.take(torch.cat([self._images] * times))
        self.module.eval()
        began = time.perf_counter()
        with torch.no_grad(), self.device.autocast():
            self.module(images)
        self._settle()
        return (time.perf_counter() - began) / len(images)

    def _settle(self) -> None:
        if self.device.place.type != "cpu":
            torch.accelerator.synchronize(self.device.place)


class Late:
    """A newcomer that is made at its first step, which warms up and may be refused."""

    def __init__(self, work: Steps, way: Way) -> None:
        self._work, self._way = work, way
        self._runner: Runner | None = None

    def runner(self) -> Runner:
        """Return it, made if need be."""
        if self._runner is None:
            self._runner = Runner(self._work, self._way)
        return self._runner

    def step(self) -> float:
        """Return the seconds of one step."""
        return self.runner().step()

    def update(self) -> float:
        """Return the seconds of the optimiser's part of one step."""
        if self._runner is None:
            self.runner().backward()
        return self.runner().update()


def compared(
    change: str,
    beside: str,
    old: Callable[[], float],
    new: Callable[[], float],
    seconds: float,
    *,
    work: str = "training",
) -> Tried:
    """Return one comparison; what this machine cannot do is told in it."""
    try:
        return judged(change, beside, old, new, seconds, work=work)
    except (RuntimeError, MemoryError) as error:
        return refused(change, beside, work, error)


def refused(change: str, beside: str, work: str, error: Exception) -> Tried:
    """Return the row of what this machine or version cannot do, or what does not fit: it is no way to train here."""
    note = "out of memory" if is_out_of_memory(error) else f"refused: {str(error).strip().splitlines()[0][:80]}"
    return Tried(change=change, beside=beside, work=work, ratio=None, note=note)


def judged(
    change: str,
    beside: str,
    old: Callable[[], float],
    new: Callable[[], float],
    seconds: float,
    *,
    work: str = "training",
) -> Tried:
    """Return one comparison: the newcomer warms up, then both take turns until the time is over.

    There are 3 to 15 rounds, and up to 7 while the newcomer is ahead by less than the spread. One that takes
    half as long again in the first round is given up at once.

    Args:
        change: What the newcomer is called.
        beside: What it is compared with.
        old: Takes one step and returns its seconds; warm.
        new: The newcomer's.
        seconds: Time for the rounds.
        work: "training" or "evaluating".
    """
    new()
    before, first = old(), new()
    if first > HOPELESS * before:
        return Tried(change=change, beside=beside, work=work, ratio=before / first, rounds=1, note="given up at once")
    ratios, spent = [before / first], before + first
    row = _row(change, beside, work, ratios)
    while len(ratios) < FEWEST_ROUNDS or (spent < seconds and len(ratios) < MOST_ROUNDS) or _is_open(row):
        pair = (old(), new()) if len(ratios) % 2 else (new(), old())[::-1]
        spent += sum(pair)
        ratios.append(pair[0] / pair[1])
        row = _row(change, beside, work, ratios)
    return replace(row, is_taken=row.is_faster)


def _is_open(row: Tried) -> bool:
    """Return whether a newcomer is ahead, but by less than an unquiet machine's spread, and more rounds may tell."""
    return row.ratio is not None and row.ratio - 1 > MARGIN and not row.is_faster and row.rounds < OPEN_ROUNDS


def _row(change: str, beside: str, work: str, ratios: list[float]) -> Tried:
    if len(ratios) < 2:
        return Tried(change=change, beside=beside, work=work, ratio=ratios[0], rounds=1)
    low, _, high = quantiles(ratios, n=4, method="inclusive")
    return Tried(
        change=change, beside=beside, work=work, ratio=median(ratios), spread=(high - low) / 2, rounds=len(ratios)
    )
