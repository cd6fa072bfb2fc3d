"""The recorded calls as something that runs: whole, up to an op, or from values put in place of inner ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import TreeSpec, tree_unflatten

from striate.errors import InputError, Quoted, unknown_name
from striate.graph import times
from striate.trace.inputs import Given, Inputs
from striate.trace.replay import Here, Replay, Scaled, Step, Unfit
from striate.trace.shell import unwrapped
from striate.trace.tape import Ref, Value


@dataclass(frozen=True, slots=True)
class Result:
    """What a run gives.

    Attributes:
        outputs: What the network returns, in its own structure; None if the run stopped before.
        taps: The values of the ops asked for, by name.
    """

    outputs: Any
    taps: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Turn:
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
class _Plan:
    """The steps that some targets need, and the values they begin with; begun if inner values are given."""

    turns: tuple[_Turn, ...]
    found: tuple[int, ...]
    is_begun: bool


class Program:
    """A network's recorded calls, run on its module's present parameters and buffers.

    It gives bit for bit what the module gives in eval mode, at any batch, and gradients flow
    through it as through the module; the module itself is not called, so its mode and its hooks
    play no part. It holds for the recorded input sizes and types. Recorded on the first run, so a
    trace that is only read costs nothing more.

    Args:
        inputs: What was recorded.
        values: The value each op of the table makes.
        spec: The structure of the network's output.
        make: Returns the steps; called once, when they are first needed.
        reason: Why it cannot run, if that is known already.

    Example:
        >>> import torch
        >>> from striate.trace import trace
        >>> net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU())
        >>> images = torch.ones(5, 4)
        >>> result = trace(net, (1, 4)).program.run(net, images, taps=["0"])
        >>> torch.equal(result.outputs, net(images)), torch.equal(result.taps["0"], net[0](images))
        (True, True)
    """

    def __init__(
        self,
        inputs: Inputs,
        values: Mapping[str, int],
        spec: TreeSpec | None,
        make: Callable[[], Replay],
        reason: str = "",
    ) -> None:
        self._inputs, self._values, self._spec, self._make = inputs, values, spec, make
        self._known_reason = reason
        self._plans: dict[tuple[frozenset[int], frozenset[int]], _Plan] = {}

    @cached_property
    def _replay(self) -> Replay | str:
        if self._known_reason:
            return self._known_reason
        try:
            return self._make()
        except Unfit as reason:
            return str(reason)

    @property
    def reason(self) -> str:
        """Why it cannot run; empty if it can."""
        return self._replay if isinstance(self._replay, str) else ""

    @property
    def inputs(self) -> Inputs:
        """What was recorded."""
        return self._inputs

    @property
    def batch(self) -> int | None:
        """The only batch it holds for; None if it holds for every batch."""
        return None if isinstance(self._replay, str) else self._replay.batch

    def run(
        self,
        module: nn.Module,
        inputs: Given,
        *,
        taps: Iterable[str] = (),
        until: str | None = None,
    ) -> Result:
        """Return the network's outputs, and the values of inner ops.

        Args:
            module: The module that was traced; its present parameters and buffers are read.
            inputs: A tensor, several in order, or a dict by name; any batch.
            taps: Names of ops whose values are wanted.
            until: Name of the op to stop at; it is tapped too, and no outputs are computed.

        Raises:
            InputError: The network cannot be replayed, or the inputs are not as recorded.
            UnknownNameError: No op has that name.
        """
        tensors = self._inputs.tensors(inputs)
        return self._run(module, dict(zip(self._inputs.names, tensors, strict=True)), {}, taps, until)

    def run_from(
        self,
        module: nn.Module,
        values: Mapping[str, Tensor],
        *,
        inputs: Given | None = None,
        taps: Iterable[str] = (),
        until: str | None = None,
    ) -> Result:
        """Return what follows from values put in place of inner ops; only what depends on them is computed.

        Args:
            module: The module that was traced.
            values: Tensors by op name.
            inputs: The network's inputs, needed if a path from them goes past all the values.
            taps: Names of ops whose values are wanted.
            until: Name of the op to stop at, as in `run`.

        Raises:
            InputError: A value has other sizes than its op, or a path from the inputs goes past all
                the values.
            UnknownNameError: No op has that name.
        """
        named = {} if inputs is None else dict(zip(self._inputs.names, self._inputs.tensors(inputs), strict=True))
        return self._run(module, named, values, taps, until)

    def _run(
        self,
        module: nn.Module,
        inputs: Mapping[str, Tensor],
        given: Mapping[str, Tensor],
        taps: Iterable[str],
        until: str | None,
    ) -> Result:
        record = self._replay
        if isinstance(record, str):
            raise InputError(
                "a network must make the same calls for all data to be replayed",
                got=Quoted(record),
                hint="Use tap(), which then runs the module itself with hooks.",
            )
        wanted = dict.fromkeys([*taps, *([until] if until is not None else [])])
        tapped = {name: self._value(name) for name in wanted}
        start = {self._value(name): tensor for name, tensor in given.items()}
        batch = _batch(record, inputs, start, {self._value(name): name for name in given})
        if record.batch not in (None, batch):
            raise InputError(
                f"this program must be run at the recorded batch {record.batch}",
                got=batch,
                hint="Trace the network again at the batch wanted: its calls depend on it.",
            )
        leaves = [] if until is not None else list(record.leaves)
        targets = {*tapped.values(), *(leaf.value for leaf in leaves if isinstance(leaf, Ref))}
        plan = self._plan(record, frozenset(targets), frozenset(start))
        device = next(iter((*inputs.values(), *start.values()))).device
        values = Found(unwrapped(module), inputs, device).all(record, plan.found)
        for value, tensor in start.items():
            values[value] = tensor.clone() if value in record.literal else tensor
        kept = _execute(record, plan, values, batch, device, frozenset(tapped.values()))
        outputs = None
        if until is None and self._spec is not None:
            outputs = tree_unflatten([filled(leaf, values, batch, device) for leaf in leaves], self._spec)
        return Result(outputs, {name: kept.get(value, values[value]) for name, value in tapped.items()})

    def _value(self, name: str) -> int:
        if name not in self._values:
            raise unknown_name("op", name, list(self._values))
        return self._values[name]

    def _plan(self, record: Replay, targets: frozenset[int], given: frozenset[int]) -> _Plan:
        if (targets, given) not in self._plans:
            self._plans[targets, given] = _planned(record, targets, given)
        return self._plans[targets, given]


class Found:
    """What no step makes, looked up in the module and the inputs of a run."""

    def __init__(self, module: nn.Module, inputs: Mapping[str, Tensor], device: torch.device) -> None:
        self._module, self._inputs, self._device = module, inputs, device
        self._parts: dict[str, Any] = {"": module}

    def all(self, record: Replay, numbers: Iterable[int]) -> dict[int, Tensor]:
        """Return the tensors of these values."""
        found = {}
        for number in numbers:
            tensor = self._one(record.found[number])
            found[number] = tensor.clone() if number in record.literal else tensor
        return found

    def _one(self, value: Value) -> Tensor:
        if value.origin == "input":
            if value.key not in self._inputs:
                raise InputError(
                    "the values given must cut every path from the inputs",
                    got=Quoted(f"a path from {value.key} past them"),
                    hint="Give the inputs too.",
                )
            return self._inputs[value.key]
        if value.constant is not None:
            return value.constant.to(self._device)
        path, _, name = value.key.rpartition(".")
        part = self._part(path)
        # Looked up where modules keep it: quicker than asking the module.
        held = getattr(part, "_parameters" if value.origin == "parameter" else "_buffers", None)
        tensor = held.get(name) if type(held) is dict else None
        tensor = getattr(part, name, None) if tensor is None else tensor
        if not isinstance(tensor, Tensor) or tuple(tensor.shape) != value.shape:
            raise InputError(
                "the module must be the one that was traced",
                got=Quoted(f"no {value.origin} of size {times(value.shape) or '1'}"),
                where=value.key,
                hint="Trace this module.",
            )
        return tensor

    def _part(self, path: str) -> object:
        if path not in self._parts:
            parent, _, name = path.rpartition(".")
            self._parts[path] = getattr(self._part(parent), name, None)
        return self._parts[path]


def _planned(record: Replay, targets: frozenset[int], given: frozenset[int]) -> _Plan:
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
    turns: list[_Turn] = []
    for step in chosen:
        dead = tuple({value for value in (*step.reads, *step.made()) if value not in alive})
        alive.update(dead)
        memory = {record.storages[value] for value in step.made()}
        may_overwrite = step.in_place is not None and not memory & kept
        turns.append(_turn(step, dead, given, may_overwrite=may_overwrite))
    return _Plan(tuple(reversed(turns)), tuple(n for n in sorted(needed) if n in record.found), bool(given))


def _turn(step: Step, dead: tuple[int, ...], given: frozenset[int], *, may_overwrite: bool) -> _Turn:
    tensors = tuple((i, argument.value) for i, argument in enumerate(step.args) if isinstance(argument, Ref))
    others = tuple(i for i, argument in enumerate(step.args) if not isinstance(argument, Ref) and _is_open(argument))
    args = tuple(None if isinstance(argument, Ref) else argument for argument in step.args)
    is_single = len(step.makes) == 1 and _gives_one(step.func)
    made = step.makes[0] if is_single and step.makes[0] not in given else None
    return _Turn(step, args, tensors, others, made, dead, may_overwrite)


def _gives_one(func: Any) -> bool:  # noqa: ANN401 - an OpOverload
    returns = func._schema.returns  # noqa: SLF001 - the schema has no public name
    return len(returns) == 1 and str(returns[0].type) == "Tensor"


def _is_open(argument: object) -> bool:
    """Whether a run must put something of its own into an argument."""
    if isinstance(argument, list | tuple):
        return any(_is_open(part) for part in argument)
    return isinstance(argument, Ref | Scaled | Here)


def _execute(
    record: Replay,
    plan: _Plan,
    values: dict[int, Tensor],
    batch: int,
    device: torch.device,
    tapped: frozenset[int],
) -> dict[int, Tensor]:
    """Run the steps on the values; return copies of tapped values whose memory may still be written."""
    given = frozenset(values)
    kept: dict[int, Tensor] = {}
    # With gradients, what is written over may be needed once more; values that are asked for or given must stay as they
    # are, and so must images in another memory format, of which a view may be had where the recording made a copy.
    inputs = (values[n] for n in plan.found if record.found[n].origin == "input")
    overwrites = not (torch.is_grad_enabled() or tapped or plan.is_begun) and all(t.is_contiguous() for t in inputs)
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
    turn: _Turn,
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


def _batch(
    record: Replay,
    inputs: Mapping[str, Tensor],
    start: Mapping[int, Tensor],
    names: Mapping[int, str],
) -> int:
    """Return the batch of a run; check that all values given agree with it."""
    batch = next((tensor.shape[0] for tensor in inputs.values()), None)
    for value, tensor in start.items():
        shape = record.shapes[value]
        for length, size in zip(tensor.shape, shape, strict=False):
            if batch is None and isinstance(size, Scaled) and size.slope:
                batch = (length - size.base) // size.slope
        if batch is None:
            batch = record.batch or 1
        expected = tuple(size.at(batch) if isinstance(size, Scaled) else size for size in shape)
        if tuple(tensor.shape) != expected:
            raise InputError(
                f"a value must have the sizes of its op, {times(expected)}",
                got=Quoted(times(tuple(tensor.shape))),
                where=names[value],
            )
    if batch is None:
        raise InputError("a run must be given inputs or values", got=Quoted("nothing"))
    return batch
