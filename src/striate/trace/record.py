"""`trace`: any module to its table and its program, by running a copy of it once without values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import nn

from striate.errors import InputError
from striate.graph import Graph, Mode
from striate.trace.inputs import Given, read_inputs
from striate.trace.program import Program
from striate.trace.runs import HollowRuns, NeedsValues, real_tape
from striate.trace.shell import check_ready, unwrapped
from striate.trace.table import table


@dataclass(frozen=True)
class Recording:
    """A traced network.

    Attributes:
        graph: The table.
        program: The recorded calls, ready to run.
        not_counted: Names of ops that no kind knows; their cost is unknown, not zero.
        is_data_dependent: Whether it had to be run on values; its calls may then differ from one
            image to the next.
        skipped_hooks: Paths of modules with hooks that were left out of the trace, since they may
            act outside the module.
        sites: For ops whose value a module returns: the module's path, and which of its calls (from
            0).
    """

    graph: Graph
    program: Program = field(repr=False, compare=False)
    not_counted: tuple[str, ...]
    is_data_dependent: bool = False
    skipped_hooks: tuple[str, ...] = ()
    sites: Mapping[str, tuple[str, int]] = field(default_factory=dict, repr=False)


def trace(module: nn.Module, inputs: Given, *, mode: Mode = "eval") -> Recording:
    """Return the table and the program of a module.

    A copy of the module runs once, on tensors that have shapes and no values; the module itself is
    neither entered nor changed. A network whose control flow depends on data is run on
    standard-normal values instead, and the result says so.

    Args:
        module: Any module; `DataParallel` and compiled modules are unwrapped.
        inputs: A shape, batch first; a dict of shapes by argument name of `forward`; or example
            tensors.
        mode: Whether the table holds for evaluation or for a training step. Programs run in eval
            mode only.

    Raises:
        ShapeError: Sizes that do not fit, named at the op that refused them.
        InputError: The module cannot run on these inputs, or its parameters have no shapes yet.

    Cost:
        About as much as one forward pass over one image; no memory for values.

    Example:
        >>> recording = trace(nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU()), (1, 1, 28, 28))
        >>> [(op.name, op.kind, op.shape) for op in recording.graph]
        [('0', 'conv', (1, 8, 26, 26)), ('1', 'relu', (1, 8, 26, 26))]
    """
    if isinstance(module, nn.Module):
        module = unwrapped(module)
    found = check_ready(module)
    asked = read_inputs(module, inputs)
    if mode not in ("eval", "train"):
        raise InputError("mode must be eval or train", got=mode)
    runs = HollowRuns(module, asked, mode, found)
    try:
        tape = runs.first(found)
    except NeedsValues as cause:
        tape = real_tape(module, asked, mode, cause)
    is_real = tape is not runs.tape
    made = table(tape, found, asked, mode)
    reason = "its calls may depend on data" if is_real else "it was traced in train mode" if mode == "train" else ""
    program = Program(asked, made.values, tape.spec, runs.replay, reason)
    by_value = {value: name for name, value in made.values.items()}
    return Recording(
        graph=made.graph,
        program=program,
        not_counted=tuple(op.name for op in made.graph if op.kind.startswith("unknown:")),
        is_data_dependent=is_real,
        skipped_hooks=runs.skipped_hooks,
        sites={by_value[value]: site for value, site in tape.sites.items() if value in by_value},
    )
