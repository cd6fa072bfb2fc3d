"""`time_ledger`: milliseconds of every op on the machine at hand, forward, backward and optimiser."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten

from striate.analyse import cost
from striate.analyse.work import work_of
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events, Task
from striate.graph import Graph, Mode
from striate.numbers import duration, listed, plural
from striate.records.timing import OpTimes, TimeLedger, Times, summed
from striate.runs.folder import environment
from striate.trace.clock import Clock
from striate.trace.inputs import Inputs
from striate.trace.record import Recording
from striate.trace.replay import Unfit, replay
from striate.trace.runs import FakeRuns, NeedsValues, device_of, undisturbed
from striate.trace.shell import unwrapped, with_values
from striate.trace.table import table
from striate.trace.timed_steps import TimedSteps, mean_gradient

# The learning rate is 0: the same work, and the weights of the copy stay what they are.
_OPTIMIZERS: Mapping[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": partial(torch.optim.SGD, lr=0.0),
    "momentum": partial(torch.optim.SGD, lr=0.0, momentum=0.9),
    "adam": partial(torch.optim.Adam, lr=0.0),
    "adamw": partial(torch.optim.AdamW, lr=0.0),
}


def time_ledger(  # noqa: PLR0913 - each says one thing about the measurement
    module: nn.Module,
    recording: Recording,
    *,
    batch: int | None = None,
    mode: Mode | None = None,
    optimizer: str = "adam",
    repeats: int = 9,
    budget_seconds: float = 30.0,
    events: Events = SILENT,
) -> TimeLedger:
    """Return the measured milliseconds of every op, and of the whole network in the same rounds.

    A copy with the module's present weights is measured, never the module: parameters, buffers, gradients, modes and
    random numbers stay as they are. After a round that only warms up, each round runs the whole network, then its
    recorded calls one at a time, forward and backward, then the optimiser, whole and by op; so a machine that slows
    down slows all of them. Medians over the rounds are returned. A view or a cast belongs to the op it feeds. Inputs
    are standard-normal, or the examples the network was traced with. Torch's threads are left as they are.

    Args:
        module: The module that was traced.
        recording: Its trace. A network whose calls depend on data is measured whole, and the notes say so.
        batch: Images at once; that of the trace if it is not given.
        mode: "eval" or "train", which sets how normalisation and dropout work; that of the trace if not given.
        optimizer: "sgd", "momentum" (SGD with it), "adam" or "adamw", with torch's defaults.
        repeats: Rounds.
        budget_seconds: Rounds end when another would pass it; the first one is run whatever it takes.
        events: Hears how long it will take and "timing" by the round; may cancel within a round.

    Raises:
        InputError: Weights without values, an unknown optimiser, or a batch or mode the network does not run in.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Holds for this machine, its load, and these numbers of threads and images only. Ops under some 20 µs are mostly
        the asking. Backward passes of single ops find their data nearer the processor than the whole backward pass
        does; the ledger says where the parts' sum and the whole differ by more than a quarter. Other work on the machine
        interrupts the whole more than any one op, whose median leaves it out. On a GPU waiting
        for every op costs more than the ops that overlap in the whole.

    Source:
        None. Differs: profilers time inside the whole run and name kernels; here each op of the table is run by itself.

    Cost:
        About three training steps a round, in the memory of one step with up to twice its activations, beside the module.

    Example:
        >>> from striate.trace import trace
        >>> net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU())
        >>> ledger = time_ledger(net, trace(net, (2, 1, 28, 28)), repeats=3)
        >>> [(row.name, row.work, row.times.forward_ms > 0) for row in ledger.ops]
        [('0', 'convolution 3×3', True), ('1', '', True)]
    """
    module = unwrapped(module)
    asked = _checked(module, recording, batch, optimizer, repeats, budget_seconds)
    mode = mode or recording.graph.conditions.mode
    if mode not in ("eval", "train"):
        raise InputError("mode must be eval or train", got=mode)
    with _apart(module):
        bench = _Bench(_copied(module).train(mode == "train"), asked, optimizer, events)
        bench.check()
        graph = _take_apart(bench, module, recording, asked, mode)
        rounds, is_warm = _rounds(bench, repeats, budget_seconds, events)
    if not is_warm:
        bench.notes.append("The budget was spent by the first round, which warms up as well: its times are too long.")
    elif len(rounds) < repeats:
        bench.notes.append(f"The budget allowed {plural(len(rounds), 'round')} of {repeats}.")
    if recording.skipped_hooks:
        bench.notes.append(f"Hooks were left out: {listed(recording.skipped_hooks)}.")
    return _ledger(rounds, graph, bench, asked, mode, optimizer)


def _checked(
    module: nn.Module,
    recording: Recording,
    batch: int | None,
    optimizer: str,
    repeats: int,
    budget_seconds: float,
) -> Inputs:
    """Return the inputs at the batch wanted."""
    if optimizer not in _OPTIMIZERS:
        raise InputError(f"optimizer must be one of {', '.join(_OPTIMIZERS)}", got=optimizer)
    for name, number in (("batch", 1 if batch is None else batch), ("repeats", repeats)):
        if number < 1:
            raise InputError(f"{name} must be at least 1", got=number)
    if not budget_seconds > 0:
        raise InputError("budget_seconds must be above 0", got=budget_seconds)
    if any(tensor.is_meta for tensor in (*module.parameters(), *module.buffers())):
        raise InputError(
            "a network must have values to be timed",
            got=Quoted("parameters on the meta device"),
            hint="Load its weights first.",
        )
    asked = recording.program.inputs
    if batch is None or batch == asked.batch:
        return asked
    if not asked.has_one_batch:
        raise InputError(
            "inputs must share their first size to be timed at another batch",
            got=batch,
            hint=f"Time it at {asked.batch}, as it was traced.",
        )
    return asked.with_batch(batch)


@contextmanager
def _apart(module: nn.Module) -> Iterator[None]:
    """Run the block with gradients as torch has them by default, and leave no trace outside."""
    with ExitStack() as stack:
        stack.enter_context(undisturbed(module))
        stack.enter_context(torch.inference_mode(mode=False))
        stack.enter_context(torch.enable_grad())
        yield


def _copied(module: nn.Module) -> nn.Module:
    """Return a copy with values and gradients of its own."""
    # A scripted module copies its parameters itself, and would keep a graph that leads back to the originals.
    with torch.no_grad():
        copy = with_values(module).module
    trained = {name for name, parameter in module.named_parameters() if parameter.requires_grad}
    for name, parameter in copy.named_parameters():
        parameter.requires_grad_(name in trained)
    return copy


def _take_apart(bench: _Bench, module: nn.Module, recording: Recording, asked: Inputs, mode: Mode) -> Graph:
    """Give the bench its steps, recorded at this batch and mode; or a note why there are none."""
    if recording.is_data_dependent:
        bench.notes.append("Measured whole only: its calls may depend on data.")
        return recording.graph
    try:
        tape = FakeRuns(module, asked, mode).first()
        made = table(tape, module, asked, mode)
        record = replay(tape, asked.batch, in_place=True)
    except NeedsValues:
        bench.notes.append("Measured whole only: its calls may depend on data.")
    except Unfit as reason:
        bench.notes.append(f"Measured whole only: {reason}.")
    else:
        bench.by_op(TimedSteps(record, made.values, bench.module, asked, bench.clock), made.graph)
        return made.graph
    return recording.graph


@dataclass(slots=True)
class _Round:
    """Seconds of one round: of the whole, and of the parts by op."""

    forward: float = 0.0
    training_forward: float = 0.0
    backward: float = 0.0
    optimizer: float = 0.0
    parts: dict[str, Mapping[str, float]] = field(default_factory=dict)


class _Bench:
    """A copy of a network, ready to be measured over and over."""

    def __init__(self, module: nn.Module, asked: Inputs, optimizer: str, events: Events) -> None:
        self.module, self.notes = module, list[str]()
        self._mode: Mode = "train" if module.training else "eval"
        self.device = device_of(module)
        self.clock = Clock(self.device)
        self._asked, self._events = asked, events
        self._tensors = asked.drawn(self.device)
        self._make = _OPTIMIZERS[optimizer]
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

    def round(self) -> _Round:
        """Return the seconds of everything, once."""
        found = _Round()
        with torch.no_grad():
            found.forward = self.clock.timed(self._call)
        self._events.check("timing")
        if self._steps is not None:
            found.parts["forward"] = self._steps.forward(self._tensors)
            self._events.check("timing")
        if self._optimizer is not None:
            self._train(found)
        return found

    def _train(self, found: _Round) -> None:
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

    def _step(self, found: _Round) -> None:
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


def _rounds(bench: _Bench, repeats: int, budget_seconds: float, events: Events) -> tuple[list[_Round], bool]:
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
    rounds: list[_Round] = []
    while len(rounds) < repeats:
        rounds.append(bench.round())
        watched.advance()
        spent = bench.clock.now() - began
        if spent + spent / (len(rounds) + 1) > budget_seconds:
            break
    return rounds, True


def _ledger(
    rounds: Sequence[_Round],
    graph: Graph,
    bench: _Bench,
    asked: Inputs,
    mode: Mode,
    optimizer: str,
) -> TimeLedger:
    whole = Times(
        forward_ms=_median(one.forward for one in rounds),
        backward_ms=_median(one.backward for one in rounds),
        optimizer_ms=_median(one.optimizer for one in rounds),
    )
    rows: tuple[OpTimes, ...] = ()
    if any(one.parts.get("forward") for one in rounds):
        macs = cost(graph).ops
        rows = tuple(
            OpTimes(
                name=op.name,
                kind=op.kind,
                work=work_of(op, graph.input_shapes(op)) if macs[op.name].macs else "",
                macs=macs[op.name].macs,
                times=_times(rounds, op.name),
            )
            for op in graph
        )
    return TimeLedger(
        batch=asked.batch,
        mode=mode,
        optimizer=optimizer,
        machine=environment()["Machine"],
        device=str(bench.device),
        threads=torch.get_num_threads(),
        repeats=len(rounds),
        spread=_spread([one.forward for one in rounds]),
        whole=whole,
        training_forward_ms=_median(one.training_forward for one in rounds),
        ops=rows,
        between=_times(rounds, "") if rows else summed([]),
        notes=tuple(bench.notes),
    )


def _times(rounds: Sequence[_Round], name: str) -> Times:
    found: dict[str, Any] = {
        f"{phase}_ms": _median(one.parts.get(phase, {}).get(name, 0.0) for one in rounds)
        for phase in ("forward", "backward", "optimizer")
    }
    return Times(**found)


def _median(seconds: Iterator[float]) -> float:
    return statistics.median(seconds) * 1e3


def _spread(seconds: list[float]) -> float:
    middle = statistics.median(seconds)
    if len(seconds) < 4:
        return (max(seconds) - min(seconds)) / middle
    low, _, high = statistics.quantiles(seconds, n=4)
    return (high - low) / middle
