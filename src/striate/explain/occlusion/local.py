"""A network's calls with its present parameters, laid out for boxes: what is the same for every image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from striate.explain.occlusion.node import Node, nodes
from striate.trace.found import Found
from striate.trace.program import Program
from striate.trace.replay import Replay, Scaled, Unfit
from striate.trace.shell import unwrapped
from striate.trace.tape import Ref

# How maps lie in memory, by their number of axes: channels last.
LAID_OUT = {4: torch.channels_last, 5: torch.channels_last_3d}
# What these make lies in memory of its own, which may be written over once nobody else reads it.
_FRESH = frozenset({
    "conv1d", "conv2d", "conv3d", "batch_norm", "cat", "max_pool2d", "avg_pool2d", "add", "mul", "relu", "linear",
})  # fmt: skip
_OVERWRITING = frozenset(
    {"relu", "hardtanh", "hardswish", "hardsigmoid", "silu", "sigmoid", "leaky_relu", "elu", "relu6"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """A network ready to be run in parts.

    Attributes:
        nodes: Its calls in order.
        record: What they were read from.
        input: Number of the image's value.
        output: Number of the scores' value.
        found: Parameters, buffers and constants by number, folded weights among them; weights channels last.
        dead: Values that nobody reads after each node.
        spare: Numbers of values whose memory their only reader may write over.
        device: Where it is run.
    """

    nodes: tuple[Node, ...]
    record: Replay
    input: int
    output: int
    found: Mapping[int, Tensor]
    dead: tuple[tuple[int, ...], ...]
    spare: frozenset[int]
    device: torch.device


def local(program: Program, module: nn.Module, image: Tensor) -> Local:
    """Return a traced network with its present parameters.

    Args:
        program: Of its trace, for one image.
        module: The network itself.
        image: (1, c, …), for its device and type.

    Raises:
        Unfit: It cannot be run in parts; the reason is said.
    """
    record = program.record
    if isinstance(record, str):
        raise Unfit(record)
    inputs = [number for number, value in record.found.items() if value.origin == "input"]
    if len(inputs) != 1:
        raise Unfit("it has several inputs")
    if len(record.leaves) != 1 or not isinstance(record.leaves[0], Ref):
        raise Unfit("it has several outputs")
    found_nodes = nodes(record)
    output = record.leaves[0].value
    _check_batches(found_nodes, record, inputs[0])
    wanted = {value for node in found_nodes for one in (node, *(node.folded or ())) for value in one.reads}
    named = {program.inputs.names[0]: image}
    held = Found(unwrapped(module), named, image.device)
    values = held.all(record, sorted(value for value in wanted if value in record.found and value != inputs[0]))
    for node in found_nodes:
        if node.folded is not None:
            values[node.reads[1]], values[node.reads[2]] = folded(*node.folded, values)
    for node in found_nodes:
        if node.name.startswith("conv") and node.reads[1] in values:
            values[node.reads[1]] = laid_out(values[node.reads[1]])
    readers = Counter(value for node in found_nodes for value in node.reads)
    makers = {value: node for node in found_nodes for value in node.made}
    spare = {value for value, node in makers.items() if node.name in _FRESH and readers[value] == 1 and value != output}
    return Local(
        nodes=found_nodes,
        record=record,
        input=inputs[0],
        output=output,
        found=values,
        dead=tuple(_dead(found_nodes, output)),
        spare=frozenset(spare),
        device=image.device,
    )


def laid_out(value: Tensor) -> Tensor:
    """Return a tensor with its channels last in memory, where it is a map or the weights of a convolution."""
    form = LAID_OUT.get(value.ndim)
    return value if form is None else value.contiguous(memory_format=form)


def folded(convolution: Node, norm: Node, values: Mapping[int, Tensor]) -> tuple[Tensor, Tensor]:
    """Return weight and bias of a convolution that does what it and a batch normalisation after it do."""
    weight = values[convolution.reads[1]]
    refs = [values[a.value] if isinstance(a, Ref) else None for a in norm.args[1:5]]
    scale, shift, mean, variance = (None if tensor is None else tensor.double() for tensor in refs)
    if mean is None or variance is None:
        raise Unfit("a batch normalisation has no statistics")
    factor = (variance + norm.args[7]).rsqrt()
    if scale is not None:
        factor = factor * scale
    before = values[convolution.reads[2]].double() if len(convolution.reads) > 2 else torch.zeros_like(mean)
    bias = (before - mean) * factor
    if shift is not None:
        bias = bias + shift
    each = factor.to(weight.dtype).view(-1, *(1,) * (weight.ndim - 1))
    return (weight * each).detach(), bias.to(weight.dtype).detach()


def is_overwriting(node: Node, at: Local) -> bool:
    """Return whether a node may write over the first value it reads: nobody else reads it, and it lies in no other's memory."""
    return node.name in _OVERWRITING and node.reads[0] in at.spare


def _dead(found: tuple[Node, ...], output: int) -> Iterator[tuple[int, ...]]:
    last = {value: n for n, node in enumerate(found) for value in node.reads}
    for n, node in enumerate(found):
        yield tuple({value for value in (*node.reads, *node.made) if last.get(value, n) == n and value != output})


def _check_batches(found: tuple[Node, ...], record: Replay, image: int) -> None:
    """Refuse values that grow with the batch in another way than by standing once for each image."""
    from_image = {image}
    for node in found:
        if node.is_flowing and from_image.intersection(node.reads):
            from_image.update(node.made)
            continue
        for value in node.made:
            sizes = [size for size in record.shapes[value] if isinstance(size, Scaled) and size.slope]
            if sizes and (sizes != [Scaled(0, 1)] or record.shapes[value][0] != Scaled(0, 1)):
                raise Unfit("it makes a tensor for the whole batch")
