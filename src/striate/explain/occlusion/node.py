"""A network's recorded calls, each with what it does to places; batch normalisation folded into the convolution before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from striate.graph import Op, Shape
from striate.kinds import Recorded, kinds_by_aten
from striate.kinds.reach import SAME, UNKNOWN, Adapts, Reach, Slides, Takes, Window
from striate.trace.replay import Replay, Scaled, Step, Unfit
from striate.trace.tape import Ref, base_name
from striate.trace.together import FACTORIES

# Operators that read each tensor in its own place, small ones again and again; what others read beside their first are weights.
_BROADCASTING = frozenset({
    "add", "sub", "rsub", "mul", "div", "maximum", "minimum", "pow", "where", "lerp", "addcmul", "addcdiv", "masked_fill",
    "eq", "ne", "lt", "le", "gt", "ge",
})  # fmt: skip
_CUTTING = frozenset({"chunk", "split", "split_with_sizes"})
_SLIDING = ("conv", "max_pool", "avg_pool")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One recorded call.

    Attributes:
        func: The operator.
        args: Its arguments, `Ref` in place of tensors and `Scaled` in place of integers that depend on the batch.
        kwargs: Those by name.
        name: The operator's name ("conv2d").
        op: It as a row of a table, at batch 1.
        reads: Values it reads, in order.
        sources: Their shapes at batch 1.
        makes: Values it makes; None where an output is no tensor.
        reach: What it does to places.
        macs: Multiply-accumulates for one image.
        folded: The convolution and the batch normalisation it has been made of, if it has.
    """

    func: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    name: str
    op: Op
    reads: tuple[int, ...]
    sources: tuple[Shape, ...]
    makes: tuple[int | None, ...]
    reach: Reach
    macs: int
    folded: tuple[Node, Node] | None = None

    @property
    def shape(self) -> Shape:
        """Shape of what it makes, at batch 1."""
        return self.op.shape

    @property
    def is_sliding(self) -> bool:
        """Whether it is a convolution or a pooling with a window."""
        return self.name.startswith(_SLIDING)

    @property
    def is_broadcasting(self) -> bool:
        """Whether it reads each tensor in its own place."""
        return self.name in _BROADCASTING

    @property
    def is_flowing(self) -> bool:
        """Whether the values it reads have a part in what it makes, not their sizes and type alone."""
        return self.name not in FACTORIES

    @property
    def made(self) -> tuple[int, ...]:
        """The values it makes that are tensors."""
        return tuple(value for value in self.makes if value is not None)


def nodes(record: Replay) -> tuple[Node, ...]:
    """Return the calls of a recording that lead to its output, normalisations folded.

    Raises:
        Unfit: It writes into memory that is read under another name, or holds for one batch only.
    """
    if record.batch is not None:
        raise Unfit("its calls depend on the batch")
    if record.literal:
        raise Unfit("it writes into memory that other values share")
    found = [_plainer(_node(record, step)) for step in record.steps]
    ends = {leaf.value for leaf in record.leaves if isinstance(leaf, Ref)}
    needed = set(ends)
    kept: list[Node] = []
    for node in reversed(found):
        if needed.intersection(node.made):
            needed.update(node.reads)
            kept.append(node)
    return tuple(_folded(kept[::-1], record, ends))


def shape_of(record: Replay, value: int, batch: int = 1) -> Shape:
    """Return the shape of a value at a batch."""
    return tuple(size.at(batch) if isinstance(size, Scaled) else size for size in record.shapes[value])


def _node(record: Replay, step: Step) -> Node:
    func, args, makes = step.func, step.args, step.makes
    if step.renames or len(step.copies) > 1:
        raise Unfit("it writes into memory that other values share")
    if step.copies:
        [(before, behind)] = step.copies
        if not args or args[0] != Ref(behind):
            raise Unfit("it writes into memory that other values share")
        func, args, makes = _on_a_copy(func), (Ref(before), *args[1:]), (behind,)
    reads = tuple(_references((*args, *step.kwargs.values())))
    sources = tuple(shape_of(record, value) for value in reads)
    name = base_name(step.func)
    shape = shape_of(record, next(value for value in makes if value is not None))
    kind, attributes = _meaning(record, step, name, sources, shape)
    op = Op(name=name, kind=kind or f"unknown:{name}", inputs=(), shape=shape, attributes=attributes)
    reach: Reach = UNKNOWN
    macs = 0
    if kind:
        known = kinds_by_aten()[name]
        reach = Takes(_cut_axis(step, sources[0]), 0) if name in _CUTTING else known.reach(op)
        macs = known.macs(op, sources) or 0
    return Node(
        func=func, args=args, kwargs=step.kwargs, name=name, op=op, reads=reads, sources=sources, makes=makes,
        reach=reach if len(makes) == 1 or name in _CUTTING else UNKNOWN, macs=macs,
    )  # fmt: skip


# They read memory as it lies, and values lie otherwise here.
_BY_MEMORY = frozenset({"as_strided", "set", "resize"})


