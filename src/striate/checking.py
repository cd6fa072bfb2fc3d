"""`check`: a network's table, readings and advice, from any reference; torch is imported only if the reference needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate import schema
from striate.analyse import cost, layers, receptive_fields, training_bytes
from striate.blueprint import Blueprint, is_blueprint_file, read_blueprint
from striate.errors import InputError, Quoted
from striate.findings import Finding
from striate.graph import Graph, Shape, times
from striate.lint import lint
from striate.records import CostTable, Evidence, LayerReading, Receptive

if TYPE_CHECKING:
    from torch import nn

    from striate.nets import Network

SCHEMA_VERSION = 1
OPTIMIZER_STATES: Mapping[str, int] = {"sgd": 1, "adam": 2, "adamw": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What `check` found.

    Attributes:
        name: The reference, or the module's class.
        graph: The table.
        cost: Parameters, MACs and kept bytes, per op and in all.
        layers: One row a layer.
        fields: Receptive field per op.
        memory: Bytes of a training step by what they are for.
        optimizer: Whose state the memory counts.
        findings: Judgements, gravest first.
        silent: Names of the rules that looked and found nothing.
    """

    name: str
    graph: Graph
    cost: CostTable
    layers: tuple[LayerReading, ...]
    fields: Mapping[str, Receptive]
    memory: Mapping[str, int]
    optimizer: str
    findings: tuple[Finding, ...]
    silent: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return everything as plain values, as `striate check --json` prints it."""
        last = last_field(self.graph, self.fields)
        return {
            "schema": schema.stamp("check", SCHEMA_VERSION),
            "network": self.name,
            "conditions": asdict(self.graph.conditions),
            "totals": {
                "params": self.cost.total.params,
                "macs": self.cost.total.macs,
                "kept_bytes": self.cost.total.kept_bytes,
            },
            "memory": {f"{name}_bytes": size for name, size in self.memory.items()} | {"optimizer": self.optimizer},
            "receptive_field": {
                "size_px": [axis.size_px for axis in last.axes],
                # A fraction where a map was enlarged.
                "stride_px": [int(a.stride) if a.stride == int(a.stride) else float(a.stride) for a in last.axes],
                "padding_px": [axis.padding_px for axis in last.axes],
                "holes_px": [axis.holes_px for axis in last.axes],
                "is_known": last.is_known,
                "is_global": last.is_global,
                "is_aligned": last.is_aligned,
            },
            "ops": [
                {
                    "name": op.name,
                    "kind": op.kind,
                    "shape": list(op.shape),
                    "path": op.path,
                    "inputs": list(op.inputs),
                    "attributes": dict(op.attributes),
                }
                | asdict(self.cost.ops[op.name])
                for op in self.graph
            ],
            "not_counted": list(self.cost.not_counted),
            "findings": [finding.row() for finding in self.findings],
        }


def check(
    network: str | Path | Blueprint | Network | nn.Module,
    input_size: Sequence[int] | None = None,
    *,
    batch: int = 1,
    optimizer: str = "adam",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Check:
    """Return a network's table with its cost, memory, receptive fields and advice, without running or changing it.

    Args:
        network: A blueprint (file), a `Network`, a reference, or any `nn.Module`.
        input_size: (channels, height, width) for a module; a blueprint and a network know theirs.
        batch: Images at once, for the memory.
        optimizer: "sgd" (with momentum), "adam" or "adamw": whose state the memory counts.
        select: Codes, names or code beginnings of the rules to ask; all if empty.
        ignore: Of the rules not to ask.

    Raises:
        ShapeError: Sizes that do not fit, named at the op where they clash.
        InputError: Nothing of that name; no input size for a module that needs one.

    Example:
        >>> found = check(Blueprint.from_text("input 1x28x28; conv 5x5 6, relu; maxpool 2; classes 10"))
        >>> found.cost.total.params   # 6·25 + 6 and 1176·10 + 10
        11926
    """
    if optimizer not in OPTIMIZER_STATES:
        raise InputError(f"optimizer must be one of {', '.join(OPTIMIZER_STATES)}", got=optimizer)
    if batch < 1:
        raise InputError("batch must be at least 1", got=batch)
    name, graph = _table(network, input_size, batch)
    return check_graph(graph, name=name, optimizer=optimizer, select=select, ignore=ignore)


def check_graph(
    graph: Graph,
    *,
    name: str,
    optimizer: str = "adam",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Check:
    """Return the readings and advice for a table."""
    table, rows = cost(graph), layers(graph)
    verdict = lint(Evidence(layers=rows, cost=table), graph=graph, select=tuple(select), ignore=tuple(ignore))
    return Check(
        name=name,
        graph=graph,
        cost=table,
        layers=rows,
        fields=receptive_fields(graph),
        memory=training_bytes(graph, states=OPTIMIZER_STATES[optimizer]),
        optimizer=optimizer,
        findings=verdict.findings,
        silent=verdict.silent,
    )


def last_field(graph: Graph, fields: Mapping[str, Receptive]) -> Receptive:
    """Return the field of the last map that still has a place for every unit."""
    rank = max(len(shape) for shape in graph.conditions.inputs.values())
    maps = [op for op in graph if len(op.shape) == rank and fields[op.name].axes]
    return fields[maps[-1].name] if maps else Receptive(is_known=False)


def _table(
    network: str | Path | Blueprint | Network | nn.Module,
    input_size: Sequence[int] | None,
    batch: int,
) -> tuple[str, Graph]:
    name = str(network) if isinstance(network, str | Path) else type(network).__name__
    if isinstance(network, str | Path) and is_blueprint_file(network):
        network = read_blueprint(network)
    if isinstance(network, Blueprint):
        from dataclasses import replace

        asked = checked_size(input_size) if input_size else network.input
        if len(asked) != len(network.input) or asked[0] != network.input[0]:
            raise InputError(
                f"--input must keep the blueprint's {network.input[0]} channels and {len(network.input) - 1} axes",
                got=Quoted(times(asked)),
                where=name,
                hint="Change the blueprint's own input for that.",
            )
        plan = replace(network, input=asked)
        return name, plan.graph(batch=batch)
    return name, _traced(network, input_size, batch)


def _traced(network: str | Path | Network | nn.Module, input_size: Sequence[int] | None, batch: int) -> Graph:
    from striate.nets import load_network
    from striate.trace import trace

    found = load_network(network)
    shape: Shape = checked_size(input_size) if input_size else found.input_shape
    return trace(found.module, (batch, *shape)).graph


def checked_size(size: Sequence[int]) -> Shape:
    """Return an input size if it is one.

    Example:
        >>> checked_size([3, 224, 224])
        (3, 224, 224)
    """
    if not 2 <= len(size) <= 4 or any(length < 1 for length in size) or prod(size) > 10**12:
        raise InputError("input size must be channels and 1 to 3 sizes, all at least 1", got=tuple(size))
    return tuple(size)
