"""A trial of the machine: real steps of the very training, one way beside another."""

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
from striate.records.trial import GRADIENT_TOLERANCE, Speed, Trial, Tried, Way
from striate.train.device import Device, own_state
from striate.train.losses import Loss, scores_of
from striate.train.optimizers import make_optimizer

SECONDS = 2.0
FEWEST_ROUNDS, MOST_ROUNDS = 3, 15
# A trial takes about thirty steps; a training must be several times as long for it to pay.
FEWEST_STEPS = 200
FEWEST_SECONDS = 30.0
HOPELESS = 1.5
_COMPARISONS = 4


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


def try_machine(work: Steps, speed: Speed, *, steps: int = 0, seconds: float = SECONDS) -> Trial:
    """Return the fastest way to train here, found by training steps on copies of the module.

    Tried in turn, each beside the best so far: channels-last memory, bf16 autocast, the optimiser's fused kernel; then more
    images at once where nothing is learned. The two take turns, step by step, and the newcomer is taken if the median of the
    ratios is above 1 by more than 3 % and by more than their spread. At the end the choice is held against torch's defaults
    once more, and given up unless it is faster.

    bf16 is tried only if the gradients of the first step differ from float32's by at most a tenth of their norm: what is not
    the same training is not compared with it.

    Args:
        work: What is trained on what.
        speed: What is stated, and what is to be tried.
        steps: Steps of the planned training; below 200, or where they would take less than 30 s, nothing is tried. 0: always try.
        seconds: Time to spend; three rounds of each comparison are done in any case.

    When it misleads:
        It sees one batch on a machine as busy as it is now. Differences below 3 % are not looked for.

    Source:
        Ours. bf16's gradients beside float32's: Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019, which
        judges by final accuracy. Differs: judged before the training, by the gradient.

    Example:
        >>> from striate.records.output import Output, Preprocessing
        >>> from striate.train.device import accelerated
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
        base = _Runner(work, way)
        base.step()
        planned = steps * base.step()
        if steps and planned < FEWEST_SECONDS:
            note = f"the whole training takes about {planned:.0f} s, too little for one to pay."
            return Trial(way=way, batch=len(work.images), note=note)
        return _Search(work, way, wanted, seconds / _COMPARISONS).run(began)


def gradient_difference(work: Steps, way: Way) -> float:
    """Return the norm of the difference between a step's gradients in bf16 and in float32, by the latter's norm."""
    found = []
    for precision in ("float32", "bf16"):
        runner = _Runner(work, replace(way, precision=precision))
        runner.backward()
        grads = [parameter.grad for parameter in runner.module.parameters() if parameter.grad is not None]
        found.append(torch.cat([grad.double().flatten() for grad in grads]))
    exact, rounded = found
    return float((rounded - exact).norm() / exact.norm().clamp(min=1e-30))


class _Search:
    """One trial under way."""

    def __init__(self, work: Steps, way: Way, wanted: list[str], seconds: float) -> None:
        self._work, self._start, self._best, self._wanted, self._seconds = work, way, way, wanted, seconds
        self._rows: list[Tried] = []
        self._difference: float | None = None

    def run(self, began: float) -> Trial:
        work = self._work
        if "memory_format" in self._wanted and work.images.ndim in {4, 5}:
            self._try("channels-last", "plain", replace(self._best, memory_format="channels-last"))
        if "precision" in self._wanted:
            self._try_bf16()
        if work.device.place.type in {"cpu", "cuda"}:
            self._try("fused optimiser", "one tensor at a time or in groups", replace(self._best, is_fused=True))
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
        row = _compared(change, beside, _Runner(self._work, self._best), _Runner(self._work, way), self._seconds)
        self._rows.append(row)
        if row.is_taken:
            self._best = way

    def _try_bf16(self) -> None:
        self._difference = gradient_difference(self._work, self._best)
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
        taken = [row for row in self._rows if row.is_taken]
        if self._best == self._start:
            return 1.0
        if len(taken) == 1:
            return taken[0].ratio or 1.0
        start, best = _Runner(self._work, self._start), _Runner(self._work, self._best)
        row = _compared("all together", "the defaults", start, best, self._seconds)
        self._rows.append(row)
        if not row.is_taken or row.ratio is None:
            self._best = self._start
            return 1.0
        return row.ratio

    def _try_evaluating(self) -> None:
        batch = len(self._work.images)
        runner = _Runner(self._work, self._best)
        for times in (2, 4):
            row = _compared(
                f"{times * batch} images at once",
                f"{self._best.evaluation_batch or batch}",
                _Looker(runner, (self._best.evaluation_batch or batch) // batch),
                _Looker(runner, times),
                self._seconds,
                work="evaluating",
            )
            self._rows.append(row)
            if not row.is_taken:
                break
            self._best = replace(self._best, evaluation_batch=times * batch)


class _Runner:
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


class _Looker:
    """Evaluates with so many batches at once."""

    def __init__(self, runner: _Runner, times: int) -> None:
        self._runner, self._times = runner, times

    def step(self) -> float:
        """Return the seconds of an image."""
        return self._runner.look(self._times)


def _compared(
    change: str,
    beside: str,
    old: _Runner | _Looker,
    new: _Runner | _Looker,
    seconds: float,
    *,
    work: str = "training",
) -> Tried:
    """Return how much faster the new way is; the two take turns."""
    try:
        return judged(change, beside, old.step, new.step, seconds, work=work)
    except (RuntimeError, MemoryError) as error:
        # What this machine or this version cannot do, or what does not fit, is no way to train here.
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
    """Return one comparison: both sides warm up twice, then take turns until the time is over, 3 to 15 rounds.

    A newcomer whose second step already takes half as long again is given up at once.

    Args:
        change: What the newcomer is called.
        beside: What it is compared with.
        old: Takes one step and returns its seconds.
        new: The newcomer's.
        seconds: Time for the rounds.
        work: "training" or "evaluating".
    """
    old(), new()
    before, first = old(), new()
    if first > HOPELESS * before:
        return Tried(change=change, beside=beside, work=work, ratio=before / first, rounds=1, note="given up at once")
    ratios: list[float] = []
    spent = 0.0
    while len(ratios) < FEWEST_ROUNDS or (spent < seconds and len(ratios) < MOST_ROUNDS):
        pair = (old(), new()) if len(ratios) % 2 else (new(), old())[::-1]
        spent += sum(pair)
        ratios.append(pair[0] / pair[1])
    low, _, high = quantiles(ratios, n=4, method="inclusive")
    row = Tried(
        change=change, beside=beside, work=work, ratio=median(ratios), spread=(high - low) / 2, rounds=len(ratios)
    )
    return replace(row, is_taken=row.is_faster)


def stated_way(launched: Way, speed: Speed) -> Way:
    """Return torch's defaults with what is stated put in."""
    way = launched
    if speed.memory_format == "channels-last":
        way = replace(way, memory_format="channels-last")
    if speed.precision == "launched":
        return way
    return replace(way, precision="bf16" if speed.precision == "bf16" else "float32")
