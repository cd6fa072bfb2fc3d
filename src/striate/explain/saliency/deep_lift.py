"""DeepLift, through Captum, where Captum's answer can be relied on."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import InputError, MissingExtraError, Quoted
from striate.events import SILENT, Events
from striate.explain.saliency.attributing import PER_SCORE, Maps, Pick, attributions, saliency_method
from striate.explain.saliency.integrated import baseline_of
from striate.explain.saliency.scored import Scored
from striate.graph import Graph
from striate.nets import Network
from striate.records import Attribution
from striate.trace.shell import twin

# The modules Captum has a rule for, by kind of op.
_RULED: dict[str, tuple[type[nn.Module], ...]] = {
    "relu": (nn.ReLU,),
    "elu": (nn.ELU,),
    "leakyrelu": (nn.LeakyReLU,),
    "sigmoid": (nn.Sigmoid,),
    "tanh": (nn.Tanh,),
    "softplus": (nn.Softplus,),
    "maxpool": (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d),
    "softmax": (nn.Softmax,),
}
# Kinds that are not linear in what they are given, and for which it has none.
_UNRULED = frozenset({
    "gelu", "silu", "hardswish", "hardsigmoid", "clamp", "celu", "selu", "mish", "prelu", "globalmaxpool", "layernorm",
    "groupnorm", "instancenorm", "channelnorm", "rmsnorm", "attention", "lrn", "pointwise",
})  # fmt: skip


@saliency_method("How does each pixel share in what these scores gained over a baseline, by differences?")
def deep_lift(
    network: Network,
    images: Tensor,
    targets: Tensor | None = None,
    *,
    baseline: float | Tensor = 0.0,
    events: Events = SILENT,
) -> tuple[Attribution, ...]:
    """Return what each pixel's difference from a baseline gives to scores, by Captum's DeepLift (rescale rule).

    Captum puts hooks on modules and passes over activations that are functions, or modules used twice, without a word; such
    networks are refused by name. It works on a copy, in which in-place activations are switched to their own memory.

    Args:
        network: As for `gradient`, with activations that are modules of their own.
        images: As for `gradient`.
        targets: As for `gradient`.
        baseline: Preprocessed: one number for all pixels (0, the mean of the data, if left out), or an input (c, axes…).
        events: Hears of each score of each image; can cancel between them.

    Returns:
        Maps (k, c, axes…) in score. They should sum to score − score of the baseline; `gaps` is by how much they do not.

    Raises:
        MissingExtraError: Captum is not installed.
        InputError: An activation that Captum has no rule for or would pass over; a target that is no output; images that are
            not finite; a network whose calls depend on the image.
        ShapeError: Not a row of targets for each image; a baseline of another size.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Everything is told against the baseline. Products of two parts of the network (squeeze-and-excitation) have no rule
        and are taken as gradients: the gap tells.

    Source:
        Shrikumar, Greenside, Kundaje, "Learning Important Features Through Propagating Activation Differences", ICML 2017;
        Captum's `DeepLift`. Differs: the rescale rule only; what it cannot do is refused.

    Cost:
        One trace, a forward pass of the image and one of the baseline, and for each score two forward passes and a backward one.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> [seen] = deep_lift(network, torch.rand(1, 1, 8, 8), torch.tensor([2]))
        >>> seen.maps.shape, bool(abs(seen.gaps[0]) < 1e-4)
        ((1, 1, 8, 8), True)
    """
    deep = _captum()
    scored = Scored(network, images)
    scored.refused("deep_lift")
    with torch.inference_mode(mode=False):
        module = twin(scored.module).eval()
    notes = ruled(scored.recording.graph, module)
    origin = baseline_of(scored, baseline)

    def core(part: Tensor, pick: Pick) -> Maps:
        with torch.no_grad():
            scores, before = scored.scores(part.clone()), scored.scores(origin[None].clone())
        units = pick(scores)
        with torch.enable_grad(), warnings.catch_warnings():
            # It says that it sets hooks, on our copy.
            warnings.simplefilter("ignore")
            found = []
            for unit in units.unbind(1):
                made = deep(module).attribute(part.clone(), baselines=origin[None].clone(), target=unit.clone())
                found.append(made.detach())
                scored.heard(len(part))
        maps = torch.stack(found, 1)
        return Maps(
            scores=scores, units=units, maps=maps, gaps=maps.flatten(2).sum(2) - (scores - before).gather(1, units)
        )

    return attributions(
        scored,
        targets,
        core,
        name="deep_lift",
        unit=PER_SCORE,
        events=events,
        settings=(("baseline", baseline if isinstance(baseline, int | float) else "given"),),
        passes=(2, 1),
        forward_by_unit=2,
        notes=notes,
    )


def _captum() -> Callable[[nn.Module], Any]:
    try:
        from captum.attr import DeepLift
    except ImportError as cause:
        raise MissingExtraError(
            "deep_lift must have Captum", got=Quoted("none"), hint='Install it: pip install "striate[captum]".'
        ) from cause
    found: Callable[[nn.Module], Any] = DeepLift
    return found


def ruled(graph: Graph, module: nn.Module) -> tuple[str, ...]:
    """Switch a copy's in-place activations to memory of their own and return what was done, in words.

    Raises:
        InputError: An activation that Captum would pass over: a function, a module used again, a kind without a rule.
    """
    paths = Counter(op.path for op in graph if op.kind in _RULED)
    parts = dict(module.named_modules())
    switched = 0
    for op in graph:
        if op.kind in _UNRULED or op.kind.startswith("unknown:"):
            raise _refused(op.name, f"{op.kind}, for which Captum has no rule")
        if op.kind not in _RULED:
            continue
        part = parts.get(op.path)
        if not isinstance(part, _RULED[op.kind]):
            raise _refused(op.name, f"{op.kind} called as a function, which Captum passes over")
        if paths[op.path] > 1:
            raise _refused(op.name, f"{op.path} used {paths[op.path]} times, which Captum confuses")
        if getattr(part, "inplace", False):
            setattr(part, "inplace", False)  # noqa: B010 - modules declare no such attribute
            switched += 1
    if not switched:
        return ()
    return (
        f"{switched} in-place activations were switched to memory of their own in a copy, or Captum would be wrong.",
    )


def _refused(where: str, got: str) -> InputError:
    return InputError(
        "deep_lift must have activations that are modules of their own, each used once",
        got=Quoted(got),
        where=where,
        hint="Take integrated_gradients, which asks for nothing of the kind.",
    )
