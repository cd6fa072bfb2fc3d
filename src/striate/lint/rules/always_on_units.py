"""ACT003: rectified units that never switch off."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count
from striate.records import Evidence, LayerActivity

_SHARE = 0.1


@register
class AlwaysOnUnits(PictureRule[tuple[LayerActivity, ...]]):
    """Rectified units that are above zero everywhere.

    ## What it looks for
    Units of a layer with ReLU that were above zero at every place of every image. The finding
    names the worst layer. Limit: 10 % of the layer's units.

    ## Why it matters
    A unit that never switches off is linear: its ReLU decides nothing, and it detects nothing,
    since there is nothing for which it is silent.

    ## Example
    ```python
    from striate.records import Evidence, LayerActivity

    Evidence(
        activity=(
            LayerActivity(
                layer="fc1",
                units=64,
                active_share=0.4,
                dead=(),
                always_on=tuple(range(16)),
                maximum=10.0,
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
                layer="fc1",
                units=64,
                active_share=0.4,
                dead=(),
                always_on=(3,),
                maximum=10.0,
                is_rectified=True,
            ),
        )
    )
    ```

    ## When to ignore it
    When the images are few, and right after a residual sum, where some units carry brightness
    on.

    ## Sources
    - Glorot, Bordes and Bengio, "Deep Sparse Rectifier Neural Networks", AISTATS 2011, section
      3.
    """

    code = "ACT003"
    name = "always-on-units"
    severity = "note"
    section = "activations"

    def look(self, evidence: Evidence) -> tuple[LayerActivity, ...] | None:
        """Return the rectified layers."""
        return tuple(row for row in evidence.activity if row.is_rectified and row.units) or None

    def judge(self, seen: tuple[LayerActivity, ...]) -> Iterator[Finding]:
        """Yield one finding, about the layer with the largest share."""
        row = max(seen, key=lambda layer: len(layer.always_on) / layer.units)
        always = len(row.always_on)
        if always <= _SHARE * row.units:
            return
        yield self.finding(
            f"{count(always)} of the {count(row.units)} units of {row.layer} "
            f"{'is' if always == 1 else 'are'} above zero at every place of every image.",
            "Check that the input is centred, put normalisation before the ReLU of "
            f"{row.layer}, or "
            "lower the learning rate of the first epochs.",
            measure=Measure(
                value=float(always),
                limit=_SHARE * row.units,
                wrong="above",
                high=float(row.units),
                unit="units",
            ),
            op=row.layer,
        )