def _plainer(node: Node) -> Node:
    """Return a node as what it comes to: nothing, for dropout that drops nothing; a window, for some adaptive pooling."""
    if node.name in _BY_MEMORY:
        raise Unfit(f"it reads memory as it lies ({node.name})")
    if node.name == "batch_norm" and node.args[5]:
        raise Unfit("it normalises by the images that are there at once")
    if node.name in {"dropout", "feature_dropout", "alpha_dropout"}:
        # aten::dropout(input, p, train)
        if (node.args[2:3] or (node.kwargs.get("train"),))[0]:
            raise Unfit("it draws random numbers")
        return _as_it_is(node)
    if not isinstance(node.reach, Adapts) or not node.name.startswith("adaptive_avg_pool"):
        return node
    source, made = node.sources[0][2:], node.shape[2:]
    if source == made:
        return _as_it_is(node)
    if any(length % places for length, places in zip(source, made, strict=True)) or set(made) == {1}:
        return node
    kernel = tuple(length // places for length, places in zip(source, made, strict=True))
    window = Window(kernel, kernel, ((0, 0),) * len(kernel), (1,) * len(kernel))
    name = node.name.removeprefix("adaptive_")
    return replace(
        node,
        func=getattr(torch.ops.aten, name).default,
        args=(node.args[0], list(kernel)),
        name=name,
        op=replace(node.op, attributes={"kernel": kernel, "stride": kernel}),
        reach=Slides(window, mixes_channels=False),
    )


def _as_it_is(node: Node) -> Node:
    """Return a node that hands on what it reads."""
    return replace(node, func=torch.ops.aten.alias.default, args=node.args[:1], kwargs={}, name="alias", reach=SAME)


def _meaning(
    record: Replay, step: Step, name: str, sources: tuple[Shape, ...], shape: Shape
) -> tuple[str, Mapping[str, Any]]:
    """Return the name of a call's kind, empty if nobody knows it, and its attributes."""
    kind = kinds_by_aten().get(name)
    if kind is None:
        return "", {}
    if name in _CUTTING:
        return kind.name, {}
    schema = step.func._schema.arguments  # type: ignore[attr-defined]  # noqa: SLF001 - the schema has no public name
    arguments = [
        _plain(step.args[i] if i < len(step.args) else step.kwargs.get(argument.name, argument.default_value))
        for i, argument in enumerate(schema)
    ]
    roles = tuple("parameter" if value in record.found else "input" for value in step.reads)[: len(sources)]
    try:
        call = Recorded(operator=name, arguments=arguments, sources=sources, output=shape, reads=roles)
        return kind.name, kind.read_recorded(call)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return "", {}


def _plain(argument: Any) -> Any:  # noqa: ANN401 - a recorded argument
    if isinstance(argument, Ref):
        return None
    if isinstance(argument, Scaled):
        return argument.at(1)
    return type(argument)(map(_plain, argument)) if isinstance(argument, list | tuple) else argument


def _cut_axis(step: Step, source: Shape) -> int:
    axis = step.args[2] if len(step.args) > 2 else step.kwargs.get("dim", 0)
    return int(axis) % len(source)


def _on_a_copy(func: Callable[..., Any]) -> Callable[..., Any]:
    return lambda first, *others, **named: func(first.clone(), *others, **named)


def _references(argument: Any) -> Iterator[int]:  # noqa: ANN401 - a recorded argument
    if isinstance(argument, Ref):
        yield argument.value
    elif isinstance(argument, list | tuple):
        for part in argument:
            yield from _references(part)


def _folded(found: Sequence[Node], record: Replay, ends: set[int]) -> Iterator[Node]:
    """Yield the nodes, a batch normalisation that alone reads a convolution put into it."""
    readers = Counter(value for node in found for value in node.reads)
    by_first = {node.reads[0]: node for node in found if _is_fixed_norm(node, record)}
    gone: set[int] = set()
    for node in found:
        if node.made and node.made[0] in gone:
            continue
        norm = by_first.get(node.made[0]) if _is_weighted(node, record) else None
        if norm is None or readers[node.made[0]] != 1 or node.made[0] in ends:
            yield node
            continue
        gone.update(norm.made)
        # Weights of their own, under numbers that nothing else has.
        weight, bias = (-2 * norm.made[0] - 1, -2 * norm.made[0] - 2)
        yield replace(
            node,
            args=(node.args[0], Ref(weight), Ref(bias), *node.args[3:]),
            reads=(node.reads[0], weight, bias),
            sources=(*node.sources[:2], norm.sources[1]),
            makes=norm.makes,
            folded=(node, norm),
        )


def _is_weighted(node: Node, record: Replay) -> bool:
    """Whether it is a convolution whose weights are found in the module, not computed."""
    return node.name in {"conv1d", "conv2d", "conv3d"} and all(value in record.found for value in node.reads[1:])


def _is_fixed_norm(node: Node, record: Replay) -> bool:
    """Whether it is a batch normalisation by statistics that are found in the module."""
    return node.name == "batch_norm" and not node.args[5] and all(value in record.found for value in node.reads[1:])
