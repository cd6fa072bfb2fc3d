"""A network's recorded calls forward and backward, cut at every call, so that each can be asked what it received and sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted
from striate.graph import Graph, Mode
from striate.trace.execution import filled
from striate.trace.found import Found
from striate.trace.inputs import Inputs, read_inputs
from striate.trace.replay import Replay, Step, Unfit, replay
from striate.trace.runs import HollowRuns, NeedsValues, real_tape
from striate.trace.shell import check_ready, unwrapped
from striate.trace.state import kept_randomness
from striate.trace.table import Table, table
from striate.trace.tape import Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One recorded call as it ran.

    Attributes:
        func: The ATen operator.
        arguments: By name, defaults included; tensors are detached.
        numbers: Number of the value behind each tensor argument, by name; those of a list as `name.0`, `name.1`, …
        reads: Number of each value it read, with the tensor.
        made: Number of each value it made, with the tensor; gradients flow from it to `reads` and no further.
    """

    func: Any
    arguments: Mapping[str, Any]
    numbers: Mapping[str, int]
    reads: tuple[tuple[int, Tensor], ...]
    made: tuple[tuple[int, Tensor], ...]

    @property
    def operator(self) -> str:
        """Name of the operator without namespace and overload ("conv2d")."""
        return str(self.func.overloadpacket.__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """A forward pass over one batch, ready for backward passes.

    Attributes:
        graph: The table.
        calls: In the order they ran.
        values: Number of the value that each op or input makes, by name.
        tensors: Every value, detached.
        parameters: Number and key of every parameter that was read.
        groups: Places in `calls` of those that make an op's value from the values of other ops, by the op's name.
        owners: The op to which each value that a call makes belongs: the first that it leads to.
        plain: Values that were multiplied on the way, as they were before, by number.
        notes: What a reader has to know.
        recorded: The record it followed.
    """

    graph: Graph
    calls: tuple[Call, ...]
    values: Mapping[str, int]
    tensors: Mapping[int, Tensor]
    parameters: Mapping[str, int]
    groups: Mapping[str, tuple[int, ...]]
    owners: Mapping[int, str]
    plain: Mapping[int, Tensor]
    notes: tuple[str, ...]
    recorded: Recorded

    def calls_of(self, name: str) -> tuple[Call, ...]:
        """Return the calls that make an op's value from those of other ops, in the order they ran; none for an input."""
        return tuple(self.calls[place] for place in self.groups.get(name, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradients:
    """Gradients of one score.

    Attributes:
        at: By number of the value, parameters included; absent where none arrives.
        sent: For each call by its place in `Forward.calls`, what it alone sent to each value it read.
    """

    at: Mapping[int, Tensor]
    sent: Mapping[int, Mapping[int, Tensor]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A module's calls for inputs of one shape: what passes over such inputs have in common.

    Attributes:
        asked: What was recorded.
        made: The table, and the value each of its ops makes.
        record: The calls.
        notes: What a reader has to know.
        is_data_dependent: The calls are those for the recorded input alone.
    """

    asked: Inputs
    made: Table
    record: Replay
    notes: tuple[str, ...]
    is_data_dependent: bool


def recorded(module: nn.Module, inputs: Tensor, mode: Mode) -> Recorded:
    """Return a module's calls for inputs like these.

    Raises:
        InputError: The module cannot run on these inputs.
    """
    module = unwrapped(module)
    found = check_ready(module)
    asked = read_inputs(module, inputs)
    runs = HollowRuns(module, asked, mode, found)
    notes = [f"Hooks were left out: {', '.join(runs.skipped_hooks)}."] if runs.skipped_hooks else []
    is_data_dependent = False
    try:
        tape = runs.first(found)
    except NeedsValues as cause:
        tape, is_data_dependent = real_tape(module, asked, mode, cause), True
        notes.append("The network's calls depend on data: these are the calls for this input.")
    try:
        record = replay(tape, asked.batch)
    except Unfit as reason:
        raise InputError("a network's calls must be recorded to be run backward", got=Quoted(str(reason))) from reason
    return Recorded(
        asked=asked,
        made=table(tape, found, asked, mode),
        record=record,
        notes=tuple(notes),
        is_data_dependent=is_data_dependent,
    )


def forward(
    module: nn.Module,
    inputs: Tensor,
    mode: Mode,
    factors: Mapping[str, Tensor] | None = None,
    known: Recorded | None = None,
) -> Forward:
    """Return a forward pass of a module's recorded calls on its present parameters.

    The module is not entered, and neither its parameters nor its buffers are written: calls run on cut-off copies of the
    values, so in-place layers, frozen parameters and hooks play no part.

    Args:
        module: What runs.
        inputs: One batch.
        mode: "train" or "eval".
        factors: What the values of some ops are multiplied with before others read them, by the op's name; of shapes that
            go with the values'.
        known: The `recorded` of an earlier pass in this mode over inputs of this shape, so that nothing is recorded again.

    Raises:
        InputError: The module cannot run on these inputs, or writes into a view of a value that others read; a record of other
            sizes, or of calls that depend on data.
    """
    module = unwrapped(module)
    if known is None:
        known = recorded(module, inputs, mode)
    else:
        known.asked.tensors(inputs)
        if known.is_data_dependent or len(inputs) != known.asked.batch:
            raise InputError("a record of calls must hold for these inputs", got=Quoted("another batch, or other data"))
    made, record = known.made, known.record
    with torch.inference_mode(mode=False), torch.enable_grad(), kept_randomness():
        leaf = inputs.detach().clone()
        values = _found(module, record, known.asked.names[0], leaf)
        scales = {made.values[name]: factor.to(leaf.device) for name, factor in (factors or {}).items()}
        plain: dict[int, Tensor] = {}
        calls = tuple(_called(step, values, known.asked.batch, scales, plain) for step in record.steps)
    numbers = {value.key: n for n, value in record.found.items() if value.origin == "input"} | dict(made.values)
    keys = {value.key: n for n, value in record.found.items() if value.origin == "parameter"}
    tensors = {n: tensor.detach() for n, tensor in values.items()}
    groups = _groups(calls, numbers, made.graph)
    owners: dict[int, str] = {}
    for name, places in groups.items():
        owners |= {n: name for place in places for n, _ in calls[place].made if n not in owners}
    return Forward(
        graph=made.graph,
        calls=calls,
        values=numbers,
        tensors=tensors,
        parameters=keys,
        groups=groups,
        owners=owners,
        plain=plain,
        notes=known.notes,
        recorded=known,
    )


def gradients(run: Forward, seed: Mapping[int, Tensor]) -> Gradients:
    """Return the gradients that follow from those given at some values, each call asked by itself.

    Args:
        run: The forward pass; it may be used again.
        seed: Gradients at the values where the backward pass begins, by number.
    """
    at = dict(seed)
    sent: dict[int, dict[int, Tensor]] = {}
    for place in reversed(range(len(run.calls))):
        call = run.calls[place]
        given = [(tensor, at[n]) for n, tensor in call.made if n in at and tensor.requires_grad]
        if not given or not call.reads:
            continue
        outputs, weights = zip(*given, strict=True)
        wanted = [tensor for _, tensor in call.reads]
        found = torch.autograd.grad(outputs, wanted, weights, retain_graph=True, allow_unused=True)
        pairs: list[tuple[int, Tensor | None]] = [(n, grad) for (n, _), grad in zip(call.reads, found, strict=True)]
        sent[place] = {n: grad for n, grad in pairs if grad is not None}
        for n, grad in sent[place].items():
            at[n] = at[n] + grad if n in at else grad
    return Gradients(at=at, sent=sent)


def _groups(calls: tuple[Call, ...], values: Mapping[str, int], graph: Graph) -> dict[str, tuple[int, ...]]:
    makers = {made: place for place, call in enumerate(calls) for made, _ in call.made}
    of_ops = set(values.values())
    groups = {}
    for op in graph:
        waiting, found = [values[op.name]], set[int]()
        while waiting:
            number = waiting.pop()
            is_others = number in of_ops and number != values[op.name]
            if number in makers and not is_others and makers[number] not in found:
                found.add(makers[number])
                waiting += calls[makers[number]].numbers.values()
        groups[op.name] = tuple(sorted(found))
    return groups


def _found(module: nn.Module, record: Replay, name: str, leaf: Tensor) -> dict[int, Tensor]:
    read = {value for step in record.steps for value in step.reads}
    numbers = [n for n in record.found if n in read or record.found[n].origin == "input"]
    values = Found(module, {name: leaf}, leaf.device).all(record, numbers)
    # Copies, also of the buffers: batch normalisation in train mode writes them. Nothing is asked for their gradient.
    copies = {n: tensor.detach().clone() for n, tensor in values.items()}
    asked = ("input", "parameter")
    return {n: _leaf(copy) if record.found[n].origin in asked else copy for n, copy in copies.items()}


def _leaf(tensor: Tensor) -> Tensor:
    return tensor.requires_grad_() if tensor.is_floating_point() else tensor


def _called(
    step: Step, values: dict[int, Tensor], batch: int, scales: Mapping[int, Tensor], plain: dict[int, Tensor]
) -> Call:
    device = next(iter(values.values())).device
    read = dict.fromkeys(step.reads)
    reads = tuple((n, values[n]) for n in read if n in values and values[n].requires_grad)
    for before, after in (*step.copies, *step.renames):
        values[after] = values[before].clone()
        if step.renames and before in values and values[before].requires_grad:
            _refuse_view(step.func)
    given = [filled(argument, values, batch, device) for argument in step.args]
    named = {key: filled(argument, values, batch, device) for key, argument in step.kwargs.items()}
    arguments = _by_name(step.func, [_detached(part) for part in given], {k: _detached(v) for k, v in named.items()})
    out = step.func(*given, **named)
    parts = out if isinstance(out, list | tuple) else (out,)
    pairs = zip(step.makes, parts, strict=True)
    values.update({n: part for n, part in pairs if n is not None and isinstance(part, Tensor)})
    for n in scales.keys() & set(step.made()):
        plain[n] = values[n].detach()
        values[n] = values[n] * scales[n]
    made = tuple((n, values[n]) for n in step.made())
    for n, tensor in made:
        values[n] = _leaf(tensor.detach())
    numbers = _numbers(_by_name(step.func, list(step.args), step.kwargs))
    return Call(func=step.func, arguments=arguments, numbers=numbers, reads=reads, made=made)


def _refuse_view(func: Callable[..., Any]) -> None:
    raise InputError(
        "a network must not write into part of a value that others read",
        got=str(func),
        hint="Write torch.cat or torch.where in its forward instead of assigning to a slice.",
    )


def _detached(argument: Any) -> Any:  # noqa: ANN401 - an argument of any operator
    if isinstance(argument, Tensor):
        return argument.detach()
    return type(argument)(map(_detached, argument)) if isinstance(argument, list | tuple) else argument


def _numbers(arguments: Mapping[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, value in arguments.items():
        if isinstance(value, Ref):
            found[name] = value.value
        elif isinstance(value, list | tuple):
            found |= {f"{name}.{n}": part.value for n, part in enumerate(value) if isinstance(part, Ref)}
    return found


def _by_name(func: Any, args: list[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - an OpOverload
    schema = func._schema.arguments  # noqa: SLF001 - the schema has no public name
    named = {argument.name: argument.default_value for argument in schema if argument.has_default_value()}
    named.update(zip((argument.name for argument in schema), args, strict=False))
    return named | dict(kwargs)
