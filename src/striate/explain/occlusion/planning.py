"""Which way windows go: what each takes is measured on a few of them, and said before the rest begins."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

from torch import Tensor

from striate.errors import InputError, Quoted
from striate.explain.answers import fitting
from striate.explain.occlusion.engine import MOST, Engine, box_bytes
from striate.explain.occlusion.local import Local, local
from striate.explain.occlusion.node import shape_of
from striate.explain.occlusion.scene import Scene
from striate.explain.occlusion.ways import Numbers, Way, by_engine, by_module
from striate.nets import Network
from striate.records.occlusion_plan import OcclusionPlan, OcclusionWay
from striate.trace import Recording, trace
from striate.trace.replay import Unfit

# Below so many values of all covered images together, or seconds of whole passes, nothing is worth planning.
FEW_VALUES = 4_000_000
FEW_SECONDS = 2.0
# Below so many times fewer multiply-accumulates the boxes cost more than they spare.
LEAST_BOUND = 1.05
# Values of the clean image that may be kept, and boxes of one batch that may be alive around one operator.
MOST_KEPT_BYTES = 2**31
MOST_BOX_BYTES = 2**28
TRIED = 4
BATCHES: Mapping[OcclusionWay, int] = {"incremental": 64, "dense": 16, "module": 8}
# More than rounding in single precision does to the scores of deep networks.
MOST_DIFFERENCE = 1e-4


@dataclass(slots=True)
class Chosen:
    """A plan, and what carries it out.

    Attributes:
        plan: The plan.
        local: The network's calls, unless the module goes through them.
        engine: That of the first image, if one was made for the plan.
        answered: Scores of the first windows of the first image, if they were found on the way.
    """

    plan: OcclusionPlan
    local: Local | None = None
    engine: Engine | None = None
    answered: Tensor | None = None

    def answers(self, network: Network, scene: Scene, order: Numbers) -> Iterator[tuple[Numbers, Tensor]]:
        """Yield windows of a scene, in order, with their scores (n, outputs)."""
        engine, answered = self.engine, self.answered
        self.engine = self.answered = None
        if answered is not None:
            yield order[: len(answered)], answered
            order = order[len(answered) :]
        if self.local is not None and engine is None:
            engine = Engine(self.local, scene.image[None], most=MOST if self.plan.way == "incremental" else 0.0)
        go: Way = by_module(network, scene) if engine is None else by_engine(network, scene, engine)
        for begin in range(0, len(order), self.plan.batch):
            numbers = order[begin : begin + self.plan.batch]
            yield numbers, go(numbers)


def choose(
    network: Network,
    scene: Scene,
    order: Numbers,
    clean_s: float,
    images: int,
    way: OcclusionWay | None,
    batch: int | None,
) -> Chosen:
    """Return how the windows of images like this one go through the network.

    Args:
        network: The network, in eval mode.
        scene: The first image.
        order: Its windows, in the order in which they will go.
        clean_s: Seconds that a pass of one image through the module took.
        images: How many images there are.
        way: The way asked for; None: whichever is quickest.
        batch: Windows at once; None: as many as suit the way.

    Raises:
        InputError: The way asked for is none for this network.
    """
    work = images * len(order)
    if way == "module":
        return _by_module("asked for", scene, order, batch)
    if way is None and work * scene.image.numel() < FEW_VALUES:
        return _by_module("too little work to be planned", scene, order, batch)
    if way is None and work * clean_s < FEW_SECONDS:
        return _by_module("too little time to be gained", scene, order, batch)
    try:
        at = _local(network, scene)
        engine = Engine(at, scene.image[None], most=0.0 if way == "dense" else MOST)
    except (Unfit, InputError) as reason:
        if way is not None:
            raise InputError(
                f"a network must make the same calls for all images to go the {way} way",
                got=Quoted(str(reason)),
                hint='Use way="module".',
            ) from reason
        return _by_module(f"its calls cannot be run in parts: {reason}", scene, order, batch)
    return _Trial(network, scene, order, at, engine, batch).chosen(way)


def _by_module(reason: str, scene: Scene, order: Numbers, batch: int | None) -> Chosen:
    at_once = batch or fitting(scene.image)
    return Chosen(OcclusionPlan(way="module", reason=reason, windows=len(order), batch=at_once))


class _Trial:
    """A few windows by every way that may be the quickest."""

    def __init__(
        self, network: Network, scene: Scene, order: Numbers, at: Local, engine: Engine, batch: int | None
    ) -> None:
        self._network, self._scene, self._order, self._local = network, scene, order, at
        self._engine, self._batch = engine, batch
        self._macs = float(sum(node.macs for node in at.nodes))
        self._changed = changed_macs(engine, scene, order, self._at_once("incremental"))
        self._seconds: dict[OcclusionWay, float] = {}
        self._difference: float | None = None

    def chosen(self, way: OcclusionWay | None) -> Chosen:
        """Return the way asked for, or the quickest."""
        if way is not None:
            return self._as(way, "asked for", self._engine)
        few = self._order[:TRIED]
        module = self._timed("module", by_module(self._network, self._scene), few)
        whole = Engine(self._local, self._scene.image[None], most=0.0)
        dense = self._timed("dense", by_engine(self._network, self._scene, whole), few)
        self._difference = apart(dense, module)
        if self._difference > MOST_DIFFERENCE:
            return self._as("module", f"its recorded calls give other scores, by {self._difference:.1e}")
        if self._macs < LEAST_BOUND * self._changed:
            return self._quickest("a window changes nearly everything", whole)
        many = self._order[: self._at_once("incremental")]
        incremental = self._timed("incremental", by_engine(self._network, self._scene, self._engine), many)
        self._difference = apart(incremental[: len(few)], module[: len(many)])
        if self._difference > MOST_DIFFERENCE:
            del self._seconds["incremental"]
            return self._quickest(f"the boxes give other scores, by {self._difference:.1e}", whole)
        found = self._quickest("the quickest of those tried", whole)
        if found.plan.way == "incremental":
            found.engine, found.answered = self._engine, incremental
        return found

    def _timed(self, name: OcclusionWay, way: Way, numbers: Numbers) -> Tensor:
        """Return the scores of some windows, and note the seconds each took; one goes before, for what is slow once."""
        way(numbers[:1])
        began = time.perf_counter()
        found = way(numbers)
        self._seconds[name] = (time.perf_counter() - began) / len(numbers)
        return found

    def _at_once(self, way: OcclusionWay) -> int:
        if self._batch is not None:
            return self._batch
        if way != "incremental":
            return min(BATCHES[way], fitting(self._scene.image))
        starts = self._scene.inside(self._order[: BATCHES[way]])
        room = MOST_BOX_BYTES // max(1, box_bytes(self._engine, self._engine.boxes(starts, self._scene.window)))
        return max(1, min(BATCHES[way], room))

    def _quickest(self, reason: str, whole: Engine) -> Chosen:
        way = min(self._seconds, key=lambda name: self._seconds[name])
        return self._as(way, reason, whole if way == "dense" else None)

    def _as(self, way: OcclusionWay, reason: str, engine: Engine | None = None) -> Chosen:
        plan = OcclusionPlan(
            way=way,
            reason=reason,
            windows=len(self._order),
            batch=self._at_once(way),
            macs=self._macs,
            macs_changed=self._changed,
            seconds=dict(self._seconds),
            difference=self._difference,
        )
        return Chosen(plan, None if way == "module" else self._local, engine)


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
    """Return multiply-accumulates of a window, mean over windows that go through in batches."""
    total = 0.0
    for begin in range(0, len(order), batch):
        part = order[begin : begin + batch]
        total += len(part) * engine.macs(engine.boxes(scene.inside(part), scene.window))
    return total / max(1, len(order))


def apart(one: Tensor, other: Tensor) -> float:
    """Return the largest difference between scores, as a share of the largest; infinite where one is no number."""
    largest = float(other.abs().max())
    difference = float((one.double() - other.double()).abs().max())
    share = difference / largest if largest else difference
    return share if share == share else float("inf")  # noqa: PLR0124 - NaN alone is unequal to itself
