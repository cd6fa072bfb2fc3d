"""`check`: a network's table, readings and advice, from any reference; torch is imported only if the reference needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate import schema
from striate.analyse import cost, layers, receptive_fields, training_bytes
from striate.blueprint import Blueprint, is_blueprint_file, places, read_blueprint
from striate.errors import InputError, Quoted, ShapeError
from striate.findings import Finding
from striate.graph import Graph, Shape, times
from striate.lint import Allow, LintReport, Offer, Subject, lint, offers, read_allowances
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
        report: Everything the rules said: also what is allowed, allowances that no longer apply, and rules that raised.
        subject: The name, and where the ops are written if it came from a file.
        plan: The blueprint, if it is one.
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
    report: LintReport
    subject: Subject
    plan: Blueprint | None = None

    def offers(self) -> tuple[Offer, ...]:
        """Return the cures of a blueprint's findings, each with its effect; none for a module."""
        return () if self.plan is None else offers(self.plan, self.report)

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
            "findings": self._rows(),
            "allowed": [
                covered.finding.row() | {"reason": covered.allowance.reason} for covered in self.report.allowed
            ],
            "unused_allowances": [asdict(unused.allowance) | {"why": unused.why} for unused in self.report.unused],
            "failures": [asdict(failure) for failure in self.report.failures],
        }

    def _rows(self) -> list[dict[str, Any]]:
        rows = {id(finding): finding.row() for finding in self.findings}
        for finding in self.findings:
            place = self.subject.place(finding.op)
            rows[id(finding)]["place"] = asdict(place) if place is not None else None
        for offer in self.offers():
            rows[id(offer.finding)]["cure"] |= {
                "text": str(offer.cure),
                "before": asdict(offer.before),
                "after": asdict(offer.after) if offer.after is not None else None,
                "obstacle": offer.obstacle,
            }
        return list(rows.values())


def check(
    network: str | Path | Blueprint | Network | nn.Module,
    input_size: Sequence[int] | None = None,
    *,
    batch: int = 1,
    optimizer: str = "adam",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    allow: Allow = (),
) -> Check:
    """Return a network's table with its cost, memory, receptive fields and advice, without running or changing it.

    Args:
        network: A blueprint (file), a `Network`, a reference, or any `nn.Module`.
        input_size: (channels, height, width) for a module; a blueprint and a network know theirs.
        batch: Images at once, for the memory.
        optimizer: "sgd" (with momentum), "adam" or "adamw": whose state the memory counts.
        select: Codes, names or code beginnings of the rules to ask; all if empty.
        ignore: Of the rules not to ask.
        allow: Findings that are allowed, beside those its file allows: {rule: reason} or {rule: {op: reason}}.

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
    subject, plan, graph = _table(network, input_size, batch)
    return check_graph(
        graph,
        subject=subject,
        optimizer=optimizer,
        select=select,
        ignore=ignore,
        allow=(*(plan.allow if plan is not None else ()), *read_allowances(allow)),
        plan=plan,
    )


def check_graph(
    graph: Graph,
    *,
    subject: Subject,
    optimizer: str = "adam",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    allow: Allow = (),
    plan: Blueprint | None = None,
) -> Check:
    """Return the readings and advice for a table."""
    table, rows = cost(graph), layers(graph)
    verdict = lint(
        Evidence(layers=rows, cost=table), graph=graph, select=tuple(select), ignore=tuple(ignore), allow=allow
    )
    return Check(
        name=subject.name,
        graph=graph,
        cost=table,
        layers=rows,
        fields=receptive_fields(graph),
        memory=training_bytes(graph, states=OPTIMIZER_STATES[optimizer]),
        optimizer=optimizer,
        findings=verdict.findings,
        silent=verdict.silent,
        report=verdict,
        subject=subject,
        plan=plan,
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
) -> tuple[Subject, Blueprint | None, Graph]:
    name = str(network) if isinstance(network, str | Path) else type(network).__name__
    subject = Subject(name=name)
    if isinstance(network, str | Path) and is_blueprint_file(network):
        network, subject = _located(network)
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
        return subject, plan, plan.graph(batch=batch)
    return subject, None, _traced(network, input_size, batch)


def _located(file: str | Path) -> tuple[Blueprint, Subject]:
    """Return a file's blueprint, and where its ops are written."""
    plan = read_blueprint(file)
    try:
        found = places(plan, Path(file).read_text(encoding="utf-8"), file=str(file))
    except ShapeError:
        # With another input size its sizes may fit; the table says so in a moment.
        found = {}
    return plan, Subject(name=str(file), file=str(file), places=found)


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
