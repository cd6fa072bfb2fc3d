"""Poolings and means as terms: the one channel, its window, and the winner or the equal parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import torch
from torch import Tensor

from striate.explain.laws.windows import each
from striate.explain.neuron.passing import ravelled
from striate.explain.neuron.terms import Terms, windowed
from striate.graph import times
from striate.records.neuron import NeuronKind
from striate.trace.backprop import Call

_SLIDING_MAX = frozenset({
    "max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices", "max_pool3d_with_indices",
})  # fmt: skip
_SLIDING_MEAN = frozenset({"avg_pool1d", "avg_pool2d", "avg_pool3d"})
_ADAPTIVE_MAX = frozenset({"adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"})
_ADAPTIVE_MEAN = frozenset({"adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"})
_REDUCED = frozenset({"mean", "sum", "amax"})
POOLINGS = _SLIDING_MAX | _SLIDING_MEAN | _ADAPTIVE_MAX | _ADAPTIVE_MEAN | _REDUCED


def pooled_terms(call: Call, place: tuple[int, ...]) -> Terms | None:
    """Return what a pooling takes for the unit at a place of its output; None for one over the batch."""
    if call.operator in _REDUCED:
        return _reduced(call, place)
    arguments = call.arguments
    name = "self" if "self" in arguments else "input"
    read: Tensor = arguments[name]
    axes = read.ndim - 2
    if axes < 1 or len(place) != read.ndim:
        return None
    sizes = tuple(read.shape[2:])
    is_adaptive = call.operator in _ADAPTIVE_MAX | _ADAPTIVE_MEAN
    if is_adaptive:
        made = tuple(call.made[0][1].shape[2:])
        ends = [(one * n // m, -(-(one + 1) * n // m)) for one, n, m in zip(place[2:], sizes, made, strict=True)]
        taps = [torch.arange(first, last) for first, last in ends]
        counted, how = prod(map(len, taps)), f"window of {times([len(tap) for tap in taps])}, fitted to {times(made)}"
    else:
        taps, counted, how = _sliding(place[2:], sizes, arguments)
    if not all(map(len, taps)):
        return None
    places, anchors = windowed(range(place[1], place[1] + 1), taps, sizes)
    is_largest = call.operator in _SLIDING_MAX | _ADAPTIVE_MAX
    divisor = arguments.get("divisor_override") or counted
    found = _window(call.numbers[name], places, anchors, tuple(map(len, taps)), how)
    return _terms(read, found, "largest" if is_largest else "mean", 1 / divisor)


def _sliding(at: Sequence[int], sizes: Sequence[int], arguments: Mapping[str, Any]) -> tuple[list[Tensor], int, str]:
    """Return the taps on the map along each axis, what a mean divides by, and the window in words."""
    axes = len(sizes)
    kernel, padding = each(arguments["kernel_size"], axes), each(arguments["padding"], axes)
    stride = each(arguments["stride"], axes) if arguments.get("stride") else kernel
    dilation = each(arguments.get("dilation", 1), axes)
    taps, counted = [], 1
    for one, n, side, step, pad, spread in zip(at, sizes, kernel, stride, padding, dilation, strict=True):
        first = one * step - pad
        tap = first + torch.arange(side) * spread
        taps.append(tap[(tap >= 0) & (tap < n)])
        # What ceil mode adds beyond the padding is counted by nobody.
        counted *= min(first + side, n + pad) - first if arguments.get("count_include_pad") else len(taps[-1])
    words = [f"{times(kernel)} window", f"stride {stride[0] if len(set(stride)) == 1 else times(stride)}"]
    if any(padding):
        words.append(f"padding {padding[0] if len(set(padding)) == 1 else times(padding)}")
    if max(dilation) > 1:
        words.append(f"dilation {dilation[0] if len(set(dilation)) == 1 else times(dilation)}")
    return taps, counted, ", ".join(words)


def _reduced(call: Call, place: tuple[int, ...]) -> Terms | None:
    arguments = call.arguments
    read: Tensor = arguments["self"]
    given = arguments.get("dim")
    listed = given if isinstance(given, list | tuple) else [] if given is None else [given]
    over = sorted(axis % read.ndim for axis in listed) or list(range(read.ndim))
    if 0 in over:
        return None
    rest = list(place)
    if not arguments.get("keepdim"):
        for axis in over:
            rest.insert(axis, 0)
    flats = torch.zeros(1, dtype=torch.int64)
    first = ravelled(tuple(0 if axis in over else one for axis, one in enumerate(rest)), tuple(read.shape))
    for axis in over:
        step = prod(read.shape[axis + 1 :])
        flats = (flats[:, None] + torch.arange(read.shape[axis]) * step).flatten()
    places, window = (first + flats)[None], tuple(read.shape[axis] for axis in over)
    share = 1 / flats.numel() if call.operator == "mean" else 1.0
    found = _window(call.numbers["self"], places, places[:, 0], window, f"all {times(window)} places")
    kinds: dict[str, NeuronKind] = {"mean": "mean", "amax": "largest"}
    return _terms(read, found, kinds.get(call.operator, "sum"), share)


def _terms(read: Tensor, found: Terms, kind: NeuronKind, share: float) -> Terms:
    """Return the terms of a window: with weight 1 at its largest value, or equal weights."""
    if kind != "largest":
        weights = torch.full(found.places.shape, share, dtype=torch.float64)
        return replace(found, kind=kind, formula=f"the {kind} of one channel; {found.formula}", weights=weights)
    # Of equal values the first wins, as torch breaks ties.
    values = read.reshape(-1)[found.places[0].to(read.device)].cpu()
    winner = int(torch.nonzero(values >= values.max())[0])
    weights = torch.zeros(found.places.shape, dtype=torch.float64)
    weights[0, winner] = 1
    formula = f"the largest of one channel; {found.formula}"
    return replace(found, kind="largest", formula=formula, weights=weights, winner=winner)


def _window(number: int, places: Tensor, anchors: Tensor, window: tuple[int, ...], how: str) -> Terms:
    return Terms(
        kind="mean",
        formula=how,
        numbers=(number,),
        places=places,
        anchors=anchors,
        weights=torch.ones(places.shape, dtype=torch.float64),
        window=window,
        absent="Not connected to other channels: pooling works on each channel by itself.",
    )
