"""One training step replayed over a table: what is taken, kept and given back, op by op."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from striate.analyse.memory.heap import ACTIVATIONS, GRADIENTS, TRANSIENT, Heap
from striate.analyse.memory.lifetimes import last_uses, splits
from striate.analyse.memory.storage import Row
from striate.graph import Graph

Span = tuple[int, int]


class _Gradient(NamedTuple):
    """The gradient of a value: the block it lies in, and whether it fills it, so that another can be added in place."""

    block: int
    is_whole: bool


class Step:
    """A forward pass over a table and, in training, the loss and the backward pass after it.

    Args:
        graph: The table.
        table: Its rows.
        heap: What is held already; everything else is taken from it.
        gradient_bytes: Size of each trained parameter's gradient, by key.
        training: Whether values are kept for a backward pass.
        spans: Runs of ops (first, last + 1) whose insides are computed again in the backward pass.

    Attributes:
        saved: Bytes each op keeps for the backward pass, a value that several keep at the first.
    """

    def __init__(
        self,
        graph: Graph,
        table: Sequence[Row],
        heap: Heap,
        *,
        gradient_bytes: Mapping[str, int],
        training: bool,
        spans: Sequence[Span] = (),
    ) -> None:
        self._graph, self._table, self._heap = graph, table, heap
        self._gradient_bytes = gradient_bytes
        self._training = training
        self._row = {row.op.name: row for row in table}
        self._bytes = {row.op.name: row.op.bytes for row in table}
        self._index = {row.op.name: index for index, row in enumerate(table)}
        self._last = last_uses(graph, table)
        self._first_of_split = splits(table)
        self._span: dict[int, Span] = {index: span for span in spans for index in range(*span)}
        # The op whose backward pass is the last to need a root; of roots made again inside a span, apart.
        self._keeper: dict[str, int] = {}
        self._keeper_inside: dict[str, int] = {}
        self.saved: dict[str, int] = {}
        if training:
            self._find_keepers()
        self._ending = _inverted(self._keeper)
        self._ending_inside = _inverted(self._keeper_inside)
        self._dying = _inverted(self._last)
        self._blocks: dict[str, int] = {}
        self._again: dict[str, int] = {}
        self._beside: dict[int, int] = {}
        self._losses: list[tuple[str, int]] = []
        self._gradients: dict[str, _Gradient] = {}
        self._trained: set[str] = set()

    def forward(self) -> None:
        """Run every op, then the loss."""
        heap = self._heap
        for index, row in enumerate(self._table):
            is_again = index in self._span
            if row.taken_bytes:
                self._blocks[row.op.name] = self._take(row, self._keeper)
            passing = _forward_temporary(row)
            if self._training and not is_again:
                self._keep_beside(index, row)
            elif self._training or (not row.op.in_place and row.op.kind not in {"dropout", "droppath"}):
                passing += row.kept_bytes  # made all the same (indices, statistics), and given back at once
            heap.mark(row.op.name, passing)
            for root in self._dying.get(index, ()):
                if root in self._blocks:
                    heap.release(self._blocks[root])
        if self._training:
            self._lose()

    def backward(self) -> None:
        """Run every op's backward pass in reverse."""
        heap = self._heap
        heap.phase = "backward"
        self._loss_backward()
        for index in range(len(self._table) - 1, -1, -1):
            span = self._span.get(index)
            if span is not None and self._is_unpacking(index, span):
                self._run_again(span)
            self._back(index)
            self._release_kept(index)

    def _find_keepers(self) -> None:
        """Find, for every root, the first op that keeps it: its backward pass comes last."""
        for index, row in enumerate(self._table):
            span = self._span.get(index)
            size = self._kept_plainly(index, row) if span is None else self._kept_for(row, span)
            if size:
                self.saved[row.op.name] = size
            if span is not None:
                for root in row.kept:
                    if self._index.get(root, -1) >= span[0]:
                        self._keeper_inside.setdefault(root, index)

    def _kept_plainly(self, index: int, row: Row) -> int:
        """Keep what an op asks for; return the bytes this adds."""
        made = [root for root in row.kept if root in self._index]  # the network's input was there before
        return row.kept_bytes + sum(self._keep(root, index) for root in made)

    def _kept_for(self, row: Row, span: Span) -> int:
        """Keep what an op reads from outside its span, for computing it again; return the bytes this adds."""
        read = [self._row[name].root for name in row.op.inputs if name in self._row]
        return sum(self._keep(root, span[0]) for root in read if -1 < self._index.get(root, -1) < span[0])

    def _keep(self, root: str, index: int) -> int:
        added = self._row[root].taken_bytes if root not in self._keeper else 0
        self._keeper[root] = min(self._keeper.get(root, index), index)
        return added

    def _take(self, row: Row, keeper: Mapping[str, int]) -> int:
        is_kept = row.op.name in keeper
        block = self._heap.take(ACTIVATIONS if is_kept else TRANSIENT, row.taken_bytes)
        if is_kept:
            self._heap.share(block)
        return block

    def _keep_beside(self, index: int, row: Row) -> None:
        if row.kept_bytes:
            self._beside[index] = self._heap.take(ACTIVATIONS, row.kept_bytes)

    def _is_unpacking(self, index: int, span: Span) -> bool:
        """Return whether this op is the first, in backward order, to ask for what its span must compute again."""
        return index == self._last_keeping(span)

    def _last_keeping(self, span: Span) -> int:
        keeping = (i for i in range(span[1] - 1, span[0] - 1, -1) if self._table[i].kept or self._table[i].kept_bytes)
        return next(keeping, -1)

    def _run_again(self, span: Span) -> None:
        """Compute a span again, up to the last value that is kept."""
        stop = self._last_keeping(span)
        mine: set[str] = set()
        for index in range(span[0], stop + 1):
            row = self._table[index]
            if row.taken_bytes:
                self._again[row.op.name] = self._take(row, self._keeper_inside)
                mine.add(row.op.name)
            self._keep_beside(index, row)
            self._heap.mark(row.op.name, _forward_temporary(row))
            for root in mine.intersection(self._dying.get(index, ())):
                self._heap.release(self._again[root])
                mine.discard(root)
        for root in mine:
            self._heap.release(self._again[root])

    def _release_kept(self, index: int) -> None:
        if index in self._beside:
            self._heap.release(self._beside.pop(index))
        for root in self._ending.get(index, ()):
            if root in self._blocks:
                self._heap.release(self._blocks[root])
        for root in self._ending_inside.get(index, ()):
            if root in self._again:
                self._heap.release(self._again[root])

    def _lose(self) -> None:
        """Take the logarithms that a cross-entropy on every output keeps."""
        for name in self._graph.outputs:
            row = self._row.get(name)
            if row is not None and row.needs_gradient:
                self._losses.append((name, self._heap.take(ACTIVATIONS, row.op.bytes)))
                self._heap.mark(name)

    def _loss_backward(self) -> None:
        for name, logarithms in reversed(self._losses):
            size = self._row[name].op.bytes
            chosen = self._heap.take(TRANSIENT, size)
            block = self._heap.take(TRANSIENT, size)
            self._heap.mark(name)
            self._heap.release(chosen)
            self._heap.release(logarithms)
            self._gradients[name] = _Gradient(block, is_whole=True)

    def _back(self, index: int) -> None:
        """Run one op's backward pass, if a gradient has come to it."""
        row, heap = self._table[index], self._heap
        first = self._first_of_split.get(index)
        if first is not None and first != index:
            return  # the parts of a split wait for the first of them
        names = [row.op.name]
        if first is not None:
            names = [
                r.op.name for i, r in enumerate(self._table[index:], index) if self._first_of_split.get(i) == index
            ]
        mine = [self._gradients.pop(name) for name in names if name in self._gradients]
        if not mine or not row.needs_gradient:
            for gradient in mine:
                heap.release(gradient.block)
            return
        extra = self._train(row)
        arrived = [(row.op.inputs[i], self._toward(row, i, mine[0])) for i in row.needing]
        heap.mark(row.op.name, extra + _backward_temporary(row))
        for gradient in mine:
            heap.release(gradient.block)
        for name, gradient in arrived:
            self._accumulate(name, gradient)

    def _train(self, row: Row) -> int:
        """Take the gradients of an op's parameters; return what those that have one already take in passing."""
        extra = 0
        for param in row.op.params:
            key = param.key or f"{row.op.name}.{param.name}"
            size = self._gradient_bytes.get(key, 0) if param.trained else 0
            if key in self._trained:
                extra += size
            elif size:
                self._trained.add(key)
                self._heap.hold(GRADIENTS, size)
        return extra

    def _toward(self, row: Row, position: int, mine: _Gradient) -> _Gradient:
        """Return the gradient of one input of an op."""
        name = row.op.inputs[position]
        how = row.kind.gradient if row.kind is not None else "new"
        source = self._row[name].op
        is_passed = how == "part" or (how == "same" and source.shape == row.op.shape)
        if is_passed and source.dtype == row.op.dtype:
            self._heap.share(mine.block)
            # A view of all values fills the block as they do; a part of a concatenation does not.
            return _Gradient(mine.block, mine.is_whole and self._bytes[name] == self._bytes[row.op.name])
        return _Gradient(self._heap.take(TRANSIENT, self._bytes[name]), is_whole=True)

    def _accumulate(self, name: str, arrived: _Gradient) -> None:
        """Add a gradient to what has come to a value: in place if nobody else holds that, else in a new block."""
        heap = self._heap
        before = self._gradients.get(name)
        if before is None:
            self._gradients[name] = arrived
        elif before.is_whole and heap.is_sole(before.block):
            heap.release(arrived.block)
        else:
            block = heap.take(TRANSIENT, self._bytes[name])
            heap.mark(name)
            heap.release(before.block)
            heap.release(arrived.block)
            self._gradients[name] = _Gradient(block, is_whole=True)


def _inverted(until: Mapping[str, int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for name, index in until.items():
        found.setdefault(index, []).append(name)
    return found


def _forward_temporary(row: Row) -> int:
    return row.kind.forward_temporary_bytes(row.op, row.sources) if row.kind is not None else 0


def _backward_temporary(row: Row) -> int:
    return row.kind.backward_temporary_bytes(row.op, row.sources) if row.kind is not None else 0
