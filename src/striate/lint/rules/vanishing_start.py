"""INI001: values that die out from layer to layer before the first step."""

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
class VanishingStart(PictureRule[Start]):
    """Values that die out with depth before the first step.

    ## What it looks for
    The standard deviation of the first hidden layer's values over that of the last, on one batch, as
    training sees them. Limit: 100; at least three hidden layers are needed.

    ## Why it matters
    Gradients are products of the same weights: they die out on their way down as values do on
    their way up. The first layers then hardly learn, and training waits, sometimes for ever.

    ## Example
    ```python
    from striate.records import Evidence, LayerStart, Start

    Evidence(
        start=Start(
                beginning="small",
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
                    for name, std in {"conv1": 0.09, "conv2": 0.008, "conv3": 0.0007, "fc1": 0.0003}.items()
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
    When the last hidden layer is meant to begin near zero, as the last of a residual branch may.

    ## Sources
    - He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", ICCV 2015, section 2.2.
    - Glorot and Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural
      Networks", AISTATS 2010.
    """

    code = "INI001"
    name = "vanishing-start"
    severity = "warning"
    section = "beginnings"

    def look(self, evidence: Evidence) -> Start | None:
        """Return the start if it has enough hidden layers to tell where their values go."""
        start = evidence.start
        return start if start is not None and len(start.hidden) >= _LEAST else None

    def judge(self, seen: Start) -> Iterator[Finding]:
        """Yield a finding if the spread falls by more than the limit."""
        first, last = seen.hidden[0], seen.hidden[-1]
        # Values that are no numbers have not died out.
        if not (isfinite(first.std) and isfinite(last.std)) or first.std <= _LIMIT * last.std:
            return
        times = first.std / last.std if last.std > 0 else float(2**53)
        yield self.finding(
            f"With the start {seen.beginning}, the spread of the values falls by a factor of {figure(times)}, "
            f"from {figure(first.std)} at {first.layer} to {figure(last.std)} at {last.layer}, before the first step.",
            "Use he or lsuv instead, or put normalisation after the layers.",
            measure=Measure(value=times, limit=_LIMIT, wrong="above", low=1.0, high=max(10 * _LIMIT, times), unit="×"),
            op=last.layer,
        )
