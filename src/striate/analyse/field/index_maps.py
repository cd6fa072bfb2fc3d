"""Which places of one axis each place of another reads: the arithmetic under fields, boxes and borders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, gcd

Taps = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class IndexMap:
    """Place q·period + r of an axis reads the places q·step + taps[r] of the axis before it.

    Sliding has period 1; what enlarges a map repeats after a few places. `fill` says what stands for a place that is
    not there: nothing ("zero"), or a place of the map ("reflect", "replicate", "circular").
    """

    period: int
    step: int
    taps: Taps
    fill: str = "zero"

    def reads(self, place: int, length: int) -> Iterator[int]:
        """Yield the places, of `length`, that one place reads; one may come more than once."""
        turns, rest = divmod(place, self.period)
        start = turns * self.step
        for tap in self.taps[rest]:
            found = start + tap
            if 0 <= found < length:
                yield found
            elif self.fill != "zero":
                yield _folded(found, length, self.fill)


def _folded(place: int, length: int, fill: str) -> int:
    if fill == "circular":
        return place % length
    if fill == "replicate" or length == 1:
        return min(max(place, 0), length - 1)
    return -place if place < 0 else 2 * (length - 1) - place


@lru_cache(maxsize=4096)
def slid(kernel: int, stride: int, before: int, dilation: int) -> IndexMap:
    """Return the map of a sliding window.

    Example:
        >>> list(slid(3, 2, 1, 1).reads(0, 8)), list(slid(3, 2, 1, 1).reads(3, 8))
        ([0, 1], [5, 6, 7])
    """
    return IndexMap(1, stride, (tuple(dilation * tap - before for tap in range(kernel)),))


@lru_cache(maxsize=1024)
def spread(kernel: int, stride: int, before: int, dilation: int) -> IndexMap:
    """Return the map of a transposed convolution.

    Example:
        >>> [list(spread(3, 2, 1, 1).reads(place, 4)) for place in range(4)]
        [[0], [0, 1], [1], [1, 2]]
    """
    taps = tuple(
        tuple(
            sorted(
                (rest + before - dilation * tap) // stride
                for tap in range(kernel)
                if (rest + before - dilation * tap) % stride == 0
            )
        )
        for rest in range(stride)
    )
    return IndexMap(stride, 1, taps)


@lru_cache(maxsize=1024)
def adapted(length: int, size: int) -> IndexMap:
    """Return the map of adaptive pooling from `length` to `size` places.

    Example:
        >>> [list(adapted(5, 3).reads(place, 5)) for place in range(3)]
        [[0, 1], [1, 2, 3], [3, 4]]
    """
    common = gcd(length, size)
    period, step = size // common, length // common
    return IndexMap(
        period, step, tuple(tuple(range(r * step // period, -(-(r + 1) * step // period))) for r in range(period))
    )


def shifted(offset: int, *, step: int = 1, fill: str = "zero") -> IndexMap:
    """Return the map of a part or a padded map: place j reads j·step + offset."""
    return IndexMap(1, step, ((offset,),), fill)


def repeated(times: int) -> IndexMap:
    """Return the map of an axis in which each place stands `times` times."""
    return IndexMap(times, 1, ((0,),) * times)


@lru_cache(maxsize=256)
def mirrored(length: int) -> IndexMap:
    """Return the map of an axis of `length` places read from its end."""
    return IndexMap(length, 0, tuple((length - 1 - place,) for place in range(length)))


@lru_cache(maxsize=256)
def tiled(length: int) -> IndexMap:
    """Return the map of several maps of `length` places side by side, all of them one.

    Example:
        >>> [next(tiled(3).reads(place, 3)) for place in range(6)]
        [0, 1, 2, 0, 1, 2]
    """
    return IndexMap(length, 0, tuple((place,) for place in range(length)))


@lru_cache(maxsize=256)
def causal(length: int) -> IndexMap:
    """Return the map of an axis of which each place reads all up to its own."""
    return IndexMap(length, 0, tuple(tuple(range(place + 1)) for place in range(length)))


@lru_cache(maxsize=1024)
def resized(
    mode: str,
    length: int,
    size: int,
    *,
    scale: float | None = None,
    align_corners: bool = False,
    antialias: bool = False,
) -> IndexMap:
    """Return the map of a resizing from `length` to `size` places, as `torch.nn.functional.interpolate` reads.

    Places whose weight is zero are not read.

    Example:
        >>> [list(resized("linear", 3, 6).reads(place, 3)) for place in range(6)]
        [[0, 0], [0, 1], [0, 1], [1, 2], [1, 2], [2, 2]]
    """
    if align_corners:
        rate = Fraction(length - 1, size - 1) if size > 1 else Fraction(0)
    elif scale:
        rate = 1 / Fraction(scale).limit_denominator(4096)
    else:
        rate = Fraction(length, size)
    shift = Fraction(0) if align_corners or mode == "nearest" else Fraction(1, 2)
    taps: list[tuple[int, ...]] = []
    for place in range(rate.denominator):
        centre = (place + shift) * rate
        if mode.startswith("nearest"):
            taps.append((floor(centre),))
        else:
            widened = max(rate, Fraction(1)) if antialias else Fraction(1)
            taps.append(_weighted(centre - shift, widened, 1 if mode == "linear" else 2))
    return IndexMap(rate.denominator, rate.numerator, tuple(taps), "zero" if antialias else "replicate")


def _weighted(centre: Fraction, widened: Fraction, reach: int) -> tuple[int, ...]:
    """Return the places at which a filter of half-width `reach` has a weight; the cubic one has none at ±1."""
    first, last = ceil(centre - reach * widened), floor(centre + reach * widened)
    return tuple(
        place
        for place in range(first, last + 1)
        if (away := abs(place - centre) / widened) < reach and (reach == 1 or away != 1)
    )


def mixed(weight: int, size: int) -> IndexMap:
    """Return the map that reads every value of one digit: the index is …·weight·size + digit·weight + rest."""
    span = weight * size
    return IndexMap(
        span, span, tuple(tuple(turn * weight + place % weight for turn in range(size)) for place in range(span))
    )


def dropped(weight: int, size: int) -> IndexMap:
    """Return the map that reads every value of one digit and leaves it out of the index."""
    return IndexMap(
        weight, weight * size, tuple(tuple(rest + turn * weight for turn in range(size)) for rest in range(weight))
    )


def lifted(digit: IndexMap, weight: int, size: int, size_after: int, *, is_first: bool) -> IndexMap:
    """Return the map of a whole index of which one digit is mapped.

    Args:
        digit: Map of the digit alone.
        weight: What the digit counts for.
        size: Values of the digit before.
        size_after: And after.
        is_first: Whether it is the most significant digit, so that it has no neighbours to run into.
    """
    if is_first and (weight == 1 or digit.fill in {"zero", "circular"}):
        if weight == 1:
            return digit
        taps = tuple(
            tuple(tap * weight + rest for tap in digit.taps[phase])
            for phase in range(digit.period)
            for rest in range(weight)
        )
        return IndexMap(digit.period * weight, digit.step * weight, taps, digit.fill)
    taps = tuple(
        tuple(read * weight + rest for read in sorted(set(digit.reads(value, size))))
        for value in range(size_after)
        for rest in range(weight)
    )
    return IndexMap(weight * size_after, weight * size, taps)


@lru_cache(maxsize=1024)
def picked(
    places: int,
    top: tuple[int, int] | None,
    fixed: tuple[tuple[int, int, int], ...],
    free: tuple[tuple[int, int], ...],
) -> IndexMap:
    """Return the map from an index to another that keeps some of its digits and reads every value of the others.

    Args:
        places: Length of the axis that reads.
        top: Weights, in the index that reads and in the one that is read, of a kept digit that is the heaviest of
            both; None if there is none.
        fixed: Of every other kept digit: its weight in the index that reads, its size, its weight in the one read.
        free: Of every digit read whole: its weight in the index read, and its size.
    """
    others = [0]
    for weight, size in free:
        others = [place + turn * weight for turn in range(size) for place in others]
    starts = (
        sum(place // weight % size * new for weight, size, new in fixed) for place in range(top[0] if top else places)
    )
    taps = tuple(tuple(sorted(start + other for other in others)) for start in starts)
    return IndexMap(len(taps), top[1] if top else 0, taps)
