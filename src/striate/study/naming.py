"""How sentences about a study name cells and differences."""

from __future__ import annotations

from collections.abc import Sequence

from striate.numbers import MINUS, THIN, listed, plural
from striate.study.reading import CellReading, StudyReading
from striate.study.statistics import Difference


def named(factors: tuple[str, ...], levels: tuple[str, ...]) -> str:
    """Return a cell as people say it.

    Example:
        >>> named(("depth", "side"), ("4", "3×3"))
        'depth 4, side 3×3'
    """
    return ", ".join(f"{factor} {level}" for factor, level in zip(factors, levels, strict=True))


def factors_of(reading: StudyReading) -> tuple[str, ...]:
    """Return the names of a study's factors."""
    return tuple(factor.name for factor in reading.results.study.factors)


def name_of(reading: StudyReading, cell: CellReading) -> str:
    """Return a cell of a study as people say it."""
    return named(factors_of(reading), cell.row.cell.levels)


def points(share: float) -> str:
    """Return a difference of scores in points, signed.

    Example:
        >>> points(0.0123), points(-0.2)
        ('+1.2', '−20.0')
    """
    text = f"{100 * share:+.1f}"
    return text.replace("-", MINUS) if text not in {"-0.0", "+0.0"} else "0.0"


def between(found: Difference) -> str:
    """Return the interval of a difference and its seeds, or why there is no interval."""
    if not found.has_spread:
        same = "one seed" if found.pairs == 1 else f"the same in all {plural(found.pairs, 'seed')}"
        return f"{same}: no spread is measured, so that a t test cannot tell it from chance"
    low, high = found.interval
    return f"95{THIN}% interval {points(low)} to {points(high)}, {plural(found.pairs, 'seed')}"


def resting(reading: StudyReading, cells: Sequence[tuple[str, ...]]) -> str:
    """Return a sentence, led by a space, on cells whose seeds lie far apart and that a figure rests on; "" for none."""
    if not cells:
        return ""
    names = listed([named(factors_of(reading), levels) for levels in cells])
    return f" It rests on {names}, whose seeds lie far apart: one training may have decided it."


def level_words(reading: StudyReading) -> str:
    """Return the level at which a study sees differences: "two-sided at 0.05 ÷ 3, the first step of Holm's correction"."""
    if reading.comparisons == 1:
        return f"two-sided at 5{THIN}%"
    return f"two-sided at 0.05 ÷ {reading.comparisons}, the first step of Holm's correction"


def seen_words(reading: StudyReading, share: float) -> str:
    """Return the differences a study can see: above so many points, or none where no two shares lie so far apart."""
    text = f"{100 * share:.1f} points"
    return (
        f"no difference of two shares (only one above {text})"
        if is_beyond(reading, share)
        else f"differences above {text}"
    )


def is_beyond(reading: StudyReading, share: float) -> bool:
    """Return whether no two scores lie so far apart: two accuracies differ by 1 at most."""
    low, high = reading.results.score_limits
    return share >= high - low
