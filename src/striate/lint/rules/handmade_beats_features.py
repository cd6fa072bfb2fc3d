"""DWN001: hand-made descriptors that reach as much as the network's features."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import MINUS, measure, percentage
from striate.records import Downstream, DownstreamRow, Evidence


@register
class HandmadeBeatsFeatures(PictureRule[Downstream]):
    """Hand-made descriptors that reach as much as the network's features.

    ## What it looks for
    The best classifier on any of the network's layers, minus the best on any hand-made descriptor (raw pixels, colour
    histogram, HOG, LBP), on the same held-out samples: in percentage points, of values hundredths of R². Limit: 0.

    ## Why it matters
    Features of a network cost a pass through it. Where descriptors of no learning do as well, the network does not help with
    these data: it was trained for others, it was read at the wrong layer, or it is not trained at all.

    ## Example
    ```python
    from striate.records import Downstream, DownstreamRow, Estimate, Evidence

    def estimate(mean):
        return Estimate(mean=mean, interval=(mean - 0.02, mean + 0.02), error=0.01, count=800)

    def row(features, source, mean):
        return DownstreamRow(
            features=features, source=source, width=64, family="logistic", estimate=estimate(mean),
            to_best=estimate(mean - 0.93), to_constant=estimate(mean - 0.1), setting_name="penalty", settings=(3.0,), fit_s=0.1,
        )

    Evidence(
        downstream=Downstream(
            data="digits", network="runs/a", layers=("flatten1",), output="classes", samples=800, folds=5,
            constant=estimate(0.1), rows=(row("HOG", "hand-made", 0.93), row("flatten1", "network", 0.9)),
            to_hand_made=estimate(-0.03), left_out=(), curves=(), told=(), seconds=10.0,
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Downstream, DownstreamRow, Estimate, Evidence

    def estimate(mean):
        return Estimate(mean=mean, interval=(mean - 0.02, mean + 0.02), error=0.01, count=800)

    def row(features, source, mean):
        return DownstreamRow(
            features=features, source=source, width=64, family="logistic", estimate=estimate(mean),
            to_best=estimate(mean - 0.98), to_constant=estimate(mean - 0.1), setting_name="penalty", settings=(3.0,), fit_s=0.1,
        )

    # Another layer of the same network.
    Evidence(
        downstream=Downstream(
            data="digits", network="runs/a", layers=("conv2",), output="classes", samples=800, folds=5,
            constant=estimate(0.1), rows=(row("conv2", "network", 0.98), row("HOG", "hand-made", 0.93)),
            to_hand_made=estimate(0.05), left_out=(), curves=(), told=(), seconds=10.0,
        )
    )
    ```

    ## When to ignore it
    When the features are wanted for more than these classes, or both are near the best that can be reached.

    ## Sources
    - Razavian et al., "CNN Features off-the-shelf: an Astounding Baseline for Recognition", CVPR Workshops 2014.
    """

    code = "DWN001"
    name = "handmade-beats-features"
    severity = "warning"
    section = "downstream"

    def look(self, evidence: Evidence) -> Downstream | None:
        """Return the comparison, if it has both sorts of features."""
        found = evidence.downstream
        return found if found is not None and found.to_hand_made is not None else None

    def judge(self, seen: Downstream) -> Iterator[Finding]:
        """Yield a finding if descriptors reach as much."""
        gap, own, made = seen.to_hand_made, seen.best("network"), seen.best("hand-made")
        if gap is None or own is None or made is None or gap.mean > 0:
            return
        value, low, high = (100 * number for number in (gap.mean, *gap.interval))
        size = abs(value)
        unit = "hundredths of R²" if seen.output == "values" else "points"
        apart = f"{MINUS if size else ''}{measure(size)} {unit}"
        yield self.finding(
            f"The best hand-made features, {_words(made, seen)}, reach as much as the network's, {_words(own, seen)}: "
            f"{apart} between them.",
            "Compare other layers, or a network trained on data like these: `striate downstream STORE --descriptors`.",
            measure=Measure(
                value=value,
                limit=0.0,
                wrong="below",
                low=min(low, -5.0),
                high=max(high, 5.0),
                unit=unit,
                interval=(low, high),
            ),
            op=own.features,
        )


def _words(row: DownstreamRow, seen: Downstream) -> str:
    score = (
        f"R² {row.estimate.mean:.3f}".replace("-", MINUS)
        if seen.output == "values"
        else percentage(100 * row.estimate.mean)
    )
    return f"{row.features} with {row.family} ({score})"
