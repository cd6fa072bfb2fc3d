"""The head of a classifier, op by op, as modules that slide over a map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import ceil, floor, prod
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted
from striate.graph import Op, Shape, times
from striate.kinds import kind_of
from striate.nets.dense.cutting import ADAPTIVE, WINDOWS, Cut
from striate.nets.dense.seats import Seats, is_mover, moved
from striate.nets.dense.windows import FeatureNorm, Pick, Summary, WindowPool, convolution
from striate.records.dense import HeadStep
from striate.trace import Recording

_SUMMARIES: Mapping[str, Summary] = {
    "globalavgpool": "mean", "avgpool": "mean", "mean": "mean", "globalmaxpool": "max", "maxpool": "max", "amax": "max",
    "sum": "sum",
}  # fmt: skip
_POINTWISE = frozenset(
    {"relu", "leakyrelu", "elu", "gelu", "silu", "hardswish", "hardsigmoid", "clamp", "sigmoid", "tanh"}
)
# A module, what to call it, and which of its features stands where in the value of the op it stands for.
_Made = tuple[nn.Module, str, Tensor] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A converted head.

    Attributes:
        modules: In order, by the names of their ops.
        steps: What each op became.
        rest: The op from whose value on the network's own calls are run again, once a position; "" if all were converted.
        rest_shape: Shape of that value for one image.
    """

    modules: Mapping[str, nn.Module]
    steps: tuple[HeadStep, ...]
    rest: str = ""
    rest_shape: Shape = ()


