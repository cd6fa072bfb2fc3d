"""Images looked at one after the other: the clean image, the plan, the windows, and what an approximation is wrong by."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import Cancelled
from striate.events import Events, Task
from striate.explain.answers import meant, scores
from striate.explain.cover import starts_of
from striate.explain.fills import Fill
from striate.explain.occlusion.chosen import Ask, Chosen
from striate.explain.occlusion.planning import choose
from striate.explain.occlusion.refining import coarse, finer
from striate.explain.occlusion.routes import Numbers, Route, by_module
from striate.explain.occlusion.scene import Scene, by_phase, scene_of
from striate.nets import Network
from striate.records.occlusion_plan import ApproximationError, OcclusionPlan

# Windows that go through the module too, where something is left out.
SAMPLED = 8


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
        rows: (windows, k) float32, those with each window; NaN where nobody looked.
        plan: How they were found.
        error: What they are wrong by, where something was left out.
        is_cancelled: Whether the watcher asked to stop.
    """

    clean: NDArray[np.float32]
    rows: NDArray[np.float32]
    plan: OcclusionPlan
    error: ApproximationError | None
    is_cancelled: bool


class Looks:
    """Images looked at one after the other; with the first a plan is made and told."""

    def __init__(self, network: Network, grid: Grid, fill: Fill, ask: Ask, task: Task, events: Events) -> None:
        self._network, self._grid, self._fill, self._ask = network, grid, fill, ask
        self._task, self._events = task, events
        # A line stands in the record as an image of one row, and has one axis in its network.
        axes = len(network.input_shape) - 1
        self._starts, self._window = starts_of(grid.counts, grid.stride)[:, -axes:], grid.window[-axes:]
        self._first = self._in_order(grid.first)
        self._chosen: Chosen | None = None

    def look(self, image: Tensor, *, is_partial: bool) -> Seen:
        """Return what covering an image shows; if `is_partial`, also where the watcher asked to stop."""
        began = time.perf_counter()
        clean = self._answers(scores(self._network, image[None]))[0]
        clean_s = time.perf_counter() - began
        scene = scene_of(self._network, image, self._fill, self._starts, self._window)
        if self._chosen is None:
            self._chosen = choose(self._network, scene, self._first, clean_s, self._ask)
            self._tell(self._chosen.plan)
        plan, go = self._chosen.plan, self._chosen.begin(self._network, scene)
        rows = np.full((len(self._starts), len(clean)), np.nan, dtype=np.float32)
        is_cancelled = False
        try:
            self._cover(rows, go, self._first, plan.batch)
            if self._grid.refined < 1:
                changes = np.abs(rows - clean).max(1)
                more = finer(self._grid.counts, self._grid.window, self._grid.stride, changes, self._grid.refined)
                self._cover(rows, go, self._in_order(more), plan.batch)
        except Cancelled:
            if not is_partial:
                raise
            is_cancelled = True
        error = None if plan.approximation is None else self._error(scene, rows, clean)
        return Seen(clean=clean, rows=rows, plan=plan, error=error, is_cancelled=is_cancelled)

    def _cover(self, rows: NDArray[np.float32], go: Route, order: Numbers, batch: int) -> None:
        for begin in range(0, len(order), batch):
            numbers = order[begin : begin + batch]
            rows[numbers] = self._answers(go(numbers))
            self._task.advance(len(numbers))

    def _in_order(self, numbers: Numbers) -> Numbers:
        return numbers[by_phase(self._starts[numbers])]

    def _answers(self, raw: Tensor) -> NDArray[np.float32]:
        return np.asarray(meant(self._network, raw).float().cpu().numpy(), dtype=np.float32)

    def _error(self, scene: Scene, rows: NDArray[np.float32], clean: NDArray[np.float32]) -> ApproximationError:
        looked = np.flatnonzero(~np.isnan(rows).any(1))
        numbers = looked[np.linspace(0, len(looked) - 1, min(SAMPLED, len(looked))).astype(np.int64)]
        go = by_module(self._network, scene)
        exact = np.concatenate([self._answers(go(numbers[n : n + 1])) for n in range(len(numbers))])
        return error_of(rows[numbers], exact, clean)

    def _tell(self, plan: OcclusionPlan) -> None:
        if plan.expected_s is not None:
            self._events.log(
                f"{plan.windows} windows an image, the {plan.route} route ({plan.reason}), {plan.batch} at once: "
                f"about {plan.expected_s:.1f} s an image"
            )


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
