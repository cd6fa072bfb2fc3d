"""What each op of a table reads when it is to be written as branches, and the value all its paths come through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from striate.graph import Graph, Op


class Wiring:
    """A table's edges without what does nothing; lists put side by side again and again become steps.

    Attributes:
        graph: The table.
        source: The name of its input.
        reads: What each op reads, by name.
        readers: How many ops read a value; an output is read once more.
        above: The nearest value that every path from the input to an op comes through.
        place: When each op runs.
    """

    def __init__(self, graph: Graph, skipped: frozenset[str] = frozenset()) -> None:
        """Wire a table.

        Args:
            graph: With one input.
            skipped: Ops that hand on what they read.
        """
        self.graph = graph
        self.source = next(iter(graph.conditions.inputs))
        self.place = {op.name: number for number, op in enumerate(graph)} | {self.source: -1}
        self._stands = {self.source: self.source}
        self.reads: dict[str, tuple[str, ...]] = {}
        self.readers: Counter[str] = Counter()
        self.above: dict[str, str] = {}
        self._depth = {self.source: 0}
        # What the values put side by side consist of, the latest last.
        self._lists: dict[str, tuple[str, ...]] = {}
        # Before anything is left out, and lists become steps.
        self._written = Counter(name for op in graph for name in op.inputs) + Counter(graph.outputs)
        for op in graph:
            self._add(op, is_skipped=op.name in skipped)
        self.readers.update(self._stands[name] for name in graph.outputs)

    def stands_for(self, name: str) -> str:
        """Return the value a value is equal to."""
        return self._stands[name]

    def meet(self, names: Sequence[str]) -> str:
        """Return the nearest value that every path to each of these values comes through; a value is on its own path."""
        found, *others = names
        for other in others:
            while found != other:
                if self._depth[found] >= self._depth[other]:
                    found = self.above[found]
                else:
                    other = self.above[other]
        return found

    def _add(self, op: Op, *, is_skipped: bool) -> None:
        reads = tuple(self._stands[name] for name in op.inputs)
        if is_skipped or (op.kind == "concat" and len(reads) == 1 and not op.params):
            self._stands[op.name] = reads[0]
            return
        self._stands[op.name] = op.name
        if op.kind == "concat":
            reads = self._in_steps(op, reads)
        self.reads[op.name] = reads
        self.readers.update(reads)
        above = self.meet(reads) if reads else self.source
        self.above[op.name], self._depth[op.name] = above, self._depth[above] + 1

    def _in_steps(self, op: Op, reads: tuple[str, ...]) -> tuple[str, ...]:
        """Return what is put side by side, in as few parts as earlier lists allow."""
        parts = tuple(part for name in reads for part in self._lists.get(name, (name,)))
        found = parts
        has_doubles = len(set(parts)) < len(parts)
        for name, earlier in reversed(self._lists.items()):
            if name in op.inputs and self._written[name] == 1 and not has_doubles:
                continue  # nothing else reads it: what it consists of can stand here as well
            at = next((n for n in range(len(found)) if found[n : n + len(earlier)] == earlier), None)
            if at is not None and len(earlier) < len(parts) and self.graph[name].attributes == op.attributes:
                found = (*found[:at], name, *found[at + len(earlier) :])
        self._lists[op.name] = parts
        return found
