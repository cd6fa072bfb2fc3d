"""Rounds of measuring: the whole network and its parts in turn, so that a machine that slows down slows both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten

from striate.errors import InputError, Quoted
from striate.events import Events, Task
from striate.graph import Graph, Mode
from striate.numbers import duration, plural
from striate.trace.clock import Clock
from striate.trace.inputs import Inputs
from striate.trace.runs import device_of
from striate.trace.timed_steps import TimedSteps, mean_gradient

# The learning rate is 0: the same work, and the weights of the copy stay what they are.
OPTIMIZERS: Mapping[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": partial(torch.optim.SGD, lr=0.0),
    "momentum": partial(torch.optim.SGD, lr=0.0, momentum=0.9),
    "adam": partial(torch.optim.Adam, lr=0.0),
    "adamw": partial(torch.optim.AdamW, lr=0.0),
}


@dataclass(slots=True)
class Round:
    """Seconds of one round: of the whole, and of the parts by op."""

    forward: float = 0.0
    training_forward: float = 0.0
    backward: float = 0.0
    optimizer: float = 0.0
    parts: dict[str, Mapping[str, float]] = field(default_factory=dict)


class Bench:
    """A copy of a network, ready to be measured over and over."""

    def __init__(self, module: nn.Module, asked: Inputs, optimizer: str, events: Events) -> None:
        self.module, self.notes = module, list[str]()
        self._mode: Mode = "train" if module.training else "eval"
        self.device = device_of(module)
        self.clock = Clock(self.device)
        self._asked, self._events = asked, events
        self._tensors = asked.drawn(self.device)
        self._make = OPTIMIZERS[optimizer]
        trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
        self._optimizer = self._make(trained) if trained else None
        self._optimizer_floor_s = self._optimizer_floor()
        self._optimizers: dict[str, torch.optim.Optimizer] = {}
        self._steps: TimedSteps | None = None
        self._failed: set[str] = set()

    def _optimizer_floor(self) -> float:
        """Return the seconds of a step beyond those for each parameter: what one step saves over many."""
        one, two = ([nn.Parameter(torch.zeros(1, device=self.device)) for _ in range(count)] for count in (1, 2))
        for parameter in (*one, *two):
            parameter.grad = torch.zeros_like(parameter)
        seconds = [self.clock.floor(self._make(parameters).step) for parameters in (one, two)]
        return max(2 * seconds[0] - seconds[1], 0.0)

    def check(self) -> None:
        """Raise `InputError` if the network does not run as it is to be timed."""
        try:
            with torch.no_grad():
                self._call()
        except Exception as error:
            said = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
            raise InputError(
                f"a network must run at the batch and in the mode it is timed in, {self._asked.batch} and {self._mode}",
                got=Quoted(f"{type(error).__name__}: {said}"),
                hint="Time it at another batch, or in the other mode.",
            ) from error

    def by_op(self, steps: TimedSteps, graph: Graph) -> None:
        """Measure the parts too."""
        self._steps = steps
        if steps.writes_into_views:
            self.notes.append("It writes into views: what flows back through them is measured with the whole only.")
        parameters = dict(self.module.named_parameters(remove_duplicate=False))
        seen: set[str] = set()
        for op in graph:
            keys = [param.key for param in op.params if param.trained and param.key not in seen]
            seen.update(keys)
            if self._optimizer is not None and keys:
                self._optimizers[op.name] = self._make([parameters[key] for key in dict.fromkeys(keys)])
                # One set of states for the whole and its parts: they take as much memory as the weights, or twice.
                self._optimizers[op.name].state = self._optimizer.state

    def round(self) -> Round:
        """Return the seconds of everything, once."""
        found = Round()
        with torch.no_grad():
            found.forward = self.clock.timed(self._call)
        self._events.check("timing")
        if self._steps is not None:
            found.parts["forward"] = self._steps.forward(self._tensors)
            self._events.check("timing")
        if self._optimizer is not None:
            self._train(found)
        return found

    def _train(self, found: Round) -> None:
        self._try("whole", lambda: self._step(found))
        self._events.check("timing")
        if "whole" in self._failed:
            return
        found.parts["optimizer"] = {
            name: max(self.clock.timed(part.step) - self._optimizer_floor_s, 0.0)
            for name, part in self._optimizers.items()
        }
        self.module.zero_grad(set_to_none=True)
        steps = self._steps
        if steps is not None:
            self._try("by op", lambda: found.parts.update(backward=steps.backward(self._tensors)))
            self._events.check("timing")

    def _try(self, what: str, work: Callable[[], None]) -> None:
        """Do what some networks refuse (a write over what a gradient needs); say so once, and never try it again."""
        if what in self._failed:
            return
        try:
            work()
        except RuntimeError as error:
            said = str(error).splitlines()[0].rstrip(".")
            self.notes.append(f"The backward pass cannot be run {what}: torch says {said}.")
            self._failed.add(what)

    def _step(self, found: Round) -> None:
        self.module.zero_grad(set_to_none=True)
        began = self.clock.now()
        outputs = [tensor for tensor in self._call() if tensor.requires_grad]
        found.training_forward = self.clock.now() - began
        if not outputs or self._optimizer is None:
            return
        gradients = [mean_gradient(tensor) for tensor in outputs]
        found.backward = self.clock.timed(lambda: _pulled(outputs, gradients))
        found.optimizer = self.clock.timed(self._optimizer.step)

    def _call(self) -> list[Tensor]:
        output = self._asked.call(self.module, [tensor.clone() for tensor in self._tensors])
        return [leaf for leaf in tree_flatten(output)[0] if isinstance(leaf, Tensor)]


def _pulled(outputs: list[Tensor], gradients: list[Tensor]) -> None:
    torch.autograd.backward(outputs, gradients)
    # The graph goes within the clock, as what it holds does in a real step.
    outputs.clear()


def measured(bench: Bench, repeats: int, budget_seconds: float, events: Events) -> tuple[list[Round], bool]:
    """Return the rounds, and whether they came after one that warmed up."""
    began = bench.clock.now()
    events.check("timing")
    first = bench.round()
    left = budget_seconds - (bench.clock.now() - began)
    again = bench.clock.now() - began
    if again > left:
        return [first], False
    affordable = min(repeats, int(left / again))
    told = f"{plural(affordable, 'round')} of about {duration(again)}, {duration(affordable * again)} in all"
    events.log(f"timing: {told}")
    watched = Task("timing", total=repeats, unit="round", events=events)
    rounds: list[Round] = []
    while len(rounds) < repeats:
        rounds.append(bench.round())
        watched.advance()
        spent = bench.clock.now() - began
        if spent + spent / (len(rounds) + 1) > budget_seconds:
            break
    return rounds, True
