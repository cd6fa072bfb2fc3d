"""The table folded by module: what belongs together in one row, what repeats in one row, with the lines between rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from striate.analyse.lanes import lanes
from striate.analyse.layers import grouped
from striate.graph import Graph, Op
from striate.records.folding import Fold, FoldSort

# Rows that are one call of a module.
_SCOPES = {"module", "layer"}


def folded(graph: Graph) -> Fold:
    """Return a table as a tree of modules, with lanes for the lines among the rows of each.

    Rows stand in the order they run. A normalisation and an activation are folded into the layer they follow; parts that
    follow each other and are equal (same kinds, attributes and shapes; each reads the one before) into one row. A module
    that runs in several stretches, or again with the same parameters, has a row for each.

    When it misleads:
        Modules are told apart by their paths, because a table does not record calls: one without parameters that runs
        twice in a row is one row.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 1x8x8; (conv 3x3 1, relu) x3; maxpool 2; classes 2")
        >>> [(row.name, row.count) for row in folded(plan.graph()).children]
        [('input', 1), ('conv1 – conv3', 3), ('maxpool1', 1), ('classes', 1)]
    """
    return _Folder(graph).tree()


@dataclass(frozen=True, slots=True)
class _Row:
    """An op with what telling and comparing it takes."""

    op: Op
    place: int
    names: tuple[str, ...]
    layer: int
    likeness: int


class _Folder:
    """Folds one graph; ops are known by their place in the order they run."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.place = {op.name: number for number, op in enumerate(graph)}
        layer_of = {op.name: number for number, group in enumerate(grouped(graph)) for op in group}
        likenesses: dict[object, int] = {}
        self.rows: list[_Row] = []
        for number, op in enumerate(graph):
            alike = likenesses.setdefault(_likeness(op, graph), len(likenesses))
            names = tuple(op.path.split(".")) if op.path else ()
            self.rows.append(_Row(op, number, names, layer_of[op.name], alike))
        # The last place that reads each value; what the network returns is read beyond the end.
        self.last_read = {op.name: -1 for op in graph} | dict.fromkeys(graph.conditions.inputs, -1)
        for number, op in enumerate(graph):
            for name in op.inputs:
                self.last_read[name] = number
        for name in graph.outputs:
            self.last_read[name] = len(self.rows)

    def tree(self) -> Fold:
        """Return the whole network as one row."""
        inputs = [Fold(name=name, path=name, sort="input", ops=()) for name in self.graph.conditions.inputs]
        whole = self._laid(_fold("", "", "module", [*inputs, *self._repeated(self._parts(self.rows, 0))]))
        return _numbered(whole, Counter(_module_paths(whole)), Counter())

    def _parts(self, rows: Sequence[_Row], depth: int) -> list[Fold]:
        """Return what stands within a module, in order: its own ops, and modules one deeper."""
        parts: list[Fold] = []
        for run in _runs(rows, depth):
            if len(run[0].names) <= depth:
                op = run[0].op
                parts.append(_of_op(op, op.name.removeprefix(f"{op.path}.")))
            else:
                parts.extend(self._module(call, depth) for call in _calls(run, depth + 1))
        return self._layered(parts)

    def _module(self, rows: Sequence[_Row], depth: int) -> Fold:
        """Return one call of a module; a row that would hold a single row is that row."""
        name = rows[0].names[depth]
        if len(rows) == 1 and len(rows[0].names) == depth + 1:
            return _of_op(rows[0].op, name)
        parts = self._repeated(self._parts(rows, depth + 1))
        path = ".".join(rows[0].names[: depth + 1])
        if len(parts) > 1:
            return self._laid(_fold(name, path, "module", parts))
        only = parts[0]
        if only.sort == "repeat":
            return replace(only, name=name, path=path, sort="module")
        if only.sort == "layer":
            return self._laid(_fold(name, path, "layer", only.children))
        return replace(only, name=f"{name}.{only.name}")

    def _layered(self, parts: Sequence[Fold]) -> list[Fold]:
        """Return the parts with those that belong to one layer made one row."""
        layers: list[list[Fold]] = []
        for part in parts:
            number = self._layer(part)
            if layers and number is not None and number == self._layer(layers[-1][-1]):
                layers[-1].append(part)
            else:
                layers.append([part])
        return [self._one_layer(layer) if len(layer) > 1 else layer[0] for layer in layers]

    def _layer(self, part: Fold) -> int | None:
        numbers = {self.rows[self.place[name]].layer for name in part.ops}
        return numbers.pop() if len(numbers) == 1 else None

    def _one_layer(self, parts: Sequence[Fold]) -> Fold:
        ops = [op for part in parts for op in (part.children or (part,))]
        head = parts[0].children[0] if parts[0].children else parts[0]
        return self._laid(_fold(parts[0].name, head.path, "layer", ops))

    def _repeated(self, parts: Sequence[Fold]) -> list[Fold]:
        """Return the parts with equal ones that follow each other made one row."""
        runs: list[list[Fold]] = []
        for part in parts:
            if runs and self._goes_on(runs[-1], part):
                runs[-1].append(part)
            else:
                runs.append([part])
        return [self._one_repeat(run) if len(run) > 1 else run[0] for run in runs]

    def _goes_on(self, run: Sequence[Fold], part: Fold) -> bool:
        """Return whether a part is the last of a run once more: equal, reading it alike, and alone in doing so."""
        last = run[-1]
        if not part.ops or len(part.ops) != len(last.ops):
            return False
        if any(self._alike(a) != self._alike(b) for a, b in zip(part.ops, last.ops, strict=True)):
            return False
        if self._form(part) != self._form(last):
            return False
        low, high = self._span(last)
        outside = self._outside(part)
        from_last = [self.place.get(name, -1) - low for name in outside if low <= self.place.get(name, -1) < high]
        others = [name for name in outside if not low <= self.place.get(name, -1) < high]
        if not from_last or any(name not in self._outside(last) for name in others):
            return False
        if len(run) > 1 and from_last != self._steps(run[-2], last):
            return False
        beyond = high + len(part.ops)
        return all(self.last_read[name] < beyond for name in last.ops)

    def _steps(self, before: Fold, part: Fold) -> list[int]:
        low, high = self._span(before)
        places = [self.place.get(name, -1) for name in self._outside(part)]
        return [place - low for place in places if low <= place < high]

    def _form(self, part: Fold) -> list[tuple[int, ...]]:
        """Return how a part's ops read each other and what comes from outside."""
        low, _ = self._span(part)
        outside = {name: number for number, name in enumerate(self._outside(part))}
        form: list[tuple[int, ...]] = []
        for name in part.ops:
            sources = self.graph[name].inputs
            form.append(tuple(-1 - outside[s] if s in outside else self.place[s] - low for s in sources))
        return form

    def _alike(self, name: str) -> int:
        return self.rows[self.place[name]].likeness

    def _outside(self, part: Fold) -> list[str]:
        """Return the names of what a part reads from outside, in the order it reads them."""
        inside = set(part.ops)
        read = (source for name in part.ops for source in self.graph[name].inputs)
        return list(dict.fromkeys(source for source in read if source not in inside))

    def _span(self, part: Fold) -> tuple[int, int]:
        return self.place[part.ops[0]], self.place[part.ops[-1]] + 1

    def _one_repeat(self, run: Sequence[Fold]) -> Fold:
        first, last = run[0], run[-1]
        name = first.name if first.name == last.name else f"{first.name} – {last.name}"
        return self._laid(replace(_fold(name, first.path, "repeat", run), count=len(run)))

    def _laid(self, fold: Fold) -> Fold:
        """Return a row with the lanes among what it holds."""
        row_of = {name: row for row, part in enumerate(fold.children) for name in part.ops or (part.path,)}
        outside: dict[str, int] = {}
        reads: list[tuple[int, ...]] = []
        for row, part in enumerate(fold.children):
            sources = (source for name in part.ops for source in self.graph[name].inputs)
            found = (row_of[s] if s in row_of else outside.setdefault(s, -1 - len(outside)) for s in sources)
            reads.append(tuple(dict.fromkeys(number for number in found if number != row)))
        end = self._span(fold)[1] if fold.ops else 0
        leaves = [row for name, row in row_of.items() if self.last_read[name] >= end]
        return replace(fold, lanes=lanes(reads, tuple(dict.fromkeys(leaves))))


