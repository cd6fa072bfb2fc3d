"""MAP002: features that separate classes worse than pixels do."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import percentage
from striate.records import Evidence, MapLayer

_NOISE = 1.0


@register
class UnseparatedFeatures(PictureRule[tuple[MapLayer, MapLayer]]):
    """Last features that separate the classes worse than pixels.

    ## What it looks for
    The share of samples whose ten nearest neighbours vote for their class, at the last layer.
    Limit: the same share among the pixels themselves, less one percentage point for chance.

    ## Why it matters
    The network is there to bring together what belongs together. If its features do that worse
    than the raw image, it has lost what it was given.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence, FeatureMap, MapLayer

    points = np.zeros((4, 2), np.float32)
    Evidence(
        feature_map=FeatureMap(
            samples=np.arange(4),
            labels=np.array([0, 0, 1, 1]),
            wrong=np.zeros(4, np.uint8),
            layers=(
                MapLayer(layer="pixels", points=points, separation=0.88),
                MapLayer(layer="fc1", points=points, separation=0.6),
            ),
            overlap=None,
            perplexity=30.0,
            seed=0,
        )
    )
    ```

    ## Use instead
    ```python
    import numpy as np

    from striate.records import Evidence, FeatureMap, MapLayer

    points = np.zeros((4, 2), np.float32)
    Evidence(
        feature_map=FeatureMap(
            samples=np.arange(4),
            labels=np.array([0, 0, 1, 1]),
            wrong=np.zeros(4, np.uint8),
            layers=(
                MapLayer(layer="pixels", points=points, separation=0.88),
                MapLayer(layer="fc1", points=points, separation=0.98),
            ),
            overlap=None,
            perplexity=30.0,
            seed=0,
        )
    )
    ```

    ## When to ignore it
    When the network was trained for something else than these classes.

    ## Sources
    - Alain and Bengio, "Understanding intermediate layers using linear classifier probes",
      2016.
    """

    code = "MAP002"
    name = "unseparated-features"
    severity = "warning"
    section = "map"

    def look(self, evidence: Evidence) -> tuple[MapLayer, MapLayer] | None:
        """Return pixels and last features, if the map has both."""
        layers = evidence.feature_map.layers if evidence.feature_map is not None else ()
        pixels = [layer for layer in layers if layer.layer == "pixels"]
        return (pixels[0], layers[-1]) if pixels and layers[-1] is not pixels[0] else None

    def judge(self, seen: tuple[MapLayer, MapLayer]) -> Iterator[Finding]:
        """Yield a finding if the last features are worse than the pixels."""
        pixels, last = (100 * float(layer.separation) for layer in seen)
        limit = max(0.0, pixels - _NOISE)
        if last >= limit:
            return
        yield self.finding(
            f"At {seen[1].layer} the neighbours of {percentage(last)} of the samples vote for "
            "their class; "
            f"among the pixels it is {percentage(pixels)}.",
            "Check the labels and the learning rate, and look at which layer the separation falls.",
            measure=Measure(value=last, limit=limit, wrong="below", high=100.0, unit="%"),
            op=seen[1].layer,
        )
