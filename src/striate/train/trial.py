"""A trial of the machine: real steps of the very training, one way beside another."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

import torch

from striate.records.trial import GRADIENT_TOLERANCE, Speed, Trial, Tried, Way
from striate.train.device import own_state
from striate.train.turns import Late, Runner, Steps, compared, refused

SECONDS = 2.0
# A trial takes about as long as twelve steps; a training must be many times as long for it to pay.
FEWEST_STEPS = 200
FEWEST_SECONDS = 30.0
# Where a step takes longer, one batch keeps the machine busy, and evaluating is a small part of the whole.
LONG_STEP_SECONDS = 0.25
_COMPARISONS = 4


def try_machine(work: Steps, speed: Speed, *, steps: int = 0, seconds: float = SECONDS) -> Trial:
    """Return the fastest way to train here, found by training steps on copies of the module.

    Tried in turn, each beside the best so far: channels-last memory, bf16 autocast, the optimiser's fused kernel; then, if a
    step takes less than a quarter of a second, more images at once where nothing is learned. The two take turns, step by step,
    and the newcomer is taken if the median of the ratios is above 1 by more than 3 % and by more than their spread. Of the
    optimiser only its own part of the step is timed. Where both format and precision were taken, the two are held against
    torch's defaults once more, and given up unless faster.

    bf16 is tried only if the gradients of the first step differ from float32's by at most a tenth of their norm: what is not
    the same training is not compared with it.

    Args:
        work: What is trained on what.
        speed: What is stated, and what is to be tried.
        steps: Steps of the planned training; below 200, or where they would take less than 30 s, nothing is tried. 0: always try.
        seconds: Time to spend; three rounds of each comparison, about twelve steps in all, are done in any case.

    When it misleads:
        It sees one batch on a machine as busy as it is now. Differences below 3 % are not looked for.

    Source:
        Ours. bf16's gradients beside float32's: Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019, which
        judges by final accuracy. Differs: judged before the training, by the gradient.

    Example:
        >>> from torch import nn
        >>> from striate.records import Output, Preprocessing, Recipe
        >>> from striate.train.device import accelerated
        >>> from striate.train.losses import Loss
        >>> net, how = nn.Sequential(nn.Flatten(), nn.Linear(16, 2)), Preprocessing(shape=(1, 4, 4), mean=(0.0,), std=(1.0,))
        >>> loss, targets = Loss(Output(kind="classes", names=("a", "b")), how), torch.tensor([0, 1])
        >>> with accelerated() as device:
        ...     images = torch.zeros(2, 1, 4, 4)
        ...     work = Steps(module=net, images=images, targets=targets, loss=loss, recipe=Recipe(), device=device)
        ...     try_machine(work, Speed(memory_format="auto"), steps=10).sentence
        'No trial of the machine: 10 steps are too few for one to pay.'
    """
    way = stated_way(work.device.way, speed)
    wanted = [name for name in ("memory_format", "precision") if getattr(speed, name) == "auto"]
    if not wanted or (work.images.ndim not in {4, 5} and wanted == ["memory_format"]):
        return Trial(way=way, batch=len(work.images), note="everything is stated.")
    if 0 < steps < FEWEST_STEPS:
        return Trial(way=way, batch=len(work.images), note=f"{steps} steps are too few for one to pay.")
    began = time.perf_counter()
    with own_state(work.device.place, torch.get_num_threads()):
        base = Runner(work, way)
        base.step()
        planned = steps * base.step()
        if steps and planned < FEWEST_SECONDS:
            note = f"the whole training takes about {planned:.0f} s, too little for one to pay."
            return Trial(way=way, batch=len(work.images), note=note)
        return _Search(base, wanted, seconds / _COMPARISONS).run(began)


def gradient_difference(work: Steps, way: Way) -> float:
    """Return the norm of the difference between a step's gradients in bf16 and in float32, by the latter's norm."""
    found = []
    for precision in ("float32", "bf16"):
        runner = Runner(work, replace(way, precision=precision))
        runner.backward()
        grads = [parameter.grad for parameter in runner.module.parameters() if parameter.grad is not None]
        found.append(torch.cat([grad.double().flatten() for grad in grads]))
    exact, rounded = found
    return float((rounded - exact).norm() / exact.norm().clamp(min=1e-30))


class _Search:
    """One trial under way."""

    def __init__(self, base: Runner, wanted: list[str], seconds: float) -> None:
        self._work, self._start, self._wanted, self._seconds = base.work, base.device.way, wanted, seconds
        self._best, self._runner = self._start, base
        self._rows: list[Tried] = []
        self._difference: float | None = None

    def run(self, began: float) -> Trial:
        work = self._work
        if "memory_format" in self._wanted and work.images.ndim in {4, 5}:
            self._try("channels-last", "plain", replace(self._best, memory_format="channels-last"))
        if "precision" in self._wanted:
            self._try_bf16()
        if work.device.place.type in {"cpu", "cuda"} and not self._best.is_fused:
            self._try_fused()
        ratio = self._confirmed()
        self._try_evaluating()
        return Trial(
            way=self._best,
            tried=tuple(self._rows),
            batch=len(work.images),
            seconds=round(time.perf_counter() - began, 2),
            ratio=ratio,
            gradient_difference=self._difference,
        )

    def _try(self, change: str, beside: str, way: Way) -> None:
        newcomer = Late(self._work, way)
        self._take(compared(change, beside, self._runner.step, newcomer.step, self._seconds), newcomer)

    def _try_fused(self) -> None:
        """Time the optimiser's part alone: the rest of the step is the same."""
        newcomer = Late(self._work, replace(self._best, is_fused=True))
        old = self._runner.update
        row = compared("fused optimiser", "torch's own choice", old, newcomer.update, self._seconds, work="optimiser")
        self._take(row, newcomer)

    def _take(self, row: Tried, newcomer: Late) -> None:
        self._rows.append(row)
        if row.is_taken:
            self._runner = newcomer.runner()
            self._best = self._runner.device.way

    def _try_bf16(self) -> None:
        try:
            self._difference = gradient_difference(self._work, self._best)
        except (RuntimeError, MemoryError) as error:
            self._rows.append(refused("bf16", "float32", "training", error))
            return
        if not self._difference <= GRADIENT_TOLERANCE:
            note = f"not taken: gradients differ by {self._difference:.0%}, more than {GRADIENT_TOLERANCE:.0%}"
            self._rows.append(Tried(change="bf16", beside="float32", work="training", ratio=None, note=note))
            return
        before = self._best
        self._try("bf16", "float32", replace(self._best, precision="bf16"))
        # A format that did not pay in float32 may pay now.
        is_left = (
            before.memory_format == "plain" and "memory_format" in self._wanted and self._work.images.ndim in {4, 5}
        )
        if self._best != before and is_left:
            self._try("channels-last", "plain, both in bf16", replace(self._best, memory_format="channels-last"))

    def _confirmed(self) -> float:
        """Return how much faster the choice is than the start, measured once more; the start stays if it is not."""
        taken = [row for row in self._rows if row.is_taken and row.work == "training"]
        if not taken:
            return 1.0
        if len(taken) == 1:
            return taken[0].ratio or 1.0
        start = Runner(self._work, self._start)
        start.step()
        row = compared("all together", "the defaults", start.step, self._runner.step, self._seconds)
        self._rows.append(row)
        if not row.is_taken or row.ratio is None:
            self._best, self._runner = self._start, start
            return 1.0
        return row.ratio

    def _try_evaluating(self) -> None:
        batch = len(self._work.images)
        if self._runner.step() > LONG_STEP_SECONDS:
            return
        for times in (2, 4):
            before = self._best.evaluation_batch or batch
            row = compared(
                f"{times * batch} images at once",
                str(before),
                partial(self._runner.look, before // batch),
                partial(self._runner.look, times),
                self._seconds,
                work="evaluating",
            )
            self._rows.append(row)
            if not row.is_taken:
                break
            self._best = replace(self._best, evaluation_batch=times * batch)


def stated_way(launched: Way, speed: Speed) -> Way:
    """Return torch's defaults with what is stated put in."""
    way = launched
    if speed.memory_format == "channels-last":
        way = replace(way, memory_format="channels-last")
    way = replace(way, is_fused=speed.is_fused)
    if speed.precision == "launched":
        return way
    return replace(way, precision="bf16" if speed.precision == "bf16" else "float32")
