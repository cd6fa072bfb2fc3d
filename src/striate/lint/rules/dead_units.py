"""ACT002: units that never fire."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, listed
from striate.records import Evidence, LayerActivity

_SHARE = 0.1
# Of 24 healthy small networks of the fault bench's development part the worst layer had up to 34 % dead, always a fully connected
# one in front of the answer; where half of a layer began dead, or a high rate killed it, 50 % and more.
_GRAVE = 0.4


@register
class DeadUnits(PictureRule[tuple[LayerActivity, ...]]):
    """Rectified units that are zero for every image.

    ## What it looks for
    Units of a layer with ReLU that were never above zero, at no place of any image. The finding
    names the worst layer. Limit: 10 % of the layer's units for a note, 40 % for a warning: a narrow
    fully connected layer that learned from few images often has a third.

    ## Why it matters
    A dead unit carries nothing and, having no gradient, will never come back. Its weights and
    those that read it are ballast; as a rule a learning rate too high for the first steps
    killed it.

    ## Example
    ```python
    from striate.records import Evidence, LayerActivity

    Evidence(
        activity=(
            LayerActivity(
                layer="fc1",
                units=64,
                active_share=0.26,
                dead=tuple(range(30)),
                always_on=(),
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
                active_share=0.26,
                dead=(5,),
                always_on=(),
                maximum=10.0,
                is_rectified=True,
            ),
        )
    )
    ```

    ## When to ignore it
    When the images are few, or of a few classes only: a unit may be waiting for what was not
    shown.

    ## Sources
    - Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models",
      ICML 2013 workshop.
    """

    code = "ACT002"
    name = "dead-units"
    severity = "warning"
    also = ("note",)
    section = "activations"

    def look(self, evidence: Evidence) -> tuple[LayerActivity, ...] | None:
        """Return the rectified layers."""
        return tuple(row for row in evidence.activity if row.is_rectified and row.units) or None

    def judge(self, seen: tuple[LayerActivity, ...]) -> Iterator[Finding]:
        """Yield one finding, about the layer with the largest dead share."""
        found = [row for row in seen if len(row.dead) > _SHARE * row.units]
        if not found:
            return
        row = max(found, key=lambda layer: len(layer.dead) / layer.units)
        others = [layer.layer for layer in found if layer is not row]
        more = f" {listed(others)} too {'is' if len(others) == 1 else 'are'} above the limit." if others else ""
        dead = len(row.dead)
        yield self.finding(
            f"{count(dead)} of the {count(row.units)} units of {row.layer} "
            f"{'is' if dead == 1 else 'are'} zero for every image.{more}",
            f"Narrow {row.layer} to about {count(row.units - dead)} units, or lower the "
            "learning rate of "
            "the first epochs.",
            measure=Measure(
                value=float(dead),
                limit=_SHARE * row.units,
                wrong="above",
                high=float(row.units),
                unit="units",
            ),
            op=row.layer,
            severity="warning" if dead > _GRAVE * row.units else "note",
        )
