"""TRN003: a gap between training and validation."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import figure
from striate.records import EpochRow, Evidence

_LIMIT = 2.0
# Healthy networks of the fault bench's development part that learned easy images by heart had gaps up to 0.135.
_NOISE = 0.25


@register
class ValidationFarFromTraining(PictureRule[EpochRow]):
    """A validation loss far above the training loss.

    ## What it looks for
    The validation loss of the last epoch as a multiple of the training loss. Limit: 2 times,
    and a difference of 0.25 in the loss itself.

    ## Why it matters
    The network answers what it has seen much better than what it has not: part of what it
    learned is those images. Training loss is measured with dropout and shifts on, so the true
    gap is wider.

    ## Example
    ```python
    from striate.records import EpochRow, Evidence, Recipe, TrainingCurve

    row = EpochRow(
        epoch=1, train_loss=0.1, validation_loss=0.5, score=0.8, rate=1e-3, seconds=1.0
    )
    Evidence(
        curve=TrainingCurve(
            recipe=Recipe(),
            epochs=(row,),
            score_name="accuracy",
            train_count=3500,
            validation_count=500,
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import EpochRow, Evidence, Recipe, TrainingCurve

    row = EpochRow(
        epoch=1, train_loss=0.4, validation_loss=0.5, score=0.8, rate=1e-3, seconds=1.0
    )
    Evidence(
        curve=TrainingCurve(
            recipe=Recipe(),
            epochs=(row,),
            score_name="accuracy",
            train_count=3500,
            validation_count=500,
        )
    )
    ```

    ## When to ignore it
    When the score on held-out images is good enough: a gap is a loss of promise, not of
    accuracy.

    ## Sources
    - Goodfellow, Bengio and Courville, Deep Learning, 2016, section 5.2.
    """

    code = "TRN003"
    name = "validation-far-from-training"
    severity = "warning"
    section = "training"

    def look(self, evidence: Evidence) -> EpochRow | None:
        """Return the last epoch."""
        return evidence.curve.trained[-1] if evidence.curve is not None and evidence.curve.trained else None

    def judge(self, seen: EpochRow) -> Iterator[Finding]:
        """Yield a finding if validation lies far above training."""
        if seen.train_loss <= 0 or seen.validation_loss - seen.train_loss <= _NOISE:
            return
        ratio = seen.validation_loss / seen.train_loss
        if ratio <= _LIMIT:
            return
        yield self.finding(
            f"The validation loss is {figure(ratio)} times the training loss: "
            f"{figure(seen.validation_loss)} against {figure(seen.train_loss)}.",
            "Add data, shifts, dropout in the fully connected part or weight decay, or use a smaller network.",
            measure=Measure(value=ratio, limit=_LIMIT, wrong="above", high=max(4.0, ratio), unit="×"),
        )
