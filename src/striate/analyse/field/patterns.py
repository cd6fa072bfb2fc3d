"""Which input pixels the units along one axis see: a pattern that repeats."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

from striate.analyse.field.index_maps import IndexMap

# Longer patterns take too long, and come from large maps whose sizes have nothing in common.
_LONGEST = 1024


class Pattern(NamedTuple):
    """Unit q·period + r sees the pixels q·step + first + (each bit of mask), where (first, mask) = phases[r].

    The period is the number of phases. A mask has its lowest bit set, or is 0 for a unit that sees nothing. Step 0
    means that nothing repeats: there is one phase for each unit of the map.
    """

    step: int
    phases: tuple[tuple[int, int], ...]

    @classmethod
    def start(cls) -> Pattern:
        """Return the pattern of the input: each unit sees itself."""
        return cls(1, ((0, 1),))


def composed(pattern: Pattern, step: IndexMap, size: int, *, within: int | None = None) -> Pattern | None:
    """Return the pattern of the `size` units that read a pattern's units; None if it is too long to be told.

    Args:
        pattern: What the units read see.
        step: How they are read.
        size: Units that read.
        within: Length of what is read, where the rest of the map stands beside it and nothing lies beyond.

    Example:
        >>> from striate.analyse.field.index_maps import slid
        >>> composed(Pattern.start(), slid(3, 2, 1, 2), 9)   # stride 2, dilation 2: pixels −1, 1 and 3
        Pattern(step=2, phases=((-1, 21),))
    """
    pace, phases = pattern
    period = len(phases)
    if period == step.period == 1 and pace and within is None:
        [(low, mask)], [taps] = phases, step.taps
        if not taps:
            return Pattern(step.step * pace, ((0, 0),))
        first, seen = taps[0], 0
        for tap in taps:
            seen |= mask << (tap - first) * pace
        return Pattern(step.step * pace, ((low + first * pace, seen),))
    turns = period // gcd(period, step.step)
    count = step.period * turns
    is_table = not pace or not step.step or within is not None or count > size
    if is_table:
        count = size
    if count > _LONGEST:
        return None
    found = [_read(pattern, step, place, within) for place in range(count)]
    if is_table:
        return Pattern(0, tuple(found))
    return _shortened(Pattern(turns * step.step // period * pace, tuple(found)))


def _read(pattern: Pattern, step: IndexMap, place: int, within: int | None) -> tuple[int, int]:
    """Return what one unit sees through the units it reads."""
    pace, phases = pattern
    again, rest = divmod(place, step.period)
    parts = []
    for tap in step.taps[rest]:
        read = again * step.step + tap
        if within is not None and not 0 <= read < within:
            continue
        turn, phase = divmod(read, len(phases))
        low, mask = phases[phase]
        if mask and (pace or not turn):
            parts.append((turn * pace + low, mask))
    return _union(parts)


def united(patterns: Sequence[Pattern], size: int) -> Pattern | None:
    """Return the pattern of the `size` units that see what all of them see; None if it is too long to be told.

    Example:
        >>> united((Pattern(1, ((-1, 7),)), Pattern(1, ((2, 1),))), 9)
        Pattern(step=1, phases=((-1, 15),))
    """
    periods = [len(pattern.phases) for pattern in patterns]
    first = patterns[0]
    is_table = not first.step or any(
        not pattern.step or pattern.step * periods[0] != first.step * period
        for pattern, period in zip(patterns, periods, strict=True)
    )
    count = max(periods) if min(periods) == max(periods) else lcm(*periods)
    if is_table or count > size:
        count, is_table = size, True
    if count == 1 and not is_table:
        return Pattern(first.step, (_union([pattern.phases[0] for pattern in patterns if pattern.phases[0][1]]),))
    if count > _LONGEST:
        return None
    found = []
    for place in range(count):
        parts = []
        for pattern, period in zip(patterns, periods, strict=True):
            turn, phase = divmod(place, period)
            low, mask = pattern.phases[phase]
            if mask and (pattern.step or not turn):
                parts.append((turn * pattern.step + low, mask))
        found.append(_union(parts))
    return Pattern(0 if is_table else first.step * (count // periods[0]), tuple(found))


def middle(pattern: Pattern) -> int | Fraction:
    """Return twice the middle of the first unit's field in pixels; on average over the units, where they differ."""
    period = len(pattern.phases)
    if period == 1:
        [(low, mask)] = pattern.phases
        return 2 * low + mask.bit_length() - 1
    seen = [(n, low, mask) for n, (low, mask) in enumerate(pattern.phases) if mask]
    if not seen:
        return 0
    total = sum(
        (2 * low + mask.bit_length() - 1 - Fraction(2 * n * pattern.step, period) for n, low, mask in seen),
        start=Fraction(0),
    )
    return total / len(seen)


def _union(parts: Sequence[tuple[int, int]]) -> tuple[int, int]:
    if not parts:
        return (0, 0)
    first = min(low for low, _ in parts)
    seen = 0
    for low, mask in parts:
        seen |= mask << (low - first)
    return (first, seen)


def _shortened(pattern: Pattern) -> Pattern:
    """Return the same pattern with the shortest period."""
    step, phases = pattern
    for divisor in (2, 3, 5, 7, 11, 13):
        while len(phases) % divisor == 0 and step % divisor == 0:
            period, pace = len(phases) // divisor, step // divisor
            if any(
                mask != (before := phases[place - period])[1] or (mask and low != before[0] + pace)
                for place, (low, mask) in enumerate(phases[period:], start=period)
            ):
                break
            step, phases = pace, phases[:period]
    return Pattern(step, phases)
