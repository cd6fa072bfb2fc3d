"""The weight of a layer, one filter a row, and what a normalisation after it multiplies each filter by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted, WeightsError, unknown_name
from striate.explain.answers import undisturbed
from striate.graph import Graph, Op, Param
from striate.kinds import kind_of
from striate.kinds.reach import Joins, Same
from striate.nets import Network
from striate.numbers import count
from striate.trace import trace
from striate.trace.shell import unwrapped

WEIGHTED = ("conv", "convtranspose", "linear")
# Ops that only rearrange or crop the image are as good as pointwise here; products over it are not.
_PASSES = {"pad", "slice", "identity", "dropout", "view", "batchnorm", "flatten", "permute"}
_HALF = (torch.float16, torch.bfloat16)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerWeight:
    """A layer's weight.

    Attributes:
        op: The op that uses it.
        key: Its name in the state dict; "" where it is computed on the way.
        weight: (n, c, kernel…) float32 on the processor.
        factor: (n,) float32: what a batch normalisation after it multiplies each filter by; ones without.
        reads_input: Whether the op reads the network's input, normalised or padded perhaps.
        shared_with: Other ops that use the same weight.
        notes: Sentences about what is unusual.
    """

    op: Op
    key: str
    weight: Tensor
    factor: Tensor
    reads_input: bool
    shared_with: tuple[str, ...]
    notes: tuple[str, ...]


def weighted_ops(graph: Graph) -> tuple[Op, ...]:
    """Return the convolutions and fully connected layers, in the order they run."""
    return tuple(op for op in graph if op.kind in WEIGHTED)


def layer_weight(network: Network, layer: str | None = None, *, graph: Graph | None = None) -> LayerWeight:
    """Return the weight of a convolution or fully connected layer, by default of the first.

    Args:
        network: Any; functional layers count too.
        layer: Name of the op or of its module.
        graph: The network's table for eval mode, if it is known.

    Raises:
        InputError: A network, or a layer, without such a weight.
        UnknownNameError: A layer nobody knows.
        WeightsError: Weights that are not finite.
    """
    graph = graph or trace(network.module, (1, *network.input_shape)).graph
    op = _named(graph, layer)
    module = unwrapped(network.module)
    known = dict(module.named_parameters(remove_duplicate=False)) | dict(module.named_buffers(remove_duplicate=False))
    param = _weight_param(op, known)
    weight = known[param.key] if param is not None else _computed(module, op)
    notes = [] if param is not None else ["The weight is computed on the way, from other parameters."]
    if not weight.is_floating_point() or weight.is_quantized:
        raise InputError("weights must be floating-point numbers to be shown", got=str(weight.dtype), where=op.name)
    if weight.dtype in _HALF:
        notes.append(f"The weight is in half precision ({str(weight.dtype).removeprefix('torch.')}).")
    plain = weight.detach().float().cpu().clone()
    broken = int((~torch.isfinite(plain)).sum())
    if broken:
        raise WeightsError(
            "weights must be finite numbers",
            got=Quoted(f"{count(broken)} of {count(plain.numel())} NaN or infinite"),
            where=op.name,
            hint="The training diverged, or the file is damaged: take weights from before.",
        )
    return LayerWeight(
        op=op,
        key="" if param is None else param.key,
        weight=_by_filter(plain, op),
        factor=_factor(graph, op, known, _width(plain, op)),
        reads_input=op.name in _readers_of_input(graph),
        shared_with=_shared(graph, op, param),
        notes=tuple(notes),
    )


def _named(graph: Graph, layer: str | None) -> Op:
    weighted = weighted_ops(graph)
    if not weighted:
        raise InputError("a network must have a convolution or a fully connected layer", got=Quoted("none"))
    if layer is None:
        return weighted[0]
    for op in weighted:
        if layer in {op.name, op.path}:
            return op
    if layer in {op.name for op in graph}:
        raise InputError(
            "a layer must be a convolution or fully connected for its weights to be shown",
            got=graph[layer].kind,
            where=layer,
            hint=f"Such are {', '.join(op.name for op in weighted[:8])}.",
        )
    raise unknown_name("layer", layer, [op.name for op in weighted])


def _weight_param(op: Op, known: Mapping[str, Tensor]) -> Param | None:
    return next((param for param in op.params if param.key in known and len(param.shape) > 1), None)


def _computed(module: nn.Module, op: Op) -> Tensor:
    """Return what the op's module calls its weight, of a parametrisation."""
    owner = dict(module.named_modules()).get(op.path)
    # To read it is to compute it: in training mode a spectral norm takes a step each time.
    with undisturbed(module), torch.no_grad():
        weight = getattr(owner, "weight", None) if op.path else None
        weight = weight.clone() if isinstance(weight, Tensor) else None
    if weight is not None and weight.ndim > 1:
        return weight
    raise InputError(
        "a layer must own its weights for them to be shown", got=Quoted("weights computed on the way"), where=op.name
    )


def _by_filter(weight: Tensor, op: Op) -> Tensor:
    """Return (n, c, kernel…); a transposed convolution stores (channels, n of a group, kernel…)."""
    if op.kind != "convtranspose":
        return weight
    groups = op.attributes.get("groups", 1)
    split = weight.reshape(groups, weight.shape[0] // groups, *weight.shape[1:])
    return split.transpose(1, 2).reshape(-1, split.shape[1], *weight.shape[2:]).contiguous()


def _width(weight: Tensor, op: Op) -> int:
    return weight.shape[1] * op.attributes.get("groups", 1) if op.kind == "convtranspose" else weight.shape[0]


def _factor(graph: Graph, op: Op, known: Mapping[str, Tensor], width: int) -> Tensor:
    """Return γ / √(variance + ε) of a batch normalisation that alone reads the op; ones without."""
    readers = graph.readers(op.name)
    ones = torch.ones(width)
    if len(readers) != 1 or readers[0].kind != "batchnorm":
        return ones
    keys = {param.name: param.key for param in readers[0].params}
    # Without a γ of its own it multiplies by 1.
    gamma = known.get(keys["weight"]) if "weight" in keys else ones
    owner = keys["weight"].removesuffix("weight") if "weight" in keys else f"{readers[0].path}."
    variance = known.get(owner + "running_var")
    if gamma is None or variance is None or gamma.shape != ones.shape or variance.shape != ones.shape:
        return ones
    eps = float(readers[0].attributes.get("eps", 1e-5))
    return (gamma.detach().float() / (variance.detach().float() + eps).sqrt()).cpu()


def _readers_of_input(graph: Graph) -> set[str]:
    reached = set(graph.conditions.inputs)
    found = set()
    for op in graph:
        if not reached.intersection(op.inputs):
            continue
        if op.kind in WEIGHTED:
            found.add(op.name)
            continue
        kind = kind_of(op.kind)
        is_pointwise = kind is not None and isinstance(kind.reach(op), Same | Joins) and op.kind != "matmul"
        if op.kind in _PASSES or is_pointwise:
            reached.add(op.name)
    return found


def _shared(graph: Graph, op: Op, param: Param | None) -> tuple[str, ...]:
    if param is None:
        return ()
    return tuple(other.name for other in graph if other is not op and param.key in {one.key for one in other.params})
