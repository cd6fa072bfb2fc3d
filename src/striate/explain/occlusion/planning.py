"""Which route windows take: what each takes is measured on a few of them, and said before the rest begins."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from torch import Tensor

from striate.errors import InputError, Quoted
from striate.explain.answers import fitting
from striate.explain.occlusion.engine import MOST, Engine, box_bytes
from striate.explain.occlusion.local import Local, local
from striate.explain.occlusion.node import shape_of
from striate.explain.occlusion.routes import Numbers, Route, by_engine, by_module
from striate.explain.occlusion.scene import Scene
from striate.nets import Network
from striate.records.occlusion_plan import Approximation, OcclusionPlan, OcclusionRoute
from striate.trace import Recording, trace
from striate.trace.replay import Unfit

# Below so many values of all covered images together, or seconds of whole passes, nothing is worth planning.
FEW_VALUES = 4_000_000
FEW_SECONDS = 1.0
# Below so many times fewer multiply-accumulates the boxes cost more than they spare; from so many on they win against whole
# passes through the same calls, which then need not be tried.
LEAST_BOUND = 1.05
CLEAR_BOUND = 1.5
# Values of the clean image that may be kept, and boxes of one batch that may be alive around one operator.
MOST_KEPT_BYTES = 2**31
MOST_BOX_BYTES = 2**28
# Inputs that go through a module at once.
MODULE_BYTES = 2**22
BATCHES: Mapping[OcclusionRoute, int] = {"incremental": 64, "dense": 16}
TRIED = 4
COUNTED = 8
# More than rounding in single precision does to the scores of deep networks.
MOST_DIFFERENCE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked for.

    Attributes:
        images: How many images there are.
        windows: How many windows of each are looked at.
        route: The route; None: whichever is quickest.
        batch: Windows at once; None: as many as suit the route.
        approximation: What may be left out.
    """

    images: int
    windows: int
    route: OcclusionRoute | None = None
    batch: int | None = None
    approximation: Approximation | None = None


@dataclass(slots=True)
class Chosen:
    """A plan, and what carries it out.

    Attributes:
        plan: The plan.
        local: The network's calls, unless the module goes through them.
        engine: That of the first image, if one was made for the plan.
        answered: Scores of the first batch of the first image, if they were found while the plan was made.
    """

    plan: OcclusionPlan
    local: Local | None = None
    engine: Engine | None = None
    answered: Tensor | None = None

    def begin(self, network: Network, scene: Scene) -> Route:
        """Return what answers for the windows of a scene; of the first scene, the first batch must be asked for first."""
        engine, answered = self.engine, self.answered
        self.engine = self.answered = None
        if self.local is None:
            return by_module(network, scene)
        if engine is None:
            most = MOST if self.plan.route == "incremental" else 0.0
            engine = Engine(self.local, scene.image[None], most=most, approximation=self.plan.approximation)
        go = by_engine(network, scene, engine)
        return go if answered is None else _first_known(go, answered)


def _first_known(go: Route, answered: Tensor) -> Route:
    known = [answered]
    return lambda numbers: known.pop() if known else go(numbers)


def choose(network: Network, scene: Scene, order: Numbers, clean_s: float, ask: Ask) -> Chosen:
    """Return how the windows of images like this one go through the network.

    Args:
        network: The network, in eval mode.
        scene: The first image.
        order: The first of its windows, in the order in which they will go.
        clean_s: Seconds that a pass of one image through the module took.
        ask: What is asked for.

    Raises:
        InputError: The route asked for is none for this network.
    """
    work = ask.images * ask.windows
    route = "incremental" if ask.approximation is not None else ask.route
    if route == "module":
        return _by_module("asked for", scene, ask, clean_s)
    if route is None and work * scene.image.numel() < FEW_VALUES:
        return _by_module("too little work to be planned", scene, ask)
    if route is None and work * clean_s < FEW_SECONDS:
        return _by_module("too little time to be gained", scene, ask, clean_s)
    try:
        at = _local(network, scene)
        most = 0.0 if route == "dense" else MOST
        engine = Engine(at, scene.image[None], most=most, approximation=ask.approximation)
    except (Unfit, InputError) as reason:
        if route is not None:
            raise InputError(
                f"a network must make the same calls for all images to take the {route} route",
                got=Quoted(str(reason)),
                hint='Use route="module".',
            ) from reason
        return _by_module(f"its calls cannot be run in parts: {reason}", scene, ask, clean_s)
    return _Trial(network, scene, order, at, engine, ask).chosen(route)


def _by_module(reason: str, scene: Scene, ask: Ask, clean_s: float | None = None) -> Chosen:
    seconds: dict[OcclusionRoute, float] = {} if clean_s is None else {"module": clean_s}
    at_once = ask.batch or _few_at_once(scene.image)
    return Chosen(OcclusionPlan(route="module", reason=reason, windows=ask.windows, batch=at_once, seconds=seconds))


