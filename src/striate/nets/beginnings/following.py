"""The activation behind each layer, found in the network's table, and the gain that makes up for it."""

from __future__ import annotations

import math
from collections.abc import Callable

from striate.graph import Graph, Op
from striate.kinds import kind_of
from striate.kinds.activation import Activation

# Ops that hand a value on to its activation: what normalises, pools, rearranges or adds.
_PASSES = {"batchnorm", "groupnorm", "layernorm", "instancenorm", "channelnorm", "rmsnorm", "lrn", "dropout", "droppath",
           "identity", "maxpool", "avgpool", "lppool", "mean", "globalavgpool", "globalmaxpool", "flatten", "view", "permute",
           "slice", "pad", "add", "concat", "coords", "resize", "shuffle"}  # fmt: skip
# A sigmoid is far from zero wherever it is; no scale of its input mends that, and torch's table says 1 as well.
_BOUNDED = {"sigmoid", "hardsigmoid", "softmax"}
_RECTIFIED = math.sqrt(2)
# Of torch's PReLU, before training.
_LEARNED_SLOPE = 0.25
_SELU = (1.0507009873554805, 1.6732632423543772)
_NODES = 4001
_REACH = 8.0


def followers(graph: Graph) -> dict[str, Op | None]:
    """Return for each op with weights, by module path, the activation that reads it; None if none does.

    Normalisation, pooling and sums in between are passed through; another layer, or the output, ends the search.
    """
    found: dict[str, Op | None] = {}
    for op in graph:
        keys = [param.key for param in op.params if param.key.rpartition(".")[2] == "weight" and len(param.shape) > 1]
        if keys:
            found.setdefault(keys[0].rpartition(".")[0], _following(graph, op))
    return found


def gain(op: Op | None) -> float:
    """Return the gain for a layer that an activation follows: 1 / √E[f(z)²], z standard normal.

    Layers with one activation between them then keep the variance of what goes into it, if that is 1. ReLU gives √2, leaky
    ReLU √(2 / (1 + slope²)), no activation 1; the others are integrated. Sigmoids count as 1, an activation nobody knows as ReLU.

    Source:
        He et al., "Delving Deep into Rectifiers", ICCV 2015, section 2.2, equations 9, 14 and 15. Differs: carried over to
        other activations by the same argument, where torch's table has 5/3 for tanh (here 1.592).

    Example:
        >>> gain(None), round(gain(Op(name="relu1", kind="relu", inputs=(), shape=(1, 8))), 6)
        (1.0, 1.414214)
    """
    if op is None or op.kind in _BOUNDED:
        return 1.0
    function = _function(op)
    if function is None:
        return _RECTIFIED
    step = 2 * _REACH / (_NODES - 1)
    places = [-_REACH + step * number for number in range(_NODES)]
    square = sum(function(z) ** 2 * math.exp(-z * z / 2) for z in places) * step / math.sqrt(2 * math.pi)
    return 1 / math.sqrt(square) if square > 0 else _RECTIFIED


def _function(op: Op) -> Callable[[float], float] | None:
    usual = {"slope": 0.01, "alpha": 1.0, "beta": 1.0}
    slope, alpha, beta = (float(op.attributes.get(name, value)) for name, value in usual.items())
    low, high = op.attributes.get("low"), op.attributes.get("high")
    known: dict[str, Callable[[float], float]] = {
        "relu": lambda z: max(z, 0.0),
        "leakyrelu": lambda z: z if z > 0 else slope * z,
        "prelu": lambda z: z if z > 0 else _LEARNED_SLOPE * z,
        "elu": lambda z: z if z > 0 else alpha * math.expm1(z),
        "celu": lambda z: max(z, 0.0) + min(alpha * math.expm1(z / alpha), 0.0),
        "selu": lambda z: _SELU[0] * (z if z > 0 else _SELU[1] * math.expm1(z)),
        "softplus": lambda z: z if beta * z > 20 else math.log1p(math.exp(beta * z)) / beta,
        "mish": lambda z: z * math.tanh(math.log1p(math.exp(z))),
        "gelu": lambda z: z * (1 + math.erf(z / math.sqrt(2))) / 2,
        "silu": lambda z: z / (1 + math.exp(-z)),
        "hardswish": lambda z: z * min(max(z + 3, 0.0), 6.0) / 6,
        "tanh": math.tanh,
        "clamp": lambda z: min(max(z, -math.inf if low is None else low), math.inf if high is None else high),
    }
    return known.get(op.kind)


def _following(graph: Graph, op: Op) -> Op | None:
    seen: set[str] = set()
    queue = [op.name]
    while queue:
        for reader in graph.readers(queue.pop(0)):
            if reader.name in seen:
                continue
            seen.add(reader.name)
            if reader.kind in _PASSES or (reader.kind == "mul" and "start" in reader.attributes):
                queue.append(reader.name)
            elif _is_activation(reader):
                return reader
    return None


def _is_activation(op: Op) -> bool:
    kind = kind_of(op.kind)
    return kind is None or isinstance(kind, Activation)
