"""The recorded calls as something that runs: whole, up to an op, or from values put in place of inner ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from torch import Tensor, nn
from torch.utils._pytree import TreeSpec, tree_unflatten

from striate.errors import InputError, Quoted, unknown_name
from striate.graph import times
from striate.trace.execution import Plan, execute, filled, planned
from striate.trace.found import Found
from striate.trace.inputs import Given, Inputs
from striate.trace.replay import Replay, Scaled, Unfit
from striate.trace.shell import unwrapped
from striate.trace.tape import Ref


@dataclass(frozen=True, slots=True)
class Result:
    """What a run gives.

    Attributes:
        outputs: What the network returns, in its own structure; None if the run stopped before.
        taps: The values of the ops asked for, by name.
    """

    outputs: Any
    taps: dict[str, Tensor] = field(default_factory=dict)


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
        self._plans: dict[tuple[frozenset[int], frozenset[int]], Plan] = {}

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
    def record(self) -> Replay | str:
        """The recorded calls, for who runs them in another way; why there are none, if there are none."""
        return self._replay

    @property
    def inputs(self) -> Inputs:
        """What was recorded."""
        return self._inputs

    @property
    def batch(self) -> int | None:
        """The only batch it holds for; None if it holds for every batch."""
        return None if isinstance(self._replay, str) else self._replay.batch

    def replaced(self, rule: Callable[[Any, tuple[Any, ...]], Callable[..., Any] | None]) -> Program:
        """Return this program with other functions called in place of some operators.

        Args:
            rule: Given an operator and its arguments (tensors are `Ref`), returns what is called with the same arguments and
                must return what the operator would, or None to leave the call as it is. What an operator wrote in place is
                written there by us.

        Example:
            >>> import torch
            >>> from striate.trace import trace
            >>> net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(inplace=True))
            >>> program = trace(net, (1, 2)).program.replaced(lambda func, _: torch.neg if "relu" in str(func) else None)
            >>> images = torch.ones(1, 2)
            >>> torch.equal(program.run(net, images).outputs, -net[0](images))
            True
        """
        return Program(self._inputs, self._values, self._spec, partial(self._with, rule), self._known_reason)

    def _with(self, rule: Callable[[Any, tuple[Any, ...]], Callable[..., Any] | None]) -> Replay:
        record = self._replay
        if isinstance(record, str):
            raise Unfit(record)
        steps = []
        for step in record.steps:
            instead = rule(step.func, step.args)
            if instead is not None and (step.copies or step.renames):
                instead = partial(_written, instead)
            steps.append(replace(step, instead=instead) if instead is not None else step)
        return replace(record, steps=tuple(steps))

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
        kept = execute(record, plan, values, batch, device, frozenset(tapped.values()))
        outputs = None
        if until is None and self._spec is not None:
            outputs = tree_unflatten([filled(leaf, values, batch, device) for leaf in leaves], self._spec)
        return Result(outputs, {name: kept.get(value, values[value]) for name, value in tapped.items()})

    def value(self, name: str) -> int:
        """Return the number that the value of an op has in the record.

        Raises:
            UnknownNameError: No op has that name.
        """
        return self._value(name)

    def _value(self, name: str) -> int:
        if name not in self._values:
            raise unknown_name("op", name, list(self._values))
        return self._values[name]

    def _plan(self, record: Replay, targets: frozenset[int], given: frozenset[int]) -> Plan:
        if (targets, given) not in self._plans:
            self._plans[targets, given] = planned(record, targets, given)
        return self._plans[targets, given]


def _written(instead: Callable[..., Any], target: Tensor, *rest: Any, **named: Any) -> Tensor:  # noqa: ANN401 - an operator's
    """Write what a function makes of a tensor into it."""
    return target.copy_(instead(target.clone(), *rest, **named))


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
