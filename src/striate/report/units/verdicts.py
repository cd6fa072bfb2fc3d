"""What is said of units on the page: of which it holds, how much so, and the figure beside chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from striate.numbers import measure, percent
from striate.records.unit_survey import JudgedUnits, SurveyedLayer, UnitJudgement


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitVerdict:
    """One thing that is said of units.

    Attributes:
        title: Of its pictures.
        column: Of the table.
        says: What these units do, in a sentence.
        chance: Share of units of which it holds by chance; None where chance is not told.
        is_tested: Whether a unit has the figure it rests on.
        strength: How much it holds of a unit; None where it does not.
        told: The figure, beside chance, in words.
        is_divided: Whether it is about two groups of images.
    """

    title: str
    column: str
    says: str
    chance: float | None
    is_tested: Callable[[UnitJudgement], bool]
    strength: Callable[[UnitJudgement], float | None]
    told: Callable[[UnitJudgement], str]
    is_divided: bool = False


def unit_verdicts(units: JudgedUnits) -> tuple[UnitVerdict, ...]:
    """Return all that is said of units; nothing of classes where the data has none."""
    names = units.survey.class_names

    def divided(one: UnitJudgement) -> float | None:
        is_so = one.two_groups_p is not None and one.two_groups_p <= units.divided_p
        return -one.two_groups if is_so and one.two_groups is not None else None

    # An interval of 95 % leaves half of the rest on one side.
    alike = UnitVerdict(
        title="The most alike",
        column="Alike",
        says="answer to images that are alike",
        chance=0.025,
        is_tested=lambda one: one.coherence is not None and one.chance_coherence is not None,
        strength=_alike,
        told=_told_alike,
    )
    picking = UnitVerdict(
        title="The most of one class",
        column="Pick classes",
        says="pick classes",
        chance=0.025,
        is_tested=lambda one: one.entropy_bits is not None and one.chance_entropy_bits is not None,
        strength=_picking,
        told=lambda one: _told_class(one, names),
    )
    two = UnitVerdict(
        title="Two different things",
        column="Two things",
        says="answer to two different things",
        chance=units.divided_p,
        is_tested=lambda one: one.two_groups is not None and one.two_groups_p is not None,
        strength=divided,
        is_divided=True,
        told=lambda one: (
            f"two groups leave {percent(one.two_groups or 0, 0)} of the spread, p {one.two_groups_p or 0:.3f}"
        ),
    )
    twins = UnitVerdict(
        title="The same images as another unit",
        column="Repeat another",
        says="repeat another",
        chance=None,
        is_tested=lambda _: True,
        strength=lambda one: one.twins[0][1] if one.twins else None,
        told=lambda one: f"unit {one.twins[0][0]}, correlation {one.twins[0][1]:.3f}",
    )
    return (alike, *([picking] if units.survey.targets is not None else []), two, twins)


def alive(layer: SurveyedLayer, judged: Mapping[str, tuple[UnitJudgement, ...]]) -> list[UnitJudgement]:
    """Return the judged units of a layer without those whose ReLU never let anything through."""
    return [one for one in judged.get(layer.layer, ()) if not (one.is_dead and layer.is_rectified)]


def _alike(one: UnitJudgement) -> float | None:
    if one.coherence is None or one.chance_coherence is None:
        return None
    beyond = one.coherence - one.chance_coherence[1]
    return beyond if beyond > 0 else None


def _told_alike(one: UnitJudgement) -> str:
    low, high = one.chance_coherence or (0.0, 0.0)
    return f"mean cosine {measure(one.coherence or 0.0, 2)}, random sets {measure(low, 2)} to {measure(high, 2)}"


def _picking(one: UnitJudgement) -> float | None:
    if one.entropy_bits is None or one.chance_entropy_bits is None:
        return None
    beyond = one.chance_entropy_bits[0] - one.entropy_bits
    return beyond if beyond > 0 else None


def _told_class(one: UnitJudgement, names: tuple[str, ...]) -> str:
    if one.class_counts is None or one.chance_entropy_bits is None:
        return ""
    best, (low, high) = int(one.class_counts.argmax()), one.chance_entropy_bits
    share = percent(one.class_counts[best] / one.class_counts.sum(), 0)
    bits = one.entropy_bits or 0
    return f"{share} of its images are {names[best]}, entropy {bits:.2f} bits, random sets {low:.2f} to {high:.2f}"
