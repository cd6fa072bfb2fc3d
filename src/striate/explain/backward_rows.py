"""The rows of a backward pass: the gradient that arrives at every op, as numbers."""

from __future__ import annotations

from torch import Tensor

from striate.errors import InputError, Quoted
from striate.explain.laws import check_group, law_of_group
from striate.graph import Op
from striate.records import GradientRow, ParameterGradient
from striate.trace.backprop import Forward, Gradients


def rows_of(run: Forward, found: Gradients, target: str, *, keep: bool, checked: bool) -> tuple[GradientRow, ...]:
    """Return a row for each op from the target back to the first, then one for each input.

    Args:
        run: The forward pass.
        found: Its gradients.
        target: Name of the op where the backward pass begins.
        keep: Whether rows hold their gradient.
        checked: Whether laws are checked against autograd.

    Raises:
        InputError: A gradient that is not finite.
    """
    names = [op.name for op in run.graph]
    ops = run.graph.ops[: names.index(target) + 1]
    rows = [_op_row(run, found, op, keep=keep, checked=checked) for op in reversed(ops)]
    for name, shape in run.graph.conditions.inputs.items():
        rows.append(_row(name, "input", shape, found.at.get(run.values[name]), keep=keep))
    return tuple(rows)


def _op_row(run: Forward, found: Gradients, op: Op, *, keep: bool, checked: bool) -> GradientRow:
    arrived = found.at.get(run.values[op.name])
    parameters = tuple(
        ParameterGradient(
            name=param.name,
            key=param.key,
            shape=param.shape,
            norm=_norm(gradient),
            largest=float(gradient.abs().max()) if gradient.numel() else 0.0,
        )
        for param in op.params
        if param.key in run.parameters and (gradient := found.at.get(run.parameters[param.key])) is not None
    )
    law, difference = "", None
    calls = run.calls_of(op.name)
    if arrived is not None and calls:
        stated = law_of_group(calls)
        law = stated.name if stated is not None else ""
        if checked and (result := check_group(calls, run.values[op.name], arrived)) is not None:
            difference = result.difference
    return _row(op.name, op.kind, op.shape, arrived, keep=keep, parameters=parameters, law=law, difference=difference)


def _row(  # noqa: PLR0913 - what a row holds
    name: str,
    kind: str,
    shape: tuple[int, ...],
    arrived: Tensor | None,
    *,
    keep: bool,
    parameters: tuple[ParameterGradient, ...] = (),
    law: str = "",
    difference: float | None = None,
) -> GradientRow:
    if arrived is None or not arrived.numel():
        return GradientRow(name=name, kind=kind, shape=shape, reached=False, norm=0.0, rms=0.0, zeros=0.0, largest=0.0)
    if not bool(arrived.isfinite().all()):
        raise InputError(
            "gradients must be finite to be looked at",
            got=Quoted("NaN" if bool(arrived.isnan().any()) else "infinity"),
            where=name,
            hint="Look whether weights and activations are finite up to there; a smaller initialisation helps if they grow.",
        )
    norm = _norm(arrived)
    return GradientRow(
        name=name,
        kind=kind,
        shape=shape,
        reached=True,
        norm=norm,
        rms=norm / arrived.numel() ** 0.5,
        zeros=float((arrived == 0).double().mean()),
        largest=float(arrived.abs().max()),
        parameters=parameters,
        law=law,
        difference=difference,
        gradient=arrived.float().cpu().numpy() if keep else None,
    )


def _norm(values: Tensor) -> float:
    # In double precision: squares of small gradients would vanish in single.
    return float(values.detach().double().square().sum().sqrt())
