"""SAL002: saliency maps that do not depend on what was learned."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import figure
from striate.records import Evidence

LIMIT = 0.5
# What the maps are called, their correlation, what chance gives, and the interval if there is one.
Row = tuple[str, float, float, tuple[float, float] | None]


@register
class SaliencyBlindToWeights(PictureRule[tuple[Row, ...]]):
    """Saliency maps that stay the same with random weights.

    ## What it looks for
    The mean rank correlation of the saliency maps with those of the same network with all weights drawn anew, for the report's
    gradient and for every method that was tested. Limit: 0.5, and what shifted maps reach, where that is known.

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

    def look(self, evidence: Evidence) -> tuple[Row, ...] | None:
        """Return what was tested: the census, and every method."""
        rows: list[Row] = [
            (f"the maps of {found.method}", found.correlation, found.chance, found.interval)
            for found in evidence.trusts
            if found.correlation is not None
        ]
        if evidence.saliency_census is not None:
            rows.insert(0, ("the saliency maps", float(evidence.saliency_census.random_correlation), 0.0, None))
        return tuple(rows) or None

    def judge(self, seen: tuple[Row, ...]) -> Iterator[Finding]:
        """Yield a finding for each method whose maps hardly change with random weights."""
        for name, correlation, chance, interval in seen:
            limit = max(LIMIT, chance)
            if correlation <= limit:
                continue
            yield self.finding(
                f"With random weights {name} hardly change: rank correlation {figure(correlation)}.",
                "Trust occlusion rather than these maps, and look whether the network was trained at all.",
                measure=Measure(
                    value=correlation,
                    limit=limit,
                    wrong="above",
                    low=min(0.0, correlation),
                    interval=interval,
                    chance=chance or None,
                ),
            )
