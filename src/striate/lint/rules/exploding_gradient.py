"""GRA002: gradients that grow on their way to the first layers."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10

from striate.findings import Finding, Measure
from striate.lint.backward import learned
from striate.lint.rule import PictureRule, register
from striate.numbers import figure
from striate.records import Evidence, GradientRow

# Trained networks and He-initialised ones gain less than one power of ten.
_LIMIT = 3.0


@register
class ExplodingGradient(PictureRule[tuple[GradientRow, ...]]):
    """Gradients that explode on their way to the first layers.

    ## What it looks for
    The norm of the gradient that arrives at the first learned layer, against that at the last, for
    one score and one image, in powers of ten. Limit: a rise by 3.

    ## Why it matters
    One learning rate serves all layers. Where the first layers get a thousand times the gradient of
    the last, a rate that moves the last throws the first about.

    ## Example
    ```python
    from striate.records import Backward, Evidence, GradientRow, UnitAt

    Evidence(
        backward=Backward(
            sample=0,
            target=UnitAt(layer="classes", unit=3),
            score=4.2,
            mode="eval",
            rows=tuple(
                GradientRow(
                    name=name, kind=kind, shape=(1, 8), reached=True, norm=norm, rms=norm, zeros=0.5, largest=norm
                )
                for name, kind, norm in [("classes", "linear", 1.0), ("conv2", "conv", 80.0), ("conv1", "conv", 6e3)]
            ),
            difference=None,
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Backward, Evidence, GradientRow, UnitAt

    Evidence(
        backward=Backward(
            sample=0,
            target=UnitAt(layer="classes", unit=3),
            score=4.2,
            mode="eval",
            rows=tuple(
                GradientRow(
                    name=name, kind=kind, shape=(1, 8), reached=True, norm=norm, rms=norm, zeros=0.5, largest=norm
                )
                for name, kind, norm in [("classes", "linear", 1.0), ("conv2", "conv", 0.7), ("conv1", "conv", 0.4)]
            ),
            difference=None,
        )
    )
    ```

    ## When to ignore it
    With an optimiser that divides by the size of each gradient, such as Adam, while the loss falls.

    ## Sources
    - Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.
    - He et al., "Delving Deep into Rectifiers", ICCV 2015.
    """

    code = "GRA002"
    name = "exploding-gradient"
    severity = "warning"
    section = "backward"

    def look(self, evidence: Evidence) -> tuple[GradientRow, ...] | None:
        """Return the learned layers that a gradient can reach, last to first; None with fewer than two."""
        return learned(evidence.backward)

    def judge(self, seen: tuple[GradientRow, ...]) -> Iterator[Finding]:
        """Yield a finding if the norm rises by more than the limit."""
        last, first = seen[0], seen[-1]
        if first.norm == 0 or last.norm == 0:
            return
        rise = log10(first.norm / last.norm)
        if rise <= _LIMIT:
            return
        yield self.finding(
            f"The gradient's norm rises by {figure(rise)} powers of ten from {last.name} back to {first.name}.",
            "Add normalisation, or initialise by He's rule; clip gradients if it is trained as it is.",
            measure=Measure(value=rise, limit=_LIMIT, wrong="above", low=min(0.0, rise), high=max(6.0, rise)),
            op=first.name,
        )
