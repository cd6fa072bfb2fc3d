"""ACT004: no layer is sparse."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import percentage
from striate.records import Evidence, LayerActivity

_LIMIT = 90.0


@register
class EverythingActive(PictureRule[tuple[LayerActivity, ...]]):
    """A network in which everything is active.

    ## What it looks for
    The share of values above zero in the sparsest of the layers with ReLU. Limit: 90 %.

    ## Why it matters
    Learning makes layers sparse: units become detectors, silent for most of what they see.
    Where everything is active, nothing is told apart, and the network is nearly linear.

    ## Example
    ```python
    from striate.records import Evidence, LayerActivity

    Evidence(
        activity=(
            LayerActivity(
                layer="conv1",
                units=16,
                active_share=0.97,
                dead=(),
                always_on=(),
                maximum=5.0,
                is_rectified=True,
            ),
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence, LayerActivity

    Evidence(
        activity=(
            LayerActivity(
                layer="conv1",
                units=16,
                active_share=0.6,
                dead=(),
                always_on=(),
                maximum=5.0,
                is_rectified=True,
            ),
        )
    )
    ```

    ## When to ignore it
    Before training; right after the start about half of the values are above zero, not all.

    ## Sources
    - Glorot, Bordes and Bengio, "Deep Sparse Rectifier Neural Networks", AISTATS 2011, section
      3.
    """

    code = "ACT004"
    name = "everything-active"
    severity = "warning"
    section = "activations"

    def look(self, evidence: Evidence) -> tuple[LayerActivity, ...] | None:
        """Return the rectified layers."""
        return tuple(row for row in evidence.activity if row.is_rectified) or None

    def judge(self, seen: tuple[LayerActivity, ...]) -> Iterator[Finding]:
        """Yield a finding if even the sparsest layer is not sparse."""
        sparsest = min(seen, key=lambda row: row.active_share)
        share = 100 * float(sparsest.active_share)
        if share <= _LIMIT:
            return
        yield self.finding(
            f"{percentage(share)} of the values of {sparsest.layer} are above zero, and no other layer is sparser.",
            "Check that the input is centred and that training moved the weights; add "
            "normalisation "
            "before the activations.",
            measure=Measure(
                value=share,
                limit=_LIMIT,
                wrong="above",
                high=100.0,
                unit="%",
                marks=tuple(100 * float(row.active_share) for row in seen),
            ),
            op=sparsest.layer,
        )
