"""The laws of the backward pass by operator, and their check against autograd."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from striate.explain.laws import convolution, joining, normalisation, pointwise, pooling
from striate.trace.backprop import Call

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """How an operation hands a gradient on.

    Attributes:
        name: Short, for a table.
        statement: In one sentence.
        gradients: From operator, arguments, arriving gradient and output to the gradient of each tensor argument.
    """

    name: str
    statement: str
    gradients: Callable[[Call, Arguments, Tensor, Tensor], dict[str, Tensor]]


def _plain(function: Callable[[Arguments, Tensor, Tensor], dict[str, Tensor]]) -> Any:  # noqa: ANN401 - as `Law.gradients`
    return lambda _call, arguments, arrived, made: function(arguments, arrived, made)


def _named(function: Callable[[str, Arguments, Tensor, Tensor], dict[str, Tensor]]) -> Any:  # noqa: ANN401 - as `Law.gradients`
    return lambda call, arguments, arrived, made: function(call.operator, arguments, arrived, made)


_FLIPPED = Law(
    name="flipped filter",
    statement="The gradient at the input is the arriving gradient convolved with the flipped filters; that of a weight is "
    "the sum over all places where the weight was used.",
    gradients=_plain(convolution.convolution_law),
)
_UNFLIPPED = Law(
    name="filter as it is",
    statement="A transposed convolution goes backward as a convolution: the filters slide over the arriving gradient as "
    "they are; that of a weight is the sum over all places where the weight was used.",
    gradients=_plain(convolution.transposed_law),
)
_WINNER = Law(
    name="winner takes all",
    statement="Each window's gradient goes to its largest value, the winner; all others get exactly zero, and a value that "
    "wins several windows gets their sum.",
    gradients=_named(pooling.max_law),
)
_EVEN = Law(
    name="spread evenly",
    statement="Each window's gradient is shared evenly among the values it read.",
    gradients=_named(pooling.average_law),
)
_SLOPE = Law(
    name="slope",
    statement="The gradient of each value is multiplied by the slope there: for a ReLU by 1 where the value was above "
    "zero, by 0 elsewhere.",
    gradients=_named(pointwise.slope_law),
)
_OUTER = Law(
    name="outer product",
    statement="Each input gets the sum of arriving gradient × weight over all outputs; the weights' gradient is the outer "
    "product of arriving gradient and input.",
    gradients=_plain(joining.linear_law),
)
_SCALE = Law(
    name="scale",
    statement="With running statistics each channel's gradient is multiplied by one number, γ / σ; with the batch's own, "
    "its mean and its part along the normalised values are taken out as well.",
    gradients=_plain(normalisation.batch_law),
)
_COPIED = Law(
    name="copied",
    statement="The gradient is handed on as it is.",
    gradients=_plain(joining.copied_law),
)
_SUMMED = Law(
    name="copied",
    statement="A sum hands the same gradient to each of its summands.",
    gradients=_plain(joining.sum_law),
)
_MOVED = Law(
    name="moved",
    statement="Each value's gradient goes back to where the value came from.",
    gradients=lambda call, arguments, arrived, _made: joining.moved_law(call.func, arguments, arrived),
)


def _own(function: Callable[[Arguments, Tensor, Tensor], dict[str, Tensor]], over: str) -> Law:
    return Law(
        name="scale less mean",
        statement=f"The gradient is multiplied by γ / σ; its mean and its part along the normalised values are taken out, "
        f"over {over}.",
        gradients=_plain(function),
    )


LAWS: Mapping[str, Law] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution"), _FLIPPED),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _UNFLIPPED),
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d"), _WINNER),
    **dict.fromkeys(("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"), _WINNER),
    **dict.fromkeys(("max_pool2d_with_indices", "max_pool3d_with_indices"), _WINNER),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), _EVEN),
    **dict.fromkeys(("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"), _EVEN),
    **dict.fromkeys(pointwise.OPERATORS, _SLOPE),
    "linear": _OUTER,
    "batch_norm": _SCALE,
    "instance_norm": _own(normalisation.instance_law, "each channel of the image"),
    "group_norm": _own(normalisation.group_law, "each group of channels"),
    "layer_norm": _own(normalisation.layer_law, "the axes it normalises"),
    "add": _SUMMED,
    "sub": Law(
        name="copied, one negated",
        statement="A difference hands a copy to the first, and one with its sign changed to the second.",
        gradients=_plain(joining.difference_law),
    ),
    "mul": Law(
        name="times the other",
        statement="Each factor gets the gradient times the other factor.",
        gradients=_plain(joining.product_law),
    ),
    "div": Law(
        name="over the divisor",
        statement="The dividend gets the gradient divided by the divisor.",
        gradients=_plain(joining.quotient_law),
    ),
    "cat": Law(
        name="cut",
        statement="The gradient is cut where the values were joined; each part goes back to its own.",
        gradients=_plain(joining.concat_law),
    ),
    "mean": Law(
        name="spread evenly",
        statement="The gradient is shared evenly among the values that were averaged.",
        gradients=_plain(joining.mean_law),
    ),
    "sum": Law(
        name="copied",
        statement="Each value that was summed up gets the same gradient.",
        gradients=_plain(joining.total_law),
    ),
    **dict.fromkeys(("identity", "clone", "contiguous", "alias", "to", "_to_copy"), _COPIED),
    **dict.fromkeys(
        ("flatten", "view", "reshape", "_unsafe_view", "permute", "transpose", "t", "unsqueeze", "squeeze", "slice",
         "select", "expand", "roll", "flip", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "constant_pad_nd", "pad",
         "unflatten", "movedim", "narrow", "repeat", "swapaxes"),
        _MOVED,
    ),
}  # fmt: skip


def law_of(call: Call) -> Law | None:
    """Return the law of a recorded call; None where none is stated, as for dropout while it drops."""
    if call.operator.removesuffix("_") in ("dropout", "feature_dropout", "alpha_dropout"):
        return None if call.arguments.get("train") else _COPIED
    law = LAWS.get(call.operator)
    if call.operator == "pow" and isinstance(call.arguments.get("exponent"), Tensor):
        return None
    if call.operator == "div" and call.arguments.get("rounding_mode"):
        return None
    return law if isinstance(call.arguments.get("self", torch.empty(0)), Tensor) else None


def doubled(arguments: Arguments) -> dict[str, Any]:
    """Return a call's arguments with floating tensors in double precision, each a copy of its own."""
    return {name: _doubled(value) for name, value in arguments.items()}


