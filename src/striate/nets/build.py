"""From a blueprint to a torch module, by the constructors that the kinds name."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from striate.blueprint import Blueprint
from striate.errors import InputError
from striate.kinds import KINDS
from striate.nets.blocks import BLOCKS


def build(plan: Blueprint) -> nn.Sequential:
    """Return the network of a blueprint, with torch's own random start; see `initialise` for others.

    Its children bear the names of the table's rows, and its state dict is that of `Blueprint.to_source`.

    Raises:
        ShapeError: Sizes that do not fit.

    Example:
        >>> net = build(Blueprint.from_text("input 1x28x28; conv 3x3 8, relu; globalavgpool; classes 10"))
        >>> [name for name, _ in net.named_children()]
        ['conv1', 'relu1', 'globalavgpool1', 'flatten1', 'classes']
    """
    graph = plan.graph()
    children: OrderedDict[str, nn.Module] = OrderedDict()
    for op in graph:
        call = KINDS[op.kind].call(op, graph.input_shapes(op))
        if call is None:
            raise InputError("a blueprint's op must have a module", got=op.kind, where=op.name)
        constructor = BLOCKS[call.name] if call.name in BLOCKS else getattr(nn, call.name)
        children[op.name] = constructor(*call.args, **call.kwargs)
    return nn.Sequential(children)
