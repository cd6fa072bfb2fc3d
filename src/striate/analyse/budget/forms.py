"""What the widths of a blueprint have to do with each other: equal where branches are added, whole multiples of groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from striate.analyse.budget.sites import Site, number, stated, terms, wide_settings, width_arguments
from striate.blueprint import Blueprint, Branches, Head, Item, Layer, Repeat, written
from striate.blueprint.blocks import BLOCK_WORDS
from striate.blueprint.model import Path
from striate.blueprint.modules import Origin
from striate.graph import Op
from striate.kinds import words

# Blocks with a shortcut that hands the value on as it is where the channels agree.
_WITH_SHORTCUT = frozenset({"basicblock", "bottleneck", "inverted"})


@dataclass(frozen=True, slots=True)
class Form:
    """A number of channels: multiples of what some places state, and a constant.

    Example:
        >>> width = Site(path=(0,), argument="width")
        >>> str(Form({width: Fraction(2)}).plus(Form({}, Fraction(3))))
        '2 × width at 0 + 3'
    """

    shares: Mapping[Site, Fraction]
    constant: Fraction = Fraction(0)

    def plus(self, other: Form, times: Fraction | int = 1) -> Form:
        """Return the sum with so many times another."""
        shares = dict(self.shares)
        for site, share in other.shares.items():
            shares[site] = shares.get(site, Fraction(0)) + share * times
        left = {site: share for site, share in shares.items() if share}
        return Form(left, self.constant + other.constant * times)

    def times(self, factor: Fraction | int) -> Form:
        """Return a multiple."""
        return Form({}).plus(self, factor)

    def __str__(self) -> str:
        parts = [f"{share} × {site}" for site, share in self.shares.items()]
        return " + ".join([*parts, str(self.constant)] if self.constant or not parts else parts)


@dataclass(slots=True)
class Ties:
    """What scaling has to keep.

    Attributes:
        equal: Differences of channel counts that must stay zero.
        whole: Channel counts that must stay multiples of a number.
        groups: Groups that go with the channels they read (depthwise convolution), by place.
    """

    equal: list[Form] = field(default_factory=list)
    whole: list[tuple[Form, int]] = field(default_factory=list)
    groups: dict[Site, Form] = field(default_factory=dict)


def ties(plan: Blueprint) -> Ties:
    """Return what scaling a blueprint's widths has to keep.

    Example:
        >>> plan = Blueprint.from_text("input 3x8x8; conv 3 8; residual(conv 3 8); conv 3 8 groups 8; conv 1 6; classes 2")
        >>> found = ties(plan)
        >>> [str(form) for form in found.equal], [str(form) for form in found.groups.values()]
        (['1 × width at 0 + -1 × width at 1.0.0', '1 × width at 2 + -1 × width at 1.0.0'], ['1 × width at 1.0.0'])
    """
    return _Reader(plan).read()


class _Reader:
    """Follows the channels through the table."""

    def __init__(self, plan: Blueprint) -> None:
        self.plan = plan
        self.wide = wide_settings(plan)
        self.sites = stated(plan)
        self.graph = plan.graph()
        self.found = Ties()
        self.forms = {"input": Form({}, Fraction(plan.input[0]))}
        # Which axis the channels are on; only permutations move them.
        self.axis = {"input": 1}
        self.channels = {"input": plan.input[0]}
        for op in self.graph:
            self.axis[op.name] = _axis_after(op, self.axis[op.inputs[0]])
            self.channels[op.name] = op.shape[self.axis[op.name]]

    def read(self) -> Ties:
        origins = written(self.plan).origins
        for run in _runs(self.graph, origins):
            item = _item_at(self.plan.items, origins[run[0].name].path)
            path = origins[run[0].name].path
            if isinstance(item, Layer) and item.word in BLOCK_WORDS:
                self.block(item, path, run)
            else:
                for op in run:
                    self.op(item, path, op)
        for name in self.graph.outputs:
            # The outputs stay as many as they are, also where no layer of their own gives them.
            self.equal(self.forms[name], Form({}, Fraction(self.channels[name])))
        return self.found

    def op(self, item: Item | None, path: Path, op: Op) -> None:
        """Note what one op gives."""
        source = self.forms[op.inputs[0]]
        if isinstance(item, Branches):
            self.forms[op.name] = self.join(op)
            return
        is_own = isinstance(item, Layer) and words()[item.word].name == op.kind
        if isinstance(item, Layer) and is_own and "groups" in item.arguments:
            self.groups(item, path, op)
        if isinstance(item, Layer) and is_own and width_arguments(item):
            self.forms[op.name] = self.stated(item, path, "width")
        elif item is None and op.params:
            self.forms[op.name] = Form({}, Fraction(self.channels[op.name]))
        elif op.kind == "coords":
            self.forms[op.name] = source.plus(Form({}, Fraction(self.channels[op.name] - self.channels[op.inputs[0]])))
        else:
            # What rearranges (flattening, shuffling) or leaves the channels gives a multiple or a whole part of them.
            self.forms[op.name] = self.divided(
                source.times(Fraction(self.channels[op.name], self.channels[op.inputs[0]]))
            )

    def join(self, op: Op) -> Form:
        """Return what branches give where they meet."""
        forms = [self.forms[name] for name in op.inputs]
        if op.kind == "concat":
            total = Form({})
            for form in forms:
                total = total.plus(form)
            return total
        widest = max(range(len(forms)), key=lambda place: self.channels[op.inputs[place]])
        for place, form in enumerate(forms):
            # A gate of one channel meets maps of any width, and stays one.
            is_gate = op.kind == "mul" and self.channels[op.inputs[place]] < self.channels[op.inputs[widest]]
            self.equal(form, Form({}, Fraction(1)) if is_gate else forms[widest])
        return forms[widest]

    def block(self, item: Layer, path: Path, run: Sequence[Op]) -> None:
        """Note what a block gives, whatever stands in it: it fits itself to what it reads."""
        source = self.forms[run[0].inputs[0]]
        if item.word == "bottleneck":
            out = self.stated(item, path, "width").times(number(item.arguments.get("expand", 4), self.plan))
            inner = self.stated(item, path, "inner" if "inner" in item.arguments else "width")
            if "groups" in item.arguments:
                self.found.whole.append((inner, number(item.arguments["groups"], self.plan)))
        elif item.word == "fire":
            out = self.stated(item, path, "expand").times(2)
        elif item.word == "inception":
            out = Form({})
            for argument in ("one", "three", "five", "pool"):
                out = out.plus(self.stated(item, path, argument))
        elif width_arguments(item):
            out = self.stated(item, path, "width")
        else:
            out = source.times(Fraction(self.channels[run[-1].name], self.channels[run[0].inputs[0]]))
        is_same = self.channels[run[0].inputs[0]] == self.channels[run[-1].name]
        if item.word in _WITH_SHORTCUT and is_same and self.has_same_size(run):
            self.equal(source, out)
        self.forms[run[-1].name] = out

    def has_same_size(self, run: Sequence[Op]) -> bool:
        """Return whether a block's map is as large as what it reads."""
        (source,) = self.graph.input_shapes(run[0])
        return bool(source[2:] == run[-1].shape[2:])

    def groups(self, item: Layer, path: Path, op: Op) -> None:
        """Note what groups ask of the channels they divide."""
        reads, channels = self.forms[op.inputs[0]], self.channels[op.inputs[0]]
        count = number(item.arguments["groups"], self.plan)
        divided = [(reads, channels)]
        if width_arguments(item):
            divided.append((self.stated(item, path, "width"), self.channels[op.name]))
        shares = terms(item.arguments["groups"], self.plan, self.wide)
        if shares is not None:
            follow = Form(shares)
        elif count == channels > 1:
            follow = self.found.groups[Site(path=path, argument="groups")] = reads
        else:
            self.found.whole += [(form, count) for form, _ in divided if count > 1]
            return
        for form, value in divided:
            self.equal(form, follow.times(Fraction(value, count)))

    def stated(self, item: Layer, path: Path, argument: str) -> Form:
        """Return the form of a written width; its parts stay whole."""
        shares = terms(item.arguments[argument], self.plan, self.wide)
        return self.divided(Form(shares or {Site(path=path, argument=argument): Fraction(1)}))

    def divided(self, form: Form) -> Form:
        """Return a form, and note that it stays whole if parts of it are not by themselves."""
        if any(share.denominator > 1 for share in form.shares.values()):
            self.found.whole.append((form, 1))
        return form

    def equal(self, one: Form, other: Form) -> None:
        """Note that two counts have to stay equal, unless they cannot differ."""
        difference = one.plus(other, -1)
        if difference.shares:
            self.found.equal.append(difference)


