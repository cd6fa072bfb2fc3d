"""Whether a plan is worth making, and whether a network can be run in parts."""

from __future__ import annotations

from math import prod

from torch import Tensor

from striate.errors import InputError, Quoted
from striate.explain.occlusion.boxes import slid_axes
from striate.explain.occlusion.chosen import Ask, Chosen
from striate.explain.occlusion.engine import MOST, Engine
from striate.explain.occlusion.local import LAID_OUT, Local, local
from striate.explain.occlusion.mixing import mixes, watched
from striate.explain.occlusion.node import shape_of
from striate.explain.occlusion.routes import UNFIT, Numbers, first_line
from striate.explain.occlusion.scene import Scene, middle_second
from striate.explain.occlusion.trial import Trial, few_at_once, first_few
from striate.kinds.reach import Slides
from striate.nets import Network
from striate.records.occlusion_plan import OcclusionPlan, OcclusionRoute
from striate.trace import Recording, trace
from striate.trace.replay import Unfit

# Below so many values of all covered images together, or seconds of whole passes, nothing is worth planning.
FEW_VALUES = 4_000_000
FEW_SECONDS = 2.0
# Values of the clean image that may be kept.
MOST_KEPT_BYTES = 2**31


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
        return _by_module("asked for", network, scene, order, ask, clean_s)
    if route is None and work * scene.image.numel() < FEW_VALUES:
        return _by_module("too little work to be planned", network, scene, order, ask)
    if route is None and work * clean_s < FEW_SECONDS:
        return _by_module("too little time to be gained", network, scene, order, ask, clean_s)
    tried = middle_second(scene, order)
    few = None if ask.approximation is not None else first_few(network, scene, tried)
    # Images that go together may take far less than one by one, and then a plan takes longer than it spares.
    if route is None and few is not None and work * few.seconds < FEW_SECONDS:
        return _by_module("too little time to be gained", network, scene, order, ask, few.seconds)
    try:
        most = 0.0 if route == "dense" else MOST
        recording = trace(network.module, (1, *scene.image.shape))
        at = parted(network, recording, scene.image[None], has_boxes=most > 0)
        engine = Engine(at, scene.image[None], most=most, approximation=ask.approximation)
    except UNFIT as reason:
        if route is not None:
            hint = 'Use route="module".' if ask.approximation is None else "Leave the approximation, kept, out."
            raise InputError(
                f"a network must be one that can be run in parts to take the {route} route",
                got=Quoted(first_line(reason)),
                hint=hint,
            ) from reason
        return _by_module(
            f"its calls cannot be run in parts: {first_line(reason)}", network, scene, order, ask, clean_s
        )
    return Trial(network, scene, tried, at, engine, ask, few).chosen(route)


def _by_module(
    reason: str, network: Network, scene: Scene, order: Numbers, ask: Ask, clean_s: float | None = None
) -> Chosen:
    seconds: dict[OcclusionRoute, float] = {} if clean_s is None else {"module": clean_s}
    at_once = ask.batch or few_at_once(scene.image)
    answered: dict[int, Tensor] = {}
    if at_once > 1:
        # No more than go quickly: what is told beforehand is told after them.
        first = order[: min(at_once, few_at_once(scene.image))]
        found, may_mix = watched(network, scene.images(first))
        # A window's scores would depend on the windows beside it.
        is_mixing = may_mix and mixes(network, scene.image)
        at_once = 1 if is_mixing else at_once
        answered = {} if is_mixing else dict(zip(first.tolist(), found, strict=True))
    plan = OcclusionPlan(route="module", reason=reason, windows=ask.windows, batch=at_once, seconds=seconds)
    return Chosen(plan, answered=answered)


def parted(network: Network, recording: Recording, image: Tensor, *, has_boxes: bool) -> Local:
    """Return a network's calls ready to be run in parts.

    Args:
        network: The network.
        recording: Its trace, for one image.
        image: (1, c, …).
        has_boxes: Whether boxes will be cut out of its values.

    Raises:
        Unfit: It cannot be run in parts, or its values are more than are kept.
        InputError: It has a parameter of another device or type.
    """
    if recording.skipped_hooks:
        raise Unfit("modules have hooks that may change values")
    at = local(recording.program, network.module, image)
    kept = kept_values(at, has_boxes=has_boxes) * image.element_size()
    if kept > MOST_KEPT_BYTES:
        raise Unfit(f"the values of one image are {kept / 2**30:.1f} GiB, more than are kept")
    return at


def kept_values(at: Local, *, has_boxes: bool) -> int:
    """Return how many values of one image an engine keeps: every operator's and, where boxes are cut, what they are cut out of.

    A map is cut as it lies unless places are added around it, or its channels do not lie last.
    """
    kept = sum(prod(shape_of(at.record, value)) for node in at.nodes for value in node.made)
    if not has_boxes:
        return kept
    sheets: dict[tuple[int, tuple[tuple[int, int], ...]], int] = {}
    for node in at.nodes:
        if isinstance(node.reach, Slides) and node.is_sliding and len(node.sources[0]) == len(node.shape):
            axes = slid_axes(node.reach.window, node.sources[0], node.shape)
            padding = tuple((axis.before, axis.behind) for axis in axes)
            sides = [axis.length + axis.before + axis.behind for axis in axes]
            if any(map(any, padding)):
                sheets[node.reads[0], padding] = prod(node.sources[0][:2]) * prod(sides)
        for value, source in zip(node.reads, node.sources, strict=True):
            if len(source) not in LAID_OUT and len(source) > 2 and value not in at.found:
                sheets[value, ()] = prod(source)
    return kept + sum(sheets.values())
