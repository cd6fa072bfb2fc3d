"""Whether classes, labels or values separate in a network's vectors, said in a sentence either way."""

from __future__ import annotations

from dataclasses import dataclass

from striate.numbers import measure, percent
from striate.records import MappedLayer, Separation

# Of the way from guessing to no error: less is no separation, whatever the pixels do.
LEAST_OF_THE_WAY = 0.5
# Of the errors that neighbours by pixels make, the network's vectors must spare so many. Random convolutions spared up to
# an eighth on the digits, two epochs of training a third and more.
LEAST_SPARED = 0.25
# Pixels that err less leave nothing to spare.
LEAST_ERROR = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class SeparationVerdict:
    """Whether what is known of the points lies apart in the vectors.

    Attributes:
        separates: Whether it does.
        words: One sentence with the figures.
        value: Of the neighbours' votes: share that is right, 0 … 1, or R².
        interval: 95 % of it.
        chance: What guessing would reach.
        limit: What it had to reach.
        is_share: Whether these are shares, not R².
    """

    separates: bool
    words: str
    value: float
    interval: tuple[float, float]
    chance: float
    limit: float
    is_share: bool


def separation_verdict(layer: MappedLayer) -> SeparationVerdict | None:
    """Return whether classes separate at a layer; None where that was not measured.

    They do if the neighbours' vote is at least half way from guessing to no error, and if it spares at least a quarter of
    the errors that the pixels' neighbours make, in the paired difference surely more than none (95 %). Random convolutions
    already separate digits about as well as pixels do: what a network learned is what it adds to the pixels. Where pixels
    err in less than 1 %, they leave nothing to add: the vectors must then not be surely worse than they. Where there are no
    pictures the first condition alone decides.
    """
    found = layer.separation
    score = None if found is None else _score(found)
    if found is None or score is None:
        return None
    value, interval, chance = score
    told = f"{_what(found)} ({_figure(found, value)}, 95 % from {_figure(found, interval[0])} to {_figure(found, interval[1])}"
    told += f"; guessing: {_figure(found, chance)})"
    subject = f"At {layer.layer} the {found.truth}"
    limit = chance + LEAST_OF_THE_WAY * (1 - chance)
    is_apart = value >= limit
    if not is_apart:
        words = f"{subject} do not separate: {told}, less than half of the way from guessing to no error."
    elif found.pixels is None or found.gain is None or found.gain_interval is None:
        words = f"{subject} separate: {told}."
    elif 1 - found.pixels < LEAST_ERROR:
        # Below the pixels by no more than the interval of the difference reaches.
        limit = max(limit, value - found.gain_interval[1])
        is_apart = found.gain_interval[1] >= 0
        pixels = f"the pixels alone do {'as well' if is_apart else 'better'} ({_figure(found, found.pixels)})"
        words = f"{subject} {'separate' if is_apart else f'do not separate {_beside(found.gain_interval)}'}: {told}; {pixels}."
    else:
        # So far above the pixels that a quarter of their errors is gone, and an interval of this width stays above them.
        # Of points that have a picture: where some have none, the gain is not of all.
        limit = value - found.gain + max(LEAST_SPARED * (1 - found.pixels), found.gain - found.gain_interval[0])
        pixels = f"the pixels' neighbours reach {_figure(found, found.pixels)}"
        is_apart = value >= limit and found.gain_interval[0] > 0
        if not is_apart:
            words = f"{subject} do not separate {_beside(found.gain_interval)}: {told}; {pixels}."
        else:
            spared = percent(found.gain / (1 - found.pixels), 0)
            words = f"{subject} separate: {told}; {pixels}, and {spared} of their errors are spared."
    return SeparationVerdict(
        separates=is_apart,
        words=words,
        value=value,
        interval=interval,
        chance=chance,
        limit=limit,
        is_share=found.truth != "values",
    )


def _beside(gain: tuple[float, float]) -> str:
    if gain[1] < 0:
        return "even as far as in the pixels"
    return "much farther than in the pixels" if gain[0] > 0 else "farther than in the pixels"


def _score(found: Separation) -> tuple[float, tuple[float, float], float] | None:
    if found.accuracy is not None:
        return found.accuracy.value, found.accuracy.interval, found.accuracy.chance
    if found.explained is not None and found.explained_interval is not None:
        return found.explained, found.explained_interval, 0.0
    return None


def _what(found: Separation) -> str:
    k = found.neighbours
    return {
        "classes": f"the {k} nearest neighbours vote for the right class",
        "labels": f"the {k} nearest neighbours tell the labels",
        "values": f"the mean of the {k} nearest neighbours explains the values",
        "none": "",
    }[found.truth]


def _figure(found: Separation, value: float) -> str:
    return f"R² {measure(value)}" if found.truth == "values" else percent(value)
