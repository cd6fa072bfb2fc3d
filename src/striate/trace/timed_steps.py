"""The recorded calls one at a time, with a clock: forward as they were made, backward cut at every call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from striate.trace.clock import Clock
from striate.trace.execution import filled
from striate.trace.found import Found
from striate.trace.inputs import Inputs
from striate.trace.replay import Replay, Step
from striate.trace.tape import Ref


@dataclass(frozen=True, slots=True)
class OwnedStep:
    """A step, the op it belongs to, and the values nobody reads after it.

    Attributes:
        owner: Name of the op; empty for a step that leads to no op's value and reads none.
    """

    step: Step
    owner: str
    dead: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Done:
    """A step that ran with gradients: what it made, and what gradients are wanted for."""

    owner: str
    made: tuple[tuple[int, Tensor], ...]
    reads: tuple[tuple[int, Tensor], ...]


def owned_steps(record: Replay, values: Mapping[str, int]) -> tuple[OwnedStep, ...]:
    """Return the steps that lead to an op's value or to an output, each with its op.

    A step that makes no op's value (a view, a cast) belongs to the op that reads first what it makes; behind the last
    op, to the op that it reads.

    Args:
        record: Steps in the order they ran.
        values: The value each op makes, by name.
    """
    leaves = {leaf.value for leaf in record.leaves if isinstance(leaf, Ref)}
    needed = {*values.values(), *leaves}
    makers: dict[int, str] = {}
    for name, value in values.items():
        makers.setdefault(value, name)
    chosen: list[tuple[Step, str]] = []
    readers: dict[int, str] = {}
    for step in reversed(record.steps):
        made = tuple(step.made())
        if not needed.intersection(made):
            continue
        needed.update(step.reads)
        # Overwritten by earlier steps as they are met: what stays is the first reader.
        owner = _first(made, makers) or _first(made, readers)
        readers.update(dict.fromkeys(step.reads, owner))
        chosen.append((step, owner))
    chosen.reverse()
    for i, (step, owner) in enumerate(chosen):
        if not owner:
            owner = _first(step.reads, makers)
            chosen[i] = (step, owner)
        makers.update({n: owner for n in step.made() if n not in makers and owner})
    return _with_ends(chosen, leaves)


def _first(values: Iterable[int], owners: Mapping[int, str]) -> str:
    return next((owners[n] for n in values if n in owners), "")


def _with_ends(chosen: Sequence[tuple[Step, str]], leaves: set[int]) -> tuple[OwnedStep, ...]:
    alive = set(leaves)
    found = []
    for step, owner in reversed(chosen):
        dead = tuple({value for value in (*step.reads, *step.made()) if value not in alive})
        alive.update(dead)
        found.append(OwnedStep(step, owner, dead))
    return tuple(reversed(found))


class TimedSteps:
    """Steps that run on a module's present values, with the seconds of each op.

    Args:
        record: Steps as they were recorded, in place where the network writes in place.
        values: The value each op makes, by name.
        module: A copy: its buffers are written as the network writes them.
        inputs: What was recorded.
        clock: Of the device.
    """

    def __init__(
        self,
        record: Replay,
        values: Mapping[str, int],
        module: nn.Module,
        inputs: Inputs,
        clock: Clock,
    ) -> None:
        self._record, self._module, self._inputs, self._clock = record, module, inputs, clock
        self._steps = owned_steps(record, values)
        self._written = {before for owned in self._steps for before, _ in owned.step.renames}
        read = {value for owned in self._steps for value in owned.step.reads}
        self._found = tuple(number for number in record.found if number in read)
        self._grad_floor_s = _grad_floor(clock)

    @property
    def writes_into_views(self) -> bool:
        """Whether memory is read through one view after it was written through another."""
        return bool(self._record.literal)

    def forward(self, tensors: Sequence[Tensor]) -> dict[str, float]:
        """Return the seconds of each op in one forward pass that keeps nothing."""
        seconds: dict[str, float] = {}
        values = self._start(tensors)
        device = tensors[0].device
        with torch.no_grad():
            for owned in self._steps:
                step = owned.step
                for before, after in step.renames:
                    values[after] = values[before]
                args, kwargs = self._arguments(step, values, device)
                began = self._clock.now()
                out = step.func(*args, **kwargs)
                _put(step, out, values)
                # Freed inside the clock: in the network too it is the next op that frees what the last one read.
                del args, kwargs, out
                for value in owned.dead:
                    values.pop(value, None)
                seconds[owned.owner] = seconds.get(owned.owner, 0.0) + self._clock.now() - began
        return seconds

    def backward(self, tensors: Sequence[Tensor]) -> dict[str, float]:
        """Return the seconds of each op in the backward pass of the mean of every output."""
        with torch.enable_grad():
            done, grads = self._kept(tensors)
        seconds: dict[str, float] = {}
        # A real step keeps the gradients of the parameters: freeing them at once would cost time that it does not spend.
        kept: list[tuple[int, Tensor]] = []
        while done:
            step = done.pop()
            given = [(tensor, grads.pop(value)) for value, tensor in step.made if value in grads]
            if not given or not step.reads:
                continue
            owner, reads = step.owner, step.reads
            del step
            began = self._clock.now()
            kept += _pull(given, reads, grads, self._record)
            spent = self._clock.now() - began - self._grad_floor_s
            seconds[owner] = seconds.get(owner, 0.0) + max(spent, 0.0)
        return seconds

    def _kept(self, tensors: Sequence[Tensor]) -> tuple[list[_Done], dict[int, Tensor]]:
        """Run forward, each step on values cut off from what made them; return the steps and the outputs' gradients."""
        values = self._start(tensors)
        device = tensors[0].device
        done = []
        for owned in self._steps:
            step = owned.step
            reads = tuple((n, values[n]) for n in dict.fromkeys(step.reads) if values[n].requires_grad)
            for before, after in step.renames:
                # What must keep its gradient may not be written over.
                values[after] = values[before].clone() if values[before].requires_grad else values[before]
            args, kwargs = self._arguments(step, values, device)
            _put(step, step.func(*args, **kwargs), values)
            made = tuple((n, values[n]) for n in step.made() if values[n].requires_grad)
            for n, tensor in made:
                values[n] = tensor.detach().requires_grad_()
            if made:
                done.append(_Done(owned.owner, made, reads))
            for value in owned.dead:
                values.pop(value, None)
        leaves = {leaf.value for leaf in self._record.leaves if isinstance(leaf, Ref)}
        return done, {n: mean_gradient(values[n]) for n in leaves if values[n].requires_grad}

    def _arguments(
        self, step: Step, values: Mapping[int, Tensor], device: torch.device
    ) -> tuple[list[Any], dict[str, Any]]:
        batch = self._inputs.batch
        args = [filled(argument, values, batch, device) for argument in step.args]
        return args, {name: filled(argument, values, batch, device) for name, argument in step.kwargs.items()}

    def _start(self, tensors: Sequence[Tensor]) -> dict[int, Tensor]:
        named = dict(zip(self._inputs.names, (tensor.clone() for tensor in tensors), strict=True))
        values = Found(self._module, named, tensors[0].device).all(self._record, self._found)
        return {n: tensor.clone() if n in self._written else tensor for n, tensor in values.items()}


