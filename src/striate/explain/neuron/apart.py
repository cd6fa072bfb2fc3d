"""One unit taken apart: which op makes it, its terms, and the layers they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import torch
from torch import Tensor

from striate.explain.neuron.following import Following, following
from striate.explain.neuron.merged import MERGES, merged_terms, moved_terms, same_terms
from striate.explain.neuron.passing import Pass, Row, is_move, unravelled
from striate.explain.neuron.pooled import POOLINGS, pooled_terms
from striate.explain.neuron.terms import Terms
from striate.explain.neuron.weighted import CONVOLUTIONS, TRANSPOSED, convolution_terms, linear_terms
from striate.trace.backprop import Call


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Apart:
    """A unit's terms, with the layers that they come from.

    Attributes:
        terms: Their weights are as the layer's first op has them.
        rows: Of each part.
        channels: Of each part, in its row.
        places: (parts, taps): where each tap stands in its row's flattened value; −1 off the map.
        inputs: (parts, taps) float64: what is read there, 0 off the map.
        following: What happens to their sum within the layer.
    """

    terms: Terms
    rows: tuple[Row, ...]
    channels: tuple[int, ...]
    places: Tensor
    inputs: Tensor
    following: Following


def apart(seen: Pass, row: Row, flat: int) -> tuple[Apart | None, Following | None]:
    """Return a unit taken apart; None if it is none of the sums known here, with what is known all the same."""
    after = following(seen, row, flat)
    terms = None if after is None else _terms(seen, row, after)
    if after is None or terms is None:
        return None, after
    found = _followed(seen, terms)
    if found is None:
        return None, after
    terms, rows, places = found
    channels, inputs = [0] * len(rows), torch.zeros(places.shape, dtype=torch.float64)
    for source, parts in by_row(rows).items():
        read, value = places[parts], seen.value(source).reshape(-1)
        taken = value[read.clamp(min=0).to(value.device)].double().cpu()
        inputs[parts] = torch.where(read < 0, 0.0, taken)
        own = _channels(source, terms.anchors[parts])
        # A part is one channel's: of values that were shuffled between channels within a window there is no such part.
        if bool(((_channels(source, read) != own[:, None]) & (read >= 0)).any()):
            return None, after
        for part, channel in zip(parts, own.tolist(), strict=True):
            channels[part] = channel
    found_apart = Apart(terms=terms, rows=rows, channels=tuple(channels), places=places, inputs=inputs, following=after)
    return found_apart, after


def _terms(seen: Pass, row: Row, after: Following) -> Terms | None:
    if after.is_read:
        return same_terms(after.number, after.flat, len(row.shape), "one value, taken as it is")
    calls = seen.run.calls_of(row.ops[0])
    loud = [call for call in calls if not is_move(call)]
    if not loud and len(calls) == 1:
        return moved_terms(seen, calls[0], after.number, after.flat)
    if len(loud) != 1 or after.number not in [n for n, _ in loud[0].made]:
        return None
    place = unravelled(after.flat, tuple(seen.run.tensors[after.number].shape))
    return _terms_of(seen, loud[0], place)


def _terms_of(seen: Pass, call: Call, place: tuple[int, ...]) -> Terms | None:
    if call.operator in CONVOLUTIONS | TRANSPOSED:
        return convolution_terms(call, place)
    if call.operator in POOLINGS:
        return pooled_terms(call, place)
    return merged_terms(seen, call, place) if call.operator in MERGES else linear_terms(call, place)


def _followed(seen: Pass, terms: Terms) -> tuple[Terms, tuple[Row, ...], Tensor] | None:
    """Return terms with places and anchors in the layers they come from; None if a value was not only moved since."""
    row_of: dict[int, Row] = {}
    places, anchors = terms.places.clone(), terms.anchors.clone()
    for number in dict.fromkeys(terms.numbers):
        same = [part for part, one in enumerate(terms.numbers) if one == number]
        found, first = seen.followed(number, terms.places[same]), seen.followed(number, terms.anchors[same])
        if found is None or first is None or bool((first[1] < 0).any()):
            return None
        row_of[number], places[same], anchors[same] = found[0], found[1], first[1]
    terms = replace(terms, places=places, anchors=anchors)
    rows = tuple(row_of[number] for number in terms.numbers)
    if terms.by_channel:
        terms = _gathered(terms, rows[0])
        rows = rows[: len(terms.numbers)]
    return terms, rows, terms.places


def by_row(rows: Sequence[Row]) -> dict[Row, list[int]]:
    """Return the places of the parts that come from each row."""
    numbers = [row.number for row in rows]
    row_of = dict(zip(numbers, rows, strict=True))
    if len(row_of) == 1:
        return {rows[0]: list(range(len(rows)))}
    return {row: [part for part, one in enumerate(numbers) if one == number] for number, row in row_of.items()}


def _gathered(terms: Terms, row: Row) -> Terms:
    """Return one part for each channel of the row, where so far there was one for each value of it."""
    flats = terms.anchors
    channels = _channels(row, flats)
    counts = torch.bincount(channels)
    known = torch.nonzero(counts).flatten()
    taps = int(counts.max())
    order = torch.argsort(channels * prod(row.shape) + flats, stable=True)
    # Of a channel that is read less often than others, the rest of the window is empty.
    part = torch.searchsorted(known, channels[order])
    within = torch.arange(len(flats)) - (counts[known].cumsum(0) - counts[known])[part]
    places = torch.full((len(known), taps), -1, dtype=torch.int64)
    weights = torch.zeros((len(known), taps), dtype=torch.float64)
    places[part, within], weights[part, within] = flats[order], terms.weights[order, 0]
    window = row.sizes if taps == prod(row.sizes) else (taps,) if taps > 1 else (1,) * len(row.sizes)
    return replace(
        terms,
        numbers=terms.numbers[: len(known)],
        places=places,
        anchors=places[:, 0],
        weights=weights,
        window=window or (1,),
    )


def _channels(row: Row, flats: Tensor) -> Tensor:
    step = prod(row.shape[row.axis + 1 :])
    return flats // step % row.channels
