"""`check`: a reference, read on paper or traced, judged by the design rules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from striate.analyse import cost, layers, memory_ledger, receptive_fields
from striate.analyse.memory.optimizers import check_optimizer
from striate.blueprint import Blueprint
from striate.checking.record import Check, machine_memory_bytes
from striate.checking.tables import InputSize, Tables, Values, tables
from striate.errors import InputError
from striate.lint import Allow, lint, read_allowances
from striate.records import Evidence

if TYPE_CHECKING:
    from torch import nn

    from striate.nets import Network


def check(  # noqa: PLR0913 - each says one thing about the conditions
    network: str | Path | Blueprint | Network | nn.Module,
    input_size: InputSize = None,
    *,
    batch: int = 1,
    optimizer: str = "adam",
    implementation: str = "for-loop",
    precision: str = "full",
    checkpoint: Sequence[str] | Literal["blocks"] = (),
    memory_bytes: int | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    allow: Allow = (),
    values: Values = (),
) -> Check:
    """Return a network's table with its cost, memory, receptive fields and advice, without running or changing it.

    Args:
        network: A blueprint (file), a `Network`, a reference, or any `nn.Module`.
        input_size: (channels, height, width) for a module; a blueprint and a network know theirs. Several inputs as
            {name: size}; or example tensors (token ids), which bring their own batch.
        batch: Images at once.
        optimizer: "sgd", "momentum" (SGD with it), "adam", "adamw" or "rmsprop", for the memory.
        implementation: "for-loop" (torch's choice on a CPU), "foreach" (on a GPU) or "fused".
        precision: "full", or "mixed" for autocast to bfloat16.
        checkpoint: Module paths whose insides are computed again in the backward pass, or "blocks" for all blocks.
        memory_bytes: What the largest batch has to fit into; this machine's memory if not given.
        select: Codes, names or code beginnings of the rules to ask; all if empty.
        ignore: Of the rules not to ask.
        allow: Findings that are allowed, beside those its file allows: {rule: reason} or {rule: {op: reason}}.
        values: Choices made and settings changed in a blueprint: {"w": 48}, or texts like "w=48".

    Raises:
        ShapeError: Sizes that do not fit, named at the op where they clash; its `reached` is the table up to there.
        InputError: Nothing of that name; no input size for a module of one's own.

    Example:
        >>> found = check(Blueprint.from_text("input 1x28x28; conv 5x5 6, relu; maxpool 2; classes 10"))
        >>> found.cost.total.params   # 6·25 + 6 and 1176·10 + 10
        11926
    """
    if isinstance(checkpoint, str) and checkpoint != "blocks":
        checkpoint = (checkpoint,)
    if type(batch) is not int or batch < 1:
        raise InputError("batch must be at least 1, and whole", got=batch)
    if memory_bytes is not None and memory_bytes < 1:
        raise InputError("memory must be above 0", got=memory_bytes)
    check_optimizer(optimizer, implementation)
    return check_graph(
        tables(network, input_size, batch=batch, values=values),
        optimizer=optimizer,
        implementation=implementation,
        precision=precision,
        checkpoint=checkpoint,
        memory_bytes=memory_bytes,
        select=select,
        ignore=ignore,
        allow=allow,
    )


def check_graph(  # noqa: PLR0913 - those of `check`
    found: Tables,
    *,
    optimizer: str = "adam",
    implementation: str = "for-loop",
    precision: str = "full",
    checkpoint: Sequence[str] | Literal["blocks"] = (),
    memory_bytes: int | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    allow: Allow = (),
) -> Check:
    """Return the readings and advice for tables; the arguments are those of `check`."""
    costs, fields = cost(found.used), receptive_fields(found.used)
    rows = layers(found.used, costs, fields)
    allowed = (*(found.plan.allow if found.plan is not None else ()), *read_allowances(allow))
    report = lint(
        Evidence(layers=rows, cost=costs, fields=fields, is_one_run=found.is_one_run),
        graph=found.used,
        select=tuple(select),
        ignore=tuple(ignore),
        allow=allowed,
    )
    ledger = memory_ledger(
        found.trained,
        optimizer=optimizer,
        implementation=implementation,
        precision=precision,
        checkpoint=checkpoint,
    )
    return Check(
        subject=found.subject,
        graph=found.used,
        trained=found.trained,
        cost=costs,
        layers=rows,
        fields=fields,
        memory=ledger,
        memory_limit_bytes=memory_bytes or machine_memory_bytes(),
        report=report,
        notes=found.notes,
        plan=found.plan,
    )
