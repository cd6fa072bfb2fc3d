"""FIL002: two first-layer filters that are the same."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import figure, probability
from striate.records import Evidence, Filters

_LIMIT = 0.95


@register
class CopiedFilters(PictureRule[Filters]):
    """First-layer filters that are copies of each other.

    ## What it looks for
    The cosine of the two most alike first-layer filters. Limit: 0.95.

    ## Why it matters
    Filters should differ from each other; two that are the same do the work of one. Many copies
    mean more filters than the data asks for, or a start at which they were equal.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence, Filters

    weights = np.zeros((4, 1, 5, 5), np.float32)
    Evidence(
        filters=Filters(
            layer="conv1",
            weights=weights,
            start=weights,
            detail=np.array([0.2, 0.2, 0.3, 0.4], np.float32),
            random_band=(0.65, 0.93),
            random_count=20000,
            closest=(0, 1, 0.99),
        )
    )
    ```

    ## Use instead
    ```python
    import numpy as np

    from striate.records import Evidence, Filters

    weights = np.zeros((4, 1, 5, 5), np.float32)
    Evidence(
        filters=Filters(
            layer="conv1",
            weights=weights,
            start=weights,
            detail=np.array([0.2, 0.2, 0.3, 0.4], np.float32),
            random_band=(0.65, 0.93),
            random_count=20000,
            closest=(0, 1, 0.52),
        )
    )
    ```

    ## When to ignore it
    In a pretrained network: remove the copy only if size matters.

    ## Sources
    - Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
      section 4.1.
    """

    code = "FIL002"
    name = "copied-filters"
    severity = "warning"
    section = "filters"

    def look(self, evidence: Evidence) -> Filters | None:
        """Return the filters if there are two to compare."""
        filters = evidence.filters
        return filters if filters is not None and filters.closest is not None else None

    def judge(self, seen: Filters) -> Iterator[Finding]:
        """Yield a finding if the closest pair is too close."""
        if seen.closest is None or seen.closest[2] <= _LIMIT:
            return
        first, second, cosine = seen.closest
        yield self.finding(
            f"Filters {first} and {second} of {seen.layer} are nearly copies: their cosine is {probability(cosine)}.",
            f"Use fewer filters in {seen.layer}, or start from another seed; copies above "
            f"{figure(_LIMIT)} carry nothing of their own.",
            measure=Measure(value=float(cosine), limit=_LIMIT, wrong="above"),
            op=seen.layer,
        )
