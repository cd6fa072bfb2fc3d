"""The order in which a program's calls run, and their execution: what is dead is let go, what nobody sees is overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from striate.trace.replay import Here, Replay, Scaled, Step
from striate.trace.tape import Ref

# Operators whose value is new memory, or that of what they write into, in whatever order images and weights lie. Others may
# give a view where the recording had a copy, as reshaping channels-last maps does.
_FORMAT_FREE = frozenset({
    "conv1d", "conv2d", "conv3d", "batch_norm", "relu", "relu6", "hardtanh", "silu", "gelu", "sigmoid", "hardswish",
    "hardsigmoid", "leaky_relu", "elu", "tanh", "mish", "add", "sub", "mul", "div", "cat", "max_pool1d", "max_pool2d",
    "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "constant_pad_nd", "local_response_norm",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Turn:
    """A step in its place in a run, with what can be known beforehand.

    Attributes:
        args: Its arguments, None where a run puts its own.
        tensors: (place, value) of the arguments that are tensors.
        others: Places of the arguments that hold tensors, sizes or devices in some other way.
        made: The value it makes, where that is all it does.
        dead: Values nobody reads after it.
        may_overwrite: Whether it may write in place as the network did: nobody sees what it writes over.
    """

    step: Step
    args: tuple[Any, ...]
    tensors: tuple[tuple[int, int], ...]
    others: tuple[int, ...]
    made: int | None
    dead: tuple[int, ...]
    may_overwrite: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps that some targets need, and the values they begin with.

    Attributes:
        turns: The steps.
        found: The values they begin with.
        is_begun: Whether inner values are given.
        is_format_free: Whether memory is shared as it was in the recording, in whatever format images and weights are.
    """

    turns: tuple[Turn, ...]
    found: tuple[int, ...]
    is_begun: bool
    is_format_free: bool


def planned(record: Replay, targets: frozenset[int], given: frozenset[int]) -> Plan:
    """Return the steps that lead from the given values to the targets, each with what is dead after it."""
    needed = set(targets - given)
    chosen: list[Step] = []
    for step in reversed(record.steps):
        if any(value in needed for value in step.made()):
            chosen.append(step)
            needed.update(value for value in step.reads if value not in given)
    # Backwards once more: the first step met is the last to read a value.
    alive = set(targets)
    # Memory that belongs to others, or whose values are asked for.
    kept = {record.storages[n] for n in (*targets, *record.found)}
    turns: list[Turn] = []
    for step in chosen:
        dead = tuple({value for value in (*step.reads, *step.made()) if value not in alive})
        alive.update(dead)
        memory = {record.storages[value] for value in step.made()}
        may_overwrite = step.in_place is not None and not memory & kept
        turns.append(_turn(step, dead, given, may_overwrite=may_overwrite))
    is_free = all(_name(step.func).removesuffix("_") in _FORMAT_FREE for step in chosen)
    return Plan(tuple(reversed(turns)), tuple(n for n in sorted(needed) if n in record.found), bool(given), is_free)


def _name(func: Any) -> str:  # noqa: ANN401 - an OpOverload
    return str(func.overloadpacket.__name__)


def _turn(step: Step, dead: tuple[int, ...], given: frozenset[int], *, may_overwrite: bool) -> Turn:
    tensors = tuple((i, argument.value) for i, argument in enumerate(step.args) if isinstance(argument, Ref))
    others = tuple(i for i, argument in enumerate(step.args) if not isinstance(argument, Ref) and _is_open(argument))
    args = tuple(None if isinstance(argument, Ref) else argument for argument in step.args)
    is_single = len(step.makes) == 1 and _gives_one(step.func)
    made = step.makes[0] if is_single and step.makes[0] not in given else None
    return Turn(step, args, tensors, others, made, dead, may_overwrite)


def _gives_one(func: Any) -> bool:  # noqa: ANN401 - an OpOverload
    returns = func._schema.returns  # noqa: SLF001 - the schema has no public name
    return len(returns) == 1 and str(returns[0].type) == "Tensor"


def _is_open(argument: object) -> bool:
    """Whether a run must put something of its own into an argument."""
    if isinstance(argument, list | tuple):
        return any(_is_open(part) for part in argument)
    return isinstance(argument, Ref | Scaled | Here)


def execute(
    record: Replay,
    plan: Plan,
    values: dict[int, Tensor],
    batch: int,
    device: torch.device,
    tapped: frozenset[int],
) -> dict[int, Tensor]:
    """Run the steps on the values; return copies of tapped values whose memory may still be written."""
    given = frozenset(values)
    kept: dict[int, Tensor] = {}
    # With gradients, what is written over may be needed once more; values that are asked for or given must stay as they
    # are. In another memory format, of images or of the weights they meet, a view may be had where the recording made a copy.
    is_as_recorded = plan.is_format_free or all(values[n].is_contiguous() for n in plan.found)
    overwrites = is_as_recorded and not (torch.is_grad_enabled() or tapped or plan.is_begun)
    for turn in plan.turns:
        step = turn.step
        for before, after in step.copies:
            values[after] = values[before].clone()
        for before, after in step.renames:
            values[after] = values[before]
        out = _called(turn, values, batch, device, overwrites=overwrites)
        if turn.made is not None:
            values[turn.made] = out
        else:
            parts = out if isinstance(out, list | tuple) else (out,)
            pairs = zip(step.makes, parts, strict=True)
            values.update((value, part) for value, part in pairs if value is not None and value not in given)
        if record.literal:
            kept.update({n: values[n].clone() for n in step.made() if n in tapped and n in record.literal})
        for value in turn.dead:
            values.pop(value, None)
    return kept


def _called(
    turn: Turn,
    values: Mapping[int, Tensor],
    batch: int,
    device: torch.device,
    *,
    overwrites: bool,
) -> Any:  # noqa: ANN401 - what the operator returns
    step, args = turn.step, list(turn.args)
    for place, value in turn.tensors:
        args[place] = values[value]
    for place in turn.others:
        args[place] = filled(step.args[place], values, batch, device)
    func = step.in_place if overwrites and turn.may_overwrite and step.in_place is not None else step.func
    func = step.instead or func
    if not step.kwargs:
        return func(*args)
    return func(*args, **{name: filled(argument, values, batch, device) for name, argument in step.kwargs.items()})


def filled(argument: Any, values: Mapping[int, Tensor], batch: int, device: torch.device) -> Any:  # noqa: ANN401
    """Return a step's argument with tensors, integers and device of a run in the places left for them."""
    if isinstance(argument, Ref):
        return values[argument.value]
    if isinstance(argument, list | tuple):
        return type(argument)(filled(part, values, batch, device) for part in argument)
    if isinstance(argument, Scaled):
        return argument.at(batch)
    return device if isinstance(argument, Here) else argument
