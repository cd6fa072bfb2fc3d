"""TRN004: a gap between training and validation score, with how surely it is known."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, measure, percent, percentage
from striate.records import Evidence, Gap

_LIMIT = 0.05


@register
class OverfittingGap(PictureRule[Gap]):
    """Samples it was trained on answered better than others.

    ## What it looks for
    Accuracy, or R², on training samples minus that on validation samples, both at the end, in eval
    mode, without shifts, on as many of each. Limit: 5 points (0.05 of R²), and the 95 % interval of
    the difference must lie above 0. A warning if it lies above the limit as a whole, else a note.

    ## Why it matters
    That share of its answers it owes to having seen the sample. Five points are one answer in
    twenty: less is within what a change of the seed does to a small network. The losses of the
    curve tell a gap too, but not on equal terms: dropout and shifts are on in training, and a loss
    grows without bound with a few sure mistakes.

    ## Example
    ```python
    from striate.records import Evidence, Gap, Recipe, TrainingCurve

    Evidence(
        curve=TrainingCurve(
            recipe=Recipe(),
            epochs=(),
            score_name="accuracy",
            train_count=700,
            validation_count=100,
            gap=Gap(
                score_name="accuracy",
                training=0.99,
                validation=0.8,
                samples=100,
                interval=(0.11, 0.28),
            ),
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence, Gap, Recipe, TrainingCurve

    Evidence(
        curve=TrainingCurve(
            recipe=Recipe(),
            epochs=(),
            score_name="accuracy",
            train_count=700,
            validation_count=100,
            gap=Gap(
                score_name="accuracy",
                training=0.92,
                validation=0.9,
                samples=100,
                interval=(-0.06, 0.1),
            ),
        )
    )
    ```

    ## When to ignore it
    When the validation score is good enough by itself: a gap says what is left to gain, not that
    the answers are bad.

    ## Sources
    - Newcombe, "Interval estimation for the difference between independent proportions",
      Statistics in Medicine 1998, method 10.
    - Goodfellow, Bengio and Courville, Deep Learning, 2016, section 5.2.
    """

    code = "TRN004"
    name = "overfitting-gap"
    severity = "warning"
    also = ("note",)
    section = "training"

    def look(self, evidence: Evidence) -> Gap | None:
        """Return the gap, if the training has ended."""
        return evidence.curve.gap if evidence.curve is not None else None

    def judge(self, seen: Gap) -> Iterator[Finding]:
        """Yield a finding if the gap is wide and not chance."""
        low, high = seen.interval
        if seen.difference <= _LIMIT or low <= 0:
            return
        is_share = seen.score_name != "R²"
        factor, unit = (100.0, "%") if is_share else (1.0, "")
        shown = percent if is_share else measure
        gap = percentage(100 * seen.difference) if is_share else measure(seen.difference)
        yield self.finding(
            f"The {seen.score_name} is {gap} higher on training samples: {shown(seen.training)} against "
            f"{shown(seen.validation)} on validation samples, {count(seen.samples)} each.",
            "Add data, shifts or weight decay, stop early (--patience), or train fewer parameters: freeze the first part.",
            measure=Measure(
                value=factor * seen.difference,
                limit=factor * _LIMIT,
                wrong="above",
                low=min(0.0, factor * low),
                high=max(factor * 0.2, factor * high),
                unit=unit,
                interval=(factor * low, factor * high),
            ),
            severity="warning" if low > _LIMIT else "note",
        )
