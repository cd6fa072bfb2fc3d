"""Convolutions, transposed or not, and fully connected layers as terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from striate.explain.laws.convolution import convolution_of
from striate.explain.neuron.passing import ravelled
from striate.explain.neuron.terms import Terms, windowed
from striate.graph import times
from striate.numbers import plural
from striate.trace.backprop import Call

CONVOLUTIONS = frozenset({"conv1d", "conv2d", "conv3d", "convolution"})
TRANSPOSED = frozenset({"conv_transpose1d", "conv_transpose2d", "conv_transpose3d"})


def convolution_terms(call: Call, place: tuple[int, ...]) -> Terms | None:
    """Return what a convolution adds up for the unit at a place (0, filter, axes…) of its output."""
    arguments = call.arguments
    read, weight = arguments["input"], arguments["weight"]
    if read.ndim != weight.ndim or read.shape[0] != 1:
        return None
    is_transposed = call.operator in TRANSPOSED or bool(arguments.get("transposed"))
    how = convolution_of(arguments)
    groups, unit, at = how["groups"], place[1], place[2:]
    each = read.shape[1] // groups
    filters = weight.shape[1] if is_transposed else weight.shape[0] // groups
    group = unit // filters
    channels = range(group * each, (group + 1) * each)
    kernel = weight.shape[2:]
    taps = (_transposed_taps if is_transposed else _taps)(at, kernel, how)
    places, anchors = windowed(channels, taps, read.shape[2:])
    own = weight[channels.start : channels.stop, unit % filters] if is_transposed else weight[unit]
    return Terms(
        kind="sum",
        formula=_formula(kernel, how, channels, read.shape[1], is_transposed=is_transposed),
        numbers=(call.numbers["input"],) * each,
        places=places,
        anchors=anchors,
        weights=own.reshape(each, -1).double().cpu(),
        window=tuple(kernel),
        bias=_bias(arguments, unit),
        absent=_absent(channels, read.shape[1], groups),
    )


def linear_terms(call: Call, place: tuple[int, ...]) -> Terms | None:
    """Return what a fully connected layer adds up for the unit at a place (0, …, feature) of its output."""
    arguments, name = call.arguments, "input"
    if call.operator == "linear":
        weight = arguments["weight"]
    elif call.operator in {"addmm", "mm", "matmul"}:
        name = {"addmm": "mat1"}.get(call.operator, "self")
        weight = arguments["mat2" if call.operator != "matmul" else "other"].T
        if arguments.get("alpha", 1) != 1 or arguments.get("beta", 1) != 1:
            return None
    else:
        return None
    read, unit = arguments[name], place[-1]
    if weight.ndim != 2 or read.ndim < 2:
        return None
    features = read.shape[-1]
    first = ravelled(place[:-1], tuple(read.shape[:-1])) * features
    places = (first + torch.arange(features))[:, None]
    given = arguments if call.operator == "linear" else {"bias": arguments.get("self")} if name == "mat1" else {}
    return Terms(
        kind="sum",
        formula=f"all {features} values read, each with a weight of its own",
        numbers=(call.numbers[name],) * features,
        places=places,
        anchors=places[:, 0],
        weights=weight[unit].double().cpu()[:, None],
        window=(1,),
        bias=_bias(given, unit),
        by_channel=True,
    )


def _bias(arguments: Mapping[str, Any], unit: int) -> float:
    bias = arguments.get("bias")
    return 0.0 if bias is None else float(bias.reshape(-1)[unit])


def _taps(at: Sequence[int], kernel: Sequence[int], how: Mapping[str, Any]) -> list[Tensor]:
    axes = zip(at, kernel, how["stride"], how["padding"], how["dilation"], strict=True)
    return [one * step - pad[0] + torch.arange(side) * spread for one, side, step, pad, spread in axes]


def _transposed_taps(at: Sequence[int], kernel: Sequence[int], how: Mapping[str, Any]) -> list[Tensor]:
    """Return where each weight meets an input; −1 where it meets the zeros between them."""
    axes = zip(at, kernel, how["stride"], how["padding"], how["dilation"], strict=True)
    found = []
    for one, side, step, pad, spread in axes:
        scaled = one + pad[0] - torch.arange(side) * spread
        found.append(torch.where(scaled % step == 0, scaled // step, -1))
    return found


def _formula(kernel: Sequence[int], how: Mapping[str, Any], channels: range, read: int, *, is_transposed: bool) -> str:
    pairs = how["padding"]
    padding = times([before for before, _ in pairs]) if all(a == b for a, b in pairs) else str(list(pairs))
    words = [f"{times(tuple(kernel))} window", f"stride {_short(how['stride'])}"]
    if any(map(any, pairs)):
        words.append(f"padding {_short([before for before, _ in pairs]) if all(a == b for a, b in pairs) else padding}")
    if max(how["dilation"]) > 1:
        words.append(f"dilation {_short(how['dilation'])}")
    if how["groups"] > 1:
        words.append(f"group {channels.start // len(channels) + 1} of {how['groups']}")
    words.append(f"{plural(len(channels), 'channel')}" + (f" of {read}" if len(channels) < read else ""))
    return ("transposed convolution, " if is_transposed else "") + ", ".join(words)


def _short(values: Sequence[int]) -> str:
    return str(values[0]) if len(set(values)) == 1 else times(tuple(values))


def _absent(channels: range, read: int, groups: int) -> str:
    """Return which channels a group leaves out, in words.

    Example:
        >>> _absent(range(2, 4), 6, 3)
        'Not connected to channels 0 … 1 and 4 … 5: the layer works in 3 groups.'
    """
    if groups == 1:
        return ""
    before, after = range(channels.start), range(channels.stop, read)
    named = [_named(part) for part in (before, after) if len(part)]
    noun = "channel" if len(before) + len(after) == 1 else "channels"
    return f"Not connected to {noun} {' and '.join(named)}: the layer works in {groups} groups."


def _named(part: range) -> str:
    return str(part.start) if len(part) == 1 else f"{part.start} … {part.stop - 1}"
