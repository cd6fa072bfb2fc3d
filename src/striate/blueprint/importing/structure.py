"""From the wiring of a table to pieces: sequences, and branches that leave a value and meet again."""

from __future__ import annotations

from striate.blueprint.importing.pieces import Joined, Piece, Plain, refused
from striate.blueprint.importing.spelling import Speller
from striate.blueprint.importing.wiring import Wiring
from striate.blueprint.meeting import JOINS
from striate.blueprint.model import Meeting
from striate.graph import Op, Shape

# Kinds in which branches meet.
JOINING = frozenset(JOINS.values())
_PAIR = 2
_CROSSING = "branches must not share layers, for each is written for itself"


class Structure:
    """Takes a table apart; every op is said once, or the table is no tree of branches."""

    def __init__(self, wiring: Wiring, speller: Speller) -> None:
        self.wiring, self.graph, self._speller = wiring, wiring.graph, speller
        self._said: set[str] = set()

    def sequence(self, top: str, value: str) -> tuple[Piece, ...]:
        """Return what stands between two values, of which the first is above the second.

        Raises:
            BlueprintError: An op that two branches have in common.
        """
        found: list[Piece] = []
        while value != top:
            op = self.graph[value]
            if value in self._said:
                raise refused(_CROSSING, op, hint="Skip connections that cross cannot be said in words.")
            self._said.add(value)
            reads = self.wiring.reads[value]
            above = self.wiring.above[value]
            if len(reads) > 1:
                found.append(self._join(op, above, reads))
            else:
                found.append(self._plain(op, reads[0]))
            value = above
        return tuple(reversed(found))

    def _plain(self, op: Op, source: str) -> Plain:
        shape = self._shape(source)
        layer = self._speller(op, shape)
        if layer is None:
            raise refused("every op must have a word", op)
        return Plain(layer=layer, source=shape[1:], op=op.name)

    def _join(self, op: Op, above: str, reads: tuple[str, ...]) -> Joined:
        if op.kind == "concat":
            branches = self._side_by_side(op, above, reads)
        else:
            terms = self._terms(op, above)
            branches = self._arranged(op, tuple(self.sequence(above, name) for name in terms))
        if sum(not branch for branch in branches) > 1:
            raise refused("a value must meet itself only once", op, hint="At most one branch may be identity.")
        word = _word(op, branches)
        return Joined(
            word=word, branches=_written(word, branches), source=self._shape(above)[1:], op=op.name
        )  # fmt: skip

    def _terms(self, op: Op, above: str) -> tuple[str, ...]:
        """Return what a sum or product is of; several in a row are one where all their branches run before them."""
        reads = self.wiring.reads[op.name]
        one, other = reads
        for first, second in ((one, other), (other, one)) if op.kind == "add" else ((one, other),):
            if self._continues(first, second, op, above):
                terms = (*self._terms(self.graph[first], above), second)
                if terms.count(above) < _PAIR:
                    self._said.add(first)
                    return terms
        return reads

    def _continues(self, first: str, second: str, op: Op, above: str) -> bool:
        """Return whether an op goes on with a sum or product of the same branches that nothing else reads."""
        return (
            first != above
            and self.graph[first].kind == op.kind
            and len(self.wiring.reads[first]) > 1
            and self.wiring.above[first] == above
            and self.wiring.readers[first] == 1
            and self.wiring.place[second] < self.wiring.place[first]
        )

    def _side_by_side(self, op: Op, above: str, reads: tuple[str, ...]) -> tuple[tuple[Piece, ...], ...]:
        """Return the branches of values side by side; neighbours that share layers are put together first."""
        groups: list[list[str]] = [[reads[0]]]
        for name in reads[1:]:
            if self.wiring.meet((groups[-1][-1], name)) == above:
                groups.append([name])
            else:
                groups[-1].append(name)
        return tuple(self._group(op, above, tuple(group)) for group in groups)

    def _group(self, op: Op, above: str, names: tuple[str, ...]) -> tuple[Piece, ...]:
        if len(names) == 1:
            return self.sequence(above, names[0])
        shared = self.wiring.meet(names)
        before = self.sequence(above, shared)
        return (*before, self._join(op, shared, names))

    def _arranged(self, op: Op, branches: tuple[tuple[Piece, ...], ...]) -> tuple[tuple[Piece, ...], ...]:
        """Return the branches of a sum with the first two in the order they run; those of a product keep theirs."""
        if op.kind != "add":
            return branches
        first = sorted(branches[:2], key=lambda branch: (not branch, self._first(branch)))
        return (*first, *branches[2:])

    def _first(self, branch: tuple[Piece, ...]) -> int:
        """Return when the first op of a branch runs."""
        if not branch:
            return -1
        head = branch[0]
        if isinstance(head, Plain):
            return self.wiring.place[head.op]
        return min((self._first(inner) for inner in head.branches if inner), default=self.wiring.place[head.op])

    def _shape(self, name: str) -> Shape:
        return self.graph.conditions.inputs[name] if name == self.wiring.source else self.graph[name].shape


def _word(op: Op, branches: tuple[tuple[Piece, ...], ...]) -> Meeting:
    if op.kind == "mul":
        return "multiply"
    if op.kind == "add":
        return "residual" if len(branches) == _PAIR else "add"
    return "dense" if len(branches) == _PAIR and not branches[0] else "concat"


def _written(word: Meeting, branches: tuple[tuple[Piece, ...], ...]) -> tuple[tuple[Piece, ...], ...]:
    """Return the branches that are written: `residual` and `dense` mean the value itself where one is alone."""
    if word == "dense":
        return branches[1:]
    return branches[:1] if word == "residual" and not branches[1] else branches
