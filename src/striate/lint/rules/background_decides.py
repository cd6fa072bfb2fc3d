"""SHC004: the background decides the class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

from striate.findings import Finding, Measure
from striate.lint.names import class_name
from striate.lint.rule import PictureRule, register
from striate.lint.rules.one_place_decides import beyond
from striate.numbers import count, percentage
from striate.records import Evidence
from striate.records.shortcuts import Background

# Of healthy development networks (four architectures, seeds 0 to 3, digits and drawn shapes on backgrounds drawn at random)
# objects moved took the background's class in at most 6 % of the images, its interval from 3 %; with a background of each class
# in 12 to 100 %.
_MOVED_LIMIT = 5.0
# Of the images of the two classes told apart best by their backgrounds alone.
_PAIR_LIMIT = 65.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What is answered to backgrounds, with the names of the pair."""

    background: Background
    one: str
    other: str


@register
class BackgroundDecides(PictureRule[Grounds]):
    """Classes that are told apart by their backgrounds.

    ## What it looks for
    Objects are put on the backgrounds of other images: the share that get the class of the background. Limit: the 95 %
    interval above 5 %, and above what backgrounds of the own class change. Backgrounds are also shown alone, with the
    object's box filled: the page tells what is answered right then, beside chance, and which two classes are told apart best; it
    is a note if these are told apart in more than 65 %, by an interval for all pairs together.

    ## Why it matters
    If the ground decides, a cow on a beach is no cow. The score on data of the same kind stays high, because the ground is the
    same there.

    ## Example
    ```python
    from striate.records import Evidence
    from striate.records.shortcuts import Background, BackgroundPair, Shortcuts, Counted

    Evidence(
        shortcuts=Shortcuts(
            images=200,
            right=190,
            background=Background(
                known_share=1.0,
                is_given=False,
                alone=Counted(hits=140, trials=148),
                chance=0.25,
                permuted=0.3,
                pair=BackgroundPair(one=0, other=1, right=Counted(hits=70, trials=74)),
                pairs=6,
                moved=Counted(hits=120, trials=148),
                kept=Counted(hits=20, trials=148),
                own=Counted(hits=2, trials=148),
                moved_samples=((3, 9, 1),),
            ),
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence
    from striate.records.shortcuts import Background, BackgroundPair, Shortcuts, Counted

    Evidence(
        shortcuts=Shortcuts(
            images=200,
            right=190,
            background=Background(
                known_share=1.0,
                is_given=False,
                alone=Counted(hits=37, trials=148),
                chance=0.25,
                permuted=0.3,
                pair=BackgroundPair(one=0, other=1, right=Counted(hits=40, trials=74)),
                pairs=6,
                moved=Counted(hits=1, trials=148),
                kept=Counted(hits=145, trials=148),
                own=Counted(hits=2, trials=148),
                moved_samples=(),
            ),
        )
    )
    ```

    ## When to ignore it
    When the ground belongs to the class, as water does to a ship; or when the object was not found well.

    ## Sources
    - Xiao et al., "Noise or Signal: The Role of Image Backgrounds in Object Recognition", ICLR 2021.
    - Beery, Van Horn and Perona, "Recognition in Terra Incognita", ECCV 2018.
    """

    code = "SHC004"
    name = "background-decides"
    severity = "warning"
    also = ("note",)
    section = "shortcuts"

    def look(self, evidence: Evidence) -> Grounds | None:
        """Return what is answered to backgrounds if it was asked."""
        found = evidence.shortcuts.background if evidence.shortcuts is not None else None
        if found is None:
            return None
        one, other = (-1, -1) if found.pair is None else (found.pair.one, found.pair.other)
        return Grounds(background=found, one=class_name(evidence, one), other=class_name(evidence, other))

    def judge(self, seen: Grounds) -> Iterator[Finding]:
        """Yield a finding if objects take the class of their background, or classes are told apart without objects."""
        found = seen.background
        if beyond(found.moved, found.own, _MOVED_LIMIT):
            low, high = found.moved.interval()
            yield self.finding(
                f"The background decides: on the background of another class {count(found.moved.hits)} of "
                f"{count(found.moved.trials)} objects get that class, {percentage(100 * found.moved.share)}, and "
                f"{percentage(100 * found.kept.share)} keep their own. Of backgrounds alone "
                f"{percentage(100 * found.alone.share)} are answered right, chance {percentage(100 * found.chance)}.",
                f"Look at images of {seen.one} and {seen.other}, whose backgrounds are told apart best, and show each class on "
                "the backgrounds of the others.",
                measure=Measure(
                    value=100 * found.moved.share,
                    limit=_MOVED_LIMIT,
                    wrong="above",
                    high=100.0,
                    unit="%",
                    interval=(100 * low, 100 * high),
                    chance=100 * found.own.share,
                ),
            )
            return
        if found.pair is None:
            return
        low, high = found.pair.right.interval(NormalDist().inv_cdf(1 - 0.025 / max(found.pairs, 1)))
        if 100 * low <= _PAIR_LIMIT:
            return
        yield self.finding(
            f"Backgrounds tell {seen.one} from {seen.other}: with the object covered {count(found.pair.right.hits)} of "
            f"{count(found.pair.right.trials)} images score higher for their own of the two, "
            f"{percentage(100 * found.pair.right.share)}, though objects that were moved keep their class.",
            f"Compare images of {seen.one} and {seen.other} for what surrounds the object.",
            measure=Measure(
                value=100 * found.pair.right.share,
                limit=_PAIR_LIMIT,
                wrong="above",
                high=100.0,
                unit="%",
                interval=(100 * low, 100 * high),
                chance=50.0,
            ),
            severity="note",
        )

    def told(self, seen: Grounds) -> str:
        """Return what is answered to backgrounds."""
        found = seen.background
        return (
            f"of backgrounds alone {percentage(100 * found.alone.share)} are answered right, chance "
            f"{percentage(100 * found.chance)}; {count(found.moved.hits)} of {count(found.moved.trials)} objects take "
            "the class of another background"
        )
