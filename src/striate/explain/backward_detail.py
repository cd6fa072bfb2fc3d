"""One unit of a backward pass taken apart: its sources, the shared weight, the flipped filter, the winners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor

from striate.errors import InputError, Quoted
from striate.explain.backward_sources import sources_of, strongest, units_of
from striate.explain.laws import Checked, check, check_group
from striate.explain.laws.convolution import convolution_of, flipped, inputs_met
from striate.explain.laws.pointwise import OPERATORS, slope
from striate.explain.laws.pooling import windows_of, winners
from striate.graph import times
from striate.records import FlippedFilter, GradientDetail, SharedWeight, UnitAt, Winners
from striate.trace.backprop import Call, Forward, Gradients

_CONVOLUTIONS = ("conv1d", "conv2d", "conv3d", "convolution")


def detail_of(run: Forward, found: Gradients, wanted: UnitAt, weight: tuple[int, ...] | None = None) -> GradientDetail:
    """Return the gradient of one unit at one place, taken apart.

    Args:
        run: The forward pass.
        found: Its gradients.
        wanted: The layer; without a unit the one with the largest gradient, without a place that of the largest.
        weight: Of a convolution's unit the weight that is told as a sum over places, (channel of its group, offsets in the
            kernel); None for the one with the largest gradient.

    Raises:
        InputError: A layer that no gradient reaches; a unit, a place or a weight it does not have.
    """
    number = run.values[wanted.layer]
    arrived = found.at.get(number)
    if arrived is None:
        raise InputError(
            "a gradient must reach a layer for it to be taken apart",
            got=Quoted("none"),
            where=wanted.layer,
            hint="Choose a layer on the way from the target to the input.",
        )
    index = chosen_index(arrived, wanted)
    has_batch = units_of(arrived) is not arrived
    unit, *at = index[1:] if has_batch else index
    gradient = float(arrived[index])
    sources = sources_of(run, found, number, index)
    calls = run.calls_of(wanted.layer)
    checked = check_group(calls, number, arrived) if calls else None
    # Of several calls the last is the one to look into: a convolution behind its padding.
    call = calls[-1] if calls else None
    last = checked if len(calls) == 1 else check(call, arrived) if call is not None else None
    kinds = {op.name: op.kind for op in run.graph}
    return GradientDetail(
        layer=wanted.layer,
        kind=kinds.get(wanted.layer, "input"),
        unit=unit,
        at=tuple(at),
        gradient=gradient,
        difference=abs(sum(source.total for source in sources) - gradient) if sources else 0.0,
        sources=sources,
        law=checked.law.name if checked else "",
        statement=checked.law.statement if checked else "",
        facts=_facts(call, unit) if call is not None and has_batch else (),
        **(
            _pictures(wanted.layer, call, last, arrived, unit, weight)
            if call is not None and last is not None and has_batch
            else {}
        ),
    )


def chosen_index(values: Tensor, wanted: UnitAt) -> tuple[int, ...]:
    """Return the index of a unit's place in (1, units, …): as wanted, else of the largest magnitude.

    Raises:
        InputError: A unit or a place that is not there.
    """
    units = units_of(values)
    if wanted.unit is not None and not 0 <= wanted.unit < len(units):
        raise InputError(f"unit must be 0 … {len(units) - 1}", got=wanted.unit, where=wanted.layer)
    sizes = tuple(units.shape[1:])
    if wanted.at is not None and (
        len(wanted.at) != len(sizes) or any(not 0 <= at < n for at, n in zip(wanted.at, sizes, strict=True))
    ):
        raise InputError(
            f"a place must be an index on the map, {times(sizes) or 'which this layer does not have'}",
            got=Quoted(", ".join(map(str, wanted.at))),
            where=wanted.layer,
        )
    size = units.detach().abs().double()
    if wanted.at is not None:
        spot: tuple[Any, ...] = (slice(None), *wanted.at)
        here = size[spot]
        unit = int(here.argmax()) if wanted.unit is None else wanted.unit
        found: tuple[int, ...] = (unit, *wanted.at)
    elif wanted.unit is not None:
        rest = size[wanted.unit].flatten()
        found = (wanted.unit, *map(int, np.unravel_index(int(rest.argmax()), sizes or (1,))))[: 1 + len(sizes)]
    else:
        found = tuple(map(int, np.unravel_index(int(size.flatten().argmax()), tuple(units.shape))))
    return (0, *found) if units is not values else found


def _pictures(
    layer: str, call: Call, checked: Checked, arrived: Tensor, unit: int, chosen: tuple[int, ...] | None
) -> dict[str, Any]:
    if call.operator in _CONVOLUTIONS and not call.arguments.get("transposed"):
        return {
            "weight": _shared_weight(layer, call, checked, arrived.double(), unit, chosen),
            "flipped": _flipped(layer, call, checked, arrived, unit),
        }
    if "max_pool" in call.operator:
        return {"winners": _winners(layer, call, checked, arrived, unit)}
    return {}


def _shared_weight(
    layer: str, call: Call, checked: Checked, arrived: Tensor, unit: int, chosen: tuple[int, ...] | None
) -> SharedWeight:
    """Return one weight's gradient as a sum over places; of the unit's weights the chosen one, or that with the largest."""
    how, weight = convolution_of(call.arguments), call.arguments["weight"]
    of_unit = checked.ours["weight"][unit]
    place = _weight_place(layer, of_unit, chosen)
    channel, *offset = place
    per_group, filters = weight.shape[1], weight.shape[0] // how["groups"]
    read = call.arguments["input"].double()[:, unit // filters * per_group + channel][:, None]
    rest = {key: how[key] for key in ("stride", "padding", "dilation")}
    met = inputs_met(read, offset, arrived.shape[2:], **rest)[0]
    here = arrived[0, unit][None]
    terms, left, count = strongest(here * met, here, met)
    terms = tuple(replace(term, unit=unit) for term in terms)
    index = (unit, channel, *offset)
    return SharedWeight(
        op=layer,
        index=index,
        value=float(weight[index]),
        total=float((here * met).sum()),
        autograd=float(checked.autograd["weight"][index]),
        terms=terms,
        rest=left,
        rest_count=count,
        by_position=(here * met)[0].float().cpu().numpy(),
    )


def _weight_place(layer: str, of_unit: Tensor, chosen: tuple[int, ...] | None) -> tuple[int, ...]:
    """Return the index of a unit's weight: the chosen one, or that with the largest gradient."""
    shape = tuple(of_unit.shape)
    if chosen is None:
        return tuple(map(int, np.unravel_index(int(of_unit.abs().flatten().argmax()), shape)))
    if len(chosen) != of_unit.ndim or any(not 0 <= at < n for at, n in zip(chosen, shape, strict=True)):
        raise InputError(
            f"a weight must be an index of the unit's {times(shape)}",
            got=Quoted(", ".join(map(str, chosen))),
            where=layer,
        )
    return chosen


