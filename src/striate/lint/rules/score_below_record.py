"""MIS005: a network that answers worse than its own receipt says."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, percentage
from striate.records import Evidence, ScoreRecord

# Points. Of 24 healthy networks of the fault bench's development part none had an interval above 0.
_LIMIT = 2.0


@register
class ScoreBelowRecord(PictureRule[ScoreRecord]):
    """A score far below the one in the network's receipt.

    ## What it looks for
    Accuracy on the validation samples at the end of the training, as the receipt tells it, minus accuracy on held-out samples
    now, in points. Limit: the 95 % interval of the difference lies above 2. An error on the data of the training, a warning on
    others.

    ## Why it matters
    Neither part was trained on, so both scores should be the same. If they are not, something has changed since: the weights in
    the file, the statistics of batch normalisation, how images are prepared, or the images.

    ## Example
    ```python
    from striate.records import Evidence, ScoreRecord

    Evidence(
        score_record=ScoreRecord(
            recorded=0.97,
            recorded_count=500,
            measured=0.61,
            measured_count=1000,
            interval=(0.32, 0.39),
            is_same_data=True,
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence, ScoreRecord

    Evidence(
        score_record=ScoreRecord(
            recorded=0.97,
            recorded_count=500,
            measured=0.965,
            measured_count=1000,
            interval=(-0.015, 0.022),
            is_same_data=True,
        )
    )
    ```

    ## When to ignore it
    When the new data are meant to be harder than those of the training.

    ## Sources
    - Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 1998.
    - Breck et al., "The ML Test Score", IEEE Big Data 2017: training and serving are held against each other.
    """

    code = "MIS005"
    name = "score-below-record"
    severity = "error"
    also = ("warning",)
    section = "mistakes"

    def look(self, evidence: Evidence) -> ScoreRecord | None:
        """Return both scores."""
        return evidence.score_record

    def judge(self, seen: ScoreRecord) -> Iterator[Finding]:
        """Yield a finding if the score has surely fallen."""
        low, high = (100 * bound for bound in seen.interval)
        if low <= _LIMIT:
            return
        fall = 100 * seen.fall
        where = "the data of its training" if seen.is_same_data else "these data, which are not those of its training"
        yield self.finding(
            f"Accuracy has fallen by {percentage(fall)}: {percentage(100 * seen.recorded)} of {count(seen.recorded_count)} "
            f"validation samples at the end of training, {percentage(100 * seen.measured)} of {count(seen.measured_count)} "
            f"held-out samples now, on {where}.",
            "Check that weights, running statistics and preprocessing are those of the training, and that every class was in it.",
            measure=Measure(
                value=fall,
                limit=_LIMIT,
                wrong="above",
                low=min(0.0, low),
                high=max(100.0, high),
                unit="points",
                interval=(low, high),
            ),
            severity="error" if seen.is_same_data else "warning",
        )
