"""GRA001: gradients that fade on their way to the first layers."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10

from striate.findings import Finding, Measure
from striate.lint.backward import learned
from striate.lint.rule import PictureRule, register
from striate.numbers import figure
from striate.records import Evidence, GradientRow

# Trained networks and He-initialised ones lose less than three powers of ten, torch's default start without normalisation
# loses four in eight layers.
_LIMIT = 4.0


@register
class VanishingGradient(PictureRule[tuple[GradientRow, ...]]):
    """Gradients that vanish on their way to the first layers.

    ## What it looks for
    The norm of the gradient that arrives at the first learned layer, against that at the last, for
    one score and one image, in powers of ten. Limit: a fall by 4.

    ## Why it matters
    The first layers learn by the gradient that reaches them. With ten thousandths of what the last
    layer gets they stay where they started.

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
                for name, kind, norm in [("classes", "linear", 1.0), ("conv2", "conv", 1e-3), ("conv1", "conv", 2e-6)]
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
    For a network that has not been trained and would be normalised by its batches then: look at it
    in train mode.

    ## Sources
    - Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
      networks", AISTATS 2010.
    - He et al., "Delving Deep into Rectifiers", ICCV 2015.
    """

    code = "GRA001"
    name = "vanishing-gradient"
    severity = "warning"
    section = "backward"

    def look(self, evidence: Evidence) -> tuple[GradientRow, ...] | None:
        """Return the learned layers that a gradient can reach, last to first; None with fewer than two."""
        return learned(evidence.backward)

    def judge(self, seen: tuple[GradientRow, ...]) -> Iterator[Finding]:
        """Yield a finding if the norm falls by more than the limit."""
        last, first = seen[0], seen[-1]
        # A gradient of exactly zero is blocked, not faded: GRA003.
        if first.norm == 0 or last.norm == 0:
            return
        fall = log10(last.norm / first.norm)
        if fall <= _LIMIT:
            return
        yield self.finding(
            f"The gradient's norm falls by {figure(fall)} powers of ten from {last.name} back to {first.name}.",
            "Add normalisation or residual connections, initialise by He's rule, or use ReLU for saturating activations.",
            measure=Measure(value=fall, limit=_LIMIT, wrong="above", low=min(0.0, fall), high=max(8.0, fall)),
            op=first.name,
        )