def mean_gradient(output: Tensor) -> Tensor:
    """Return the gradient of an output's mean."""
    return torch.full_like(output, 1 / max(output.numel(), 1))


def _put(step: Step, out: object, values: dict[int, Tensor]) -> None:
    for value, part in zip(step.makes, out if isinstance(out, list | tuple) else (out,), strict=True):
        if value is not None and isinstance(part, Tensor):
            values[value] = part  # noqa: PERF403 - a step rarely makes more than one


def _pull(
    given: list[tuple[Tensor, Tensor]],
    reads: tuple[tuple[int, Tensor], ...],
    grads: dict[int, Tensor],
    record: Replay,
) -> list[tuple[int, Tensor]]:
    """Take a step's gradients, add those of values to what other readers gave, and return those of parameters."""
    outputs, weights = zip(*given, strict=True)
    found = torch.autograd.grad(outputs, [tensor for _, tensor in reads], weights, allow_unused=True)
    given.clear()
    # None where an output does not depend on what was read, whatever torch's types say.
    pairs: list[tuple[int, Tensor | None]] = [(value, grad) for (value, _), grad in zip(reads, found, strict=True)]
    for value, grad in pairs:
        if grad is not None and value not in record.found:
            grads[value] = grads[value] + grad if value in grads else grad
    return [(value, grad) for value, grad in pairs if grad is not None and value in record.found]


def _grad_floor(clock: Clock) -> float:
    """Return the seconds that asking for a gradient takes when there is nothing to compute."""
    with torch.enable_grad():
        leaf = torch.zeros(1, requires_grad=True)
        views = [leaf.view(1) for _ in range(1000)]
    weight = torch.ones(1)
    return clock.floor(lambda: torch.autograd.grad(views.pop(), leaf, weight))
