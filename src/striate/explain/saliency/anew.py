"""Layers with weights drawn anew, from the last to the first."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from striate.errors import InputError, Quoted
from striate.nets import Network
from striate.trace import trace
from striate.trace.shell import unwrapped

_NORMALISING = {"batchnorm", "layernorm", "groupnorm", "instancenorm", "channelnorm", "rmsnorm"}
_SHIFTS = {"bias", "beta"}


def random_last_layers(network: Network, *, depth: int | None = 1, seed: int) -> dict[str, Tensor]:
    """Return new values for the parameters of the last ops that have weights, by parameter name.

    The last ops are those of the traced table. Weights have two axes or more (He normal); the rest of their
    parameters (biases) become zero.

    Raises:
        InputError: No op has weights, or a depth below 1.
    """
    if depth is not None and depth < 1:
        raise InputError("depth must be at least 1", got=depth)
    return {key: value for _, values in layers_anew(network, seed=seed)[:depth] for key, value in values.items()}


def layers_anew(network: Network, *, seed: int) -> list[tuple[str, Mapping[str, Tensor]]]:
    """Return the ops that have weights, from the last, each with new values for its parameters.

    Raises:
        InputError: No op has weights.
    """
    graph = trace(network.module, (1, *network.input_shape)).graph
    known = dict(unwrapped(network.module).named_parameters(remove_duplicate=False))
    weighted = []
    for op in reversed(graph.ops):
        found = {param.key: known[param.key] for param in op.params if param.key in known}
        if any(weight.ndim > 1 for weight in found.values()):
            weighted.append((op.name, found))
    if not weighted:
        raise InputError("a network must have a layer with weights to draw it anew", got=Quoted("none"))
    generator = torch.Generator().manual_seed(seed)
    return [(name, {key: _drawn(weight, generator) for key, weight in found.items()}) for name, found in weighted]


def draw_anew(network: Network, *, seed: int) -> None:
    """Draw all weights of a network anew, in place: what it learned is gone, in normalisation too.

    Every γ of batch, layer, group, instance and root-mean-square normalisation becomes 1 and every β 0. Statistics that real
    images left in batch normalisation stay.

    Raises:
        InputError: No op has weights.
    """
    layers = layers_anew(network, seed=seed)
    graph = trace(network.module, (1, *network.input_shape)).graph
    known = dict(unwrapped(network.module).named_parameters(remove_duplicate=False))
    with torch.no_grad():
        for _, values in layers:
            for key, value in values.items():
                known[key].copy_(value)
        for param in (param for op in graph.ops if op.kind in _NORMALISING for param in op.params):
            if param.key in known:
                known[param.key].fill_(0.0 if param.name in _SHIFTS else 1.0)


def _drawn(weight: Tensor, generator: torch.Generator) -> Tensor:
    if weight.ndim < 2:
        return torch.zeros_like(weight)
    std = (2.0 / weight[0].numel()) ** 0.5
    return torch.empty(weight.shape).normal_(0.0, std, generator=generator).to(weight)
