"""Whether a plan is worth making, and whether a network can be run in parts."""

from __future__ import annotations

from math import prod

from torch import nn

from striate.errors import InputError, Quoted
from striate.explain.occlusion.chosen import Ask, Chosen
from striate.explain.occlusion.engine import MOST, Engine
from striate.explain.occlusion.local import Local, local
from striate.explain.occlusion.node import shape_of
from striate.explain.occlusion.routes import Numbers
from striate.explain.occlusion.scene import Scene
from striate.explain.occlusion.trial import Trial, few_at_once
from striate.nets import Network
from striate.records.occlusion_plan import OcclusionPlan, OcclusionRoute
from striate.trace import trace
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
        return _by_module("asked for", network, scene, ask, clean_s)
    if route is None and work * scene.image.numel() < FEW_VALUES:
        return _by_module("too little work to be planned", network, scene, ask)
    if route is None and work * clean_s < FEW_SECONDS:
        return _by_module("too little time to be gained", network, scene, ask, clean_s)
    try:
        at = _local(network, scene)
        most = 0.0 if route == "dense" else MOST
        engine = Engine(at, scene.image[None], most=most, approximation=ask.approximation)
    except (Unfit, InputError) as reason:
        if route is not None:
            hint = 'Use route="module".' if ask.approximation is None else "Leave the approximation out."
            raise InputError(
                f"a network must be one that can be run in parts to take the {route} route",
                got=Quoted(str(reason)),
                hint=hint,
            ) from reason
        return _by_module(f"its calls cannot be run in parts: {reason}", network, scene, ask, clean_s)
    return Trial(network, scene, order, at, engine, ask).chosen(route)


def _by_module(reason: str, network: Network, scene: Scene, ask: Ask, clean_s: float | None = None) -> Chosen:
    seconds: dict[OcclusionRoute, float] = {} if clean_s is None else {"module": clean_s}
    at_once = 1 if _mixes_images(network.module) else ask.batch or few_at_once(scene.image)
    return Chosen(OcclusionPlan(route="module", reason=reason, windows=ask.windows, batch=at_once, seconds=seconds))


def _mixes_images(module: nn.Module) -> bool:
    """Whether a window's scores would depend on the windows beside it: normalisation without statistics of its own."""
    norms = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return any(isinstance(part, norms) and part.running_mean is None for part in module.modules())


def _local(network: Network, scene: Scene) -> Local:
    recording = trace(network.module, (1, *scene.image.shape))
    if recording.skipped_hooks:
        raise Unfit("modules have hooks that may change values")
    at = local(recording.program, network.module, scene.image[None])
    size = scene.image.element_size()
    kept = sum(prod(shape_of(at.record, value)) * size for node in at.nodes for value in node.made)
    if kept > MOST_KEPT_BYTES:
        raise Unfit(f"the values of one image are {kept / 2**30:.1f} GiB, more than are kept")
    return at
