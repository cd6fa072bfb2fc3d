"""FIL001: first-layer filters that are still noise."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, figure
from striate.records import Evidence, Filters

# Six healthy networks with 5×5 filters of the fault bench's development part, right on 94 % to 100 %, all had filters as noisy.
_WIDE = 7


@register
class FiltersAsNoisyAsRandom(PictureRule[Filters]):
    """First-layer filters no smoother than random ones.

    ## What it looks for
    The share of each first-layer filter's power at wavelengths under 4 pixels. The figure is
    that of the middle filter. Limit: the 5 % quantile of random filters, so that fewer than
    half of the learned ones are smoother than nearly all random ones. Filters under 7 pixels
    show too little to tell: for them, and for filters of volumes, it is a note; 1×1 filters are not judged.

    ## Why it matters
    Learned first-layer filters are smooth: edges, bars and blobs. Salt and pepper means that
    the start of training is still in them: too few steps, too little data, or too little weight
    decay. Such filters pass noise on to every later layer.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence, Filters

    weights = np.zeros((4, 1, 7, 7), np.float32)
    Evidence(
        filters=Filters(
            layer="conv1",
            weights=weights,
            start=weights,
            detail=np.array([0.7, 0.8, 0.8, 0.9], np.float32),
            random_band=(0.65, 0.93),
            random_count=20000,
            closest=(0, 1, 0.5),
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
            detail=np.array([0.2, 0.3, 0.4, 0.8], np.float32),
            random_band=(0.65, 0.93),
            random_count=20000,
            closest=(0, 1, 0.5),
        )
    )
    ```

    ## When to ignore it
    When texture under 4 pixels is what tells the classes apart.

    ## Sources
    - Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
      section 4.1.
    - Krizhevsky, Sutskever and Hinton, "ImageNet Classification", NIPS 2012, figure 3.
    """

    code = "FIL001"
    name = "filters-as-noisy-as-random"
    severity = "warning"
    also = ("note",)
    section = "filters"

    def look(self, evidence: Evidence) -> Filters | None:
        """Return the filters if they have a spectrum."""
        filters = evidence.filters
        return filters if filters is not None and _side(filters) > 1 and len(filters.detail) else None

    def judge(self, seen: Filters) -> Iterator[Finding]:
        """Yield a finding if the middle filter lies within the band of random ones."""
        details = sorted(float(value) for value in seen.detail)
        limit = float(seen.random_band[0])
        middle = details[(len(details) - 1) // 2]
        if middle < limit:
            return
        fine = sum(value >= limit for value in details)
        yield self.finding(
            f"{count(fine)} of {count(len(details))} filters of {seen.layer} {'is' if fine == 1 else 'are'} as fine as random "
            f"ones: of the middle one {figure(middle)} of its power is below 4 px, of 95 % of random ones {figure(limit)}.",
            f"Train longer, raise the weight decay on {seen.layer}, or add data or shifts.",
            measure=Measure(
                value=middle,
                limit=limit,
                wrong="above",
                low=max(0.0, min(details[0], limit) - 0.1),
                marks=tuple(float(value) for value in seen.detail),
            ),
            op=seen.layer,
            severity="warning" if _side(seen) >= _WIDE and seen.weights.ndim == 4 else "note",
        )


def _side(filters: Filters) -> int:
    """Return the longest side of the filters, pixels."""
    return int(max(filters.weights.shape[2:], default=1))
