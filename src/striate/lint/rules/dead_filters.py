"""FIL003: filters whose weights give nothing."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, listed
from striate.records import Evidence, LayerWeights

_SHARE = 0.1
_FEWEST = 2


@register
class DeadFilters(PictureRule[tuple[LayerWeights, ...]]):
    """Filters of no length.

    ## What it looks for
    Filters whose length, times what a batch normalisation behind them multiplies it by, is at
    most 1/1,000 of the 90 % quantile in the layer. The finding names the worst layer. Limit: 10 %
    of the layer's filters, and at least two. None of seven networks trained on digits had any.

    ## Why it matters
    Such a filter answers with the same number to every image, whatever the data: unlike a unit
    that is silent on these images, it can be left out without asking them. Strong weight decay, a
    penalty that makes weights sparse, or a damaged file makes them.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence, LayerWeights, Spectrum

    ones = np.ones(16, np.float32)
    Evidence(
        weights=(
            LayerWeights(
                layer="conv2",
                key="conv2.weight",
                weights=np.zeros((16, 8, 3, 3), np.float32),
                groups=1,
                reads_input=False,
                shared_with=(),
                norms=ones,
                input_norms=ones[:8],
                dead=(3, 9, 12),
                dead_inputs=(),
                copies=(),
                copy_limit=0.95,
                random_cosine=0.4,
                closest=(0, 1, 0.3),
                detail=ones,
                random_band=(0.7, 0.9),
                spectrum=Spectrum(
                    values=ones, random_values=ones, effective_rank=12.0, random_effective_rank=15.0
                ),
                waves=None,
            ),
        )
    )
    ```

    ## Use instead
    ```python
    import numpy as np

    from striate.records import Evidence, LayerWeights, Spectrum

    ones = np.ones(16, np.float32)
    Evidence(
        weights=(
            LayerWeights(
                layer="conv2",
                key="conv2.weight",
                weights=np.zeros((16, 8, 3, 3), np.float32),
                groups=1,
                reads_input=False,
                shared_with=(),
                norms=ones,
                input_norms=ones[:8],
                dead=(3,),
                dead_inputs=(),
                copies=(),
                copy_limit=0.95,
                random_cosine=0.4,
                closest=(0, 1, 0.3),
                detail=ones,
                random_band=(0.7, 0.9),
                spectrum=Spectrum(
                    values=ones, random_values=ones, effective_rank=14.0, random_effective_rank=15.0
                ),
                waves=None,
            ),
        )
    )
    ```

    ## When to ignore it
    When the network was pruned on purpose.

    ## Sources
    - Li, Kadav, Durdanovic, Samet and Graf, "Pruning Filters for Efficient ConvNets", ICLR 2017,
      section 3.
    """

    code = "FIL003"
    name = "dead-filters"
    severity = "warning"
    section = "weights"

    def look(self, evidence: Evidence) -> tuple[LayerWeights, ...] | None:
        """Return the layers whose weights were looked at."""
        return tuple(row for row in evidence.weights if len(row.norms)) or None

    def judge(self, seen: tuple[LayerWeights, ...]) -> Iterator[Finding]:
        """Yield one finding, about the layer with the largest dead share."""
        found = [row for row in seen if len(row.dead) >= _FEWEST and len(row.dead) > _SHARE * len(row.norms)]
        if not found:
            return
        row = max(found, key=lambda layer: len(layer.dead) / len(layer.norms))
        dead, filters = len(row.dead), len(row.norms)
        others = [layer.layer for layer in found if layer is not row]
        more = f" {listed(others)} too {'is' if len(others) == 1 else 'are'} above the limit." if others else ""
        yield self.finding(
            f"{count(dead)} of the {count(filters)} filters of {row.layer} have next to no length.{more}",
            f"Narrow {row.layer} to about {count(filters - dead)} filters, or lower the weight decay.",
            measure=Measure(
                value=float(dead), limit=_SHARE * filters, wrong="above", high=float(filters), unit="filters"
            ),
            op=row.layer,
        )