class _Trial:
    """A few windows by every route that may be the quickest."""

    def __init__(self, network: Network, scene: Scene, order: Numbers, at: Local, engine: Engine, ask: Ask) -> None:
        self._network, self._scene, self._order, self._local = network, scene, order, at
        self._engine, self._ask = engine, ask
        self._macs = float(sum(node.macs for node in at.nodes))
        self._changed = changed_macs(engine, scene, order, self._at_once("incremental"))
        self._seconds: dict[OcclusionRoute, float] = {}
        self._difference: float | None = None
        self._refused = ""

    def chosen(self, route: OcclusionRoute | None) -> Chosen:
        """Return the route asked for, or the quickest."""
        if route is not None:
            return self._as(route, "asked for", self._engine)
        few, bound = self._order[:TRIED], self._macs / max(1.0, self._changed)
        module = self._timed("module", by_module(self._network, self._scene), few)
        answered: Tensor | None = None
        if bound >= LEAST_BOUND:
            many = self._order[: self._at_once("incremental")]
            answered = self._tried("incremental", self._engine, many, module)
            if bound >= CLEAR_BOUND and self._quickest() == "incremental":
                return self._as(
                    "incremental", "quicker than the module, and less work than any whole pass", self._engine, answered
                )
        whole = Engine(self._local, self._scene.image[None], most=0.0)
        self._tried("dense", whole, few, module)
        reason = self._refused or (
            "the quickest of those tried" if bound >= LEAST_BOUND else "a window changes nearly everything"
        )
        match self._quickest():
            case "incremental":
                return self._as("incremental", reason, self._engine, answered)
            case "dense":
                return self._as("dense", reason, whole)
            case _:
                return self._as("module", reason)

    def _quickest(self) -> OcclusionRoute:
        return min(self._seconds, key=lambda name: self._seconds[name])

    def _tried(self, name: OcclusionRoute, engine: Engine, numbers: Numbers, expected: Tensor) -> Tensor | None:
        """Return the scores of some windows by an engine; a route whose scores are not the module's is out of the question."""
        go = by_engine(self._network, self._scene, engine)
        try:
            go(numbers[:1])  # what is slow once
            found = self._timed(name, go, numbers)
        except RuntimeError as cause:  # too little memory, or an operator that refuses its boxes
            self._refused = f"the {name} route fails: {str(cause).splitlines()[0]}"
            return None
        both = min(len(found), len(expected))
        difference = apart(found[:both], expected[:both])
        self._difference = max(difference, self._difference or 0.0)
        if difference > MOST_DIFFERENCE:
            del self._seconds[name]
            self._refused = f"the {name} route gives other scores, by {difference:.1e}"
        return found

    def _timed(self, name: OcclusionRoute, go: Route, numbers: Numbers) -> Tensor:
        began = time.perf_counter()
        found = go(numbers)
        self._seconds[name] = (time.perf_counter() - began) / len(numbers)
        return found

    def _at_once(self, route: OcclusionRoute) -> int:
        if self._ask.batch is not None:
            return self._ask.batch
        if route == "module":
            return _few_at_once(self._scene.image)
        if route == "dense":
            return BATCHES[route]
        starts = self._scene.inside(self._order[: BATCHES[route]])
        room = MOST_BOX_BYTES // max(1, box_bytes(self._engine, self._engine.boxes(starts, self._scene.window)))
        return max(1, min(BATCHES[route], room))

    def _as(
        self, route: OcclusionRoute, reason: str, engine: Engine | None = None, answered: Tensor | None = None
    ) -> Chosen:
        plan = OcclusionPlan(
            route=route,
            reason=reason,
            windows=self._ask.windows,
            batch=self._at_once(route),
            macs=self._macs,
            macs_changed=self._changed if self._engine.most else None,
            seconds=dict(self._seconds),
            difference=self._difference,
            approximation=self._ask.approximation,
        )
        return Chosen(plan, None if route == "module" else self._local, engine, answered)


def _few_at_once(image: Tensor) -> int:
    """Return how many images like this one go through a module at once: on processors few large ones are quicker than many."""
    return max(1, min(fitting(image), MODULE_BYTES // (image.numel() * image.element_size())))


def _local(network: Network, scene: Scene) -> Local:
    recording: Recording = trace(network.module, (1, *scene.image.shape))
    if recording.skipped_hooks:
        raise Unfit("modules have hooks that may change values")
    at = local(recording.program, network.module, scene.image[None])
    size = scene.image.element_size()
    kept = sum(prod(shape_of(at.record, value)) * size for node in at.nodes for value in node.made)
    if kept > MOST_KEPT_BYTES:
        raise Unfit(f"the values of one image are {kept / 2**30:.1f} GiB, more than are kept")
    return at


def changed_macs(engine: Engine, scene: Scene, order: Numbers, batch: int) -> float:
    """Return multiply-accumulates of a window, mean over windows that go through in batches; of many batches some are counted."""
    begins = range(0, len(order), batch)
    total, windows = 0.0, 0
    for begin in begins[:: -(-len(begins) // COUNTED)]:
        part = order[begin : begin + batch]
        total += len(part) * engine.macs(engine.boxes(scene.inside(part), scene.window))
        windows += len(part)
    return total / max(1, windows)


def apart(one: Tensor, other: Tensor) -> float:
    """Return the largest difference between scores, as a share of the largest; infinite where one is no number."""
    largest = float(other.abs().max())
    difference = float((one.double() - other.double()).abs().max())
    share = difference / largest if largest else difference
    return share if share == share else float("inf")  # noqa: PLR0124 - NaN alone is unequal to itself
