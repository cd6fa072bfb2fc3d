"""MIS003: wrong answers given with certainty."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, plural, probability
from striate.records import Evidence, Predictions

_SURE = 0.99


@register
class SureMistakes(PictureRule[Predictions]):
    """Mistakes that the network is sure of.

    ## What it looks for
    Wrong answers with a probability above 0.99, for networks that answer with one class. Limit:
    none.

    ## Why it matters
    A sure mistake is a wrong label, an image unlike all others, or a network whose
    probabilities cannot be taken at their word. Each is worth a look.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence, Output, Predictions

    Evidence(
        predictions=Predictions(
            output=Output(kind="classes", names=("cat", "dog")),
            samples=np.arange(2),
            truth=np.array([0, 1]),
            scores=np.array([[0.002, 0.998], [0.1, 0.9]], np.float32),
        )
    )
    ```

    ## Use instead
    ```python
    import numpy as np

    from striate.records import Evidence, Output, Predictions

    Evidence(
        predictions=Predictions(
            output=Output(kind="classes", names=("cat", "dog")),
            samples=np.arange(2),
            truth=np.array([0, 1]),
            scores=np.array([[0.3, 0.7], [0.1, 0.9]], np.float32),
        )
    )
    ```

    ## When to ignore it
    When each was looked at and has its reason.

    ## Sources
    - Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    - Northcutt, Athalye and Mueller, "Pervasive Label Errors in Test Sets", NeurIPS 2021.
    """

    code = "MIS003"
    name = "sure-mistakes"
    severity = "note"
    section = "mistakes"

    def look(self, evidence: Evidence) -> Predictions | None:
        """Return the answers if each is one class."""
        predictions = evidence.predictions
        is_classes = predictions is not None and predictions.output.kind == "classes"
        return predictions if is_classes else None

    def judge(self, seen: Predictions) -> Iterator[Finding]:
        """Yield a finding if any wrong answer was sure."""
        answers, sureness = seen.scores.argmax(axis=1), seen.scores.max(axis=1)
        wrong = (answers != seen.truth).nonzero()[0].tolist()
        sure = [row for row in wrong if float(sureness[row]) > _SURE]
        if not sure:
            return
        row = max(sure, key=lambda place: float(sureness[place]))
        names = seen.output.names
        truth, answer = names[int(seen.truth[row])], names[int(answers[row])]
        yield self.finding(
            f"{count(len(sure))} of {plural(len(wrong), 'mistake')} "
            f"{'is' if len(sure) == 1 else 'are'} "
            f"sure: image {int(seen.samples[row])} is {truth} answered {answer} with probability "
            f"{probability(float(sureness[row]))}.",
            "Look at these images: the label may be wrong, or the image unlike all others.",
            measure=Measure(
                value=float(len(sure)),
                limit=0.0,
                wrong="above",
                high=float(len(wrong)),
                unit="mistakes",
            ),
        )
