"""Everyday calls on tensors without values, their sizes by arithmetic; all other calls by torch's fake mode.

The fake mode takes one to two milliseconds for a call whose sizes it has not met before, and works through the whole formula
of a batch normalisation to learn that its sizes stay. Here nothing is answered but the plain case, contiguous floating-point
tensors of one type on one device, for which the result is contiguous too; whatever does not fit is left to torch, which also says
what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

from striate.graph import Shape
from striate.kinds.kind import slide

Args = Sequence[Any]
# Calls whose result has the sizes and the type of what they read.
_SAME = frozenset(
    {"relu", "hardtanh", "relu6", "silu", "gelu", "hardswish", "hardsigmoid", "sigmoid", "tanh", "elu", "leaky_relu"}
)


class Quick:
    """Runs operators on the tensors of one fake mode."""

    def __init__(self, mode: FakeTensorMode) -> None:
        self._mode = mode
        self._rules: dict[Any, Callable[[Args], Shape | None] | None] = {}

    def __call__(self, func: Any, args: Args, kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an OpOverload
        """Return what the operator makes of its arguments."""
        if func not in self._rules:
            self._rules[func] = _rule(func)
        rule = self._rules[func]
        if rule is None or (kwargs and rule is not _same) or not self._is_plain(args):
            return func(*args, **kwargs)
        shape = rule(args)
        first = args[0][0] if isinstance(args[0], list | tuple) else args[0]
        if shape is None:
            return func(*args, **kwargs)
        if func._schema.is_mutable:  # noqa: SLF001 - the schema has no public name
            return first if shape == tuple(first.shape) else func(*args, **kwargs)
        with torch._C._DisableTorchDispatch():  # noqa: SLF001 - else the mode makes it
            return FakeTensor(self._mode, torch.empty(shape, dtype=first.dtype, device="meta"), first.device)

    def _is_plain(self, args: Args) -> bool:
        kind = None
        for argument in args:
            for part in argument if isinstance(argument, list | tuple) else (argument,):
                if not isinstance(part, Tensor):
                    continue
                is_ours = type(part) is FakeTensor and part.fake_mode is self._mode and part.constant is None
                if not is_ours or not part.dtype.is_floating_point or not part.is_contiguous():
                    return False
                if kind not in (None, (part.dtype, part.device)):
                    return False
                kind = (part.dtype, part.device)
        return kind is not None


def _rule(func: Any) -> Callable[[Args], Shape | None] | None:  # noqa: ANN401 - an OpOverload
    name = func._schema.name.removeprefix("aten::").removesuffix("_")  # noqa: SLF001 - as above
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


def _spread(numbers: Sequence[int], count: int) -> Sequence[int]:
    return [*numbers] * count if len(numbers) == 1 else numbers


def _is_bias(bias: Tensor | None, weight: Tensor) -> bool:
    return bias is None or tuple(bias.shape) == (weight.shape[0],)


def _normalised(args: Args) -> Shape | None:
    source, *rest = args[:5]
    is_fitting = source.dim() > 1 and all(part is None or tuple(part.shape) == (source.shape[1],) for part in rest)
    return tuple(source.shape) if is_fitting else None


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


def _averaged(args: Args) -> Shape | None:
    source, lengths = args
    return (*source.shape[:-2], *lengths) if source.dim() == 4 and len(lengths) == 2 and min(lengths) > 0 else None


_RULES: Mapping[str, Callable[[Args], Shape | None]] = {
    "conv1d.default": _convolved,
    "conv2d.default": _convolved,
    "conv3d.default": _convolved,
    "batch_norm.default": _normalised,
    "linear.default": _multiplied,
    "add.Tensor": _combined,
    "mul.Tensor": _combined,
    "cat.default": _joined,
    "adaptive_avg_pool2d.default": _averaged,
}
