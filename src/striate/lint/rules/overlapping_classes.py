"""MAP001: two classes that mix on the map."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.names import class_name
from striate.lint.rule import PictureRule, register
from striate.numbers import percentage
from striate.records import Evidence

_LIMIT = 5.0
_GRAVE = 20.0


@register
class OverlappingClasses(PictureRule[tuple[str, str, float]]):
    """Two classes that overlap in the last features.

    ## What it looks for
    The pair of classes that mixes most at the last layer: the share of the first's nearest
    neighbours that are of the other. Limit: 5 % for a note, 20 % for a warning.

    ## Why it matters
    What lies together in the features that the answer is read from cannot be told apart by it.
    The mistakes of the network will lie in this pair.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence, FeatureMap, MapLayer

    points = np.zeros((4, 2), np.float32)
    Evidence(
        feature_map=FeatureMap(
            samples=np.arange(4),
            labels=np.array([4, 4, 9, 9]),
            wrong=np.zeros(4, np.uint8),
            layers=(
                MapLayer(layer="pixels", points=points, separation=0.8),
                MapLayer(layer="fc1", points=points, separation=0.9),
            ),
            overlap=(4, 9, 0.08),
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
            labels=np.array([4, 4, 9, 9]),
            wrong=np.zeros(4, np.uint8),
            layers=(
                MapLayer(layer="pixels", points=points, separation=0.8),
                MapLayer(layer="fc1", points=points, separation=0.9),
            ),
            overlap=(4, 9, 0.024),
            perplexity=30.0,
            seed=0,
        )
    )
    ```

    ## When to ignore it
    When the two classes are one thing by their nature, or one of them has only a few samples.

    ## Sources
    - van der Maaten and Hinton, "Visualizing Data using t-SNE", JMLR 2008; the share is taken
      in the feature space, not on the map.
    """

    code = "MAP001"
    name = "overlapping-classes"
    severity = "note"
    also = ("warning",)
    section = "map"

    def look(self, evidence: Evidence) -> tuple[str, str, float] | None:
        """Return the closest pair of classes by name; neighbouring values overlap by nature."""
        overlap = evidence.feature_map.overlap if evidence.feature_map is not None else None
        is_classes = evidence.predictions is None or evidence.predictions.output.kind == "classes"
        if overlap is None or not is_classes:
            return None
        return class_name(evidence, overlap[0]), class_name(evidence, overlap[1]), float(overlap[2])

    def judge(self, seen: tuple[str, str, float]) -> Iterator[Finding]:
        """Yield a finding if the closest pair overlaps."""
        first, second, share = seen[0], seen[1], 100 * seen[2]
        if share <= _LIMIT:
            return
        yield self.finding(
            f"{first} and {second} are the closest pair: {percentage(share)} of the neighbours of "
            f"{first} "
            f"are of {second}.",
            f"Add images of {first} and {second} first, and look at those between the two.",
            measure=Measure(value=share, limit=_LIMIT, wrong="above", high=max(10.0, share), unit="%"),
            severity="warning" if share > _GRAVE else "note",
        )