class HeadReader:
    """Reads a head once, from its first op to the scores.

    Args:
        module: The network.
        recording: Its trace, at two images at least.
        cut: Where the head begins.
    """

    def __init__(self, module: nn.Module, recording: Recording, cut: Cut) -> None:
        self._module, self._recording, self._cut = module, recording, cut
        self._batch = recording.graph.conditions.batch
        self._seats = Seats.of_map(cut.shape, cut.order, cut.trunk)
        self._pooling: tuple[Tensor, ...] = ()
        self._modules: dict[str, nn.Module] = {}
        self._steps: list[HeadStep] = []

    def read(self) -> Head:
        """Return the head as modules.

        Raises:
            InputError: An op that no rule makes dense, with its name and the reason.
        """
        last = self._cut.trunk
        for op, is_chain in zip(self._cut.head, self._cut.is_chain, strict=True):
            if not is_chain or not self._take(op):
                return self._with_rest(last, op)
            last = op.name
        return self._ended()

    def _take(self, op: Op) -> bool:
        """Convert one op; False if only running it again at each position would do."""
        if is_mover(op):
            self._seats = moved(self._seats, op, self._module, self._recording, self._batch)
            self._steps.append(HeadStep(op=op.name, kind=op.kind, becomes="nothing"))
            return True
        if self._seats.holds == "features":
            return self._take_features(op)
        if summary := self._summary(op):
            return self._pool(op, summary)
        if op.kind == "globalavgpool":
            return self._shrink(op)
        return op.kind in {"linear", "conv"} and self._fold(op)

    def _take_features(self, op: Op) -> bool:
        if self._pools_nothing(op):
            self._seats = replace(self._seats, number=self._seats.number.reshape(op.shape[1:]), anchor=op.name)
            self._steps.append(HeadStep(op=op.name, kind=op.kind, becomes="nothing"))
            return True
        maker = _FEATURE_OPS.get(op.kind)
        return self._add(op, *made) if maker is not None and (made := maker(self, op)) is not None else False

    def _add(self, op: Op, made: nn.Module, becomes: str, number: Tensor, count: int = 0) -> bool:
        """Take a module that makes `count` features, all in use if 0; `number` says which stands where in the op's value."""
        self._modules[op.name.replace(".", "_")] = made
        self._steps.append(HeadStep(op=op.name, kind=op.kind, becomes=becomes))
        self._seats = Seats.of_features(number, count or int(number.max()) + 1, op.name)
        return True

    def _summary(self, op: Op) -> Summary | None:
        """Return what an op takes of whole maps, if that is what it does."""
        if self._seats.holds != "map" or max(self._over(op), default=-1) < 0:
            return None
        name = op.attributes.get("operator", "") if op.kind == "reduction" else op.kind
        return _SUMMARIES.get(name) if self._seats.channel_of(self._over(op)) is not None else None

    def _over(self, op: Op) -> tuple[int, ...]:
        """Return the dimensions an op reads whole."""
        rank = self._seats.number.ndim + 1
        if op.kind in ADAPTIVE and set(op.attributes["size"]) == {1}:
            return tuple(range(rank - len(op.attributes["size"]), rank))
        if op.kind in WINDOWS and tuple(self._seats.number.shape[1:]) == op.attributes["kernel"]:
            return tuple(range(2, rank))
        return tuple(op.attributes["over"]) if op.kind in {"mean", "reduction"} and "over" in op.attributes else ()

    def _pool(self, op: Op, summary: Summary) -> bool:
        channel = self._seats.channel_of(self._over(op))
        window = self._seats.of[1:]
        if channel is None:
            return False
        made = WindowPool(window, summary)
        words = f"{summary} of windows {times(window)}"
        return self._add(op, made, words, channel.reshape(op.shape[1:]), self._seats.of[0])

    def _pools_nothing(self, op: Op) -> bool:
        """Return whether an op takes the mean or the largest of one value each."""
        is_pool = op.kind in _SUMMARIES or op.attributes.get("operator") in _SUMMARIES
        return is_pool and bool(self._over(op)) and self._seats.number.numel() == prod(op.shape[1:])

    def _shrink(self, op: Op) -> bool:
        """Note an average pooling to a stated size, to be folded into the layer that reads it."""
        is_plain = torch.equal(self._seats.number.flatten(), torch.arange(prod(self._seats.of)))
        if self._seats.holds != "map" or not is_plain or self._seats.number.shape != self._seats.of:
            return False
        sizes = op.attributes["size"]
        if sizes != self._seats.of[1:]:
            self._pooling = tuple(averaging(n, m) for n, m in zip(self._seats.of[1:], sizes, strict=True))
        shape = (self._seats.of[0], *sizes)
        self._seats = Seats.of_map(shape, tuple(range(len(shape) + 1)), op.name, "pooled")
        self._steps.append(HeadStep(op=op.name, kind=op.kind, becomes="part of the layer behind it"))
        return True

    def _fold(self, op: Op) -> bool:
        """Make a layer that reads the whole map a convolution as large as the map."""
        weight, bias = self._weights(op)
        if weight is None:
            return False
        if op.kind == "conv" and not _reads_all(op, self._seats):
            return False
        if op.kind == "linear" and not (self._seats.is_vector and self._seats.number.numel() == weight.shape[1]):
            raise InputError(
                "a fully connected layer must read one row of features an image",
                got=Quoted(times(tuple(self._seats.number.shape))),
                where=op.name,
                hint="Networks of tokens answer for whole images only.",
            )
        rows = weight.flatten(1)
        flat = rows.new_zeros(len(rows), prod(self._seats.of)).index_add_(1, self._seats.number.flatten(), rows)
        kernel = flat.reshape(len(rows), *self._seats.of)
        for axis, matrix in enumerate(self._pooling, start=2):
            # (outputs, channels, …, pooled, …) · (pooled, places)
            kernel = torch.tensordot(kernel.movedim(axis, -1), matrix.to(kernel.dtype), 1).movedim(-1, axis)
        self._pooling = ()
        words = f"convolution {times(tuple(kernel.shape[2:]))}, {kernel.shape[1]} to {len(kernel)}"
        return self._add(
            op, convolution(kernel.contiguous(), bias), words, torch.arange(len(kernel)).reshape(op.shape[1:])
        )

    def _weights(self, op: Op) -> tuple[Tensor | None, Tensor | None]:
        """Return copies of a layer's weight and bias; no weight if other ops compute it."""
        held = [self._module.get_parameter(param.key).detach().clone() for param in op.params]
        if len(held) != 1 + bool(op.attributes.get("bias")) or held[0].ndim < 2:
            return None, None
        return held[0], held[1] if len(held) > 1 else None

    def features(self, op: Op) -> _Made:
        """Return a layer on features as a 1×1 convolution."""
        weight, bias = self._weights(op)
        if weight is None or not self._seats.is_vector or prod(weight.shape[2:]) != 1:
            return None
        groups = op.attributes.get("groups", 1)
        order = self._seats.number.flatten()
        is_sorted = torch.equal(order, torch.arange(self._seats.of[0]))
        if op.kind == "conv" and not (is_sorted and _is_unpadded(op) and set(self._seats.number.shape[1:]) <= {1}):
            return None
        if op.kind == "linear" and self._seats.number.shape[-1] != len(order):
            return None
        if not is_sorted:
            weight = weight.new_zeros(len(weight), self._seats.of[0]).index_add_(1, order, weight.flatten(1))
        ones = (1,) * len(self._cut.shape[1:])
        kernel = weight.reshape(len(weight), -1, *ones)
        words = f"convolution {times(ones)}, {kernel.shape[1] * groups} to {len(kernel)}"
        return convolution(kernel, bias, groups=groups), words, torch.arange(len(kernel)).reshape(op.shape[1:])

    def norm(self, op: Op) -> _Made:
        """Return a layer normalisation of all features."""
        count = self._seats.of[0]
        layer = self._layer(op, nn.LayerNorm)
        is_all = tuple(op.attributes["over"]) == (count,) and torch.equal(
            self._seats.number.flatten(), torch.arange(count)
        )
        if not is_all or layer is None:
            return None
        made = FeatureNorm(layer.weight, layer.bias, layer.eps)
        return made, "layer normalisation of features", self._seats.number

    def batch_norm(self, op: Op) -> _Made:
        """Return a batch normalisation of features by its running statistics."""
        count = self._seats.of[0]
        layer = self._layer(op, nn.modules.batchnorm._BatchNorm)  # noqa: SLF001 - torch has no public name
        is_all = torch.equal(self._seats.number.flatten(), torch.arange(count))
        if layer is None or not is_all or layer.running_mean is None or layer.running_var is None:
            return None
        kind = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)[len(self._cut.shape) - 2]
        made = kind(count, eps=layer.eps, affine=layer.affine).to(layer.running_mean)
        made.load_state_dict(layer.state_dict(), strict=False)
        return made.eval(), "batch normalisation of features", self._seats.number

    def pointwise(self, op: Op) -> _Made:
        """Return an activation."""
        layer = self._module.get_submodule(op.path) if op.path and op.path == op.name else None
        if layer is not None:
            return _again(layer), op.kind, self._seats.number
        kind = kind_of(op.kind)
        call = kind.call(op, self._recording.graph.input_shapes(op)) if kind is not None else None
        if call is None:
            return None
        return getattr(nn, call.name)(*call.args, **call.kwargs), op.kind, self._seats.number

    def _layer(self, op: Op, kind: type[Any]) -> Any:  # noqa: ANN401 - a module of that kind
        """Return the module in which an op runs, if it is of that kind and holds the op's parameters."""
        found = self._module.get_submodule(op.path) if op.path else None
        return found if isinstance(found, kind) else None

    def _with_rest(self, last: str, op: Op) -> Head:
        if self._seats.holds != "features":
            raise InputError(
                "a head must pool, flatten or average the last map before anything else",
                got=Quoted(f"{op.kind} of {times(tuple(self._seats.number.shape))}"),
                where=op.name,
                hint="Crops of the network's own size can still be answered for.",
            )
        self._sorted()
        shape = tuple(self._seats.number.shape)
        return Head(modules=self._modules, steps=tuple(self._steps), rest=last, rest_shape=shape)

    def _ended(self) -> Head:
        if self._seats.holds != "features":
            raise InputError(
                "a classifier must end in one score an output, not in a map",
                got=Quoted(times(tuple(self._seats.number.shape))),
                hint="Such a network is fully convolutional already.",
            )
        if not self._seats.is_vector:
            raise InputError(
                "a classifier must end in one row of scores", got=Quoted(times(tuple(self._seats.number.shape)))
            )
        self._sorted()
        return Head(modules=self._modules, steps=tuple(self._steps))

    def _sorted(self) -> None:
        """Bring the features into the order of the network's own values."""
        order = self._seats.number.flatten()
        if not torch.equal(order, torch.arange(self._seats.of[0])):
            self._modules["order"] = Pick(order)


