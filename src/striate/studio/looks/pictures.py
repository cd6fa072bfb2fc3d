"""A look's layers as small pictures: one scale for a layer, one byte a value."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from striate.errors import InputError
from striate.report.arrays import ArrayStore
from striate.report.pictures.inputs import as_shown
from striate.report.pictures.shrinking import shrunk, strongest
from striate.studio.looks.look import Look
from striate.studio.subject import Subject

# Longest side of a channel's picture, and values in one answer: no answer is above 2 MB.
SIDE, MOST_VALUES = 28, 1_900_000
_CURVE_PX = 280


def strips(look: Look, first: int, last: int, *, count: int, side: int = SIDE, told: str = "") -> bytes:
    """Return the strongest channels of some layers as safetensors.

    For layer `i`: `values.i` int8 (count, h, w), `channels.i` int32 (count), `peaks.i` float32 (count): the value of largest
    magnitude, and `places.i` int32 (count, axes): where it is on the channel's map; `scale.values.i` in the metadata is that of
    the whole layer, and so is `layer.i` float32: its least value, and the share of its values above zero.

    Args:
        look: The look.
        first: Number of the first layer.
        last: Number after the last one.
        count: Channels a layer, at most.
        side: Longest side of a picture, less where an answer would be too long.
        told: Goes with them as `told`, uint8 in UTF-8; empty for nothing.
    """
    numbers = range(first, min(last, len(look.values)))
    side = fitting_side(sum(min(count, len(look.values[number])) for number in numbers), side)
    store = ArrayStore()
    for number in numbers:
        maps = planes(look, number)
        peaks = peaks_of(maps)
        # What is not a number counts as the strongest: it is what one must see.
        chosen = np.argsort(-np.nan_to_num(np.abs(peaks), nan=np.inf), kind="stable")[:count]
        _keep_maps(store, f"values.{number}", maps[chosen], side, peaks)
        store.numbers(f"channels.{number}", chosen.astype(np.int32))
        store.numbers(f"peaks.{number}", peaks[chosen])
        store.numbers(f"places.{number}", places_of(look, number, chosen))
        store.numbers(f"layer.{number}", _figures(maps))
    if told:
        store.words("told", told)
    return store.to_safetensors()


def wall(look: Look, number: int, *, side: int = SIDE) -> bytes:
    """Return every channel of a layer as safetensors: `values` int8 (channels, h, w), `peaks` and `active` float32.

    `active` is the share of places above zero, `places` int32 (channels, axes) where the peaks are. Of layers too wide for one
    answer the pictures are smaller.
    """
    maps = planes(look, number)
    peaks = peaks_of(maps)
    store = ArrayStore()
    _keep_maps(store, "values", maps, fitting_side(len(maps), side), peaks)
    store.numbers("peaks", peaks)
    store.numbers("active", (maps > 0).mean(axis=(1, 2)).astype(np.float32))
    store.numbers("places", places_of(look, number, np.arange(len(maps))))
    return store.to_safetensors()


def channels(look: Look, number: int, which: Sequence[int], *, side: int = SIDE) -> bytes:
    """Return some channels of a layer, in the order asked for, as safetensors: `values` int8 (count, h, w), `peaks` float32.

    `places` and `layer` are as in its strip; `scale.values` is that of the whole layer, as in its strip and its wall.

    Raises:
        InputError: There is no such layer or channel, or the pictures are more than one answer may hold.
    """
    maps = planes(look, number)
    if wrong := [channel for channel in which if not 0 <= channel < len(maps)]:
        raise InputError(f"a channel's number must be 0 … {len(maps) - 1}", got=wrong[0])
    peaks = peaks_of(maps)
    store = ArrayStore()
    _keep_maps(store, "values", maps[list(which)], side, peaks)
    if (size := store.arrays["values"].size) > MOST_VALUES:
        raise InputError(f"an answer must hold at most {MOST_VALUES} values", got=size, hint="Ask for fewer.")
    store.numbers("peaks", peaks[list(which)])
    store.numbers("places", places_of(look, number, np.asarray(which)))
    store.numbers("layer", _figures(maps))
    return store.to_safetensors()


def seen(subject: Subject, look: Look) -> bytes:
    """Return the input as the network receives it, as safetensors: `picture` uint8 (1, h, w) or (1, h, w, 3)."""
    store = ArrayStore()
    picture = as_shown(look.inputs[0], subject.network.preprocessing, _CURVE_PX)
    store.images("picture", shrunk(picture, math.isqrt(MOST_VALUES // 3))[None])
    return store.to_safetensors()


def _figures(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a layer's least value, and the share of its values above zero."""
    return np.asarray([maps.min(), (maps > 0).mean()], np.float32)


def fitting_side(pictures: int, side: int) -> int:
    """Return the longest side that so many pictures may have in one answer."""
    return max(1, min(side, math.isqrt(MOST_VALUES // max(1, pictures))))


def _keep_maps(store: ArrayStore, name: str, maps: NDArray[np.float32], side: int, peaks: NDArray[np.float32]) -> None:
    """Keep maps on the scale of a layer's finite values; infinities are at its ends, what is not a number at 0."""
    finite = peaks[np.isfinite(peaks)] if np.isfinite(peaks).all() else maps[np.isfinite(maps)]
    largest = float(np.abs(finite).max(initial=0.0))
    shown = strongest(np.nan_to_num(maps, nan=0.0, posinf=largest, neginf=-largest), side)
    store.maps_on(name, shown, largest=largest)


def planes(look: Look, number: int) -> NDArray[np.float32]:
    """Return a layer's value as pictures (channels, h, w): a vector is 1 × 1, of a volume the strongest along its depth.

    Raises:
        InputError: There is no such layer.
    """
    if not 0 <= number < len(look.values):
        raise InputError(f"a layer's number must be 0 … {len(look.values) - 1}", got=number)
    return flattened(look.values[number].numpy())


def flattened(value: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a value (channels, axes…) as pictures (channels, h, w), as `planes` does."""
    sizes = (1,) * max(0, 2 - (value.ndim - 1)) + value.shape[1:]
    found = value.reshape(len(value), *sizes)
    while found.ndim > 3:
        found = np.where(found.max(1) >= -found.min(1), found.max(1), found.min(1))
    return found


def peaks_of(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each map's value of largest magnitude, with its sign."""
    high, low = maps.max(axis=(1, 2)), maps.min(axis=(1, 2))
    found: NDArray[np.float32] = np.where(high >= -low, high, low)
    return found


def places_of(look: Look, number: int, channels: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return where some channels have their value of largest magnitude, (channels, axes); no axes for a vector.

    Of equal values the first in reading order; a positive one before a negative one, as in `peaks_of`.
    """
    value: NDArray[np.float32] = look.values[number].numpy()[channels]
    if value.ndim == 1:
        return np.zeros((len(value), 0), np.int32)
    flat = value.reshape(len(value), -1)
    high, low, each = flat.argmax(1), flat.argmin(1), np.arange(len(flat))
    flat_places = np.where(flat[each, high] >= -flat[each, low], high, low)
    return np.stack(np.unravel_index(flat_places, value.shape[1:]), axis=1).astype(np.int32)
