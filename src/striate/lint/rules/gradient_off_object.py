"""SAL001: the gradient does not lie on the object."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import figure, percentage
from striate.records import Evidence, SaliencyCensus


def times_chance(chance: float) -> float:
    """Return how often, in times of chance, the gradient must lie on the object: twice, or half the way to always."""
    return min(2.0, (1 + 1 / chance) / 2)


@register
class GradientOffObject(PictureRule[SaliencyCensus]):
    """A gradient that lies on the object hardly more than by chance.

    ## What it looks for
    The mean share of the gradient's magnitude that falls on the object, as a multiple of the
    share of the image that the object covers. Limit: 2 times; where the object covers more than
    a third, halfway between chance and all of it. It is a note: healthy networks that end in a mean
    over their last map had 0.92 to 1.14 times chance on small pictures, as networks have that look
    elsewhere. Objects that cover nearly everything are not judged.

    ## Why it matters
    The gradient says which pixels the score would follow. If they lie all over the image, the
    network reacts to grain rather than to the object, or looks elsewhere.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence, SaliencyCensus

    Evidence(
        saliency_census=SaliencyCensus(
            images=4,
            shares=np.array([0.24, 0.26, 0.28, 0.30], np.float32),
            chance=0.25,
            random_correlation=0.1,
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
            shares=np.array([0.60, 0.62, 0.65, 0.68], np.float32),
            chance=0.25,
            random_correlation=0.1,
        )
    )
    ```

    ## When to ignore it
    When occlusion shows that only the object matters: a plain gradient is noisy, and may be
    scattered by a rough first layer.

    ## Sources
    - Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks", ICLR 2014 workshop.
    """

    code = "SAL001"
    name = "gradient-off-object"
    severity = "note"
    section = "saliency"

    def look(self, evidence: Evidence) -> SaliencyCensus | None:
        """Return the census if the object can be missed."""
        census = evidence.saliency_census
        can_miss = census is not None and len(census.shares) > 0 and 0 < census.chance < 0.9
        return census if can_miss else None

    def judge(self, seen: SaliencyCensus) -> Iterator[Finding]:
        """Yield a finding if the gradient lies on the object too seldom."""
        mean, chance = float(seen.shares.mean()), float(seen.chance)
        ratio = mean / chance
        limit = times_chance(chance)
        if ratio >= limit:
            return
        half = 1.96 * float(seen.shares.std()) / sqrt(len(seen.shares)) / chance
        yield self.finding(
            f"The gradient lies on the object only {figure(ratio)} times as often as chance: "
            f"{percentage(100 * mean)} of it, on {percentage(100 * chance)} of the image.",
            "Compare with occlusion; if that shows the object, mend the first layer's filters first and look again.",
            measure=Measure(
                value=ratio,
                limit=limit,
                wrong="below",
                high=4.0,
                unit="×",
                interval=(max(0.0, ratio - half), ratio + half),
                chance=1.0,
            ),
        )

    def told(self, seen: SaliencyCensus) -> str:
        """Return how much of the gradient lies on the object."""
        mean, chance = float(seen.shares.mean()), float(seen.chance)
        return f"{percentage(100 * mean)} of the gradient lies on the object, {figure(mean / chance)} times chance"
