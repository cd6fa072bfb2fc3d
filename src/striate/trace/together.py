"""Modules whose calls are one op together: found by what they call and how it hangs together, not by their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from striate.kinds import Kind, Recorded, kinds_by_calls
from striate.trace.tape import Call, Ref, Tape, base_name

# Calls that ask a value for its sizes and type only; what they make does not depend on it.
FACTORIES = frozenset({
    "new_empty", "new_zeros", "new_ones", "new_full", "new_empty_strided",
    "empty_like", "zeros_like", "ones_like", "full_like", "rand_like", "randn_like",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Together:
    """All calls of one module as one op.

    Attributes:
        kind: Name of its kind.
        attributes: What the kind read from the calls.
        reads: Values from outside that it reads, parameters included, in order.
        last: Number of the call on the tape that makes its value.
    """

    kind: str
    attributes: Mapping[str, Any]
    reads: tuple[int, ...]
    last: int


def together(tape: Tape) -> dict[int, Together]:
    """Return the calls, by their number on the tape, that belong to an op of several calls."""
    kinds = kinds_by_calls()
    parents = {frame.parent for frame in tape.frames}
    numbers: defaultdict[int, list[int]] = defaultdict(list)
    for number, call in enumerate(tape.calls):
        if call.frame not in parents:
            numbers[call.frame].append(number)
    flowing: set[int] | None = None
    found: dict[int, Together] = {}
    for inside in numbers.values():
        renamed = _without_detaching(tape, inside)
        calls = [number for number in inside if number not in renamed.calls]
        kind = kinds.get(tuple(base_name(tape.calls[number].func) for number in calls))
        if kind is None:
            continue
        flowing = _flowing(tape) if flowing is None else flowing
        one = _one(tape, kind, calls, inside, renamed.values, flowing)
        if one is not None:
            found.update(dict.fromkeys(inside, one))
    return found


def recorded(tape: Tape, call: Call, reads: tuple[int | str, ...]) -> Recorded:
    """Return a call as kinds read it."""
    output = next(n for n in (*call.outputs, *(new for _, new in call.writes)) if n is not None)
    return Recorded(
        operator=base_name(call.func),
        arguments=arguments_of(call),
        sources=tuple(tape.values[n].shape for n in refs_of(call)),
        output=tape.values[output].shape,
        reads=reads,
    )


def role(tape: Tape, value: int, flowing: AbstractSet[int]) -> str:
    """Return what a value is to the call that reads it: "input", "parameter" or "constant"."""
    if value in flowing:
        return "input"
    return "parameter" if tape.values[value].origin == "parameter" else "constant"


def refs_of(call: Call) -> Iterator[int]:
    """Yield the values that a call reads, in order."""
    stack: list[Any] = [*reversed(list(call.kwargs.values())), *reversed(call.args)]
    while stack:
        argument = stack.pop()
        if isinstance(argument, Ref):
            yield argument.value
        elif isinstance(argument, list | tuple):
            stack.extend(reversed(argument))


def arguments_of(call: Call) -> list[Any]:
    """Return a call's arguments as its schema lists them, defaults filled in, tensors as None."""
    found = []
    for i, argument in enumerate(call.func._schema.arguments):  # noqa: SLF001 - the schema has no public name
        value = call.args[i] if i < len(call.args) else call.kwargs.get(argument.name, argument.default_value)
        found.append(_without_tensors(value))
    return found


def _without_tensors(value: Any) -> Any:  # noqa: ANN401 - a recorded argument
    if isinstance(value, Ref):
        return None
    return type(value)(_without_tensors(part) for part in value) if isinstance(value, list | tuple) else value


@dataclass(frozen=True, slots=True)
class _Renamed:
    """Calls that only cut constants off from gradients, and what the values they make stand for."""

    calls: frozenset[int]
    values: Mapping[int, int]


def _without_detaching(tape: Tape, inside: Sequence[int]) -> _Renamed:
    """Leave out what torch does with a tensor that a module makes anew."""
    made = {n for number in inside for n in tape.calls[number].outputs}
    calls: set[int] = set()
    values: dict[int, int] = {}
    for number in inside:
        call = tape.calls[number]
        if base_name(call.func) == "detach" and (source := next(refs_of(call))) in made:
            calls.add(number)
            values.update({n: values.get(source, source) for n in call.outputs if n is not None})
    return _Renamed(frozenset(calls), values)


def _flowing(tape: Tape) -> set[int]:
    """Return the values in which an input of the network has a part."""
    found = {n for n, value in enumerate(tape.values) if value.origin == "input"}
    for call in tape.calls:
        if base_name(call.func) in FACTORIES:
            continue
        if any(n in found for n in (*refs_of(call), *call.after)):
            found.update(n for n in call.outputs if n is not None)
            found.update(new for _, new in call.writes)
    return found


def _one(
    tape: Tape,
    kind: Kind,
    calls: Sequence[int],
    inside: Sequence[int],
    renamed: Mapping[int, int],
    flowing: AbstractSet[int],
) -> Together | None:
    """Return the calls as one op, if one value flows in, one flows out, and the kind knows what they do."""
    makers = {n: i for i, number in enumerate(calls) for n in tape.calls[number].outputs if n is not None}
    found: list[Recorded] = []
    outside: dict[int, str] = {}
    for number in calls:
        call = tape.calls[number]
        reads: list[int | str] = []
        for n in (renamed.get(n, n) for n in refs_of(call)):
            reads.append(makers.get(n, role(tape, n, flowing)))
            if n not in makers:
                outside[n] = role(tape, n, flowing)
        if call.after or any(old not in makers and old not in renamed for old, _ in call.writes):
            return None
        found.append(recorded(tape, call, tuple(reads)))
    if list(outside.values()).count("input") != 1 or _is_seen(tape, {*makers} - {*_made(tape, calls[-1])}, inside):
        return None
    try:
        attributes = kind.read_calls(found)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        # Calls of those names that the kind does not expect: rows of their own.
        return None
    return None if attributes is None else Together(kind.name, attributes, tuple(outside), calls[-1])


def _made(tape: Tape, number: int) -> tuple[int | None, ...]:
    return tape.calls[number].outputs


def _is_seen(tape: Tape, values: AbstractSet[int], inside: Sequence[int]) -> bool:
    """Return whether somebody outside reads what a module makes on its way."""
    own = set(inside)
    if any(isinstance(leaf, Ref) and leaf.value in values for leaf in tape.leaves):
        return True
    first = min(inside)
    others = (call for number, call in enumerate(tape.calls[first:], start=first) if number not in own)
    return any(n in values for call in others for n in refs_of(call))
