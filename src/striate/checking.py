"""`check`: a network's table, readings and advice, from any reference; torch is imported only if the reference needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate import schema
from striate.analyse import cost, largest_batch, layers, memory_ledger, receptive_fields
from striate.analyse.optimizers import check_optimizer
from striate.blueprint import Blueprint, is_blueprint_file, read_blueprint
from striate.errors import InputError, Quoted
from striate.findings import Finding
from striate.graph import Graph, Shape, times
from striate.lint import lint
from striate.records import CostTable, Evidence, LayerReading, MemoryLedger, Receptive

if TYPE_CHECKING:
    from torch import nn

    from striate.nets import Network

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What `check` found.

    Attributes:
        name: The reference, or the module's class.
        graph: The table.
        cost: Parameters, MACs and kept bytes, per op and in all.
        layers: One row a layer.
        fields: Receptive field per op.
        memory: What a training step holds, and when most.
        largest_batch: Images at once whose training step fits the limit that was asked for; None without a limit.
        findings: Judgements, gravest first.
        silent: Names of the rules that looked and found nothing.
    """

    name: str
    graph: Graph
    cost: CostTable
    layers: tuple[LayerReading, ...]
    fields: Mapping[str, Receptive]
    memory: MemoryLedger
    findings: tuple[Finding, ...]
    silent: tuple[str, ...]
    largest_batch: int | None = None

    def document(self) -> dict[str, Any]:
        """Return everything as plain values, as `striate check --json` prints it."""
        last = last_field(self.graph, self.fields)
        return {
            "schema": schema.stamp("check", SCHEMA_VERSION),
            "network": self.name,
            "conditions": asdict(self.graph.conditions),
            "totals": asdict(self.cost.total),
            "memory": _memory(self.memory, self.largest_batch),
            "receptive_field": {
                "size_px": [axis.size_px for axis in last.axes],
                "stride_px": [axis.stride for axis in last.axes],
                "padding_px": [axis.padding_px for axis in last.axes],
                "is_known": last.is_known,
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
    memory_bytes: int | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Check:
    """Return a network's table with its cost, memory, receptive fields and advice, without running or changing it.

    Args:
        network: A blueprint (file), a `Network`, a reference, or any `nn.Module`.
        input_size: (channels, height, width) for a module; a blueprint and a network know theirs.
        batch: Images at once, for the memory.
        optimizer: "sgd", "momentum" (SGD with it), "adam", "adamw" or "rmsprop", for the memory.
        memory_bytes: The largest batch that fits into so much is told.
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
    if batch < 1:
        raise InputError("batch must be at least 1", got=batch)
    check_optimizer(optimizer)
    name, graph, trained = _table(network, input_size, batch)
    return check_graph(
        graph,
        name=name,
        trained=trained,
        optimizer=optimizer,
        memory_bytes=memory_bytes,
        select=select,
        ignore=ignore,
    )


def check_graph(
    graph: Graph,
    *,
    name: str,
    trained: Graph | None = None,
    optimizer: str = "adam",
    memory_bytes: int | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Check:
    """Return the readings and advice for a table; `trained` is that of a training step, where it is another."""
    trained = trained or graph
    table, rows = cost(graph), layers(graph)
    verdict = lint(Evidence(layers=rows, cost=table), graph=graph, select=tuple(select), ignore=tuple(ignore))
    return Check(
        name=name,
        graph=graph,
        cost=table,
        layers=rows,
        fields=receptive_fields(graph),
        memory=memory_ledger(trained, optimizer=optimizer),
        largest_batch=None if memory_bytes is None else largest_batch(trained, memory_bytes, optimizer=optimizer),
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
) -> tuple[str, Graph, Graph]:
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
        graph = plan.graph(batch=batch)
        return name, graph, graph
    return name, *_traced(network, input_size, batch)


def _traced(
    network: str | Path | Network | nn.Module, input_size: Sequence[int] | None, batch: int
) -> tuple[Graph, Graph]:
    from striate.nets import load_network
    from striate.trace import trace
    from striate.trace.training import training_table

    found = load_network(network)
    shape: Shape = checked_size(input_size) if input_size else found.input_shape
    graph = trace(found.module, (batch, *shape)).graph
    return graph, training_table(found.module, (batch, *shape), graph)


def _memory(ledger: MemoryLedger, largest: int | None) -> dict[str, Any]:
    """Return a ledger as plain values; its parts by op go with the ops."""
    plain = {key: value for key, value in asdict(ledger).items() if key not in {"saved", "checkpoint", "not_counted"}}
    return plain | {"activations_bytes": ledger.saved_bytes, "largest_batch": largest}


def checked_size(size: Sequence[int]) -> Shape:
    """Return an input size if it is one.

    Example:
        >>> checked_size([3, 224, 224])
        (3, 224, 224)
    """
    if not 2 <= len(size) <= 4 or any(length < 1 for length in size) or prod(size) > 10**12:
        raise InputError("input size must be channels and 1 to 3 sizes, all at least 1", got=tuple(size))
    return tuple(size)
