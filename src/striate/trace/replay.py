"""From tapes to steps: recorded calls in a form that runs again, for any batch and on the module's present values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from striate.trace.tape import Call, Ref, Tape, Value


class Unfit(Exception):  # noqa: N818 - no error of the user's: the program then holds for one batch, or not at all
    """What was recorded cannot be run again for the batches asked for."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """An integer that depends on the batch: base + slope · batch."""

    base: int
    slope: int

    def at(self, batch: int) -> int:
        """Return the integer for a batch."""
        return self.base + self.slope * batch


@dataclass(frozen=True, slots=True)
class Here:
    """The device of a run, where the recording had its own."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call to run again.

    Attributes:
        reads: Values it needs, those it must come after included.
        makes: The value of each output; None where it is no tensor, or written in place.
        copies: (before, after) of tensors written in place, of which a copy is written instead.
        renames: The same for tensors that must be written in place, since another view of their
            memory is read later.
        in_place: The operator that was recorded, where `func` returns what it wrote in place.
        instead: What is called with the arguments in place of the operator.
    """

    func: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    reads: tuple[int, ...]
    makes: tuple[int | None, ...]
    copies: tuple[tuple[int, int], ...] = ()
    renames: tuple[tuple[int, int], ...] = ()
    in_place: Callable[..., Any] | None = None
    instead: Callable[..., Any] | None = None

    def made(self) -> Iterator[int]:
        """Yield every value that exists after the step only."""
        yield from (value for value in self.makes if value is not None)
        yield from (after for _, after in (*self.copies, *self.renames))


@dataclass(frozen=True, slots=True)
class Replay:
    """A recording that runs again.

    Attributes:
        leaves: The network's outputs flattened, `Ref` for tensors.
        shapes: The sizes of every value.
        found: Values that no step makes: inputs, parameters, buffers, attributes, constants.
        literal: Values in memory that is written in place; whoever keeps one must copy it.
        storages: Number of the memory each value lay in when it was recorded.
        batch: The only batch it holds for, or None if it holds for all.
    """

    steps: tuple[Step, ...]
    leaves: tuple[Any, ...]
    shapes: tuple[tuple[int | Scaled, ...], ...]
    found: Mapping[int, Value]
    literal: frozenset[int]
    batch: int | None
    storages: tuple[int, ...] = ()


def replay(
    tape: Tape,
    batch: int,
    other: Tape | None = None,
    other_batch: int = 0,
    *,
    in_place: bool = False,
) -> Replay:
    """Return what to run again; with a second tape at another batch, for every batch.

    With `in_place`, what the network wrote in place is written in place again, as its time asks for: a value is then good
    only until it is written over.

    Raises:
        Unfit: A constant has no values, or the tapes differ by more than integers that grow evenly
        with the batch.
    """
    if other is not None and not same_calls(tape, other):
        raise Unfit("its calls depend on the batch")
    twin = other or tape
    _check_constants(tape, twin)
    merge = _Merge(batch, other_batch if other else batch + 1)
    steps = [
        _step(tape, a, merge(a.args, b.args), merge(a.kwargs, b.kwargs), in_place=in_place)
        for a, b in zip(tape.calls, twin.calls, strict=True)
    ]
    return Replay(
        steps=tuple(steps),
        leaves=tuple(merge(tape.leaves, twin.leaves)),
        shapes=tuple(merge(a.shape, b.shape) for a, b in zip(tape.values, twin.values, strict=True)),
        found={n: value for n, value in enumerate(tape.values) if value.origin != "made"},
        literal=frozenset(n for n, value in enumerate(tape.values) if value.storage in tape.literal),
        batch=None if other else batch,
        storages=tuple(value.storage for value in tape.values),
    )


def same_calls(tape: Tape, other: Tape) -> bool:
    """Return whether two tapes hold the same calls on the same values, whatever their sizes."""
    if len(tape.calls) != len(other.calls) or tape.spec != other.spec:
        return False
    if [(v.origin, v.key) for v in tape.values] != [(v.origin, v.key) for v in other.values]:
        return False
    return all(
        (a.func, a.outputs, a.writes, a.after) == (b.func, b.outputs, b.writes, b.after)
        for a, b in zip(tape.calls, other.calls, strict=True)
    )


class _Merge:
    """Two recorded arguments into one that holds for every batch."""

    def __init__(self, batch: int, other_batch: int) -> None:
        self._batch, self._gap = batch, other_batch - batch

    def __call__(self, a: Any, b: Any) -> Any:  # noqa: ANN401 - a recorded argument
        if type(a) is not type(b):
            raise Unfit("the type of an argument depends on the batch")
        if isinstance(a, list | tuple):
            if len(a) != len(b):
                raise Unfit("the number of arguments depends on the batch")
            return type(a)(self(x, y) for x, y in zip(a, b, strict=True))
        if isinstance(a, dict):
            return {name: self(a[name], b[name]) for name in a}
        if isinstance(a, torch.device):
            return Here()
        if isinstance(a, torch.Generator):
            raise Unfit("it draws from a random generator of its own")
        # `a != a` holds for "not a number" alone, which is unequal to itself.
        if a is b or a == b or (isinstance(a, float) and a != a and b != b):  # noqa: PLR0124
            return a
        if type(a) is int and (b - a) % self._gap == 0:
            slope = (b - a) // self._gap
            return Scaled(a - slope * self._batch, slope)
        raise Unfit("an argument does not grow evenly with the batch")


def _check_constants(tape: Tape, other: Tape) -> None:
    for a, b in zip(tape.values, other.values, strict=True):
        if a.origin != "constant":
            continue
        if a.constant is None or b.constant is None:
            raise Unfit("it reads a tensor without values")
        if a.shape != b.shape or a.dtype != b.dtype or not torch.equal(a.constant, b.constant):
            raise Unfit("a constant in it depends on the batch")


def _step(tape: Tape, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any], *, in_place: bool) -> Step:
    written = {new for _, new in call.writes}
    makes = tuple(None if n in written else n for n in call.outputs)
    reads = (*_references(args), *_references(tuple(kwargs.values())), *call.after)
    if not call.writes:
        return Step(call.func, args, kwargs, reads, makes)
    is_literal = in_place or any(tape.values[old].storage in tape.literal for old, _ in call.writes)
    pure = None if is_literal else _pure(tape, call, reads)
    if pure is not None:
        return Step(pure, args, kwargs, reads, (call.writes[0][1],), in_place=call.func)
    after = dict(call.writes)
    args, kwargs = _renamed(args, after), _renamed(kwargs, after)
    if is_literal:
        return Step(call.func, args, kwargs, reads, makes, renames=call.writes)
    return Step(call.func, args, kwargs, reads, makes, copies=call.writes)


def _pure(tape: Tape, call: Call, reads: tuple[int, ...]) -> Callable[..., Any] | None:
    """Return the operator that returns what this one writes in place, if there is one that gives the same bits."""
    space, name = call.func._schema.name.split("::")  # noqa: SLF001 - the schema has no public name
    if space != "aten" or len(call.writes) != 1 or not name.endswith("_") or call.args[0] != Ref(call.writes[0][0]):
        return None
    if name == "copy_":
        return None  # torch has no derivative for the one that returns
    if len({tape.values[n].dtype for n in reads}) != 1:
        return None  # written in place the result keeps its type; returned it would be promoted
    packet = getattr(torch.ops.aten, name.removesuffix("_"), None)
    found = getattr(packet, call.func._overloadname, None)  # noqa: SLF001
    if found is None or found._schema.is_mutable or len(found._schema.returns) != 1:  # noqa: SLF001
        return None
    return found if _signature(found) == _signature(call.func) else None


def _signature(func: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - an OpOverload
    return [(argument.name, str(argument.type)) for argument in func._schema.arguments]  # noqa: SLF001


def _references(argument: Any) -> Iterator[int]:  # noqa: ANN401 - a recorded argument
    if isinstance(argument, Ref):
        yield argument.value
    elif isinstance(argument, list | tuple):
        for part in argument:
            yield from _references(part)


def _renamed(argument: Any, after: Mapping[int, int]) -> Any:  # noqa: ANN401 - a recorded argument
    if isinstance(argument, Ref):
        return Ref(after.get(argument.value, argument.value))
    if isinstance(argument, list | tuple):
        return type(argument)(_renamed(part, after) for part in argument)
    if isinstance(argument, dict):
        return {name: _renamed(part, after) for name, part in argument.items()}
    return argument
