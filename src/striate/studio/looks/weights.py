"""Where the weights of a row's units are kept in the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from striate.errors import InputError, Quoted
from striate.graph import Op
from striate.studio.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The weights of a row's units as the network holds them.

    Attributes:
        op: That they belong to.
        key: Name of the parameter in the module's state.
        axis: Of the parameter that counts the units; 0, but 1 for transposed convolutions.
        bias: Name of the bias; empty without one.
    """

    op: Op
    key: str
    axis: int
    bias: str


def weights_of(subject: Subject, row: int) -> Weights:
    """Return where the weights of a row's units are kept.

    Raises:
        InputError: No such row, or one whose units have no weights of their own.
    """
    layer = subject.layer(row)
    graph = subject.recording.graph
    state = subject.network.module.state_dict(keep_vars=True)
    for name in layer.reading.ops:
        op = graph[name]
        keys = {param.name: param.key for param in op.params if param.key in state}
        weight = state.get(keys.get("weight", ""))
        if weight is None or weight.ndim < 2:
            continue
        axis = 1 if "transpose" in op.kind else 0
        if weight.shape[axis] == layer.channels:
            return Weights(op=op, key=keys["weight"], axis=axis, bias=keys.get("bias", ""))
    raise InputError(
        "a unit must read with weights of its own to have a filter",
        got=Quoted(f"{layer.reading.name}, {layer.reading.summary}"),
    )


def filter_of(subject: Subject, row: int, channel: int) -> tuple[Weights, NDArray[np.float32]]:
    """Return where a unit's weights are kept, and the weights (channels it reads, kernel…) float32.

    Raises:
        InputError: No such unit, or it has none.
    """
    found = weights_of(subject, row)
    layer = subject.layers[row]
    if not 0 <= channel < layer.channels:
        raise InputError(f"a channel's number must be 0 … {layer.channels - 1}", got=channel, where=layer.reading.name)
    weight = subject.network.module.state_dict()[found.key]
    with torch.no_grad():
        values: NDArray[np.float32] = weight.select(found.axis, channel).detach().float().cpu().numpy()
    return found, values