def _flipped(layer: str, call: Call, checked: Checked, arrived: Tensor, unit: int) -> FlippedFilter:
    """Return a filter, the same flipped, and the gradient of the input channel where it matters most."""
    how, weight = convolution_of(call.arguments), call.arguments["weight"]
    per_group, filters = weight.shape[1], weight.shape[0] // how["groups"]
    first = unit // filters * per_group
    ours, theirs = checked.ours["input"][0], checked.autograd["input"][0]
    strength = ours[first : first + per_group].flatten(1).square().sum(1)
    channel = int(strength.argmax())
    turned = flipped(weight)
    return FlippedFilter(
        op=layer,
        unit=unit,
        channel=first + channel,
        filter=_plain(weight[unit, channel]),
        flipped=_plain(turned[unit, channel]),
        zeros_between=tuple(step - 1 for step in how["stride"]),
        arrived=_plain(arrived[0, unit]),
        sent=_plain(ours[first + channel]),
        autograd=_plain(theirs[first + channel]),
        difference=float((ours - theirs).abs().max()),
    )


def _winners(layer: str, call: Call, checked: Checked, arrived: Tensor, unit: int) -> Winners:
    read = call.arguments["self"]
    won = winners(read, windows_of(call.operator, call.arguments, arrived))[0, unit]
    wins = won.bincount(minlength=read[0, unit].numel()).reshape(read.shape[2:])
    theirs = checked.autograd["self"][0, unit]
    return Winners(
        op=layer,
        channel=unit,
        input=_plain(read[0, unit]),
        wins=_plain(wins),
        arrived=_plain(arrived[0, unit]),
        sent=_plain(checked.ours["self"][0, unit]),
        windows=won.numel(),
        losers=int((wins == 0).sum()),
        losers_zero=int((theirs[wins == 0] == 0).sum()),
    )


def _facts(call: Call, unit: int) -> tuple[tuple[str, float], ...]:
    """Return the numbers by which a law acts on one unit."""
    arguments: Mapping[str, Any] = call.arguments
    if call.operator == "batch_norm":
        return _norm_facts(arguments, unit)
    if call.operator in OPERATORS and arguments["self"].ndim > 1:
        slopes = slope(call.operator, arguments, call.made[0][1].detach())
        here = slopes[0, unit].double()
        blocked = float((here == 0).double().mean())
        return (
            ("share of the unit's places with slope 0", blocked),
            ("smallest slope", float(here.min())),
            ("largest slope", float(here.max())),
        )
    if "pool" in call.operator:
        windows = windows_of(call.operator, arguments, call.made[0][1])
        return (("windows", len(windows.places)), ("values in the largest", int(windows.is_read.sum(1).max())))
    return ()


def _norm_facts(arguments: Mapping[str, Any], unit: int) -> tuple[tuple[str, float], ...]:
    weight = arguments.get("weight")
    gamma = 1.0 if weight is None else float(weight[unit])
    if arguments["training"]:
        values = arguments["input"][:, unit].double()
        variance = float(values.var(correction=0))
    else:
        variance = float(arguments["running_var"][unit])
    sigma = (variance + arguments["eps"]) ** 0.5
    return (("γ", gamma), ("σ", sigma), ("γ / σ", gamma / sigma))


def _plain(values: Tensor) -> Any:  # noqa: ANN401 - as records have it
    return values.detach().float().cpu().numpy()
