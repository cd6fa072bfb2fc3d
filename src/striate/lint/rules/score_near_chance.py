"""MIS001: answers hardly better than guessing."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, figure, percentage
from striate.records import Evidence, Scoreboard

_GAIN = 0.1


@register
class ScoreNearChance(PictureRule[Scoreboard]):
    """A score near chance.

    ## What it looks for
    Accuracy, or R², on held-out samples. Limit: a tenth of the way from chance to perfect,
    where chance is what the commonest class alone would reach, and 0 for R².

    ## Why it matters
    A network that does not answer better than a constant has learned nothing; every other
    picture of it shows an accident.

    ## Example
    ```python
    from striate.records import Evidence, Scoreboard

    Evidence(
        scoreboard=Scoreboard(
            count=1000, main_name="accuracy", main=0.12, interval=(0.1, 0.142), chance=0.1
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence, Scoreboard

    Evidence(
        scoreboard=Scoreboard(
            count=1000, main_name="accuracy", main=0.98, interval=(0.969, 0.987), chance=0.1
        )
    )
    ```

    ## When to ignore it
    When the classes are so uneven that accuracy is the wrong figure.

    ## Sources
    - Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and Psychological
      Measurement 1960: agreement is counted from chance.
    """

    code = "MIS001"
    name = "score-near-chance"
    severity = "error"
    also = ("note",)
    section = "mistakes"

    def look(self, evidence: Evidence) -> Scoreboard | None:
        """Return the scoreboard if chance leaves room for a gain."""
        board = evidence.scoreboard
        return board if board is not None and board.count and board.chance < 1 else None

    def judge(self, seen: Scoreboard) -> Iterator[Finding]:
        """Yield a finding if the score lies near chance."""
        limit = seen.chance + _GAIN * (1 - seen.chance)
        if seen.main > limit:
            return
        is_share = seen.main_name != "R²"
        factor = 100.0 if is_share else 1.0
        shown = percentage if is_share else figure
        low, high = (factor * bound for bound in seen.interval)
        yield self.finding(
            f"The {seen.main_name} on {count(seen.count)} held-out samples is "
            f"{shown(factor * seen.main)}; "
            f"a constant answer reaches {shown(factor * seen.chance)}, the limit is {shown(factor * limit)}.",
            "Check the labels, the preprocessing and the learning rate; a network that learns "
            "50 images "
            "by heart shows that the rest works.",
            measure=Measure(
                value=factor * seen.main,
                limit=factor * limit,
                wrong="below",
                low=min(0.0, low, factor * seen.main),
                high=factor,
                unit="%" if is_share else "",
                interval=(low, high),
                chance=factor * seen.chance,
            ),
            # Few samples leave room for a good score; that is worth a look, not a verdict.
            severity="note" if high > factor * limit + 0.5 * factor * (1 - limit) else "error",
        )
