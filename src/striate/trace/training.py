"""The table of a training step, traced again only where training does something else than evaluation."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import torch
from torch import nn

from striate.analyse import at_batch
from striate.errors import InputError
from striate.graph import Graph
from striate.trace.inputs import Given
from striate.trace.record import trace

# Torch's own whose forward pass in training is another than in evaluation: dropout inside a kernel.
_DROPPING = (nn.MultiheadAttention, nn.RNNBase)

# Stochastic depth: one number for each image decides, and nothing else is kept for the backward pass.
_LIGHT = frozenset({"DropPath", "StochasticDepth"})

# What torch's own normalisation and dropout do in training the ledger knows, also where a library builds on them.
_KNOWN = (nn.modules.batchnorm._NormBase, nn.modules.dropout._DropoutNd)  # noqa: SLF001 - they have no public base


def training_table(module: nn.Module, inputs: Given, evaluated: Graph) -> Graph:
    """Return the table of a module in train mode for the same inputs as its table in eval mode.

    The eval table itself where nothing but dropout and normalisation differs, which the memory ledger knows.

    Raises:
        InputError: The module cannot run in train mode on these inputs.
    """
    if not evaluated.idle and not any(_differs(part) for part in _asking(module)):
        return evaluated
    try:
        return trace(module, inputs, mode="train").graph
    except InputError:
        # Batch statistics of one image and one place do not exist; those of two do.
        if evaluated.conditions.batch > 1 or not isinstance(inputs, tuple):
            raise
        return at_batch(trace(module, (2, *inputs[1:]), mode="train").graph, 1)


def _asking(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the modules whose own `forward` asks whether it is training; those of torch mostly do what the ledger knows."""
    for part in module.modules():
        if isinstance(part, (torch.jit.ScriptModule, *_DROPPING)):
            # What a script asks cannot be read; what drops inside torch's own products is written out in training.
            yield part
            continue
        if type(part).__module__.startswith("torch.nn.") or type(part).__name__ in _LIGHT:
            continue
        if isinstance(part, _KNOWN):
            continue
        forward = inspect.unwrap(type(part).forward)
        if "training" in getattr(getattr(forward, "__code__", None), "co_names", ()):
            yield part


def _differs(part: nn.Module) -> bool:
    """Return whether a module that asks can be told by its settings to drop nothing."""
    shares = [value for name, value in vars(part).items() if "drop" in name and isinstance(value, int | float)]
    return not shares or any(shares)
