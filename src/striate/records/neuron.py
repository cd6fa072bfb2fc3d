"""What a unit's value at one place is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NeuronKind = Literal["sum", "largest", "mean", "merge", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuronPart:
    """What one channel that a unit reads adds to it, over the window it is read through.

    Attributes:
        layer: Name of the layer it comes from; of the network's input.
        channel: Its number there.
        window: Sizes of the window.
        places: Where each of its values stands on the channel's map, counted row by row; −1 outside the map.
        input: The values in it, row by row; 0 outside the map.
        weight: What each is multiplied with, normalisation that follows included.
        product: Input × weight, one by one.
        number: Their sum.
        strength: Sum of the weights' magnitudes.
        gradient: Of the score asked about with regard to the window's values, summed over it.
    """

    layer: str
    channel: int
    window: tuple[int, ...]
    places: tuple[int, ...]
    input: tuple[float, ...]
    weight: tuple[float, ...]
    product: tuple[float, ...]
    number: float
    strength: float
    gradient: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuronBox:
    """The places of one layer that a unit reads, directly or through others.

    Attributes:
        layer: Its name; that of the network's input.
        spans: (first, last + 1) per axis of space, within the map.
    """

    layer: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neuron:
    """One unit at one place, and the sum that it is.

    Attributes:
        layer: Name of its layer.
        channel: Its number there.
        at: Its place, an index for each axis of the map; empty for a vector.
        value: Its value, after the activation.
        before: Before the activation, as the network computed it.
        did: What the activation did, in words; empty without one.
        kind: "sum": weighted; "largest" or "mean" of a window; "merge": values added, multiplied, joined or moved; "other".
        formula: In words, with the layer's own numbers.
        parts: The strongest by what was asked for, strongest first.
        others: Channels that are read and are not among `parts`.
        others_number: What these add together.
        bias: What is added whatever is read, normalisation included.
        total: Parts, others and bias, added up in double precision; for "other" the network's value.
        adds_up: Whether total and `before` agree to a hundred-thousandth of the magnitudes that were added.
        absent: To which channels it has no connection, in words; empty if it reads all.
        winner: Place of a window's largest value in the layer it reads; empty elsewhere.
        boxes: What it reads of the earlier layers, last to first, and of the input.
        about: Number of the output whose score the gradients are of.
    """

    layer: str
    channel: int
    at: tuple[int, ...]
    value: float
    before: float
    did: str
    kind: NeuronKind
    formula: str
    parts: tuple[NeuronPart, ...]
    others: int
    others_number: float
    bias: float
    total: float
    adds_up: bool
    absent: str
    winner: tuple[int, ...]
    boxes: tuple[NeuronBox, ...]
    about: int
