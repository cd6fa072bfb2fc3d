"""Two tables side by side: what differs in figures, by stage, and in the rows themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from typing import Any

from striate.analyse.cost import cost
from striate.analyse.field.last import last_field
from striate.analyse.field.receptive import receptive_fields
from striate.analyse.stages import stages
from striate.graph import Graph, Shape, size, times
from striate.records.comparison import Comparison, Pair, RowDifference, Side, StagePair
from striate.records.readings import Cost, CostTable

# Rows that are aligned: what equals at both ends is taken off first, and this is enough for any network one can read.
_MOST_ROWS = 2000


@dataclass(frozen=True, slots=True)
class _Row:
    """A row in canonical form, with what it was called: inputs by how many rows they stand above."""

    name: str
    kind: str
    inputs: tuple[int, ...]
    shape: Shape
    attributes: tuple[tuple[str, Any], ...]
    params: tuple[tuple[str, Shape], ...]

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.kind, self.inputs, self.shape, self.attributes, self.params)


def compare(
    first: Graph,
    second: Graph,
    *,
    names: tuple[str, str] = ("first", "second"),
    figures: Mapping[str, tuple[float | None, float | None]] | None = None,
    most: int = 20,
) -> Comparison:
    """Return two networks' figures side by side, and where their tables differ.

    Args:
        first: A table.
        second: Another.
        names: What to call them.
        figures: Further totals of both, by name with the unit (a peak of memory, a measured time).
        most: Places of difference to list; the rest is counted.

    When it misleads:
        Rows are aligned as a text comparison aligns lines: of several ways to get from one table to the other it shows a
        short one, which need not be how the network was changed. Tables for other input sizes differ in every row.

    Source:
        Alignment as in Python's difflib (Ratcliff and Metzener, "Pattern Matching: The Gestalt Approach", 1988).
        Differs: None.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> a, b = (Blueprint.from_text(f"input 1x8x8; conv {k} 4, relu; classes 2").graph() for k in ("3x3", "5x5"))
        >>> found = compare(a, b)
        >>> found.total("macs").ratio, found.is_equal   # (64·4·25 + 512) ÷ (64·4·9 + 512)
        (2.4545454545454546, False)
        >>> found.differences[0].what
        'kernel 3×3 → 5×5, padding 1×1 → 2×2, weight 4×1×3×3 → 4×1×5×5'
    """
    costs = cost(first), cost(second)
    is_equal = first.canonical() == second.canonical()
    changes = () if is_equal else tuple(_differences(_rows(first), _rows(second)))
    kinds = Counter(op.kind for op in first), Counter(op.kind for op in second)
    extra = (Pair(name=name, first=a, second=b) for name, (a, b) in (figures or {}).items())
    return Comparison(
        first=names[0],
        second=names[1],
        same_conditions=first.conditions == second.conditions,
        totals=(*_totals(first, second, costs), *extra),
        kinds=tuple(
            Pair(name=kind, first=kinds[0][kind], second=kinds[1][kind])
            for kind, _ in (kinds[0] + kinds[1]).most_common()
        ),
        stages=_stages(first, second, costs),
        is_equal=is_equal,
        differences=changes[:most],
        more=max(len(changes) - most, 0),
    )


def _totals(first: Graph, second: Graph, costs: tuple[CostTable, CostTable]) -> Iterator[Pair]:
    """Yield every figure a cost has, whatever its columns are by now, then those of the last map's field."""
    for column in fields(Cost):
        a, b = (getattr(table.total, column.name) for table in costs)
        yield Pair(name=column.name, first=a, second=b)
    yield Pair(name="ops", first=len(first), second=len(second))
    yield Pair(name="not_counted", first=len(costs[0].not_counted), second=len(costs[1].not_counted))
    last = [last_field(graph, receptive_fields(graph)) for graph in (first, second)]
    for name in ("size_px", "stride", "padding_px"):
        # One number where the axes agree, the largest where they do not.
        a, b = (max((getattr(axis, name) for axis in field.axes), default=None) for field in last)
        yield Pair(name=f"field_{name.removesuffix('_px')}_px", first=a, second=b)


