"""From a blueprint to the table by arithmetic, without torch; and to the tree of modules that computes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from striate.blueprint.blocks import BLOCK_WORDS
from striate.blueprint.model import Blueprint, Branches, Head, Item, Layer, Path
from striate.blueprint.vocabulary import word_of
from striate.blueprint.walking import resolved, unrolled
from striate.errors import Quoted, ShapeError, StriateError
from striate.graph import Conditions, Graph, Mode, Op, Param, Shape, times
from striate.kinds import KINDS, Call, Kind, words

# A bias before these is undone by them, so a convolution there has none unless it is asked for.
_TAKES_THE_MEAN = {"batchnorm", "instancenorm"}
# The kind that joins branches, by the word.
_JOINS = {"add": "add", "residual": "add", "multiply": "mul", "concat": "concat", "dense": "concat"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module of the tree that a blueprint becomes.

    Attributes:
        name: Within the module it stands in.
        sort: A single "op", a "sequence", a "join" of branches, or a "head" that branches off.
        shape: What it gives, batch first.
        call: The constructor of an op.
        parts: What stands in it: the members of a sequence or head, the branches of a join (in order, sequences).
        meeting: The kind that joins the branches: "add", "mul" or "concat".
    """

    name: str
    sort: Literal["op", "sequence", "join", "head"]
    shape: Shape
    call: Call | None = None
    parts: tuple[Module, ...] = ()
    meeting: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an op comes from.

    Attributes:
        number: Of the item, counted in the order they run.
        path: Where the item is written.
        is_within: Whether the item is a block that stands for more, or branches that meet in the op.
    """

    number: int
    path: Path
    is_within: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What came of writing a blueprint out: its table's origins, its modules, and the blocks spelled out, by number."""

    origins: Mapping[str, Origin]
    modules: tuple[Module, ...]
    spelled: Mapping[int, tuple[Item, ...]]


def graph(plan: Blueprint, *, batch: int = 1, mode: Mode = "eval") -> Graph:
    """Return the table of a blueprint; see `Blueprint.graph`."""
    conditions = Conditions(inputs={"input": (batch, *plan.input)}, mode=mode)
    writer = _Writer((batch, *plan.input))
    try:
        writer.whole(resolved(plan))
    except ShapeError as error:
        error.reached = writer.graph(conditions)
        raise
    return writer.graph(conditions)


def written(plan: Blueprint) -> Written:
    """Return a blueprint written out: where its ops come from, its modules, its blocks.

    Example:
        >>> plan = Blueprint.from_text("input 1x4x4; (conv 3 2, relu) x2; classes 2")
        >>> {name: origin.number for name, origin in written(plan).origins.items()}
        {'conv1': 0, 'relu1': 1, 'conv2': 2, 'relu2': 3, 'flatten1': 4, 'classes': 4}
    """
    writer = _Writer((1, *plan.input))
    modules = writer.whole(resolved(plan))
    return Written(writer.origins, modules, writer.spelled)


@dataclass(frozen=True, slots=True)
class _Value:
    """A value on the way: the op that gives it, and its shape."""

    name: str
    shape: Shape


@dataclass(slots=True)
class _Scope:
    """Names within one module: each word is counted for itself."""

    prefix: str = ""
    counts: Counter[str] = field(default_factory=Counter)

    def numbered(self, word: str) -> str:
        self.counts[word] += 1
        return f"{word}{self.counts[word]}"

    def inner(self, name: str) -> _Scope:
        return _Scope(f"{self.prefix}{name}.")


