"""Which route is the quickest: a few windows by each that may be, their scores held against the module's."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from striate.errors import InputError, Quoted
from striate.explain.answers import fitting
from striate.explain.occlusion.chosen import Ask, Chosen
from striate.explain.occlusion.engine import Engine, box_bytes
from striate.explain.occlusion.local import Local
from striate.explain.occlusion.routes import UNFIT, Numbers, Route, by_engine, by_module, first_line
from striate.explain.occlusion.scene import Scene
from striate.nets import Network
from striate.records.occlusion_plan import OcclusionPlan, OcclusionRoute

# Below so many times fewer multiply-accumulates the boxes cost more than they spare; from so many on they win against whole
# passes through the same calls, which then need not be tried.
LEAST_BOUND = 1.05
CLEAR_BOUND = 1.5
# Whole passes through the same calls are not tried either where boxes are quick and fewer windows than this are left: that takes
# about seven of them, so that it would have to spare more than a tenth of the rest.
LEAST_LEFT = 64
# Of the module's time, what another route may take to be chosen.
CLEARLY = 0.9
# Boxes of one batch that may be alive around one operator, and what fewer than LEAST_BATCH windows may take. Measured: of
# ConvNeXt-Tiny 49 at once (113 MiB) are a fifth slower than 16 (37 MiB); of VGG-16 at 448 px 8 (38 MiB) are slower than 32 (150).
USUAL_BOX_BYTES, MOST_BOX_BYTES = 2**26, 2**28
# Whole inputs that go at once, windows that do.
WHOLE_BYTES = 2**22
MOST_BATCH = 64
# Windows that are tried, at a corner and in the middle, and batches whose boxes are counted.
TRIED = 2
COUNTED = 8
# Windows that go at once take no longer than this, unless they are fewer than this.
BETWEEN_SECONDS = 2.0
LEAST_BATCH = 8
# More than rounding in single precision does to the scores of deep networks.
MOST_DIFFERENCE = 1e-4
# The same for half precision: steps of rounding.
ROUNDINGS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Few:
    """The first windows, by the module.

    Attributes:
        scores: (windows, outputs).
        seconds: Of one of them.
    """

    scores: Tensor
    seconds: float


def first_few(network: Network, scene: Scene, order: Numbers) -> Few:
    """Return the scores of the first windows by the module, timed."""
    scores, seconds = _timed(by_module(network, scene), order[:TRIED])
    return Few(scores=scores, seconds=seconds)


class Trial:
    """A few windows by every route that may be the quickest.

    Args:
        network: The network, in eval mode.
        scene: The image.
        order: Its windows, those that are tried first, else in the order in which they will go.
        at: The network's calls.
        engine: What goes through them.
        ask: What is asked for.
        few: The first windows by the module, to hold the others against; None where something is left out.
    """

    def __init__(
        self, network: Network, scene: Scene, order: Numbers, at: Local, engine: Engine, ask: Ask, few: Few | None
    ) -> None:
        self._network, self._scene, self._order, self._local = network, scene, order, at
        self._engine, self._ask, self._few = engine, ask, few
        self._macs = float(sum(node.macs for node in at.nodes))
        self._changed = changed_macs(engine, scene, order, self._at_once("incremental")) if engine.most else self._macs
        self._seconds: dict[OcclusionRoute, float] = {} if few is None else {"module": few.seconds}
        self._difference: float | None = None
        self._refused = ""

    def chosen(self, route: OcclusionRoute | None) -> Chosen:
        """Return the route asked for, or the quickest."""
        if route is not None or self._few is None:
            return self._asked_for(route or "incremental")
        module, bound = self._few.scores, self._macs / max(1.0, self._changed)
        boxes = self._tried("incremental", self._engine, module) if bound >= LEAST_BOUND else None
        if self._quickest() == "incremental" and (why := self._needs_no_whole(bound, boxes)):
            return self._as("incremental", why, self._engine, boxes)
        try:
            whole = Engine(self._local, self._scene.image[None], most=0.0)
        except UNFIT as cause:  # too little memory for the clean image's values a second time
            self._refused = f"the dense route fails: {first_line(cause)}"
            return self._as("module", self._refused, answered=module)
        dense = self._tried("dense", whole, module)
        usual = "the quickest of those tried" if bound >= LEAST_BOUND else "a window changes nearly everything"
        reason = self._refused or usual
        match self._quickest():
            case "incremental":
                return self._as("incremental", reason, self._engine, boxes)
            case "dense":
                return self._as("dense", reason, whole, dense)
            case _:
                return self._as("module", reason, answered=module)

    def _needs_no_whole(self, bound: float, boxes: Tensor | None) -> str:
        """Return why quick boxes need not be held against whole passes through the same calls; empty if they must be."""
        if bound >= CLEAR_BOUND:
            return "quicker than the module, less work than any whole pass"
        left = self._ask.images * self._ask.windows - (0 if boxes is None else len(boxes))
        return "quicker than the module, and few windows are left" if left < LEAST_LEFT else ""

    def _asked_for(self, route: OcclusionRoute) -> Chosen:
        """Return a route that was asked for; unless something is left out, its scores must be the module's."""
        if self._few is None:
            return self._as(route, "asked for", self._engine)
        found = self._tried(route, self._engine, self._few.scores)
        if self._refused:
            raise InputError(
                f"the {route} route must give the module's scores",
                got=Quoted(self._refused),
                hint='Use route="module", or leave the route out.',
            )
        return self._as(route, "asked for", self._engine, found)

    def _quickest(self) -> OcclusionRoute:
        found = min(self._seconds, key=lambda name: self._seconds[name])
        # What is hardly quicker on a few windows may be slower on all.
        return found if self._seconds[found] < CLEARLY * self._seconds["module"] else "module"

    def _tried(self, name: OcclusionRoute, engine: Engine, expected: Tensor) -> Tensor | None:
        """Return the scores of a batch by an engine; a route whose scores are not the module's is out of the question."""
        go, numbers = by_engine(self._network, self._scene, engine), self._order[: self._at_once(name)]
        try:
            found, self._seconds[name] = _timed(go, numbers)
            if len(found) < len(expected):
                # One at a time: the other windows that went through the module are held against it all the same.
                found = torch.cat([found, *(go(self._order[n : n + 1]) for n in range(len(found), len(expected)))])
        except UNFIT as cause:  # too little memory, or an operator that refuses its boxes
            self._seconds.pop(name, None)
            self._refused = f"the {name} route fails: {first_line(cause)}"
            return None
        both = min(len(found), len(expected))
        difference = apart(found[:both], expected[:both])
        self._difference = max(difference, self._difference or 0.0)
        if difference > allowed(expected.dtype):
            del self._seconds[name]
            self._refused = f"the {name} route gives other scores, by {difference:.1e}"
        return found

    def _at_once(self, route: OcclusionRoute) -> int:
        if self._ask.batch is not None:
            return self._ask.batch
        if route != "incremental":
            return few_at_once(self._scene.image)
        # As large as the largest of all, wherever it goes.
        starts = self._scene.inside(self._order)[:MOST_BATCH]
        taken = max(1, box_bytes(self._engine, self._engine.boxes(starts, self._scene.size(self._order))))
        room = max(USUAL_BOX_BYTES // taken, min(LEAST_BATCH, MOST_BOX_BYTES // taken))
        return max(1, min(MOST_BATCH, room))

    def _as(
        self, route: OcclusionRoute, reason: str, engine: Engine | None = None, answered: Tensor | None = None
    ) -> Chosen:
        at_once = self._at_once(route)
        if self._ask.batch is None and route in self._seconds:
            # Whoever watches hears of it, and can stop it, every few seconds.
            at_once = min(at_once, max(LEAST_BATCH, int(BETWEEN_SECONDS / max(self._seconds[route], 1e-9))))
        plan = OcclusionPlan(
            route=route,
            reason=reason,
            windows=self._ask.windows,
            batch=at_once,
            macs=self._macs,
            macs_changed=self._changed if self._engine.most else None,
            seconds=dict(self._seconds),
            difference=self._difference,
            approximation=self._ask.approximation,
        )
        known = {} if answered is None else dict(zip(self._order.tolist(), answered, strict=False))
        return Chosen(plan, None if route == "module" else self._local, engine, known)


def _timed(go: Route, numbers: Numbers) -> tuple[Tensor, float]:
    """Return scores, and the seconds that one window took."""
    began = time.perf_counter()
    found = go(numbers)
    float(found.sum())  # waits for devices that work on by themselves
    return found, (time.perf_counter() - began) / len(numbers)


def few_at_once(image: Tensor) -> int:
    """Return how many images like this one go through a module at once: on processors few large ones are quicker than many."""
    return max(1, min(fitting(image), WHOLE_BYTES // (image.numel() * image.element_size())))


def changed_macs(engine: Engine, scene: Scene, order: Numbers, batch: int) -> float:
    """Return multiply-accumulates of a window, mean over windows that go through in batches; of many batches some are counted."""
    begins = range(0, len(order), batch)
    total, windows = 0.0, 0
    for begin in begins[:: -(-len(begins) // COUNTED)]:
        part = order[begin : begin + batch]
        total += len(part) * engine.macs(engine.boxes(scene.inside(part), scene.size(part)))
        windows += len(part)
    return total / max(1, windows)


def allowed(precision: torch.dtype) -> float:
    """Return how far scores may lie apart for rounding alone.

    Example:
        >>> allowed(torch.float32), allowed(torch.bfloat16)
        (0.0001, 0.0625)
    """
    return max(MOST_DIFFERENCE, ROUNDINGS * torch.finfo(precision).eps)


def apart(one: Tensor, other: Tensor) -> float:
    """Return the largest difference between scores, as a share of the largest; infinite where only one of them is no number.

    Example:
        >>> nan = float("nan")
        >>> apart(torch.tensor([1.0, nan]), torch.tensor([2.0, nan])), apart(torch.tensor([nan]), torch.tensor([1.0]))
        (0.5, inf)
    """
    one, other = one.double(), other.double()
    is_same = (one == other) | (one.isnan() & other.isnan())
    difference = float(torch.where(is_same, 0.0, (one - other).abs()).nan_to_num(nan=torch.inf).max())
    largest = float(torch.where(other.isfinite(), other.abs(), 0.0).max())
    return difference / largest if largest else difference
