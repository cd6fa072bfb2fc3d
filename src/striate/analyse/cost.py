"""What every op costs: parameters, multiply-accumulates, and what it keeps for the backward pass."""

from __future__ import annotations

from striate.graph import DTYPE_BYTES, Graph, size
from striate.kinds import kind_of
from striate.records.readings import Cost, CostTable


def cost(graph: Graph) -> CostTable:
    """Return parameters, MACs and kept bytes per op and in all.

    MACs are those of convolutions, fully connected layers and matrix products in one forward pass of the table's batch,
    biases not counted: half of what torch's flop counter reports. Kept bytes count a value once however many ops keep
    it, at the first op that does; a value that a view or an in-place op shares is one value.

    When it misleads:
        Kept bytes leave out what kernels allocate for themselves while they run, and parameters, gradients and
        optimiser state; ops listed in `not_counted` add nothing although they cost something.

    Source:
        Saved tensors as in torch's `derivatives.yaml`; checked against `saved_tensors_hooks`.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> table = cost(Blueprint.from_text("input 1x4x4; conv 3x3 2 bias off; classes 3").graph())
        >>> table.ops["conv1"].macs, table.ops["conv1"].params   # 2·16 outputs × 9 weights
        (288, 18)
    """
    element = DTYPE_BYTES[graph.conditions.dtype]
    root = _roots(graph)
    # A network's input is kept too where the first op needs it, but it was there before: it is not counted.
    seen_values = set(graph.conditions.inputs)
    seen_params: set[str] = set()
    rows: dict[str, Cost] = {}
    not_counted: list[str] = []
    for op in graph:
        kind = kind_of(op.kind)
        sources = graph.input_shapes(op)
        macs = kind.macs(op, sources) if kind else None
        if macs is None:
            not_counted.append(op.name)
        params = 0
        for param in op.params:
            key = param.key or f"{op.name}.{param.name}"
            params += 0 if key in seen_params else param.count
            seen_params.add(key)
        kept_bytes = 0
        if kind is not None:
            kept = kind.kept(op, sources)
            kept_bytes = kept.extra_bytes
            named = [op.inputs[position] for position in kept.inputs if position < len(op.inputs)]
            for name in [*named, *([op.name] if kept.output else [])]:
                if root[name] not in seen_values:
                    seen_values.add(root[name])
                    kept_bytes += graph[root[name]].elements * element
        rows[op.name] = Cost(params=params, macs=macs or 0, kept_bytes=kept_bytes)
    idle = sum(count for _, count in graph.idle)
    total = Cost(
        params=sum(row.params for row in rows.values()) + idle,
        macs=sum(row.macs for row in rows.values()),
        kept_bytes=sum(row.kept_bytes for row in rows.values()),
    )
    return CostTable(ops=rows, total=total, not_counted=tuple(not_counted))


def training_bytes(graph: Graph, *, states: int) -> dict[str, int]:
    """Return what one training step holds, by what it is for.

    Args:
        graph: A table for the training batch.
        states: Copies of the parameters that the optimiser keeps: 0 for plain SGD, 1 with momentum, 2 for Adam.

    When it misleads:
        Leaves out temporary memory inside kernels; a real step peaks a few percent higher.
    """
    table = cost(graph)
    element = DTYPE_BYTES[graph.conditions.dtype]
    params = table.total.params * element
    trained = element * sum(_trained(graph).values())
    inputs = sum(size(shape) for shape in graph.conditions.inputs.values()) * element
    return {
        "parameters": params,
        "gradients": trained,
        "optimizer": states * trained,
        "activations": table.total.kept_bytes,
        "input": inputs,
    }


def _trained(graph: Graph) -> dict[str, int]:
    """Return the elements of each trained parameter, shared ones once; those no op reads never get a gradient."""
    params = {(param.key or f"{op.name}.{param.name}"): param for op in graph for param in op.params}
    return {key: param.count for key, param in params.items() if param.trained}


def _roots(graph: Graph) -> dict[str, str]:
    """Return, for every value, the op whose storage it shares."""
    root = {name: name for name in graph.conditions.inputs}
    for op in graph:
        kind = kind_of(op.kind)
        root[op.name] = root[op.inputs[0]] if kind is not None and kind.is_view and op.inputs else op.name
    return root
