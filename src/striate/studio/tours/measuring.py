"""What a step of a tour measures in the network: a sentence with its figure, and whether it is as it should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from striate.explain.answers import meant
from striate.explain.neuron import told
from striate.graph import times
from striate.numbers import measure, percent, plural, probability
from striate.records import Neuron
from striate.studio.looks.look import Look
from striate.studio.looks.neurons import row_of
from striate.studio.tours.stage import NotHereError, Stage, Unit

_ALL = 1 << 30
# The outer ring of an image: an eighth of its side on each side.
_RING = 8
# A layer at which the gradient is a thousandth of the largest hardly learns.
_VANISHED = 1e-3
_MOST_ACTIVE_SHARE, _LEAST_ACTIVE_SHARE = 0.98, 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A sentence, and whether what it says is as it should be."""

    words: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """Where something is measured: the look as the step shows it, the same without changes, and the unit."""

    stage: Stage
    look: Look
    before: Look
    unit: Unit | None


def measured(name: str, at: At) -> Measured:
    """Return what a step measures.

    Raises:
        NotHereError: It cannot be measured in this network.
    """
    return _MEASURES[name](at)


def _answer(at: At) -> Measured:
    subject, look = at.stage.subject, at.look
    shares, best, names = (
        meant(subject.network, look.scores[None])[0],
        int(look.scores.argmax()),
        subject.network.output.names,
    )
    if subject.network.output.kind != "classes":
        return Measured(words=f"Its largest output is {names[best]}: {measure(float(shares[best]))}.", holds=True)
    words = f"It answers {names[best]}, probability {probability(float(shares[best]))}"
    if look.target is None:
        return Measured(words=f"{words}.", holds=True)
    is_right = look.target == best
    return Measured(words=f"{words}; the data say {names[look.target]}.", holds=is_right)


def _active(at: At) -> Measured:
    found = [(number, layer) for number, layer in enumerate(at.stage.subject.layers) if layer.reading.is_rectified]
    if not found:
        raise NotHereError("no layer is rectified")
    shares = {layer.reading.name: float((at.look.values[number] > 0).double().mean()) for number, layer in found}
    name = min(shares, key=lambda one: shares[one])
    of_all = plural(len(found), "rectified layer")
    words = f"In {name}, the least active of {of_all}, {percent(shares[name])} of the values are above zero."
    return Measured(words=words, holds=_LEAST_ACTIVE_SHARE <= shares[name] <= _MOST_ACTIVE_SHARE)


def _adds_up(at: At) -> Measured:
    found = _neuron(at)
    if not found.parts:
        raise NotHereError("this layer is no sum")
    words = (
        f"{plural(len(found.parts) + found.others, 'part')} and the bias add up to {measure(found.total, 5)}; "
        f"the network has {measure(found.before, 5)}."
    )
    return Measured(words=words, holds=found.adds_up)


def _winner(at: At) -> Measured:
    found = _neuron(at)
    if found.kind not in ("largest", "mean") or not found.parts:
        raise NotHereError("this layer is no pooling")
    part = found.parts[0]
    read = [value for value, place in zip(part.input, part.places, strict=True) if place >= 0]
    if found.kind == "mean":
        mean = measure(sum(read) / len(read))
        words = f"The {len(read)} values of its window have the mean {mean}; it passes on {measure(found.value)}."
        return Measured(words=words, holds=found.adds_up)
    most = measure(max(read))
    words = f"Of the {len(read)} values of its window the largest is {most}; it passes on {measure(found.value)}."
    return Measured(words=words, holds=abs(max(read) - found.value) <= 1e-5 * max(1.0, abs(found.value)))


def _field(at: At) -> Measured:
    unit = _unit(at)
    layer, shape = at.stage.subject.layers[unit.row], at.stage.subject.network.input_shape[1:]
    field = layer.reading.receptive
    if not field.is_known or (not field.is_global and not field.axes):
        raise NotHereError("the field of this layer is not known")
    if field.is_global:
        return Measured(words=f"{layer.reading.name} reads the whole input of {times(shape)}.", holds=True)
    sizes = [int(axis.size_px) for axis in field.axes]
    return Measured(words=f"Its window on the input of {times(shape)} is {times(sizes)}.", holds=True)


