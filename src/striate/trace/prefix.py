"""`trace_until`: a network up to one of its ops, at sizes that the rest of it may not take, with other windows where asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_flatten

from striate.errors import InputError, Quoted, unknown_name
from striate.kinds import kinds_by_aten
from striate.trace.hollow import FakeTensors
from striate.trace.inputs import Given, Inputs, read_inputs
from striate.trace.program import Program
from striate.trace.quick import Quick
from striate.trace.record import Recording
from striate.trace.replay import Replay, replay
from striate.trace.runs import device_of, told, undisturbed
from striate.trace.shell import again, check_ready, holdings, unwrapped, without_values
from striate.trace.state import uncollected, unsaid
from striate.trace.table import Table, table
from striate.trace.tape import Recorder, Ref, Tape, base_name

# Kinds whose window can be changed, with the place of (kernel, stride, padding, dilation) among the call's arguments.
WINDOWED: Mapping[str, tuple[int | None, int, int, int | None]] = {
    "conv": (None, 3, 4, 5),
    "maxpool": (1, 2, 3, 4),
    "avgpool": (1, 2, 3, None),
}
_BATCHES = (2, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Another window for one call.

    Attributes:
        stride: The new stride, per axis.
        spread: What dilation and padding are multiplied by, per axis.
    """

    stride: tuple[int, ...]
    spread: tuple[int, ...]


def trace_until(module: nn.Module, inputs: Given, op: str, *, edits: Mapping[int, Edit] | None = None) -> Recording:
    """Return the table and the program of a network up to one op; what the rest makes of the sizes does not matter.

    Args:
        module: As for `trace`.
        inputs: As for `trace`.
        op: Name of the op whose value the program returns.
        edits: Other windows, by the number of the call among the convolutions and window poolings, from 0, in the
            order they run. Everything behind them sees the sizes that come out.

    Raises:
        ShapeError: The network does not get as far as the op on these inputs.
        InputError: It cannot be recorded without values.
        UnknownNameError: It has no such op.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Flatten(), nn.Linear(8, 2))
        >>> recording = trace_until(net, (1, 1, 9, 9), "0")   # `trace` refuses: the layer "2" reads 8 values
        >>> recording.program.run(net, torch.ones(4, 1, 9, 9)).outputs.shape
        torch.Size([4, 8, 7, 7])
    """
    module = unwrapped(module)
    found = check_ready(module)
    asked = read_inputs(module, inputs)
    fake = FakeTensors()
    with undisturbed(module), uncollected():
        shell = without_values(module, found, fake)
    device = device_of(shell.module)

    def taped(given: Inputs) -> tuple[Tape, Table]:
        # As `trace` does it: each run has a fresh copy, and the original's tensors count as its own.
        twin = again(shell, fake)
        twin.places.update(holdings(module).places())
        edit = None if edits is None else _Edits(edits)
        with undisturbed(twin.module), uncollected(), unsaid(), torch.inference_mode(), fake.running():
            twin.module.eval()
            tensors = given.empty(device)
            named = dict(zip(given.names, tensors, strict=True))
            recorder = Recorder(twin, frozenset(kinds_by_aten()), named, Quick(fake), edit)
            try:
                with recorder.listening():
                    given.call(twin.module, tensors)
            except Exception as error:  # the rest of the network may say anything to these sizes
                made = table(recorder.tape, found, given, "eval")
                if op not in made.values:
                    raise told(error, recorder.failures.get(id(error))) from error
            else:
                made = table(recorder.tape, found, given, "eval")
        if op not in made.values:
            raise unknown_name("op", op, list(made.values))
        return _cut(recorder.tape, made.values[op]), made

    tape, made = taped(asked)
    spec = tape.spec
    graph = made.graph
    names = [row.name for row in graph]
    kept = names[: names.index(op) + 1]
    program = Program(
        asked,
        {name: made.values[name] for name in kept if made.values[name] < len(tape.values)},
        spec,
        partial(_replayed, taped, asked, tape),
    )
    return Recording(graph=graph, program=program, not_counted=(), skipped_hooks=shell.skipped_hooks)


def _replayed(taped: Callable[[Inputs], tuple[Tape, Table]], asked: Inputs, first: Tape) -> Replay:
    few, many = (first if batch == asked.batch else taped(asked.with_batch(batch))[0] for batch in _BATCHES)
    return replay(few, _BATCHES[0], many, _BATCHES[1])


def _cut(tape: Tape, value: int) -> Tape:
    """Return a tape up to the call that makes a value, with the value as its output."""
    last = next(
        number
        for number, call in enumerate(tape.calls)
        if value in call.outputs or any(new == value for _, new in call.writes)
    )
    tape.calls = tape.calls[: last + 1]
    tape.leaves, tape.spec = [Ref(value)], tree_flatten(0)[1]
    return tape


class _Edits:
    """Puts other windows in place of some calls', counted as they come."""

    def __init__(self, edits: Mapping[int, Edit]) -> None:
        self._edits, self._count = edits, 0
        self._kinds = kinds_by_aten()

    def __call__(self, func: Any, args: Sequence[Any]) -> Sequence[Any]:  # noqa: ANN401 - an OpOverload
        kind = self._kinds.get(base_name(func))
        if kind is None or kind.name not in WINDOWED:
            return args
        number, self._count = self._count, self._count + 1
        edit = self._edits.get(number)
        if edit is None:
            return args
        return _with_window(kind.name, edit, [*args, *_defaults(func)[len(args) :]])


def _defaults(func: Any) -> list[Any]:  # noqa: ANN401 - as above
    return [argument.default_value for argument in func._schema.arguments]  # noqa: SLF001 - the schema has no public name


def _with_window(kind: str, edit: Edit, args: list[Any]) -> Sequence[Any]:
    _, stride, padding, dilation = WINDOWED[kind]
    args[stride] = list(edit.stride)
    if max(edit.spread) == 1:
        return args
    if dilation is None:
        raise InputError("average pooling must keep its window together", got=Quoted(f"dilation {max(edit.spread)}"))
    for place in (dilation, padding):
        if not isinstance(args[place], str):  # "same" and "valid" follow the dilation by themselves
            args[place] = [number * by for number, by in zip(_spread(args[place], edit), edit.spread, strict=True)]
    return args


def _spread(value: Any, edit: Edit) -> Sequence[int]:  # noqa: ANN401 - one number, or one an axis
    numbers = [value] if isinstance(value, int) else list(value)
    return numbers * len(edit.spread) if len(numbers) == 1 else numbers
