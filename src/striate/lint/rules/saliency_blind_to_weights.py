"""SAL002: saliency maps that do not depend on what was learned."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import figure
from striate.records import Evidence, SaliencyCensus

_LIMIT = 0.5


@register
class SaliencyBlindToWeights(PictureRule[SaliencyCensus]):
    """Saliency maps that stay the same with random weights.

    ## What it looks for
    The rank correlation of the saliency maps with those of the same network with a random last
    layer. Limit: 0.5.

    ## Why it matters
    A map that does not change when what was learned is destroyed does not show what was
    learned, but the image: edges look convincing and prove nothing.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence, SaliencyCensus

    Evidence(
        saliency_census=SaliencyCensus(
            images=4,
            shares=np.array([0.7, 0.7, 0.7, 0.7], np.float32),
            chance=0.25,
            random_correlation=0.8,
        )
    )
    ```

    ## Use instead
    ```python
    import numpy as np

    from striate.records import Evidence, SaliencyCensus

    Evidence(
        saliency_census=SaliencyCensus(
            images=4,
            shares=np.array([0.7, 0.7, 0.7, 0.7], np.float32),
            chance=0.25,
            random_correlation=0.11,
        )
    )
    ```

    ## When to ignore it
    Never for a judgement; the maps may still be used to find edges.

    ## Sources
    - Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018.
    """

    code = "SAL002"
    name = "saliency-blind-to-weights"
    severity = "warning"
    section = "saliency"

    def look(self, evidence: Evidence) -> SaliencyCensus | None:
        """Return the census."""
        return evidence.saliency_census

    def judge(self, seen: SaliencyCensus) -> Iterator[Finding]:
        """Yield a finding if the maps hardly change with random weights."""
        correlation = float(seen.random_correlation)
        if correlation <= _LIMIT:
            return
        yield self.finding(
            f"With random weights the saliency maps hardly change: rank correlation {figure(correlation)}.",
            "Trust occlusion rather than these maps, and look whether the network was trained at all.",
            measure=Measure(value=correlation, limit=_LIMIT, wrong="above", low=min(0.0, correlation)),
        )