def _moved(at: At) -> Measured:
    network = at.stage.subject.network
    best = int(at.before.scores.argmax())
    was, now = (meant(network, look.scores[None])[0] for look in (at.before, at.look))
    name, after = network.output.names[best], int(at.look.scores.argmax())
    said: Callable[[float], str] = measure if network.output.kind == "values" else probability
    words = f"{name} goes from {said(float(was[best]))} to {said(float(now[best]))}"
    if network.output.kind != "classes" or after == best:
        return Measured(words=f"{words}.", holds=True)
    return Measured(words=f"{words}, and the answer becomes {network.output.names[after]}.", holds=False)


def _norms(at: At) -> Measured:
    with at.stage.passes.of(at.look) as seen:
        slopes = seen.slopes(None, int(at.look.scores.argmax()))
        norms = {
            row.name: float(slopes[row.number].double().square().mean().sqrt())
            for row in seen.rows
            if row.number in slopes
        }
    low, high = min(norms, key=norms.__getitem__), max(norms, key=norms.__getitem__)
    if not norms[low]:
        return Measured(words=f"No gradient arrives at {low}.", holds=False)
    words = f"A value of {high} has {measure(norms[high] / norms[low])} times the gradient of one of {low}, the least."
    return Measured(words=words, holds=norms[low] >= _VANISHED * norms[high])


def _shared(at: At) -> Measured:
    unit = _unit(at)
    one = _neuron(at)
    strongest = at.stage.unit(at.look, unit.row, "strongest", "strongest")
    with at.stage.passes.of(at.look) as seen:
        other = told(seen, row_of(seen, unit.row), unit.channel, strongest.at, by="contribution", about=None, top=_ALL)
    if not one.parts:
        raise NotHereError("this layer is no sum")
    here, there = ({(part.layer, part.channel): part.weight for part in found.parts} for found in (one, other))
    count = sum(len(weights) for weights in here.values())
    if here == there:
        return Measured(words=f"All {count} weights are the same at both places.", holds=True)
    return Measured(words=f"The {count} weights differ between the places: this is no shared filter.", holds=False)


def _weights(at: At) -> Measured:
    row = at.stage.row("first-conv") if at.unit is None else at.unit.row
    layer = at.stage.subject.layers[row]
    values = layer.channels * int(torch.tensor(layer.sizes).prod())
    if not layer.reading.cost.params:
        raise NotHereError("this layer has no parameters")
    words = f"{values} values of {layer.reading.name} come from {layer.reading.cost.params} parameters."
    return Measured(words=words, holds=True)


def _few(at: At) -> Measured:
    found = _neuron(at)
    sizes = sorted((abs(part.number) for part in found.parts), reverse=True)
    if len(sizes) < 2 or not sum(sizes):
        raise NotHereError("this neuron reads a single channel")
    needed, reached = 0, 0.0
    while reached < 0.8 * sum(sizes):
        reached += sizes[needed]
        needed += 1
    return Measured(words=f"{needed} of {len(sizes)} inputs make up 80\u202f% of what is added.", holds=True)


def _border(at: At) -> Measured:
    shape = at.stage.subject.network.input_shape
    if len(shape) != 3 or min(shape[1:]) < 2 * _RING:
        raise NotHereError("only an image has a border")
    with at.stage.passes.of(at.look) as seen:
        slope = seen.slopes(None, int(at.look.scores.argmax())).get(seen.input.number)
    if slope is None or not bool(slope.any()):
        return Measured(words="No gradient arrives at the input.", holds=False)
    size = slope[0].double().abs().sum(0)
    down, across = (side // _RING for side in size.shape)
    ring = torch.ones_like(size, dtype=torch.bool)
    ring[down:-down, across:-across] = False
    share, area = float(size[ring].sum() / size.sum()), float(ring.double().mean())
    words = (
        f"{percent(share)} of the gradient at the input lies in the outer eighth, which is {percent(area)} of the area."
    )
    return Measured(words=words, holds=share <= area)


def _unit(at: At) -> Unit:
    if at.unit is None:
        raise NotHereError("no unit is chosen")
    return at.unit


def _neuron(at: At) -> Neuron:
    unit = _unit(at)
    with at.stage.passes.of(at.look) as seen:
        return told(seen, row_of(seen, unit.row), unit.channel, unit.at, by="contribution", about=None, top=_ALL)


_MEASURES: dict[str, Callable[[At], Measured]] = {
    "answer": _answer, "active": _active, "adds-up": _adds_up, "winner": _winner, "field": _field, "moved": _moved,
    "norms": _norms, "shared": _shared, "weights": _weights, "few": _few, "border": _border,
}  # fmt: skip
