"""From a reference to the tables it stands for: one for use, one for a training step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.blueprint import Blueprint, is_blueprint_file, is_known, places, read_blueprint, values_from
from striate.errors import BlueprintError, InputError, Quoted, ShapeError
from striate.graph import Graph, Shape, times
from striate.lint import Subject
from striate.numbers import listed

if TYPE_CHECKING:
    from torch import nn

    from striate.nets import Network

# A size, sizes by input name, or example tensors as `trace` takes them.
InputSize = Sequence[int] | Mapping[str, Any] | Any
# Choices made in a blueprint, by name, or as texts like "w=48".
Values = Mapping[str, Any] | Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """A network as it is read on paper.

    Attributes:
        subject: Its name, and where its ops are written if it came from a file.
        used: The table in eval mode.
        trained: The table of a training step; the same one where training does nothing else.
        notes: What must be known of how the table came about.
        plan: The blueprint, if it is one.
        is_one_run: Its calls depend on data: the tables hold for the run they come from.
    """

    subject: Subject
    used: Graph
    trained: Graph
    notes: tuple[str, ...] = ()
    plan: Blueprint | None = None
    is_one_run: bool = False


def tables(
    network: str | Path | Blueprint | Network | nn.Module,
    input_size: InputSize = None,
    *,
    batch: int = 1,
    values: Values = (),
) -> Tables:
    """Return the tables of a network, from any reference.

    Args:
        network: A blueprint (file), a `Network`, a reference, or any `nn.Module`.
        input_size: (channels, height, width) for a module; a blueprint and a network know theirs. Several inputs as
            {name: size}; or example tensors, which bring their own batch.
        batch: Images at once.
        values: Choices made and settings changed in a blueprint: {"w": 48}, or texts like "w=48".

    Raises:
        ShapeError: Sizes that do not fit, named at the op where they clash.
        InputError: Nothing of that name; no input size for a module that needs one.

    Example:
        >>> found = tables(Blueprint.from_text("input 1x8x8; conv 3 4, relu; classes 2"), batch=4)
        >>> found.used["conv1"].shape
        (4, 4, 8, 8)
    """
    name = str(network) if isinstance(network, str | Path) else type(network).__name__
    subject = Subject(name=name)
    if isinstance(network, str | Path) and is_blueprint_file(network):
        network, subject = _located(network, values)
    elif isinstance(network, str) and is_known(network):
        network = _with_values(read_blueprint(network), values)
    elif isinstance(network, Blueprint):
        network = _with_values(network, values)
    elif values:
        raise InputError("only a blueprint has choices and settings", got=name, where="--set")
    if isinstance(network, Blueprint):
        plan = _resized(network, input_size, name) if input_size else network
        graph = plan.graph(batch=batch)
        return Tables(subject=subject, used=graph, trained=graph, plan=plan)
    return _traced(subject, network, input_size, batch)


def checked_size(size: Sequence[Any]) -> Shape:
    """Return an input size if it is one.

    Example:
        >>> checked_size([3, 224, 224])
        (3, 224, 224)
    """
    whole = all(type(length) is int for length in size)
    if not whole or not 1 <= len(size) <= 4 or any(length < 1 for length in size) or prod(size) > 10**12:
        raise InputError("input size must be channels and up to 3 sizes, whole numbers of at least 1", got=tuple(size))
    return tuple(size)


def _resized(plan: Blueprint, input_size: InputSize, name: str) -> Blueprint:
    if not isinstance(input_size, Sequence):
        raise InputError("a blueprint has one input, given by its size", got=type(input_size).__name__, where=name)
    asked = checked_size(input_size)
    if len(asked) != len(plan.input) or asked[0] != plan.input[0]:
        raise InputError(
            f"--input must keep the blueprint's channels and axes, as in {'x'.join(map(str, plan.input))}",
            got=Quoted(times(asked)),
            where=name,
            hint="Change the blueprint's own input for that.",
        )
    return replace(plan, input=asked)


def _with_values(plan: Blueprint, values: Values) -> Blueprint:
    if not values:
        return plan
    return plan.chosen(values if isinstance(values, Mapping) else values_from(plan, values, where="--set"))


def _located(file: str | Path, values: Values) -> tuple[Blueprint, Subject]:
    """Return a file's blueprint, and where its ops are written."""
    written = read_blueprint(file)
    plan = _with_values(written, values)
    if any(name.startswith("choose") for name in written.choices()):
        # What was chosen among branches stands elsewhere than it is written.
        return plan, Subject(name=str(file), file=str(file))
    try:
        found = places(plan, Path(file).read_text(encoding="utf-8"), file=str(file))
    except (ShapeError, BlueprintError):
        # An open choice is told in a moment. With another input size its sizes may fit; the table says so in a moment.
        found = {}
    return plan, Subject(name=str(file), file=str(file), places=found)


def _traced(subject: Subject, network: str | Path | Network | nn.Module, input_size: InputSize, batch: int) -> Tables:
    from torch import nn

    from striate.nets import load_network
    from striate.trace import trace
    from striate.trace.training import training_table

    found = load_network(network)
    if input_size is None and (isinstance(network, nn.Module) or found.origin.kind == "python"):
        raise InputError(
            "an input size must be given for a module of one's own",
            got=None,
            where=subject.name,
            hint="In Python check(module, (3, 224, 224)); on the command line --input 3x224x224.",
        )
    given = found.input_shape if input_size is None else input_size
    inputs = _inputs(given, batch)
    recording = trace(found.module, inputs)
    notes = _notes(is_real=recording.is_data_dependent, hooks=recording.skipped_hooks)
    try:
        trained = training_table(found.module, inputs, recording.graph)
    except InputError as error:
        # Side heads that run in training only may refuse a size that the rest takes.
        trained = recording.graph
        notes.append(f"It does not run in train mode here ({error}): the memory is that of what runs in eval mode.")
    if broken := _not_finite(found.module):
        notes.append(
            f"Not all weights are numbers: {listed(broken)}. What is on paper holds; what is measured does not."
        )
    return Tables(
        subject=subject,
        used=recording.graph,
        trained=trained,
        notes=tuple(notes),
        is_one_run=recording.is_data_dependent,
    )


def _inputs(given: InputSize, batch: int) -> Any:  # noqa: ANN401 - what `trace` takes
    """Return sizes with the batch in front; examples as they are."""
    if isinstance(given, Mapping):
        return {name: (batch, *checked_size(one)) if _is_size(one) else one for name, one in given.items()}
    return (batch, *checked_size(given)) if _is_size(given) else given


def _is_size(given: object) -> bool:
    return isinstance(given, Sequence) and all(isinstance(length, int | float) for length in given)


def _not_finite(module: nn.Module) -> list[str]:
    """Return the names of parameters that hold NaN or infinity."""
    import torch

    found = []
    for name, tensor in module.named_parameters():
        if tensor.is_meta or not tensor.is_floating_point():
            continue
        # A sum is finite unless something in it is not, or it runs over: only then each value is looked at.
        values = tensor.detach()
        if not torch.isfinite(values.sum(dtype=torch.float32)) and not torch.isfinite(values).all():
            found.append(name)
    return found


def _notes(*, is_real: bool, hooks: tuple[str, ...]) -> list[str]:
    notes = []
    if is_real:
        notes.append("Its control flow depends on data: it was run on values, and the table holds for that run.")
    if hooks:
        notes.append(f"Hooks were left out of the trace: {listed(hooks)}.")
    return notes
