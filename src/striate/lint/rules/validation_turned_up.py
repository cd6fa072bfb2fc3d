"""TRN002: overfitting, seen in the curve."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, percentage
from striate.records import Evidence, TrainingCurve

_LIMIT = 10.0
_NOISE = 0.02


@register
class ValidationTurnedUp(PictureRule[TrainingCurve]):
    """A validation loss that rose while the training loss fell.

    ## What it looks for
    By how much the validation loss of both last epochs lies above its lowest, in percent of
    that, while the training loss is lower than it was there. Limit: 10 %, and 0.02 in the loss
    itself.

    ## Why it matters
    From the lowest point on the network learned its training images by heart: what it added
    helps with no other image.

    ## Example
    ```python
    from striate.records import EpochRow, Evidence, Recipe, TrainingCurve

    pairs = [(1.5, 1.4), (0.8, 0.7), (0.5, 0.45), (0.42, 0.5), (0.36, 0.55), (0.33, 0.6)]
    rows = tuple(
        EpochRow(epoch=n, train_loss=t, validation_loss=v, score=0.8, rate=1e-3, seconds=1.0)
        for n, (t, v) in enumerate(pairs, start=1)
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

    pairs = [(1.5, 1.4), (0.8, 0.7), (0.5, 0.45), (0.47, 0.44), (0.45, 0.43), (0.44, 0.43)]
    rows = tuple(
        EpochRow(epoch=n, train_loss=t, validation_loss=v, score=0.8, rate=1e-3, seconds=1.0)
        for n, (t, v) in enumerate(pairs, start=1)
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
    When the score is what counts and goes on rising: the loss punishes sure mistakes more.

    ## Sources
    - Prechelt, "Early Stopping — But When?", in Neural Networks: Tricks of the Trade, 1998.
    """

    code = "TRN002"
    name = "validation-turned-up"
    severity = "warning"
    section = "training"

    def look(self, evidence: Evidence) -> TrainingCurve | None:
        """Return the curve if it has a lowest point and two epochs after it."""
        curve = evidence.curve
        return curve if curve is not None and len(curve.trained) >= 3 else None

    def judge(self, seen: TrainingCurve) -> Iterator[Finding]:
        """Yield a finding if validation turned up."""
        lowest = min(seen.trained, key=lambda row: row.validation_loss)
        end = min(row.validation_loss for row in seen.trained[-2:])
        rise = end - lowest.validation_loss
        fits_better = seen.trained[-1].train_loss < lowest.train_loss
        if lowest.validation_loss <= 0 or rise <= _NOISE or not fits_better:
            return
        value = 100 * rise / lowest.validation_loss
        if value <= _LIMIT:
            return
        yield self.finding(
            f"The validation loss ends at least {percentage(value)} above its lowest, which was "
            "in epoch "
            f"{count(lowest.epoch)}, while the training loss went on falling.",
            f"Stop at epoch {count(lowest.epoch)}, or add data, shifts or weight decay.",
            measure=Measure(value=value, limit=_LIMIT, wrong="above", high=max(50.0, value), unit="%"),
        )
