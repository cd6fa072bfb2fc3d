"""A blueprint as PyTorch source that runs without Striate; its state dict fits the network that Striate builds."""

from __future__ import annotations

from striate.blueprint.model import Blueprint
from striate.errors import BlueprintError
from striate.graph import times
from striate.kinds import KINDS


def source(plan: Blueprint, *, name: str = "Net") -> str:
    """Return the source; see `Blueprint.to_source`."""
    graph = plan.graph()
    rows = []
    for op in graph:
        call = KINDS[op.kind].call(op, graph.input_shapes(op))
        if call is None:
            raise BlueprintError("every op of a blueprint must have a torch module", got=op.kind, where=op.name)
        rows.append((f'("{op.name}", {call.source()}),', times(op.shape[1:])))
    width = max(len(row) for row, _ in rows)
    body = "\n".join(f"                {row:<{width}}  # {shape}" for row, shape in rows)
    loss = plan.outputs.loss
    return f'''# {plan.to_text()}
"""A network written by Striate."""

from collections import OrderedDict

import torch
from torch import nn


class {name}(nn.Sequential):
    """Reads (n, {", ".join(map(str, plan.input))}); answers with {len(plan.names)} {plan.output}, trained with {loss}."""

    def __init__(self) -> None:
        super().__init__(
            OrderedDict([
{body}
            ])
        )


if __name__ == "__main__":
    print({name}()(torch.zeros(2, {", ".join(map(str, plan.input))})).shape)
'''