def _axis_after(op: Op, axis: int) -> int:
    """Return the axis of an op's channels, from that of what it reads."""
    if op.kind == "linear":
        return len(op.shape) - 1
    if op.kind == "permute":
        rank, order = len(op.shape), list(op.attributes["order"])
        if len(order) != rank:  # two axes exchanged
            one, other = (place % rank for place in order)
            order = [other if place == one else one if place == other else place for place in range(rank)]
        return [place % rank for place in order].index(axis)
    return min(axis, len(op.shape) - 1)


def _runs(graph: Iterable[Op], origins: Mapping[str, Origin]) -> list[list[Op]]:
    """Return the ops of every item that is run; a block is one."""
    runs: list[list[Op]] = []
    before = -1
    for op in graph:
        if origins[op.name].number != before:
            runs.append([])
        runs[-1].append(op)
        before = origins[op.name].number
    return runs


def _item_at(items: Sequence[Item], path: Path) -> Item | None:
    """Return the item at a path; None for an output."""
    if path[0] >= len(items):
        return None
    item, rest = items[path[0]], path[1:]
    if not rest:
        return item
    if isinstance(item, Branches):
        return _item_at(item.branches[rest[0]], rest[1:])
    return _item_at(item.items, rest) if isinstance(item, Repeat | Head) else None