def _doubled(value: Any) -> Any:  # noqa: ANN401 - an argument of any operator
    if isinstance(value, Tensor):
        return value.detach().to(torch.float64).clone() if value.is_floating_point() else value
    return type(value)(map(_doubled, value)) if isinstance(value, list | tuple) else value


def _detached(arguments: Arguments) -> dict[str, Any]:
    """Return arguments without what autograd noted; in the same memory, since a law writes into none of them."""
    return {
        name: value.detach()
        if isinstance(value, Tensor)
        else type(value)(part.detach() if isinstance(part, Tensor) else part for part in value)
        if isinstance(value, list | tuple)
        else value
        for name, value in arguments.items()
    }


def leaves(arguments: Arguments) -> dict[str, Tensor]:
    """Return the floating tensors among arguments by name; those of a list as `name.0`, `name.1` and so on."""
    found: dict[str, Tensor] = {}
    for name, value in arguments.items():
        if isinstance(value, Tensor) and value.is_floating_point():
            found[name] = value
        elif isinstance(value, list | tuple):
            parts = enumerate(value)
            found |= {f"{name}.{n}": part for n, part in parts if isinstance(part, Tensor) and part.is_floating_point()}
    return found


def first_of(out: Any) -> Tensor:  # noqa: ANN401 - what an operator returns
    """Return the first output of an operator."""
    first: Tensor = out[0] if isinstance(out, list | tuple) else out
    return first


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A law's gradients beside autograd's, both in double precision.

    Attributes:
        law: The law.
        ours: By argument.
        autograd: By argument.
        difference: Largest difference, as a share of autograd's largest gradient for that argument; the difference itself
            where that is zero.
    """

    law: Law
    ours: Mapping[str, Tensor]
    autograd: Mapping[str, Tensor]
    difference: float


def check(call: Call, arrived: Tensor) -> Checked | None:
    """Return what a call's law says of a gradient that arrives at its first output, beside autograd; None without a law."""
    law = law_of(call)
    if law is None:
        return None
    arguments, weight = doubled(call.arguments), arrived.detach().to(torch.float64)
    with torch.inference_mode(mode=False), torch.enable_grad():
        wanted = {name: tensor.requires_grad_() for name, tensor in leaves(arguments).items()}
        # Running statistics are no part of what is differentiated, and train mode writes into them.
        for name in ("running_mean", "running_var"):
            if name in wanted:
                arguments[name] = wanted.pop(name).detach().clone()
        made = first_of(call.func(**arguments))
        if not wanted or not made.requires_grad:
            return None
        grads = torch.autograd.grad(made, list(wanted.values()), weight, allow_unused=True, materialize_grads=True)
    autograd = dict(zip(wanted, grads, strict=True))
    with torch.no_grad():
        ours = law.gradients(call, _detached(arguments), weight, made.detach())
    worst = max((apart(ours.get(name), found) for name, found in autograd.items()), default=0.0)
    return Checked(law=law, ours=ours, autograd=autograd, difference=worst)


def apart(ours: Tensor | None, autograd: Tensor) -> float:
    """Return the largest difference, as a share of autograd's largest gradient; infinite where ours is missing or no number."""
    if not autograd.numel():
        return 0.0
    # Fully connected layers have weights of a gigabyte in double precision: no copy more than it takes.
    largest = max(abs(float(end)) for end in autograd.aminmax())
    difference = math.inf if ours is None else float((ours - autograd).abs_().max())
    share = difference / largest if largest else difference
    # NaN is neither larger nor smaller, and would be lost where the largest of several differences is taken.
    return share if not math.isnan(share) else math.inf
