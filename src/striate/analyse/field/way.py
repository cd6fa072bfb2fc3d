"""The way of places through a whole graph: every value's layout, and every op's flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from striate.analyse.field.axes import Layout, PlacesLostError, plain
from striate.analyse.field.flows import flow
from striate.analyse.field.walk import Flow, Source
from striate.graph import Graph
from striate.kinds import UNKNOWN, kind_of


@dataclass(frozen=True, slots=True)
class Way:
    """How the places of the first input go through a graph.

    Attributes:
        first: Name of that input.
        rank: Its axes of space.
        layouts: By value; None where the input has no part in it, or its places are lost.
        flows: By op, where places are followed.
        lost: Ops at which places are lost and those behind them, each with the first such op on its way.
    """

    first: str
    rank: int
    layouts: Mapping[str, Layout | None]
    flows: Mapping[str, Flow]
    lost: Mapping[str, str]

    @classmethod
    def through(cls, graph: Graph) -> Way:
        """Return the way through a graph."""
        inputs = graph.conditions.inputs
        first = next(iter(inputs))
        rank = max(len(inputs[first]) - 2, 0)
        layouts: dict[str, Layout | None] = dict.fromkeys(inputs)
        layouts[first] = plain(inputs[first], rank)
        flows: dict[str, Flow] = {}
        lost: dict[str, str] = {}
        shapes = dict(inputs)
        for op in graph:
            layouts[op.name], shapes[op.name] = None, op.shape
            if (origin := next((lost[name] for name in op.inputs if name in lost), None)) is not None:
                lost[op.name] = origin
                continue
            sources = [Source(shapes[name], layouts[name]) for name in op.inputs]
            if all(source.layout is None for source in sources):
                continue
            kind = kind_of(op.kind)
            try:
                found = flow(kind.reach(op) if kind is not None else UNKNOWN, op.shape, sources, rank)
            except PlacesLostError:
                lost[op.name] = op.name
                continue
            flows[op.name], layouts[op.name] = found, found.layout
        return cls(first, rank, layouts, flows, lost)
