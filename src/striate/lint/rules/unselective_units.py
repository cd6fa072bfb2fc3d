"""PAT002: units of the last layer that prefer no class."""

from __future__ import annotations

from collections.abc import Iterator
from math import log, sqrt

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import percentage
from striate.records import Evidence, TopPatches

# Of fewer strongest images the commonest class says nothing.
_FEWEST = 20


@register
class UnselectiveUnits(PictureRule[TopPatches]):
    """Last-layer units that answer to all classes alike.

    ## What it looks for
    The share of the commonest class among a unit's strongest images, for the middle unit of the
    last layer. Limit: what images drawn by chance would give for the commonest of k classes,
    1/k + √(2 · 1/k · (1 − 1/k) · ln k / n) with n images counted.

    ## Why it matters
    The last layer before the answer should hold what tells classes apart. If its units fire for
    unrelated images, the answer rests on accidents.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence, TopPatches, UnitPatches

    units = tuple(
        UnitPatches(
            unit=n,
            values=np.ones(1, np.float32),
            samples=np.array([n]),
            boxes=np.zeros((1, 4), np.int64),
            class_counts=np.full(10, 5),
            purity=0.1,
        )
        for n in range(8)
    )
    Evidence(
        patches=(
            TopPatches(
                layer="fc1",
                field_px=(28, 28),
                units=units,
                counted=50,
                twins=(),
                images=1000,
            ),
        )
    )
    ```

    ## Use instead
    ```python
    import numpy as np

    from striate.records import Evidence, TopPatches, UnitPatches

    counts = np.array([32, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    units = tuple(
        UnitPatches(
            unit=n,
            values=np.ones(1, np.float32),
            samples=np.array([n]),
            boxes=np.zeros((1, 4), np.int64),
            class_counts=counts,
            purity=0.64,
        )
        for n in range(8)
    )
    Evidence(
        patches=(
            TopPatches(
                layer="fc1",
                field_px=(28, 28),
                units=units,
                counted=50,
                twins=(),
                images=1000,
            ),
        )
    )
    ```

    ## When to ignore it
    When the layer is early, or the classes were not what the network was trained on.

    ## Sources
    - Morcos et al., "On the importance of single directions for generalization", ICLR 2018:
      good networks do not need selective units, but units at chance in the last layer carry no
      class.
    """

    code = "PAT002"
    name = "unselective-units"
    severity = "warning"
    section = "patches"

    def look(self, evidence: Evidence) -> TopPatches | None:
        """Return the last layer if its images have classes."""
        last = evidence.patches[-1] if evidence.patches else None
        if last is None or not last.units or last.counted < _FEWEST:
            return None
        return last if len(last.units[0].class_counts) > 1 else None

    def judge(self, seen: TopPatches) -> Iterator[Finding]:
        """Yield a finding if the middle unit is no purer than chance."""
        purities = sorted(100 * float(unit.purity) for unit in seen.units)
        middle = purities[len(purities) // 2]
        chance = 1 / len(seen.units[0].class_counts)
        spread = sqrt(2 * chance * (1 - chance) * -log(chance) / seen.counted)
        limit = 100 * min(1.0, chance + spread)
        if middle > limit:
            return
        yield self.finding(
            f"The middle unit of {seen.layer} has {percentage(middle)} of its {seen.counted} "
            "strongest "
            f"images from one class; chance gives up to {percentage(limit)}.",
            "Train longer, or look whether the labels belong to the images.",
            measure=Measure(
                value=middle,
                limit=limit,
                wrong="below",
                high=100.0,
                unit="%",
                marks=tuple(100 * float(unit.purity) for unit in seen.units),
                chance=100 * chance,
            ),
            op=seen.layer,
        )
