"""TRN001: training ended before the loss did."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, percentage
from striate.records import Evidence, TrainingCurve

_LIMIT = 5.0
_LEAST = 4
# Share of the loss before the first step. Healthy networks of the fault bench's development part ended below 0.09 of it,
# those trained for four epochs at a tenth of the rate above 0.78.
_UNLEARNED = 0.4


@register
class LossStillFalling(PictureRule[TrainingCurve]):
    """A validation loss that was still falling at the end.

    ## What it looks for
    The mean validation loss of the last two epochs against that of the two before, as a fall
    per epoch in percent. Limit: 5 % an epoch; at least four epochs are needed. It is a note; a warning
    where the loss is also still above four tenths of what it was before the first step.

    ## Why it matters
    What is measured then is not what the network can do, but how long it was trained, and
    comparisons with other networks say little.

    ## Example
    ```python
    from striate.records import EpochRow, Evidence, Recipe, TrainingCurve

    losses = [1.6, 1.2, 0.9, 0.7, 0.55, 0.43]
    rows = tuple(
        EpochRow(epoch=n, train_loss=v, validation_loss=v, score=0.8, rate=1e-3, seconds=1.0)
        for n, v in enumerate(losses, start=1)
    )
    Evidence(
        curve=TrainingCurve(
            recipe=Recipe(),
            epochs=rows,
            score_name="accuracy",
            train_count=3500,
            validation_count=500,
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import EpochRow, Evidence, Recipe, TrainingCurve

    losses = [1.6, 0.9, 0.55, 0.43, 0.40, 0.40, 0.39, 0.39]
    rows = tuple(
        EpochRow(epoch=n, train_loss=v, validation_loss=v, score=0.8, rate=1e-3, seconds=1.0)
        for n, v in enumerate(losses, start=1)
    )
    Evidence(
        curve=TrainingCurve(
            recipe=Recipe(),
            epochs=rows,
            score_name="accuracy",
            train_count=3500,
            validation_count=500,
        )
    )
    ```

    ## When to ignore it
    When time is the budget, and everything compared has the same.

    ## Sources
    - Smith, "A disciplined approach to neural network hyper-parameters", 2018, section 3.
    """

    code = "TRN001"
    name = "loss-still-falling"
    severity = "note"
    also = ("warning",)
    section = "training"

    def look(self, evidence: Evidence) -> TrainingCurve | None:
        """Return the curve if it is long enough."""
        curve = evidence.curve
        return curve if curve is not None and len(curve.trained) >= _LEAST else None

    def judge(self, seen: TrainingCurve) -> Iterator[Finding]:
        """Yield a finding if the last epochs still lowered the loss."""
        loss = [row.validation_loss for row in seen.trained]
        before, last = sum(loss[-4:-2]) / 2, sum(loss[-2:]) / 2
        if before <= 0:
            return
        fall = 100 * (before - last) / before / 2
        if fall <= _LIMIT:
            return
        yield self.finding(
            f"The validation loss was still falling by {percentage(fall)} an epoch at the end of "
            f"{count(len(loss))} epochs.",
            f"Train about twice as long; {count(2 * len(loss))} epochs may be enough.",
            measure=Measure(value=fall, limit=_LIMIT, wrong="above", high=max(20.0, fall), unit="%"),
            severity="warning" if self._is_hardly_learned(seen) else "note",
        )

    def _is_hardly_learned(self, seen: TrainingCurve) -> bool:
        """Return whether most of the way from the untrained network down was still to go; False if that was not measured."""
        start = [row.validation_loss for row in seen.epochs if row.epoch == 0]
        return bool(start) and seen.trained[-1].validation_loss > _UNLEARNED * start[0]