_Maker = Callable[[HeadReader, Op], _Made]
_FEATURE_OPS: Mapping[str, _Maker] = {
    "linear": HeadReader.features,
    "conv": HeadReader.features,
    "layernorm": HeadReader.norm,
    "batchnorm": HeadReader.batch_norm,
} | dict.fromkeys(_POINTWISE, HeadReader.pointwise)


def _again(layer: nn.Module) -> nn.Module:
    from copy import deepcopy

    made = deepcopy(layer)
    if isinstance(getattr(made, "inplace", None), bool):
        vars(made)["inplace"] = False
    return made


def _reads_all(op: Op, seats: Seats) -> bool:
    """Return whether a convolution reads a whole map that lies as it was, at one place."""
    is_plain = torch.equal(seats.number.flatten(), torch.arange(prod(seats.of)))
    is_whole = tuple(op.attributes["kernel"]) == tuple(seats.of[1:]) and op.attributes.get("groups", 1) == 1
    return is_plain and seats.number.shape == seats.of and is_whole and _is_unpadded(op)


def _is_unpadded(op: Op) -> bool:
    return not any(map(any, op.attributes["padding"])) and set(op.shape[2:]) <= {1}


def averaging(places: int, bins: int) -> Tensor:
    """Return the matrix (bins, places) by which adaptive average pooling takes its means along one axis.

    Example:
        >>> averaging(3, 2).tolist()
        [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
    """
    matrix = torch.zeros(bins, places, dtype=torch.float64)
    for row in range(bins):
        first, last = floor(row * places / bins), ceil((row + 1) * places / bins)
        matrix[row, first:last] = 1 / (last - first)
    return matrix
