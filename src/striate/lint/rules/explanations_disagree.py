"""SAL005: two methods that tell different stories of one network."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, figure
from striate.records import Accord, Evidence

_FEWEST = 5


@register
class ExplanationsDisagree(PictureRule[Accord]):
    """Saliency methods that contradict each other.

    ## What it looks for
    The mean rank correlation of the maps of two methods on the same images and outputs. Limit: what shifted maps reach, for two
    methods of which each agrees with itself under a little noise beyond that. The finding names the pair farthest below.

    ## Why it matters
    If two reasonable methods point at different places, a picture by one of them alone is no reason to believe anything.

    ## Example
    ```python
    from striate.records import Accord, Evidence, MethodPair

    pair = MethodPair(methods=("gradient", "grad_cam"), correlation=0.02, interval=(-0.03, 0.07), chance=0.15)
    Evidence(
        accord=Accord(
            images=16, methods=("gradient", "grad_cam"), pairs=(pair,), with_itself=(0.9, 0.95), noise=0.05, seed=0
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Accord, Evidence, MethodPair

    pair = MethodPair(methods=("gradient", "grad_cam"), correlation=0.45, interval=(0.39, 0.51), chance=0.15)
    Evidence(
        accord=Accord(
            images=16, methods=("gradient", "grad_cam"), pairs=(pair,), with_itself=(0.9, 0.95), noise=0.05, seed=0
        )
    )
    ```

    ## When to ignore it
    When the two ask different questions on purpose.

    ## Sources
    - Krishna et al., "The Disagreement Problem in Explainable Machine Learning: A Practitioner's Perspective", TMLR 2024.
    """

    code = "SAL005"
    name = "explanations-disagree"
    severity = "note"
    section = "saliency"

    def look(self, evidence: Evidence) -> Accord | None:
        """Return what methods agree about, over images enough."""
        found = evidence.accord
        return found if found is not None and found.pairs and found.images >= _FEWEST else None

    def judge(self, seen: Accord) -> Iterator[Finding]:
        """Yield a finding if two steady methods agree no more than shifted maps."""
        steady = dict(zip(seen.methods, seen.with_itself, strict=True))
        apart = [
            pair
            for pair in seen.pairs
            if pair.interval[1] <= pair.chance and all(steady[name] > pair.chance for name in pair.methods)
        ]
        if not apart:
            return
        worst = min(apart, key=lambda pair: pair.correlation - pair.chance)
        one, other = worst.methods
        yield self.finding(
            f"{one} and {other} tell different stories of this network: on {count(seen.images)} images their maps agree by "
            f"{figure(worst.correlation)}, shifted ones by {figure(worst.chance)}.",
            f"Look at the images with `striate explain {one},{other},occlusion`, and believe what covering confirms.",
            measure=Measure(
                value=worst.correlation,
                limit=worst.chance,
                wrong="below",
                low=min(-1.0, worst.correlation),
                high=1.0,
                interval=worst.interval,
                chance=worst.chance,
            ),
        )
