"""What every op costs: parameters, multiply-accumulates, other operations, bytes moved and kept."""

from __future__ import annotations

from striate.analyse.memory.storage import Row, root_bytes, rows
from striate.graph import Graph
from striate.records.readings import Cost, CostTable


def cost(graph: Graph) -> CostTable:
    """Return what every op costs for the table's batch, and the sums.

    **Definition.** One multiply-accumulate (MAC) is one product and one sum; where products of convolutions, fully
    connected layers, matrix products and attention are counted, biases are not. `macs` is half of what torch's flop
    counter reports forward, `layer_macs` the part of convolutions and fully connected layers, which papers quote.
    `other_flops` is everything else, by one stated count for each output element: 1 for sums, products, ReLU, tanh,
    biases and functions of a value; 2 for clamps and leaky ReLU; 3 to 5 for the other activations; 4 for batch
    normalisation, 8 for normalisations by their own statistics; the window for pooling; the input for reductions; 0 for
    what only rearranges. `backward_flops` is 2 for each MAC of the gradients that are asked for: of a product's input if
    something before it is trained, of its weight if that is trained. Bytes read are inputs and parameters, bytes written
    the output; what only rearranges moves nothing. Kept bytes count a value once however many ops keep it, at the first
    op that does; a value that a view or an in-place op shares is one value.

    When it misleads:
        A part run under `torch.no_grad()` looks like any other in a table: its backward pass is counted though there is
        none (`detach()` is seen). Ops listed in `not_counted` add nothing although they cost something. FLOPs are no
        time: depthwise convolutions and everything in `other_flops` wait for memory. Torch's own counter reports the
        weight gradient of a convolution with g groups g times too large (seen in torch 2.14); here it is counted like
        any other.

    Source:
        Products as in `torch.utils.flop_counter`; saved tensors as in torch's `derivatives.yaml`, checked against
        `saved_tensors_hooks`.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> table = cost(Blueprint.from_text("input 1x4x4; conv 3x3 2 bias off; classes 3").graph())
        >>> table.ops["conv1"].macs, table.ops["conv1"].params   # 2·16 outputs × 9 weights
        (288, 18)
        >>> table.total.macs, table.total.backward_flops   # 288 + 32·3; the image needs no gradient, the features do
        (384, 960)
    """
    table = rows(graph)
    sizes = root_bytes(graph, table)
    value_bytes = {name: graph.conditions.input_bytes(name) for name in graph.conditions.inputs}
    # A network's input is kept too where the first op needs it, but it was there before: it is not counted.
    seen_values = set(graph.conditions.inputs)
    seen_params: set[str] = set()
    found: dict[str, Cost] = {}
    for row in table:
        op = row.op
        value_bytes[op.name] = op.bytes
        params = 0
        for param in op.params:
            key = param.key or f"{op.name}.{param.name}"
            params += 0 if key in seen_params else param.count
            seen_params.add(key)
        kept_bytes = 0
        if not graph.does_nothing(op):
            kept_bytes = row.kept_bytes + sum(sizes[name] for name in row.kept if name not in seen_values)
            seen_values.update(row.kept)
        found[op.name] = _cost(row, params, kept_bytes, value_bytes, is_idle=graph.does_nothing(op))
    idle = sum(count for _, count in graph.idle)
    return CostTable(
        ops=found,
        total=sum(found.values(), Cost(params=idle, macs=0, kept_bytes=0)),
        not_counted=tuple(row.op.name for row in table if row.kind is None or _macs(row) is None),
        paths={op.name: op.path for op in graph},
        kinds={op.name: op.kind for op in graph},
    )


def _macs(row: Row) -> int | None:
    return None if row.kind is None else row.kind.macs(row.op, row.sources)


def _cost(row: Row, params: int, kept_bytes: int, value_bytes: dict[str, int], *, is_idle: bool) -> Cost:
    op, kind = row.op, row.kind
    macs = _macs(row) or 0
    moves = not is_idle and (row.taken_bytes > 0 or op.in_place)
    return Cost(
        params=params,
        macs=macs,
        layer_macs=macs if kind is not None and kind.is_layer else 0,
        other_flops=0 if kind is None or is_idle else kind.other_flops(op, row.sources),
        backward_flops=_backward_flops(row) if macs else 0,
        read_bytes=sum(value_bytes[name] for name in op.inputs) + sum(param.bytes for param in op.params)
        if moves
        else 0,
        written_bytes=op.bytes if moves else 0,
        kept_bytes=kept_bytes,
    )


def _backward_flops(row: Row) -> int:
    if row.kind is None or not row.needs_gradient:
        return 0
    return 2 * row.kind.backward_macs(row.op, row.sources, _sides(row))


def _sides(row: Row) -> int:
    """Return how many factors of a product need a gradient; what has one axis is a bias."""
    computed = sum(len(row.sources[i]) > 1 for i in row.needing)
    trained = sum(len(param.shape) > 1 and param.trained for param in row.op.params)
    return min(computed + trained, 2)