def _likeness(op: Op, graph: Graph) -> object:
    params = tuple((param.name, param.shape, param.trained) for param in op.params)
    return op.kind, op.shape, op.dtype, graph.input_shapes(op), params, repr(sorted(op.attributes.items()))


def _of_op(op: Op, name: str) -> Fold:
    return Fold(name=name, path=op.name, sort="op", ops=(op.name,))


def _fold(name: str, path: str, sort: FoldSort, children: Sequence[Fold]) -> Fold:
    ops = tuple(op for child in children for op in child.ops)
    return Fold(name=name, path=path, sort=sort, ops=ops, children=tuple(children))


def _runs(rows: Sequence[_Row], depth: int) -> list[list[_Row]]:
    """Return rows cut where the module one deeper changes; a module's own ops stand alone."""
    runs: list[list[_Row]] = []
    for row in rows:
        key = row.names[depth : depth + 1]
        if runs and key and key == runs[-1][0].names[depth : depth + 1]:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def _calls(run: Sequence[_Row], depth: int) -> list[Sequence[_Row]]:
    """Return the calls of a module in a stretch of its ops: cut where all begins again with the same parameters.

    Where all ops belong to one module within it, that one was called again.
    """
    within = {row.names[depth : depth + 1] for row in run}
    if len(within) == 1 and within != {()}:
        return [run]
    if not any(row.op.params for row in run):
        return [run]
    marks = [(row.names, row.op.kind, tuple(param.key for param in row.op.params)) for row in run]
    for length in range(1, len(run) // 2 + 1):
        # Compared by slices: equal to itself one period on.
        if len(run) % length == 0 and marks[length:] == marks[:-length]:
            return [run[start : start + length] for start in range(0, len(run), length)]
    return [run]


def _module_paths(fold: Fold) -> list[str]:
    own = [fold.path] if fold.sort in _SCOPES else []
    return own + [path for child in fold.children for path in _module_paths(child)]


def _numbered(fold: Fold, calls: Counter[str], seen: Counter[str]) -> Fold:
    """Return the tree with each module's appearances counted."""
    if not fold.children:
        return fold
    children = tuple(_numbered(child, calls, seen) for child in fold.children)
    if fold.sort not in _SCOPES or calls[fold.path] == 1:
        return replace(fold, children=children)
    seen[fold.path] += 1
    return replace(fold, children=children, call=seen[fold.path], calls=calls[fold.path])
