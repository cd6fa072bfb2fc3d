"""The backward pass to look at: the gradient at every layer, and where that of one unit came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted, ShapeError, unknown_name
from striate.events import SILENT, Events, Task
from striate.explain.answers import taken
from striate.explain.backward_detail import detail_of
from striate.explain.backward_rows import rows_of
from striate.explain.method import method
from striate.graph import Mode, times
from striate.nets import Network
from striate.records import Backward, UnitAt
from striate.trace.backprop import Forward, forward, gradients
from striate.trace.state import kept_randomness

_FINE = (torch.float32, torch.float64)


@method("What gradient reaches each layer, and where did it come from?", section="methods/backward")
def backward(  # noqa: PLR0913 - each says one thing about the pass
    network: Network | nn.Module,
    images: Tensor,
    targets: Tensor | Sequence[UnitAt] | UnitAt,
    *,
    look_at: Sequence[UnitAt] | Literal["all"] = (),
    mode: Mode = "eval",
    keep: bool = False,
    checked: bool = True,
    events: Events = SILENT,
) -> tuple[Backward, ...]:
    """Return the gradient of one score at every op, last to first, and for some units where it came from.

    The network's recorded calls run on copies of its values and are asked backward one at a time. For each, the law by
    which it hands a gradient on (a convolution by its flipped filters, max pooling to the winner …) is computed by our own
    arithmetic as well, in double precision, and the largest difference to autograd is kept.

    Args:
        network: A network, or any module with one input.
        images: Preprocessed, (n, c, …) with one, two or three axes of space, or (n, features).
        targets: One for each image: output units, int64 (n,), or a unit of any layer, at a place or as the sum over its
            map; one `UnitAt` holds for all.
        look_at: Units to take apart, by layer; without a unit or place, those with the largest gradient. An input's name
            is a layer too; "all" are those a gradient reaches.
        mode: "train" lets normalisation use the statistics of the image and dropout drop, each image by itself.
        keep: Whether each row holds the whole gradient, too.
        checked: Whether laws are compared with autograd at every op.
        events: Hears of each image.

    Returns:
        One record for each image. Gradients are score per unit of the value they arrive at.

    Raises:
        InputError: A target that does not exist; images or gradients that are not finite; half precision; a network that
            writes into a slice of a value.
        ShapeError: Not one target for each image.
        UnknownNameError: A layer nobody knows.
        Cancelled: The watcher asked to stop.

    When it misleads:
        The norm depends on the size of the map: pooling over 49 places alone divides it by 7. Compare like with like, or
        read the RMS. One image is one image: a unit without gradient here may have one elsewhere. In train mode the
        statistics are those of a single image, not of a batch. Below float32 small gradients become zero: such networks
        are refused.

    Source:
        Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors", Nature 323, 1986; for
        convolutions LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE 86, 1998.
        Differs: nothing is learned from it; the products of which a gradient is the sum are kept.

    Cost:
        About one forward and one backward pass for each image; with the laws checked some ten, in double precision.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> [seen] = backward(network, torch.ones(1, 1, 8, 8), torch.tensor([2]), look_at=[UnitAt(layer="conv1")])
        >>> [row.name for row in seen.rows], seen.details[0].sources[0].op
        (['classes', 'flatten1', 'relu1', 'conv1', 'input'], 'relu1')
    """
    if mode not in ("eval", "train"):
        raise InputError("mode must be eval or train", got=mode)
    module = network.module if isinstance(network, Network) else network
    inputs = _taken(network, images)
    wanted = _targets(targets, len(inputs))
    task = Task("backward", total=len(inputs), unit="image", events=events)
    found = []
    with torch.inference_mode(mode=False), kept_randomness():
        for sample, (image, target) in enumerate(zip(inputs, wanted, strict=True)):
            run = forward(module, image[None], mode)
            found.append(_backward(run, sample, target, look_at, mode=mode, keep=keep, checked=checked))
            task.advance(1)
    return tuple(found)


def answer_of(network: Network | nn.Module, images: Tensor) -> tuple[int, ...]:
    """Return the output unit with the highest score for each image."""
    module = network.module if isinstance(network, Network) else network
    units = []
    for image in _taken(network, images):
        run = forward(module, image[None], "eval")
        scores = run.tensors[run.values[run.graph.outputs[0]]]
        units.append(int(scores.flatten(2).sum(2).argmax()) if scores.ndim > 2 else int(scores.argmax()))
    return tuple(units)


def _backward(
    run: Forward,
    sample: int,
    target: UnitAt,
    look_at: Sequence[UnitAt] | Literal["all"],
    *,
    mode: Mode,
    keep: bool,
    checked: bool,
) -> Backward:
    layer = target.layer or run.graph.outputs[0]
    known = [op.name for op in run.graph]
    if layer not in known:
        raise unknown_name("op", layer, known)
    number = run.values[layer]
    value = run.tensors[number]
    seed = _seed(value, UnitAt(layer=layer, unit=target.unit, at=target.at))
    gradients_ = gradients(run, {number: seed})
    rows = rows_of(run, gradients_, layer, keep=keep, checked=checked)
    if not any(row.reached for row in rows if row.kind == "input"):
        _refuse_unreached(rows[-1].name)
    if isinstance(look_at, str):
        look_at = [UnitAt(layer=row.name) for row in rows if row.reached]
    for place in look_at:
        if place.layer not in run.values:
            raise unknown_name("op", place.layer, list(run.values))
    differences = [row.difference for row in rows if row.difference is not None]
    return Backward(
        sample=sample,
        target=UnitAt(layer=layer, unit=target.unit, at=target.at),
        score=float((value * seed).sum()),
        mode=mode,
        rows=rows,
        difference=max(differences, default=None),
        details=tuple(detail_of(run, gradients_, place) for place in look_at),
        notes=run.notes,
    )


def _refuse_unreached(name: str) -> None:
    raise InputError(
        "scores must depend on the input in a differentiable way",
        got=Quoted("no gradient at the input"),
        where=name,
        hint="Does its forward detach, round, or switch gradients off?",
    )


def _seed(value: Tensor, target: UnitAt) -> Tensor:
    """Return the gradient the pass begins with: one at the target, zero elsewhere."""
    if not value.is_floating_point():
        raise InputError("a target must be a score, not a whole number", got=str(value.dtype), where=target.layer)
    units = value.shape[1] if value.ndim > 1 else 1
    if target.unit is None or not 0 <= target.unit < units:
        raise InputError(f"a target's unit must be 0 … {units - 1}", got=target.unit, where=target.layer)
    seed = torch.zeros_like(value)
    if target.at is None:
        seed[(slice(None), target.unit) if value.ndim > 1 else target.unit] = 1
        return seed
    sizes = tuple(value.shape[2:])
    if len(target.at) != len(sizes) or any(not 0 <= at < n for at, n in zip(target.at, sizes, strict=True)):
        raise InputError(
            f"a target's place must be an index on its map, {times(sizes) or 'which it does not have'}",
            got=Quoted(", ".join(map(str, target.at))),
            where=target.layer,
        )
    seed[(0, target.unit, *target.at)] = 1
    return seed


def _targets(targets: Tensor | Sequence[UnitAt] | UnitAt, count: int) -> list[UnitAt]:
    if isinstance(targets, UnitAt):
        return [targets] * count
    if len(targets) != count:
        raise ShapeError("targets must be one for each image", got=len(targets))
    return [one if isinstance(one, UnitAt) else UnitAt(unit=int(one)) for one in targets]


def _taken(network: Network | nn.Module, images: Tensor) -> Tensor:
    module = network.module if isinstance(network, Network) else network
    first = next((p for p in module.parameters() if p.is_floating_point()), images)
    if first.dtype not in _FINE:
        raise InputError(
            "a network must be in float32 or float64 to be looked at backward",
            got=str(first.dtype).removeprefix("torch."),
            hint="Call network.float(): gradients under 6e−8 would become zero in half precision.",
        )
    if isinstance(network, Network) and images.ndim > 2:
        return taken(network, images, axes=(1, 2, 3))
    if not images.is_floating_point():
        raise InputError("images must be preprocessed floats", got=str(images.dtype), hint="Use data.prepare.")
    with torch.inference_mode(mode=False):
        inputs = images.detach().clone().to(device=first.device, dtype=first.dtype)
    if not bool(torch.isfinite(inputs).all()):
        raise InputError("images must hold finite numbers", got=Quoted("NaN or infinity"))
    return inputs
