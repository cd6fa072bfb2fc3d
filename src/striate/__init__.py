"""Striate: design convolutional networks inside a budget, adapt pretrained ones, understand what they learned.

Public is what `__all__` names; each name is imported when it is first used, so that `import striate` is instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from striate.analyse.budget import solve
    from striate.blueprint import Blueprint
    from striate.checking import Check, check
    from striate.data import Dataset, load_data
    from striate.errors import StriateError
    from striate.events import Events
    from striate.features.extraction import extract as extract_vectors
    from striate.features.store import VectorStore
    from striate.findings import Finding
    from striate.graph import Graph, Op
    from striate.nets import Network, load_network
    from striate.records import Recipe
    from striate.report import Inspection, inspect
    from striate.runs import Run
    from striate.trace import trace as trace_network
    from striate.train import train as train_network
    from striate.transfer import adapt as adapt_network
    from striate.transfer import verify

_HOMES = {
    "Blueprint": "striate.blueprint",
    "Check": "striate.checking",
    "Dataset": "striate.data",
    "Events": "striate.events",
    "Finding": "striate.findings",
    "Graph": "striate.graph",
    "Inspection": "striate.report",
    "Network": "striate.nets",
    "Op": "striate.graph",
    "Recipe": "striate.records",
    "Run": "striate.runs",
    "StriateError": "striate.errors",
    "VectorStore": "striate.features.store",
    "adapt_network": "striate.transfer",
    "check": "striate.checking",
    "extract_vectors": "striate.features.extraction",
    "inspect": "striate.report",
    "load_data": "striate.data",
    "load_network": "striate.nets",
    "solve": "striate.analyse.budget",
    "trace_network": "striate.trace",
    "train_network": "striate.train",
    "verify": "striate.transfer",
}
# `trace` and `train` are parts with the names of their functions; here the functions need another, and so does adapting.
_RENAMED = {"adapt_network": "adapt", "extract_vectors": "extract", "trace_network": "trace", "train_network": "train"}

__all__ = [
    "Blueprint",
    "Check",
    "Dataset",
    "Events",
    "Finding",
    "Graph",
    "Inspection",
    "Network",
    "Op",
    "Recipe",
    "Run",
    "StriateError",
    "VectorStore",
    "adapt_network",
    "check",
    "extract_vectors",
    "inspect",
    "load_data",
    "load_network",
    "solve",
    "trace_network",
    "train_network",
    "verify",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOMES:
        message = f"module 'striate' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), _RENAMED.get(name, name))


def __dir__() -> list[str]:
    return sorted(__all__)
