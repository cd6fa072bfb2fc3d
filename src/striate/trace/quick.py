"""Everyday calls on tensors without values, their sizes by arithmetic; all other calls by torch.

Torch's fake mode takes one to two milliseconds for a call whose sizes it has not met before, and both it and meta tensors work
through the whole formula of a batch normalisation to learn that its sizes stay. Here nothing is answered but the plain case,
contiguous floating-point tensors of one type on one device, for which the result is contiguous too; whatever does not fit is left
to torch, which also says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from striate.graph import Shape
from striate.kinds.kind import slide
from striate.trace.hollow import Hollow

Args = Sequence[Any]
# Calls whose result has the sizes and the type of what they read.
_SAME = frozenset(
    {"relu", "relu6", "leaky_relu", "elu", "selu", "silu", "gelu", "mish", "softplus", "hardtanh", "hardswish"}
    | {"hardsigmoid", "sigmoid", "tanh", "abs", "exp", "log", "neg", "rsqrt", "sqrt"}
)
# Named arguments that say nothing about sizes.
_KNOWN = ({"approximate": "none"}, {"approximate": "tanh"})


class Quick:
    """Runs operators on tensors without values."""

    def __init__(self, hollow: Hollow) -> None:
        self._hollow = hollow
        self._rules: dict[Any, Callable[[Args], Shape | None] | None] = {}

    def __call__(self, func: Any, args: Args, kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an OpOverload
        """Return what the operator makes of its arguments."""
        # Or what is asked about tensors here would count as asked by the network.
        with torch._C.DisableTorchFunction():  # noqa: SLF001 - the only way past a function mode
            return self._made(func, args, kwargs)

    def _made(self, func: Any, args: Args, kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an OpOverload
        if func not in self._rules:
            self._rules[func] = _rule(func)
        rule = self._rules[func]
        if rule is None or (kwargs and kwargs not in _KNOWN) or not self._is_plain(args):
            return self._hollow.run(func, args, kwargs)
        shape = rule(args)
        first = args[0][0] if isinstance(args[0], list | tuple) else args[0]
        if shape is None or (func._schema.is_mutable and shape != tuple(first.shape)):  # noqa: SLF001 - the schema has no public name
            return self._hollow.run(func, args, kwargs)
        return first if func._schema.is_mutable else self._hollow.made(shape, first)  # noqa: SLF001 - as above

    def _is_plain(self, args: Args) -> bool:
        kind = None
        for argument in args:
            for part in argument if isinstance(argument, list | tuple) else (argument,):
                if not isinstance(part, Tensor):
                    continue
                if not self._hollow.is_own(part) or not part.dtype.is_floating_point or not part.is_contiguous():
                    return False
                if kind not in (None, (part.dtype, part.device)):
                    return False
                kind = (part.dtype, part.device)
        return kind is not None


def _rule(func: Any) -> Callable[[Args], Shape | None] | None:  # noqa: ANN401 - an OpOverload
    name = func._schema.name.removeprefix("aten::").removesuffix("_")  # noqa: SLF001 - as above
    if func._overloadname.endswith("out"):  # noqa: SLF001 - as above
        return None
    if name in _SAME:
        return _same
    return _RULES.get(f"{name}.{func._overloadname}")  # noqa: SLF001 - as above


def _same(args: Args) -> Shape | None:
    return tuple(args[0].shape)


def _convolved(args: Args) -> Shape | None:
    defaults: tuple[Any, ...] = (None, [1], [0], [1], 1)
    source, weight, bias, stride, padding, dilation, groups = (*args, *defaults[len(args) - 2 :])
    count = weight.dim() - 2
    if source.dim() != count + 2 or isinstance(padding, str):
        return None
    is_fitting = groups > 0 and source.shape[1] == weight.shape[1] * groups and weight.shape[0] % groups == 0
    if not is_fitting or 0 in source.shape or not _is_bias(bias, weight):
        return None
    windows = zip(
        source.shape[2:],
        weight.shape[2:],
        _spread(stride, count),
        _spread(padding, count),
        _spread(dilation, count),
        strict=True,
    )
    lengths = [slide(length, k, s, (p, p), d) if min(s, d, p + 1) > 0 else 0 for length, k, s, p, d in windows]
    return (source.shape[0], weight.shape[0], *lengths) if min(lengths) > 0 else None


def _pooled(count: int, args: Args) -> Shape | None:
    defaults: tuple[Any, ...] = ([], [0], [1], False)
    source, kernel, stride, padding, dilation, rounds_up = (*args, *defaults[len(args) - 2 :])
    return None if rounds_up else _windowed(count, source, kernel, stride or kernel, padding, dilation)


def _averaged_in_windows(count: int, args: Args) -> Shape | None:
    defaults: tuple[Any, ...] = ([], [0], False, True, None)
    source, kernel, stride, padding, rounds_up, _, divisor = (*args, *defaults[len(args) - 2 :])
    return (
        None if rounds_up or divisor is not None else _windowed(count, source, kernel, stride or kernel, padding, [1])
    )


def _windowed(count: int, source: Tensor, *numbers: Sequence[int]) -> Shape | None:
    is_fitting = source.dim() == count + 2 and 0 not in source.shape
    if not is_fitting or any(len(part) not in (1, count) for part in numbers):
        return None
    windows = zip(source.shape[2:], *(_spread(part, count) for part in numbers), strict=True)
    lengths = [
        slide(length, k, s, (p, p), d) if min(k, s, d) > 0 and 0 <= p <= k // 2 else 0 for length, k, s, p, d in windows
    ]
    return (*source.shape[:2], *lengths) if min(lengths) > 0 else None


def _spread(numbers: Sequence[int], count: int) -> Sequence[int]:
    return [*numbers] * count if len(numbers) == 1 else numbers


def _is_bias(bias: Tensor | None, weight: Tensor) -> bool:
    return bias is None or tuple(bias.shape) == (weight.shape[0],)


def _normalised(args: Args) -> Shape | None:
    source, *rest = args[:5]
    return tuple(source.shape) if source.dim() > 1 and _are_bare_or(rest, (source.shape[1],)) else None


def _normalised_in_groups(args: Args) -> Shape | None:
    source, groups, *rest = args[:4]
    is_fitting = source.dim() > 1 and groups > 0 and source.shape[1] % groups == 0 and 0 not in source.shape
    return tuple(source.shape) if is_fitting and _are_bare_or(rest, (source.shape[1],)) else None


def _normalised_over(args: Args) -> Shape | None:
    source, lengths, *rest = args[:4]
    is_fitting = len(lengths) > 0 and tuple(source.shape[-len(lengths) :]) == tuple(lengths) and 0 not in source.shape
    return tuple(source.shape) if is_fitting and _are_bare_or(rest, tuple(lengths)) else None


def _are_bare_or(tensors: Sequence[Tensor | None], shape: Shape) -> bool:
    return all(part is None or tuple(part.shape) == shape for part in tensors)


def _sloped(args: Args) -> Shape | None:
    source, slope = args
    is_fitting = source.dim() > 1 and slope.dim() == 1 and len(slope) in (1, source.shape[1])
    return tuple(source.shape) if is_fitting else None


def _reduced(args: Args) -> Shape | None:
    defaults: tuple[Any, ...] = ([], False)
    source, axes, keeps = (*args, *defaults[len(args) - 1 :])
    count = source.dim()
    if not axes or 0 in source.shape or not all(-count <= axis < count for axis in axes):
        return None
    gone = {axis % count for axis in axes}
    if len(gone) < len(axes):
        return None
    return tuple(1 if axis in gone else length for axis, length in enumerate(source.shape) if keeps or axis not in gone)


def _multiplied(args: Args) -> Shape | None:
    source, weight, bias = args if len(args) == 3 else (*args, None)
    is_fitting = source.dim() > 1 and weight.dim() == 2 and source.shape[-1] == weight.shape[1]
    return (*source.shape[:-1], weight.shape[0]) if is_fitting and _is_bias(bias, weight) else None


def _combined(args: Args) -> Shape | None:
    source, other = args[:2]
    if isinstance(other, int | float) or (isinstance(other, Tensor) and source.shape == other.shape):
        return tuple(source.shape)
    if not isinstance(other, Tensor) or source.dim() != other.dim():
        return None
    pairs = list(zip(source.shape, other.shape, strict=True))
    return tuple(a if b == 1 else b for a, b in pairs) if all(a == b or 1 in (a, b) for a, b in pairs) else None


def _joined(args: Args) -> Shape | None:
    parts, axis = args if len(args) == 2 else (*args, 0)
    first = parts[0].shape
    if not -len(first) <= axis < len(first):
        return None
    axis %= len(first)
    around = (first[:axis], first[axis + 1 :])
    is_fitting = all((part.shape[:axis], part.shape[axis + 1 :]) == around for part in parts)
    return (*around[0], sum(part.shape[axis] for part in parts), *around[1]) if is_fitting else None


def _along(args: Args) -> Shape | None:
    source, axis, *dtype = args
    return tuple(source.shape) if -source.dim() <= axis < source.dim() and dtype in ([], [None]) else None


def _averaged(args: Args) -> Shape | None:
    source, lengths = args
    return (*source.shape[:-2], *lengths) if source.dim() == 4 and len(lengths) == 2 and min(lengths) > 0 else None


_RULES: Mapping[str, Callable[[Args], Shape | None]] = {
    "conv1d.default": _convolved,
    "conv2d.default": _convolved,
    "conv3d.default": _convolved,
    "max_pool1d.default": partial(_pooled, 1),
    "max_pool2d.default": partial(_pooled, 2),
    "max_pool3d.default": partial(_pooled, 3),
    "avg_pool1d.default": partial(_averaged_in_windows, 1),
    "avg_pool2d.default": partial(_averaged_in_windows, 2),
    "avg_pool3d.default": partial(_averaged_in_windows, 3),
    "batch_norm.default": _normalised,
    "linear.default": _multiplied,
    "group_norm.default": _normalised_in_groups,
    "layer_norm.default": _normalised_over,
    "prelu.default": _sloped,
    "mean.dim": _reduced,
    "sum.dim_IntList": _reduced,
    "amax.default": _reduced,
    "add.Tensor": _combined,
    "sub.Tensor": _combined,
    "mul.Tensor": _combined,
    "div.Tensor": _combined,
    "softmax.int": _along,
    "log_softmax.int": _along,
    "cat.default": _joined,
    "adaptive_avg_pool2d.default": _averaged,
}
