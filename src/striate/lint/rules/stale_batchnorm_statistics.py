"""NRM008: running statistics that are those of other data."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, figure, percentage
from striate.records import Evidence, NormTrial

# Points of accuracy. On 3 seeds of 2 architectures trained on digits the measured statistics lost 1 to 6 points.
_GAIN = 2.0
_P_VALUE = 0.001


@register
class StaleBatchnormStatistics(PictureRule[NormTrial]):
    """Batch normalisation with the statistics of other data.

    ## What it looks for
    Accuracy on the same held-out images with the running statistics, and with statistics measured on these data, where no image
    is answered with its own. Limit: the measured ones are 2 points better, and McNemar's exact test gives p below 0.001.

    ## Why it matters
    In use, batch normalisation divides by what it averaged while training. If that was measured on other data, in too few
    steps, or in batches unlike these, every layer behind it reads numbers it never learned on.

    ## Example
    ```python
    from striate.records import Evidence, NormShift, NormTrial, Rival

    Evidence(
        norm_trial=NormTrial(
            images=500,
            accuracy=0.62,
            measured=Rival(name="statistics of these data", accuracy=0.96, gained=175, lost=5, p_value=1e-40),
            layers=(NormShift(layer="batchnorm1", channels=16, mean_shift=2.5, variance_ratio=9.0),),
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence, NormShift, NormTrial, Rival

    Evidence(
        norm_trial=NormTrial(
            images=500,
            accuracy=0.97,
            measured=Rival(name="statistics of these data", accuracy=0.968, gained=2, lost=3, p_value=1.0),
            layers=(NormShift(layer="batchnorm1", channels=16, mean_shift=0.05, variance_ratio=1.1),),
        )
    )
    ```

    ## When to ignore it
    When the network is to be used on the other data, and these are only a test.

    ## Sources
    - Li et al., "Revisiting Batch Normalization for Practical Domain Adaptation", ICLR Workshop 2017.
    - Wu and Johnson, "Rethinking 'Batch' in BatchNorm", arXiv 2021 (PreciseBN).
    """

    code = "NRM008"
    name = "stale-batchnorm-statistics"
    severity = "error"
    section = "entering"

    def look(self, evidence: Evidence) -> NormTrial | None:
        """Return the trial."""
        return evidence.norm_trial

    def judge(self, seen: NormTrial) -> Iterator[Finding]:
        """Yield a finding if the data's own statistics are surely better."""
        gain = 100 * (seen.measured.accuracy - seen.accuracy)
        if gain < _GAIN or seen.measured.p_value > _P_VALUE:
            return
        farthest = max(seen.layers, key=lambda row: (row.mean_shift, row.variance_ratio), default=None)
        where = (
            f" {farthest.layer} lies farthest: its channels are off by {figure(farthest.mean_shift)} standard deviations."
            if farthest is not None
            else ""
        )
        yield self.finding(
            f"With batch statistics of these data {percentage(100 * seen.measured.accuracy)} of {count(seen.images)} held-out "
            f"images are answered right, with the running ones {percentage(100 * seen.accuracy)}: {figure(gain)} points more."
            f"{where}",
            "Train on for an epoch on data like these, or measure the running statistics anew on them.",
            measure=Measure(value=gain, limit=_GAIN, wrong="above", low=0.0, high=max(100.0, gain), unit="points"),
            op="" if farthest is None else farthest.layer,
        )
