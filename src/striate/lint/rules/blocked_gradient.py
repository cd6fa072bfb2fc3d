"""GRA003: layers at which the gradient is exactly zero."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.backward import learned
from striate.lint.rule import PictureRule, register
from striate.numbers import plural
from striate.records import Evidence, GradientRow


@register
class BlockedGradient(PictureRule[tuple[GradientRow, ...]]):
    """Learned layers at which every gradient is exactly zero.

    ## What it looks for
    Learned layers on the way from the score to the input whose arriving gradient is zero at every
    place, for one image. Limit: 0.

    ## Why it matters
    Nothing of such an image teaches these layers anything. A ReLU whose values are all below zero
    blocks everything behind it.

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
                    name=name, kind=kind, shape=(1, 8), reached=True, norm=norm, rms=norm, zeros=float(norm == 0), largest=norm
                )
                for name, kind, norm in [("classes", "linear", 1.0), ("conv2", "conv", 0.7), ("conv1", "conv", 0.0)]
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
    When other images do get through: a dead layer is dead for all of them.

    ## Sources
    - Glorot, Bordes, Bengio, "Deep Sparse Rectifier Neural Networks", AISTATS 2011, section 3.
    """

    code = "GRA003"
    name = "blocked-gradient"
    severity = "warning"
    section = "backward"

    def look(self, evidence: Evidence) -> tuple[GradientRow, ...] | None:
        """Return the learned layers that a gradient can reach, last to first; None with fewer than two."""
        return learned(evidence.backward)

    def judge(self, seen: tuple[GradientRow, ...]) -> Iterator[Finding]:
        """Yield one finding for all layers whose gradient is zero, at the last of them."""
        blocked = [row for row in seen if row.norm == 0]
        if not blocked:
            return
        number, first = len(blocked), blocked[0]
        verb = "gets" if number == 1 else "get"
        yield self.finding(
            f"{plural(number, 'learned layer')} {verb} no gradient at all, from {first.name} on.",
            "Look at the activations behind it: lower the learning rate or use a leaky activation if its units are dead.",
            measure=Measure(value=number, limit=0, wrong="above", low=0, high=len(seen)),
            op=first.name,
        )
