"""The folded graph as data: every row with its numbers, its field and its lines, column by column."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from striate.analyse import folded
from striate.analyse.layers import summary
from striate.findings import Finding
from striate.graph import Graph, Op, times
from striate.kinds import kind_of
from striate.page import graph_wire as wire
from striate.records import CostTable, Fold, LaneRow, Receptive

_NONE: tuple[tuple[str, str], ...] = ()
_LISTED = ("kernel", "stride", "padding", "dilation", "groups")
_SHOWN_PARTS = 3


def graph_figure(
    graph: Graph,
    cost: CostTable,
    fields: Mapping[str, Receptive],
    findings: Sequence[Finding] = (),
) -> wire.Graph:
    """Return the figure of a network folded by module.

    Args:
        graph: The table.
        cost: What its ops cost.
        fields: Receptive field of every op.
        findings: Those that name an op are marked at it.
    """
    return _Figure(graph, cost, fields).made(findings)


_Entry = TypeVar("_Entry", bound=Hashable)


class _Coded(Generic[_Entry]):
    """Values that come again and again, as their number in a list."""

    def __init__(self) -> None:
        self.numbers: dict[_Entry, int] = {}

    def __call__(self, entry: _Entry) -> int:
        return self.numbers.setdefault(entry, len(self.numbers))

    def listed(self) -> list[_Entry]:
        return list(self.numbers)


class _Figure:
    """Writes rows in order, each before what it holds."""

    def __init__(self, graph: Graph, cost: CostTable, fields: Mapping[str, Receptive]) -> None:
        self.graph, self.cost, self.fields = graph, cost, fields
        self.words: _Coded[str] = _Coded()
        self.field_rows: _Coded[tuple[Any, ...]] = _Coded()
        self.attributes: _Coded[tuple[tuple[str, str], ...]] = _Coded()
        self.columns: dict[str, list[Any]] = {name: [] for name in wire.GraphRows.model_fields}
        self.row_of: dict[str, int] = {}
        self.crowded: list[int] = []

    def made(self, findings: Sequence[Finding]) -> wire.Graph:
        """Return the figure."""
        whole = folded(self.graph)
        self._add(whole, LaneRow(at=0), parent="")
        # Rows are known now, so that ops can say which ones they read.
        self.columns["reads"] = [[self.row_of[name] for name in names] for names in self.columns["reads"]]
        name, shape = next(iter(self.graph.conditions.inputs.items()))
        total = self.cost.total
        return wire.Graph(
            input=list(shape[2:]),
            input_name=name,
            rows=wire.GraphRows(**self.columns),
            words=self.words.listed(),
            fields=[_field(entry) for entry in self.field_rows.listed()],
            attributes=[list(entry) for entry in self.attributes.listed()],
            findings=[
                wire.GraphFinding(
                    row=self.row_of[finding.op],
                    op=finding.op,
                    code=finding.code,
                    severity=finding.severity,
                    message=finding.message,
                )
                for finding in findings
                if finding.op in self.row_of
            ],
            params=total.params,
            idle_params=sum(number for _, number in self.graph.idle),
            macs=total.macs,
            kept_bytes=total.kept_bytes,
            crowded=self.crowded,
        )

    def _add(self, fold: Fold, line: LaneRow, *, parent: str) -> None:
        row = len(self.columns["sort"])
        if len(fold.ops) <= 1:
            self.row_of[fold.path] = row
        elif fold.path:
            self.row_of.setdefault(fold.path, row)
        ops = [self.graph[name] for name in fold.ops]
        lanes = fold.lanes
        usual = f"{parent}.{fold.name}" if parent else fold.name
        cells: dict[str, Any] = {
            "sort": fold.sort,
            "name": fold.name,
            "path": "" if fold.path == usual else fold.path,
            "count": fold.count,
            "call": fold.call,
            "calls": fold.calls,
            "learned": int(any(op.params for op in ops)),
            "at": line.at,
            "reads_lanes": list(line.reads),
            "passes": list(line.passes),
            "to": -1 if line.to is None else line.to,
            "width": lanes.width if lanes else 0,
            "enters": list(lanes.enters) if lanes else [],
            "leaves": list(lanes.leaves) if lanes else [],
            "reads": list(ops[0].inputs) if fold.sort == "op" else [],
            "end": 0,
        } | self._numbers(fold, ops)
        for name, cell in cells.items():
            self.columns[name].append(cell)
        if lanes is not None:
            if lanes.is_crowded:
                self.crowded.append(row)
            module = parent if fold.sort in {"layer", "repeat"} else fold.path
            for child, below in zip(fold.children, lanes.rows, strict=True):
                self._add(child, below, parent=module)
        self.columns["end"][row] = len(self.columns["sort"])

    def _numbers(self, fold: Fold, ops: Sequence[Op]) -> dict[str, Any]:
        """Return what a row says of its ops: words, output, field, sums."""
        if not ops:
            shape = self.graph.conditions.inputs.get(fold.path, (0,))
            return {
                "kind": self.words("input"),
                "summary": self.words(""),
                "output": self.words(times(shape[1:])),
                "field": self.field_rows(self._seen(fold.path, shape)),
                "attributes": self.attributes(_NONE),
                "params": 0,
                "macs": 0,
                "kept_bytes": 0,
            }
        last = _shown(fold, ops)
        costs = [self.cost.ops[op.name] for op in ops]
        is_one = fold.sort in {"op", "layer"}
        return {
            "kind": self.words(ops[0].kind if is_one else ""),
            "summary": self.words(self._summary(fold)),
            "output": self.words(times(last.shape[1:])),
            "field": self.field_rows(self._seen(last.name, last.shape)),
            "attributes": self.attributes(_attributes(ops[0]) if is_one else _NONE),
            "params": sum(cost.params for cost in costs),
            "macs": sum(cost.macs for cost in costs),
            "kept_bytes": sum(cost.kept_bytes for cost in costs),
        }

    def _summary(self, fold: Fold) -> str:
        """Return a row in a few words: a layer's own, or those of what it holds."""
        if fold.sort == "op":
            op = self.graph[fold.ops[0]]
            kind = kind_of(op.kind)
            return kind.summary(op) if kind is not None else op.kind
        if fold.sort == "layer":
            return summary([self.graph[name] for name in fold.ops])
        rows = _leaves(fold.children[0] if fold.count > 1 else fold)
        rest = len(rows) - _SHOWN_PARTS
        return " · ".join(self._summary(row) for row in rows[:_SHOWN_PARTS]) + (f" · {rest} more" if rest > 0 else "")

    def _seen(self, name: str, shape: tuple[int, ...]) -> tuple[Any, ...]:
        """Return the field of the unit in the middle of a map: per axis size, stride, padding, first pixel, unit, units."""
        found = self.fields.get(name, Receptive(is_known=False))
        lengths = shape[2:] if len(shape) == len(found.axes) + 2 else (1,) * len(found.axes)
        axes = tuple(
            (
                int(axis.size_px),
                float(axis.stride),
                float(axis.padding_px),
                float((length - 1) // 2 * axis.stride + axis.low),
                (length - 1) // 2 + 1,
                length,
            )
            for axis, length in zip(found.axes, lengths, strict=True)
        )
        return (axes, found.is_global, found.is_known)


def _shown(fold: Fold, ops: Sequence[Op]) -> Op:
    """Return the op whose value stands for a row: its last, but a layer's map before it is flattened."""
    if fold.sort == "layer":
        return next(op for op in reversed(ops) if len(op.shape) == len(ops[0].shape))
    return ops[-1]


def _leaves(fold: Fold) -> list[Fold]:
    """Return the layers and lone ops of a module, in order."""
    if fold.sort in {"op", "layer"}:
        return [fold]
    return [leaf for child in fold.children for leaf in _leaves(child)]


def _field(entry: tuple[Any, ...]) -> wire.GraphField:
    axes, is_global, is_known = entry
    names = ("size", "stride", "padding", "first", "unit", "units")
    return wire.GraphField(
        axes=[wire.FieldAxis(**dict(zip(names, axis, strict=True))) for axis in axes],
        is_global=is_global,
        is_known=is_known,
    )


def _attributes(op: Op) -> tuple[tuple[str, str], ...]:
    """Return an op's attributes and parameters in words, what slides first."""
    names = sorted(op.attributes, key=lambda name: _LISTED.index(name) if name in _LISTED else len(_LISTED))
    rows = [(name.replace("_", " "), _words(op.attributes[name], each=name == "kernel")) for name in names]
    rows += [(param.name, times(param.shape)) for param in op.params if param.name not in op.attributes]
    return tuple(rows)


def _words(value: object, *, each: bool) -> str:
    """Return an attribute as people write it; `each`: one number per axis, also where they agree."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if not isinstance(value, tuple):
        return str(value)
    # Padding: before and after, per axis.
    parts = [_words(part, each=False).replace("×", "+") if isinstance(part, tuple) else str(part) for part in value]
    return parts[0] if not each and len(set(parts)) == 1 else "×".join(parts)
