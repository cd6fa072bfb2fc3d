"""The scores of an adaptation in words: percent and points for accuracies, plain numbers for R²."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from striate.numbers import MINUS, THIN
from striate.records import Adaptation, Candidate, CutPoint, Estimate, Regime

ACCURACY = "accuracy"
# The name of the last cut point, behind which only the output layer is exchanged.
END = "the end"


@runtime_checkable
class Scored(Protocol):
    """A record whose scores are of one kind."""

    @property
    def score_name(self) -> str:
        """Name of the score: "accuracy" or "R²"."""

    @property
    def output(self) -> str:
        """What is answered: "classes", "labels" or "values"."""


def is_share(found: Scored) -> bool:
    """Return whether the score is a share, shown in percent."""
    return found.score_name != "R²"


def factor(found: Scored) -> float:
    """Return what a score is multiplied by on an axis."""
    return 100.0 if is_share(found) else 1.0


def score_label(found: Scored) -> str:
    """Return what an axis of scores shows, with its unit."""
    return f"{named_score(found)}, %" if is_share(found) else found.score_name


def named_score(found: Scored) -> str:
    """Return the score's name: with several labels the accuracy is a mean."""
    return f"mean {found.score_name} over labels" if found.output == "labels" else found.score_name


def score_words(found: Scored, score: float, *, unit: bool = True) -> str:
    """Return a score: "88.4 %", or "0.412" of R²."""
    if not is_share(found):
        return _r2(score)
    text = f"{100 * score:.1f}".replace("-", MINUS)
    return f"{text}{THIN}%" if unit else text


def interval_words(found: Scored, estimate: Estimate) -> str:
    """Return an interval without units: "85.1 to 91.0"."""
    low, high = estimate.interval
    return f"{score_words(found, low, unit=False)} to {score_words(found, high, unit=False)}"


def estimate_words(found: Scored, estimate: Estimate) -> str:
    """Return a score with its interval: "88.4 % (85.1 to 91.0)"; R² is called by name."""
    lead = "" if is_share(found) else "R² "
    return f"{lead}{score_words(found, estimate.mean)} ({interval_words(found, estimate)})"


def signed_words(found: Scored, difference: float) -> str:
    """Return a difference with its sign and no unit: "−4.1"; R² has three digits."""
    if not is_share(found):
        return _r2(difference, signed=True)
    text = f"{abs(100 * difference):.1f}"
    return text if float(text) == 0 else f"{MINUS if difference < 0 else '+'}{text}"


def signed_points(found: Scored, difference: float) -> str:
    """Return a difference with its sign and unit: "−4.1 points"; R² has none."""
    return f"{signed_words(found, difference)}{' points' if is_share(found) else ''}"


def signed_interval(found: Scored, estimate: Estimate) -> str:
    """Return the interval of a difference with signs: "−6.0 to −2.2"."""
    low, high = estimate.interval
    return f"{signed_words(found, low)} to {signed_words(found, high)}"


def points(found: Scored, size: float) -> str:
    """Return the size of a difference with its unit: "4.1 points"; R² has none."""
    return f"{100 * size:.1f} points" if is_share(found) else _r2(size)


def _r2(value: float, *, signed: bool = False) -> str:
    """Return an R², or a difference of two, with three digits after the point."""
    text = f"{abs(value):.3f}"
    sign = "" if float(text) == 0 else MINUS if value < 0 else "+" if signed else ""
    return f"{sign}{text}"


def is_level(estimate: Estimate) -> bool:
    """Return whether the interval of a difference holds 0, so that nothing was measured apart."""
    low, high = estimate.interval
    return low <= 0 <= high


def is_end(found: Adaptation, name: str) -> bool:
    """Return whether a cut point is the last: the whole network is kept."""
    return bool(found.cuts) and name == found.cuts[-1].name


def usual(found: Adaptation) -> Candidate | None:
    """Return the usual way: the frozen network with a new output layer; None if it is no candidate."""
    for candidate in found.candidates:
        regime = candidate.regime
        if regime.trained == "head" and not regime.hidden and is_end(found, regime.cut):
            return candidate
    return None


def step_words(found: Adaptation, regime: Regime) -> str:
    """Return what is done, as an instruction: "Cut after blocks.4 and train one new layer"."""
    new = len(regime.hidden) + 1
    layers = ("one new layer", "two new layers", "three new layers")[new - 1] if new <= 3 else f"{new} new layers"
    whole = is_end(found, regime.cut)
    where = "Keep the whole network" if whole else f"Cut after {regime.cut}"
    what = {
        "head": f"train {layers}",
        "all": f"fine-tune all of it with {layers}",
        "last block": f"train its last block and {layers}",
        "first block": f"train its first block and {layers}",
    }[regime.trained]
    if whole and regime.trained == "head" and new == 1:
        return "Keep the whole network frozen and exchange its output layer"
    return f"{where} and {what}"


def macs_share(found: Adaptation, candidate: Candidate) -> float | None:
    """Return the work of an adapted network beside that of the whole; None where that is not known."""
    whole = found.cuts[-1].macs if found.cuts else 0
    return candidate.macs / whole if whole and candidate.macs else None


def short_names(cuts: Sequence[CutPoint], *, most: int = 16) -> tuple[list[str], str]:
    """Return names for under an axis, and what they stand for: numbers where the names are long."""
    names = [cut.name for cut in cuts]
    if all(len(name) <= most for name in names):
        return names, ""
    numbers = [str(place) for place in range(1, len(names) + 1)]
    key = ", ".join(f"{number} {name}" for number, name in zip(numbers, names, strict=True))
    return numbers, f" Cut points: {key}."
