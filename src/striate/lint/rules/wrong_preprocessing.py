"""PRE001: another preprocessing answers better than the one in use."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, figure, percentage
from striate.records import Evidence, PreprocessingTrial

# Points of accuracy, and the p-value for all ways together. On 3 seeds of 4 architectures trained on digits no way came near:
# the best other one won 0.2 points.
_GAIN, _P_VALUE = 1.0, 0.02
_GRAVE_GAIN, _GRAVE_P_VALUE = 2.0, 0.005


@register
class WrongPreprocessing(PictureRule[PreprocessingTrial]):
    """Images that enter otherwise than the network learned them.

    ## What it looks for
    Accuracy on the same held-out images with the preprocessing in use and with that of the usual mistakes: 0 … 255, 0 … 1, mean
    and standard deviation 0.5, those of ImageNet, those of the images, inverted, channels in reverse order. Limit: another way
    is 1 point better, and McNemar's exact test gives p below 0.02 for all ways together (Bonferroni); 2 points and 0.005 for an
    error.

    ## Why it matters
    A network sees numbers, not images. Fed with 0 … 255 instead of 0 … 1, or with blue for red, it still answers, only worse;
    nothing crashes, and the weights are blamed.

    ## Example
    ```python
    from striate.records import Evidence, PreprocessingTrial, Rival

    Evidence(
        preprocessing_trial=PreprocessingTrial(
            images=500,
            accuracy=0.62,
            rivals=(Rival(name="pixels 0 … 1", accuracy=0.97, gained=180, lost=5, p_value=1e-40),),
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence, PreprocessingTrial, Rival

    Evidence(
        preprocessing_trial=PreprocessingTrial(
            images=500,
            accuracy=0.97,
            rivals=(Rival(name="inverted", accuracy=0.12, gained=2, lost=427, p_value=1e-100),),
        )
    )
    ```

    ## When to ignore it
    When the data are of another source than those of the training, and the better way only makes up for their other light.

    ## Sources
    - McNemar, "Note on the Sampling Error of the Difference Between Correlated Proportions", Psychometrika 1947.
    - Sculley et al., "Hidden Technical Debt in Machine Learning Systems", NeurIPS 2015 (code that prepares data in two places).
    """

    code = "PRE001"
    name = "wrong-preprocessing"
    severity = "error"
    also = ("warning",)
    section = "entering"

    def look(self, evidence: Evidence) -> PreprocessingTrial | None:
        """Return the trial if anything was held against the way in use."""
        trial = evidence.preprocessing_trial
        return trial if trial is not None and trial.rivals else None

    def judge(self, seen: PreprocessingTrial) -> Iterator[Finding]:
        """Yield a finding if another way is surely better."""
        best = seen.best
        if best is None:
            return
        gain = 100 * (best.accuracy - seen.accuracy)
        p_value = best.p_value * len(seen.rivals)
        if gain < _GAIN or p_value > _P_VALUE:
            return
        yield self.finding(
            f"With another preprocessing ({best.name}) {percentage(100 * best.accuracy)} of {count(seen.images)} held-out "
            f"images are answered right, with the one in use {percentage(100 * seen.accuracy)}: {figure(gain)} points more.",
            "Compare mean, std and channel order with those of the training, and give the network these.",
            measure=Measure(value=gain, limit=_GAIN, wrong="above", low=0.0, high=max(100.0, gain), unit="points"),
            severity="error" if gain >= _GRAVE_GAIN and p_value <= _GRAVE_P_VALUE else "warning",
        )
