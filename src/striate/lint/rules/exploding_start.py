"""INI002: values that blow up from layer to layer before the first step."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import figure
from striate.records import Evidence, Start

_LIMIT = 100.0
_LEAST = 3


@register
class ExplodingStart(PictureRule[Start]):
    """Values that blow up with depth before the first step.

    ## What it looks for
    The standard deviation of the last hidden layer's values over that of the first, on one batch, as
    training sees them. Limit: 100; at least three hidden layers are needed. Values that are infinite
    or no numbers any more count as well.

    ## Why it matters
    Gradients blow up with the values: the first steps throw the weights anywhere, units die, and
    the loss may leave the finite numbers.

    ## Example
    ```python
    from striate.records import Evidence, LayerStart, Start

    Evidence(
        start=Start(
                beginning="normal",
                layers=tuple(
                    LayerStart(
                        layer=name,
                        mean=0.0,
                        std=std,
                        active_share=0.5,
                        gradient_norm=0.1,
                        weight_norm=1.0,
                        is_rectified=True,
                    )
                    for name, std in {"conv1": 3.2, "conv2": 29.0, "conv3": 310.0, "fc1": 2500.0}.items()
                ),
                loss=2.3,
                images=50,
            )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence, LayerStart, Start

    Evidence(
        start=Start(
                beginning="he",
                layers=tuple(
                    LayerStart(
                        layer=name,
                        mean=0.0,
                        std=std,
                        active_share=0.5,
                        gradient_norm=0.1,
                        weight_norm=1.0,
                        is_rectified=True,
                    )
                    for name, std in {"conv1": 1.1, "conv2": 1.0, "conv3": 1.2, "fc1": 0.9}.items()
                ),
                loss=2.3,
                images=50,
            )
    )
    ```

    ## When to ignore it
    When normalisation that this measurement does not see follows.

    ## Sources
    - He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", ICCV 2015, section 2.2.
    - Glorot and Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural
      Networks", AISTATS 2010.
    """

    code = "INI002"
    name = "exploding-start"
    severity = "warning"
    section = "beginnings"

    def look(self, evidence: Evidence) -> Start | None:
        """Return the start if it has enough hidden layers to tell where their values go."""
        start = evidence.start
        return start if start is not None and len(start.hidden) >= _LEAST else None

    def judge(self, seen: Start) -> Iterator[Finding]:
        """Yield a finding if the spread grows by more than the limit, or out of the finite numbers."""
        first, last = seen.hidden[0], seen.hidden[-1]
        lost = next((row for row in seen.hidden if not isfinite(row.std)), None)
        if lost is not None:
            times, place = float(2**53), lost
            said = f"the values leave the finite numbers at {lost.layer}"
        elif 0 < _LIMIT * first.std < last.std:
            times, place = last.std / first.std, last
            said = (
                f"the spread of the values grows by a factor of {figure(times)}, from {figure(first.std)} at {first.layer} "
                f"to {figure(last.std)} at {last.layer}"
            )
        else:
            return
        yield self.finding(
            f"With the start {seen.beginning}, {said}, before the first step.",
            "Use he or lsuv instead, or put normalisation after the layers.",
            measure=Measure(value=times, limit=_LIMIT, wrong="above", low=1.0, high=max(10 * _LIMIT, times), unit="×"),
            op=place.layer,
        )