def _stages(first: Graph, second: Graph, costs: tuple[CostTable, CostTable]) -> tuple[StagePair, ...]:
    found = stages(first), stages(second)
    # Largest map first; what has no map comes last.
    order = sorted({*found[0], *found[1]}, key=lambda shape: (not shape, -size(shape), shape))

    def pair(shape: Shape, column: str) -> Pair:
        a, b = (
            sum(getattr(table.ops[name], column) for name in names.get(shape, ()))
            for names, table in zip(found, costs, strict=True)
        )
        return Pair(name=column, first=a, second=b)

    return tuple(StagePair(size=shape, macs=pair(shape, "macs"), params=pair(shape, "params")) for shape in order)


def _rows(graph: Graph) -> list[_Row]:
    return [
        _Row(op.name, kind, tuple(_above(number, i) for i in inputs), shape, attributes, params)
        for number, (op, (kind, inputs, shape, attributes, params)) in enumerate(graph.canonical_rows())
    ]


def _above(number: int, position: int) -> int:
    """Return how many rows above a row an input stands; inputs of the network keep their negative numbers."""
    return number - position if position >= 0 else position


def _differences(first: list[_Row], second: list[_Row]) -> Iterator[RowDifference]:
    """Yield what leads from the first rows to the second."""
    keys = [row.key for row in first], [row.key for row in second]
    head = _common(*keys)
    tail = _common(reversed(keys[0][head:]), reversed(keys[1][head:]))
    a, b = first[head : len(first) - tail], second[head : len(second) - tail]
    # Aligned by what a row does and where it stands; then what is beside each other is said to be changed.
    matcher = SequenceMatcher(
        None, [row.key for row in a[:_MOST_ROWS]], [row.key for row in b[:_MOST_ROWS]], autojunk=False
    )
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag != "equal":
            yield from _changed(a[a0:a1], b[b0:b1])
    yield from _changed(a[_MOST_ROWS:], b[_MOST_ROWS:])


def _changed(first: list[_Row], second: list[_Row]) -> Iterator[RowDifference]:
    """Yield the differences of two runs of rows: those of one kind are paired in order, the others stand alone."""
    matcher = SequenceMatcher(None, [row.kind for row in first], [row.kind for row in second], autojunk=False)
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag == "equal":
            for old, new in zip(first[a0:a1], second[b0:b1], strict=True):
                if old.key != new.key:
                    yield RowDifference(side="changed", first=old.name, second=new.name, what=_what(old, new))
            continue
        yield from (_alone("first only", row) for row in first[a0:a1])
        yield from (_alone("second only", row) for row in second[b0:b1])


def _alone(side: Side, row: _Row) -> RowDifference:
    kernel = dict(row.attributes).get("kernel")
    text = f"{row.kind} {times(kernel)}" if kernel else row.kind
    names = {"first": "", "second": ""} | {side.split()[0]: row.name}
    return RowDifference(side=side, what=f"{text} to {times(row.shape[1:])}", **names)


def _what(old: _Row, new: _Row) -> str:
    """Return in words what differs between two rows of one kind."""
    before = dict(old.attributes) | {name: times(shape) for name, shape in old.params}
    after = dict(new.attributes) | {name: times(shape) for name, shape in new.params}
    said = [
        f"{name} {_text(before.get(name))} → {_text(after.get(name))}"
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    ]
    if old.shape != new.shape:
        said.append(f"output {times(old.shape)} → {times(new.shape)}")
    if not said:
        said.append("reads other rows")
    return ", ".join(said)


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return "×".join(_text(part[0] if _is_even(part) else part) for part in value)
    return ("off", "on")[value] if isinstance(value, bool) else str(value)


def _is_even(part: object) -> bool:
    """Return whether it is a padding that is the same before and after."""
    return isinstance(part, tuple) and len(part) == 2 and part[0] == part[1]


def _common(first: Iterable[Any], second: Iterable[Any]) -> int:
    """Return how many items two sequences have in common from their beginning."""
    count = 0
    for a, b in zip(first, second, strict=False):
        if a != b:
            break
        count += 1
    return count