class _Writer:
    """Adds rows one after the other, and keeps the modules they belong to."""

    def __init__(self, source: Shape) -> None:
        self.ops: list[Op] = []
        self.outputs: list[str] = []
        self.source = source
        self.origins: dict[str, Origin] = {}
        self.spelled: dict[int, tuple[Item, ...]] = {}
        self.number = 0
        # The block that is being spelled out, if any: what it adds comes from it.
        self.block: Origin | None = None

    def graph(self, conditions: Conditions) -> Graph:
        """Return the table of the rows so far."""
        last = self.ops[-1].name if self.ops else "input"
        return Graph(
            ops=tuple(self.ops),
            outputs=tuple(self.outputs) or (last,),
            conditions=conditions,
            buffers=sum(KINDS[op.kind].buffers(op) for op in self.ops),
            buffer_bytes=sum(KINDS[op.kind].buffer_bytes(op) for op in self.ops),
        )

    def whole(self, plan: Blueprint) -> tuple[Module, ...]:
        """Write the network of resolved items; return its modules."""
        scope, heads = _Scope(), self.outputs
        value, modules = self.sequence(plan.items, _Value("input", self.source), scope, ())
        here = self.origin((len(plan.items),))
        value, answer = self.answer(plan, value, scope, here)
        # The network's own answer comes first, then those of its heads.
        self.outputs = [value.name, *heads]
        return (*modules, *answer)

    def origin(self, path: Path) -> Origin:
        """Return the origin of the next item, and count it."""
        if self.block is not None:
            return self.block
        found = Origin(self.number, path)
        self.number += 1
        return found

    def sequence(self, items: Sequence[Item], value: _Value, scope: _Scope, above: Path) -> tuple[_Value, list[Module]]:
        """Write items one after the other."""
        modules: list[Module] = []
        row = list(unrolled(items, above))
        for place, (path, item) in enumerate(row):
            here = self.origin(path)
            if isinstance(item, Branches):
                value, made = self.join(item, value, scope, here)
            elif isinstance(item, Head):
                made = self.head(item, value, scope, here)
            elif item.word in BLOCK_WORDS:
                value, made = self.spell(item, value, scope, here)
            else:
                following = row[place + 1][1] if place + 1 < len(row) else None
                value, made = self.layer(_with_bias(item, following), value, scope, here)
            modules += made
        return value, modules

    def answer(self, plan: Blueprint | Head, value: _Value, scope: _Scope, here: Origin) -> tuple[_Value, list[Module]]:
        """Write what gives the outputs."""
        name, count = plan.output, len(plan.names)
        if plan.by == "fc":
            return self.layer(Layer(word="fc", arguments={"width": count}), value, scope, here, name=name)
        if plan.by == "conv":
            arguments = {"kernel": (1,), "width": count}
            return self.layer(Layer(word="conv", arguments=arguments), value, scope, here, name=name)
        modules: list[Module] = []
        if len(value.shape) > 2:
            value, modules = self.add("flatten", {}, value, scope, here, name=name)
        if value.shape[1:] != (count,):
            raise ShapeError(
                f"the last layer must give as many values as there are {name}, {count}",
                got=Quoted(times(value.shape[1:])),
                where=name,
                hint="End in one value each (a 1×1 map, or a fully connected layer), or leave out by none.",
            )
        return value, modules

    def layer(
        self, layer: Layer, value: _Value, scope: _Scope, here: Origin, *, name: str = ""
    ) -> tuple[_Value, list[Module]]:
        """Write a layer, with a flattening before it where a fully connected layer meets a map."""
        kind = words()[layer.word]
        modules: list[Module] = []
        if kind.name == "linear" and len(value.shape) > 2 and layer.arguments.get("flatten", True):
            value, modules = self.add("flatten", {}, value, scope, here, name=scope.numbered("flatten"))
        name = name or scope.numbered(layer.word)
        value, made = self.add(kind, dict(layer.arguments), value, scope, here, name=name)
        return value, [*modules, *made]

    def spell(self, layer: Layer, value: _Value, scope: _Scope, here: Origin) -> tuple[_Value, list[Module]]:
        """Write the layers a block stands for."""
        name = scope.numbered(layer.word)
        try:
            items = BLOCK_WORDS[layer.word].items(layer.arguments, value.shape)
        except StriateError as cause:
            raise _at(cause, scope.prefix + name, value.shape, layer.word) from cause
        if self.block is None:
            self.spelled[here.number] = items
        outer, self.block = self.block, replace(here, is_within=True)
        value, modules = self.sequence(items, value, scope.inner(name), ())
        self.block = outer
        return value, [Module(name=name, sort="sequence", shape=value.shape, parts=tuple(modules))]

    def join(self, item: Branches, value: _Value, scope: _Scope, here: Origin) -> tuple[_Value, list[Module]]:
        """Write branches one after the other, and the op in which they meet."""
        name = scope.numbered(item.word)
        # Branches without items stand where the written ones are counted from.
        branches: list[tuple[Item, ...]] = list(item.branches)
        if item.word == "residual" and len(branches) == 1:
            branches.append(())
        shift = int(item.word == "dense")
        if shift:
            branches.insert(0, ())
        values, parts = [], []
        for number, branch in enumerate(branches):
            inner = scope.inner(name).inner(str(number))
            made, modules = self.sequence(branch, value, inner, (*here.path, number - shift))
            values.append(made)
            parts.append(Module(name=str(number), sort="sequence", shape=made.shape, parts=tuple(modules)))
        kind = _JOINS[item.word]
        met = self.meet(kind, values, scope.prefix + name, replace(here, is_within=True))
        return met, [Module(name=name, sort="join", shape=met.shape, parts=tuple(parts), meeting=kind)]

    def meet(self, kind_name: str, values: Sequence[_Value], path: str, here: Origin) -> _Value:
        """Write the op, or for sums and products the ops, in which branches meet."""
        _check_meeting(kind_name, values, path)
        kind = KINDS[kind_name]
        if kind_name == "concat":
            shape = kind.shape({"axis": 1}, [value.shape for value in values])
            return self.row(kind, {"axis": 1}, values, shape, f"{path}.concat", path, here)
        met = values[0]
        for number, value in enumerate(values[1:], start=1):
            name = f"{path}.{kind_name}" + (f"_{number}" if number > 1 else "")
            met = self.row(kind, {}, (met, value), kind.shape({}, (met.shape, value.shape)), name, path, here)
        return met

    def head(self, item: Head, value: _Value, scope: _Scope, here: Origin) -> list[Module]:
        """Write a further output; what follows reads what it read."""
        name = scope.numbered("head")
        inner = scope.inner(name)
        value, modules = self.sequence(item.items, value, inner, here.path)
        value, answer = self.answer(item, value, inner, self.origin((*here.path, len(item.items))))
        self.outputs.append(value.name)
        return [Module(name=name, sort="head", shape=value.shape, parts=(*modules, *answer))]

    def add(
        self, kind: Kind | str, arguments: dict[str, Any], value: _Value, scope: _Scope, here: Origin, *, name: str
    ) -> tuple[_Value, list[Module]]:
        """Add one op that is a module, naming it in whatever goes wrong."""
        kind = KINDS[kind] if isinstance(kind, str) else kind
        full = scope.prefix + name
        try:
            attributes = kind.attributes(arguments, value.shape)
            shape = kind.shape(attributes, (value.shape,))
            made = self.row(kind, attributes, (value,), shape, full, full, here)
        except StriateError as cause:
            raise _at(cause, full, value.shape, kind.name) from cause
        call = kind.call(self.ops[-1], (value.shape,))
        return made, [Module(name=name, sort="op", shape=shape, call=call)]

    def row(
        self,
        kind: Kind,
        attributes: dict[str, Any],
        values: Sequence[_Value],
        shape: Shape,
        name: str,
        path: str,
        here: Origin,
    ) -> _Value:
        """Add one row of the table."""
        params = kind.params(attributes, [value.shape for value in values])
        self.ops.append(
            Op(
                name=name,
                kind=kind.name,
                inputs=tuple(value.name for value in values),
                shape=shape,
                attributes=attributes,
                params=tuple(_keyed(param, path) for param in params),
                path=path,
            )
        )
        self.origins[name] = here
        return _Value(name, shape)


