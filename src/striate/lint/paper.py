"""`Paper`: a table with its readings, as the design rules look at it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property

from striate.analyse import cost, layers, receptive_fields, shortest_fields
from striate.graph import Graph, Op, Shape, size
from striate.kinds import Window, kind_of
from striate.records import CostTable, Evidence, LayerReading, Receptive

CONVOLUTIONS = frozenset({"conv", "convtranspose"})
LEARNED = CONVOLUTIONS | {"linear"}
POOLINGS = frozenset({"maxpool", "avgpool"})
NORMALISATIONS = frozenset({"batchnorm", "instancenorm", "groupnorm", "layernorm", "channelnorm"})
# What changes neither which values are neighbours nor how many there are.
FOLLOWERS = frozenset(
    {
        "batchnorm",
        "dropout",
        "identity",
        "relu",
        "clamp",
        "leakyrelu",
        "elu",
        "gelu",
        "silu",
        "hardswish",
    }
)


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A graph with everything that is read off it.

    Attributes:
        graph: The table.
        cost: Of each op.
        layers: As people speak of them.
        fields: Receptive field of every op.
        excused: Ops a rule must not name: they are allowed to break it.
        only: The one op a rule may name, "" for all that are not excused.
        is_one_run: The table holds for one run; another may take other ways.
    """

    graph: Graph
    cost: CostTable
    layers: tuple[LayerReading, ...]
    fields: Mapping[str, Receptive]
    excused: Collection[str] = frozenset()
    only: str = ""
    is_one_run: bool = False

    @classmethod
    def of(cls, graph: Graph, evidence: Evidence) -> Paper:
        """Return the paper of a graph; readings the evidence holds are not made again."""
        costs = evidence.cost or cost(graph)
        fields = evidence.fields or receptive_fields(graph)
        rows = evidence.layers or layers(graph, costs, fields)
        return cls(graph=graph, cost=costs, layers=rows, fields=fields, is_one_run=evidence.is_one_run)

    def about(self, *, excused: Collection[str] = frozenset(), only: str = "") -> Paper:
        """Return the same paper with other ops to ask about; what was read off it is not read again."""
        paper = copy(self)
        object.__setattr__(paper, "excused", excused)
        object.__setattr__(paper, "only", only)
        return paper

    def counts(self, op: Op) -> bool:
        """Return whether an op counts for a figure of the whole network: those that are excused do not."""
        return op.name not in self.excused

    def asks(self, op: Op) -> bool:
        """Return whether a rule may name an op."""
        return op.name == self.only if self.only else op.name not in self.excused

    @cached_property
    def ops(self) -> Mapping[str, Op]:
        """Ops by name."""
        return {op.name: op for op in self.graph}

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """Shape of every value, inputs included, batch first."""
        return {**self.graph.conditions.inputs, **{op.name: op.shape for op in self.graph}}

    @cached_property
    def shortest(self) -> Mapping[str, tuple[int, ...]]:
        """Pixels that the path with the smallest field to every value reads, per axis."""
        return shortest_fields(self.graph, self.fields)

    @cached_property
    def readers(self) -> Mapping[str, tuple[Op, ...]]:
        """Ops that read each value."""
        found: dict[str, list[Op]] = {name: [] for name in self.shapes}
        for op in self.graph:
            for name in dict.fromkeys(op.inputs):
                found[name].append(op)
        return {name: tuple(ops) for name, ops in found.items()}

    @cached_property
    def convolutions(self) -> tuple[Op, ...]:
        """Convolutions, in order."""
        return tuple(op for op in self.graph if op.kind in CONVOLUTIONS)

    @property
    def input(self) -> Shape:
        """Shape of the first input, batch first."""
        return next(iter(self.graph.conditions.inputs.values()))

    def read_by(self, op: Op) -> Shape:
        """Return the shape of the first value an op reads, batch first."""
        return self.shapes[op.inputs[0]]

    def window(self, op: Op) -> Window | None:
        """Return the window through which an op slides over its input, None if it does not."""
        kind = kind_of(op.kind)
        return kind.reach(op).window if kind is not None and op.inputs else None

    def is_map(self, name: str) -> bool:
        """Return whether a value has more than one place."""
        return size(self.shapes[name][2:]) > 1 and len(self.shapes[name]) > 2

    def back(self, name: str, through: frozenset[str]) -> Op | None:
        """Return the op that made a value, seen through ops of some kinds with one reader."""
        op = self.ops.get(name)
        while op is not None and op.kind in through and len(self.readers[op.inputs[0]]) == 1:
            op = self.ops.get(op.inputs[0])
        return op

    def ahead(self, name: str, through: frozenset[str]) -> Op | None:
        """Return the only op that reads a value, seen through ops of some kinds, if one does."""
        readers = self.readers[name]
        while len(readers) == 1 and readers[0].kind in through:
            readers = self.readers[readers[0].name]
        return readers[0] if len(readers) == 1 else None
