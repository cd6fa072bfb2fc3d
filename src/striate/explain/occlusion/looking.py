"""Images looked at one after the other: the clean image, the plan, what is covered, and what an approximation is wrong by."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import Cancelled
from striate.events import Events, Task
from striate.explain.answers import meant, scores
from striate.explain.occlusion.chosen import Ask, Chosen
from striate.explain.occlusion.planning import choose
from striate.explain.occlusion.refining import coarse
from striate.explain.occlusion.routes import UNFIT, Numbers, Route, by_module, first_line
from striate.explain.occlusion.scene import Scene
from striate.explain.occlusion.trial import few_at_once
from striate.nets import Network
from striate.numbers import duration
from striate.records.occlusion_plan import ApproximationError, OcclusionPlan

# Windows that go through the module too, where something is left out.
SAMPLED = 8
# An image that takes longer is told of what would be quicker.
LONG_SECONDS = 60.0

# From how much each window changed an output (windows,), NaN where nobody looked, to which are looked at too.
More: TypeAlias = Callable[[NDArray[np.floating]], Numbers]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Where windows stand, along each axis.

    Attributes:
        counts: Places.
        window: Sides.
        stride: Steps.
        refined: Share of the windows that are looked at beside the coarse ones; 1: all are looked at.
    """

    counts: tuple[int, ...]
    window: tuple[int, ...]
    stride: tuple[int, ...]
    refined: float = 1.0

    @property
    def first(self) -> Numbers:
        """Windows that are looked at in any case."""
        every = int(np.prod(self.counts))
        return np.arange(every) if self.refined == 1 else coarse(self.counts, self.window, self.stride)

    @property
    def looked_at(self) -> int:
        """How many windows are looked at."""
        first = len(self.first)
        return first + round(self.refined * (int(np.prod(self.counts)) - first))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What covering an image showed.

    Attributes:
        clean: (k,) float32, the outputs for the clean image.
        rows: (windows, k) float32, those with each window; NaN where nobody looked, or where the network answers NaN.
        looked: (windows,), which were looked at.
        plan: How they were found.
        error: What they are wrong by, where something was left out.
        is_cancelled: Whether the watcher asked to stop.
    """

    clean: NDArray[np.float32]
    rows: NDArray[np.float32]
    looked: NDArray[np.bool_]
    plan: OcclusionPlan
    error: ApproximationError | None
    is_cancelled: bool


class Looks:
    """Images looked at one after the other; with the first a plan is made and told.

    Args:
        network: The network, in eval mode.
        ask: What is asked for.
        task: Hears of each window.
        events: Hears of the plan.
        quicker: What is told beside a plan that takes minutes.
    """

    def __init__(self, network: Network, ask: Ask, task: Task, events: Events, *, quicker: str = "") -> None:
        self._network, self._ask, self._task, self._events, self._quicker = network, ask, task, events, quicker
        self._chosen: Chosen | None = None

    def look(
        self, scene: Scene, windows: int, first: Numbers, *, more: More | None = None, is_partial: bool = False
    ) -> Seen:
        """Return what covering an image shows.

        Args:
            scene: The image.
            windows: How many parts of it there are.
            first: Those that are looked at in any case, in the order in which they go.
            more: What is looked at besides.
            is_partial: Whether it also returns where the watcher asked to stop.
        """
        began = time.perf_counter()
        clean = self._answers(scores(self._network, scene.image[None]))[0]
        clean_s = time.perf_counter() - began
        if self._chosen is None:
            self._chosen = choose(self._network, scene, first, clean_s, self._ask)
            self._tell(self._chosen.plan)
        cover = _Cover(self._network, scene, self._chosen, self._task, may_turn=self._ask.route is None)
        rows = np.full((windows, len(clean)), np.nan, dtype=np.float32)
        looked = np.zeros(windows, dtype=np.bool_)
        is_cancelled = False
        try:
            for numbers, found in cover.all(first):
                rows[numbers], looked[numbers] = self._answers(found), True
            if more is not None:
                changes = np.where(looked, np.abs(rows - clean).max(1), np.nan)
                # A window whose answer is no number is as if it changed most.
                changes[looked & np.isnan(changes)] = np.inf
                for numbers, found in cover.all(more(changes)):
                    rows[numbers], looked[numbers] = self._answers(found), True
        except Cancelled:
            if not is_partial:
                raise
            is_cancelled = True
        if cover.turned is not None:
            self._chosen = Chosen(cover.turned)
            self._events.log(f"{cover.turned.reason}; the module goes on")
        plan = replace(self._chosen.plan, windows=len(first) if more is None else self._ask.windows)
        error = None if plan.approximation is None else self._error(scene, rows, looked, clean)
        return Seen(clean=clean, rows=rows, looked=looked, plan=plan, error=error, is_cancelled=is_cancelled)

    def _answers(self, raw: Tensor) -> NDArray[np.float32]:
        return np.asarray(meant(self._network, raw).float().cpu().numpy(), dtype=np.float32)

    def _error(
        self, scene: Scene, rows: NDArray[np.float32], looked: NDArray[np.bool_], clean: NDArray[np.float32]
    ) -> ApproximationError | None:
        there = np.flatnonzero(looked)
        if not len(there):
            return None
        numbers = there[np.linspace(0, len(there) - 1, min(SAMPLED, len(there))).astype(np.int64)]
        go = by_module(self._network, scene)
        exact = np.concatenate([self._answers(go(numbers[n : n + 1])) for n in range(len(numbers))])
        return error_of(rows[numbers], exact, clean)

    def _tell(self, plan: OcclusionPlan) -> None:
        if plan.expected_s is None:
            return
        told = (
            f"{plan.windows} windows an image, the {plan.route} route ({plan.reason}), {plan.batch} at once: "
            f"about {duration(plan.expected_s)} an image"
        )
        self._events.log(told + (f"; {self._quicker}" if plan.expected_s > LONG_SECONDS and self._quicker else ""))


class _Cover:
    """Parts of one image covered in batches, by the route that was chosen; by the module where that fails on the way.

    Attributes:
        turned: The plan that was turned to, if the chosen route failed.
    """

    def __init__(self, network: Network, scene: Scene, chosen: Chosen, task: Task, *, may_turn: bool) -> None:
        self._network, self._scene, self._plan, self._task = network, scene, chosen.plan, task
        self._may_turn = may_turn and chosen.plan.route != "module" and chosen.plan.approximation is None
        self.turned: OcclusionPlan | None = None
        self._go: Route
        try:
            self._go = chosen.begin(network, scene)
        except UNFIT as cause:
            self._turn(cause)

    def all(self, order: Numbers) -> Iterator[tuple[Numbers, Tensor]]:
        """Yield the numbers and the scores of each batch."""
        begin = 0
        while begin < len(order):
            numbers = order[begin : begin + self._plan.batch]
            try:
                found = self._go(numbers)
            except UNFIT as cause:
                # The module takes fewer or more at once: the same windows are cut anew.
                self._turn(cause)
                continue
            yield numbers, found
            self._task.advance(len(numbers))
            begin += len(numbers)

    def _turn(self, cause: BaseException) -> None:
        """Go on by the module; or raise what came, where the route was asked for or is the module's already."""
        if not self._may_turn:
            raise cause
        self._may_turn = False
        reason = f"the {self._plan.route} route failed: {first_line(cause)}"
        self._plan = self.turned = replace(
            self._plan, route="module", reason=reason, batch=few_at_once(self._scene.image)
        )
        self._go = by_module(self._network, self._scene)


def error_of(found: NDArray[np.float32], exact: NDArray[np.float32], clean: NDArray[np.float32]) -> ApproximationError:
    """Return what outputs (windows, k) are wrong by."""
    apart = np.abs(found.astype(np.float64) - exact)
    return ApproximationError(
        windows=len(found),
        largest=float(apart.max()),
        mean=float(apart.max(1).mean()),
        largest_change=float(np.abs(exact.astype(np.float64) - clean).max()),
        same_winner=float((found.argmax(1) == exact.argmax(1)).mean()),
    )
