"""A layer's weights as pictures on disk: filters, curves, slices, or the lengths of deeper ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from striate.graph import times
from striate.numbers import listed, measure, percent, plural
from striate.records import EffectiveFilters, LayerWeights
from striate.report.pictures.sheets import DIVERGING, SEQUENTIAL
from striate.report.pictures.tile_sheet import SmallPicture, beside, curve_pixels, map_pixels, tile_sheet

MOST_FILTERS = 64
# Up to so many input channels each has a picture of its own; more are shown by what they have most in common.
MOST_CHANNELS = 12
_COLOURS = 3
_SEE = {
    True: "You should see edges, bars, waves and blobs of colour: smooth, clean, and different from each other.",
    False: "You should see filters of about equal length, and channels that are all read by some of them.",
}
_WRONG = {
    True: "Something is wrong if they look like salt and pepper (hardly trained), several are copies, or some are blank.",
    False: "Something is wrong if rows or columns are blank (dead filters, unread channels), or many rows are the same.",
}


def weights_picture(found: LayerWeights, *, source: str) -> bytes:
    """Return a PNG of a layer's weights on one scale.

    A layer that reads the input, or any with one or three channels, is drawn as filters: of signals as curves, of volumes as
    slices. Deeper layers are drawn as the length of every filter's kernel on every channel.

    Args:
        found: What `striate.explain.weights` returned.
        source: What is said of the network.
    """
    if not _is_drawn(found):
        return _lengths(found, source)
    weights = found.weights[:MOST_FILTERS]
    limit = float(np.abs(weights).max()) or 1.0
    shared, said = weights, ""
    if weights.shape[1] > MOST_CHANNELS:
        shared, share = principal(weights)
        limit = float(np.abs(shared).max()) or 1.0
        said = f"The combination of the {weights.shape[1]} channels that varies most: {percent(share)} of the power. "
    is_colour = shared.shape[1] == _COLOURS and shared.ndim == 4
    pictures = [
        SmallPicture(pixels=_filter_pixels(one, limit), label=_label(found, unit), note=_note(found, unit))
        for unit, one in enumerate(shared)
    ]
    ends = (measure(-limit), measure(limit, signed=True))
    colour = "mid-grey is 0; a channel's ends are ±" + measure(limit)
    return tile_sheet(
        pictures,
        title=f"{found.layer}: {plural(len(found.weights), 'filter')} of {times(found.weights.shape[1:])}",
        note=colour if is_colour else f"one scale for all, weight without unit{_order(shared)}",
        scale=None if is_colour else (ends, DIVERGING),
        sentences=(_SEE[True], _WRONG[True], *weights_sentences(found), said + _source(found, len(weights), source)),
    )


def effective_picture(found: EffectiveFilters, *, source: str) -> bytes:
    """Return a PNG of effective filters on the input, each on its own scale about 0."""
    shown = found.filters[:MOST_FILTERS]
    pictures = []
    for unit, one in zip(found.units, shown, strict=False):
        limit = float(np.abs(one).max()) or 1.0
        pictures.append(
            SmallPicture(
                pixels=_filter_pixels(one, limit), label=f"{unit}", note=f"±{measure(limit, 2)} per unit of input"
            )
        )
    place = f" at place {times(found.place)}" if found.place else ""
    return tile_sheet(
        pictures,
        title=f"{found.layer}: effective filters on the input{place}",
        note="each on its own scale about 0",
        scale=None if shown.shape[1] == _COLOURS else (("lowers the unit", "raises it"), DIVERGING),
        sentences=(
            "You should see larger and more varied forms than in the first layer.",
            "Something is wrong if they look like salt and pepper, or all alike.",
            " ".join(found.notes) or "The network is linear up to here: this is what the layer does.",
            f"From {source}; {len(shown)} of {plural(len(found.units), 'unit')} asked about.",
        ),
        side_px=144,
    )


def principal(weights: NDArray[np.floating]) -> tuple[NDArray[np.floating], float]:
    """Return weights (n, c, …) as (n, 1, …) along the direction of the channels that holds most power, and its share."""
    rows = np.moveaxis(weights, 1, -1).reshape(-1, weights.shape[1]).astype(np.float64)
    values, directions = np.linalg.eigh(rows.T @ rows)
    direction = directions[:, -1] * (1.0 if directions[:, -1].sum() >= 0 else -1.0)
    share = float(values[-1] / values.sum()) if values.sum() > 0 else 0.0
    along = np.tensordot(weights, direction, axes=(1, 0))[:, None]
    return along.astype(np.float32), share


def _is_drawn(found: LayerWeights) -> bool:
    has_places = found.weights.ndim > 2 and max(found.weights.shape[2:]) > 1
    return has_places and (found.reads_input or found.weights.shape[1] in {1, _COLOURS})


def _filter_pixels(one: NDArray[np.floating], limit: float) -> NDArray[np.uint8]:
    """Return one filter (c, kernel…): colour, a picture a channel, curves, or slices."""
    if one.ndim == 2:
        return curve_pixels(one, -limit, limit, (144, 96))
    if one.ndim == 4:
        return beside([beside([map_pixels(plane, -limit, limit) for plane in channel]) for channel in one], gap=2)
    if len(one) == _COLOURS:
        shown = np.moveaxis(one.astype(np.float64), 0, -1) / (2 * limit) + 0.5
        found: NDArray[np.uint8] = np.rint(shown.clip(0, 1) * 255).astype(np.uint8)
        return found
    return beside([map_pixels(channel, -limit, limit) for channel in one])


def _lengths(found: LayerWeights, source: str) -> bytes:
    """Return a PNG of the length of every kernel: filters down, input channels of their group across."""
    lengths = np.sqrt((found.weights.astype(np.float64) ** 2).reshape(*found.weights.shape[:2], -1).sum(2))
    high = float(lengths.max()) or 1.0
    picture = SmallPicture(
        pixels=map_pixels(lengths, 0.0, high),
        label=f"filters down (0 … {len(lengths) - 1}), input channels across (0 … {lengths.shape[1] - 1})",
    )
    return tile_sheet(
        [picture],
        title=f"{found.layer}: length of each of {times(lengths.shape)} kernels",
        note=f"root of the sum of squares over {times(found.weights.shape[2:]) or '1'} weights, without unit",
        scale=(("0", measure(high)), SEQUENTIAL),
        sentences=(_SEE[False], _WRONG[False], *weights_sentences(found), _source(found, len(found.weights), source)),
        side_px=640,
    )


def _label(found: LayerWeights, unit: int) -> str:
    copied = next((group for group in found.copies if unit in group), ())
    first = f" = {copied[0]}" if copied and copied[0] != unit else ""
    return f"{unit}{first}{' dead' if unit in found.dead else ''}"


def _note(found: LayerWeights, unit: int) -> str:
    if found.waves is not None and float(found.waves.cycles_per_px[unit]):
        cycles = f"{measure(float(found.waves.cycles_per_px[unit]), 2)}/px"
        turned = found.waves.orientation_deg
        return cycles if turned is None else f"{cycles}, {float(turned[unit]):.0f}°"
    return "" if found.detail is None else f"fine {measure(float(found.detail[unit]), 2)}"


def _order(weights: NDArray[np.floating]) -> str:
    if weights.ndim == 5:
        return "; slices along the depth from left to right, channel by channel"
    if weights.ndim == 3:
        return "; a curve for each channel, the later the darker" if weights.shape[1] > 1 else ""
    return "; a picture for each input channel, from left to right" if weights.shape[1] > 1 else ""


def weights_sentences(found: LayerWeights) -> tuple[str, ...]:
    """Return what a layer's weights show, a sentence a figure, with what random ones would give beside it."""
    copies = sum(len(group) - 1 for group in found.copies)
    rank = found.spectrum
    dead = f" ({listed([str(unit) for unit in found.dead])})" if found.dead else ""
    groups = f" ({listed([' = '.join(map(str, group)) for group in found.copies])})" if found.copies else ""
    said = [
        (
            f"{len(found.dead)} dead{dead}, {copies} copies of others{groups}: cosine above {measure(found.copy_limit)}; "
            f"{len(found.dead_inputs)} of {plural(len(found.input_norms), 'input channel')} unread."
        ),
        (
            f"Effective rank {measure(rank.effective_rank)} of at most {len(rank.values)}; of a random start "
            f"{measure(rank.random_effective_rank)}."
        ),
    ]
    if found.detail is not None and found.random_band is not None:
        low, high = found.random_band
        said.append(
            f"Share of power at wavelengths under 4 px: middle filter {measure(float(np.median(found.detail)), 2)}; random "
            f"filters {measure(low, 2)} to {measure(high, 2)}."
        )
    if found.waves is not None:
        waving = found.waves.cycles_per_px[found.waves.cycles_per_px > 0]
        count = plural(len(found.weights), "filter")
        middle = f", the middle one at {measure(float(np.median(waving)), 2)} cycles per pixel" if len(waving) else ""
        said.append(f"The spectrum of {len(waving)} of {count} peaks off the mean{middle}.")
    return tuple(said)


def _source(found: LayerWeights, shown: int, source: str) -> str:
    left = f" The first {shown} of {len(found.weights)}." if shown < len(found.weights) else ""
    return f"{found.key or 'computed weight'} of {source}.{left} {' '.join(found.notes)}".strip()
