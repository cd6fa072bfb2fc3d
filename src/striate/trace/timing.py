"""`time_ledger`: milliseconds of every op on the machine at hand, forward, backward and optimiser."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from striate.analyse import cost
from striate.analyse.work import work_of
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events
from striate.graph import Graph, Mode
from striate.numbers import listed, plural
from striate.records.timing import OpTimes, TimeLedger, Times, summed
from striate.runs.folder import environment
from striate.trace.inputs import Inputs
from striate.trace.record import Recording
from striate.trace.replay import Unfit, replay
from striate.trace.rounds import OPTIMIZERS, Bench, Round, measured
from striate.trace.runs import HollowRuns, NeedsValues, undisturbed
from striate.trace.shell import check_ready, unwrapped, with_values
from striate.trace.table import table
from striate.trace.timed_steps import TimedSteps


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
        bench = Bench(_copied(module).train(mode == "train"), asked, optimizer, events)
        bench.check()
        graph = _take_apart(bench, module, recording, asked, mode)
        rounds, is_warm = measured(bench, repeats, budget_seconds, events)
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
    if optimizer not in OPTIMIZERS:
        raise InputError(f"optimizer must be one of {', '.join(OPTIMIZERS)}", got=optimizer)
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


def _take_apart(bench: Bench, module: nn.Module, recording: Recording, asked: Inputs, mode: Mode) -> Graph:
    """Give the bench its steps, recorded at this batch and mode; or a note why there are none."""
    if recording.is_data_dependent:
        bench.notes.append("Measured whole only: its calls may depend on data.")
        return recording.graph
    try:
        found = check_ready(module)
        tape = HollowRuns(module, asked, mode, found).first(found)
        made = table(tape, found, asked, mode)
        record = replay(tape, asked.batch, in_place=True)
    except NeedsValues:
        bench.notes.append("Measured whole only: its calls may depend on data.")
    except Unfit as reason:
        bench.notes.append(f"Measured whole only: {reason}.")
    else:
        bench.by_op(TimedSteps(record, made.values, bench.module, asked, bench.clock), made.graph)
        return made.graph
    return recording.graph


def _ledger(
    rounds: Sequence[Round],
    graph: Graph,
    bench: Bench,
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


def _times(rounds: Sequence[Round], name: str) -> Times:
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