def _with_bias(layer: Layer, after: Layer | Branches | Head | None) -> Layer:
    # Only what stands in the same row counts: branches and heads may read the value as it is.
    if "bias" not in word_of(layer.word).options or "bias" in layer.arguments:
        return layer
    has_bias = not isinstance(after, Layer) or after.word not in _TAKES_THE_MEAN
    return Layer(word=layer.word, arguments={**layer.arguments, "bias": has_bias})


def _check_meeting(kind: str, values: Sequence[_Value], path: str) -> None:
    first = values[0]
    for value in values[1:]:
        a, b = first.shape, value.shape
        if kind == "concat":
            fits = len(a) == len(b) > 1 and a[2:] == b[2:]
        elif kind == "add":
            fits = a == b
        else:
            fits = len(a) == len(b) and all(m == n or 1 in (m, n) for m, n in zip(a, b, strict=True))
        if not fits:
            what = {"concat": "sizes, whatever their channels,", "add": "shapes", "mul": "shapes, or size 1,"}[kind]
            error = ShapeError(
                f"branches must have equal {what} where they meet",
                got=Quoted(f"{times(a[1:])} from {first.name} and {times(b[1:])} from {value.name}"),
                where=path,
                hint="Give them the same strides and widths, or put a 1×1 convolution into the shorter one.",
            )
            error.operator, error.shapes = kind, (a, b)
            raise error


def _at(cause: StriateError, name: str, source: Shape, operator: str) -> ShapeError:
    """Return an error with the op at which it came up and what the op reads."""
    got = cause.got if isinstance(cause.got, Quoted) else Quoted(cause.got)
    error = ShapeError(cause.rule, got=got, where=f"{name}, reading {times(source[1:])}", hint=cause.hint)
    error.operator, error.shapes = operator, (source,)
    return error


def _keyed(param: Param, path: str) -> Param:
    return replace(param, key=f"{path}.{param.name}")
