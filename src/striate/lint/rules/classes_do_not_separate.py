"""MAP003: classes that do not separate in the vectors of a network."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.lint.separating import separation_verdict
from striate.records import Evidence, MappedLayer


@register
class ClassesDoNotSeparate(PictureRule[MappedLayer]):
    """Classes that do not separate in the vectors mapped.

    ## What it looks for
    How well the ten nearest neighbours of each vector, itself left out, tell its class: the share
    of right votes, averaged over classes (of labels balanced accuracy, of values R²). Two limits:
    half of the way from guessing to no error; and a quarter of the errors that neighbours by
    pixels make, spared, in a paired difference whose 95 % interval lies above nought. The second
    is needed because pixels and random filters separate some classes well: on the digits pixels
    reach 94 %, vectors of untrained networks 93 to 95 % (at most an eighth of the errors spared),
    trained ones above 96 % (a third and more). Where pixels err in less than 1 %, the vectors must
    only not be surely worse than they. Where there are no pictures, the first limit alone decides.

    ## Why it matters
    A search for alike images, a classifier on the vectors, and the map itself are as good as this.
    Vectors that tell no more than pixels do were not learned, or learned for something else.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence, MappedLayer, Separation, Share, VectorMap

    points = np.zeros((4, 2), np.float32)
    layer = MappedLayer(
        layer="fc1",
        size=32,
        points=points,
        perplexity=30.0,
        seed=0,
        divergence=1.0,
        quality=None,
        pca=points,
        pca_shares=(0.3, 0.2),
        pca_quality=None,
        separation=Separation(
            neighbours=10,
            truth="classes",
            accuracy=Share(value=0.944, interval=(0.937, 0.95), chance=0.1),
            pixels=0.941,
            gain=0.003,
            gain_interval=(-0.002, 0.008),
            points=5000,
        ),
    )
    Evidence(
        vector_map=VectorMap(
            store="vectors",
            network="runs/a",
            ids=("a", "b", "c", "d"),
            truth="classes",
            names=("cat", "dog"),
            labels=np.array([0, 0, 1, 1]),
            layers=(layer,),
            placed_later=np.zeros(4, np.uint8),
            far=np.zeros(4, np.uint8),
            left_out=0,
            distance="angle",
        )
    )
    ```

    ## Use instead
    ```python
    import numpy as np

    from striate.records import Evidence, MappedLayer, Separation, Share, VectorMap

    points = np.zeros((4, 2), np.float32)
    layer = MappedLayer(
        layer="fc1",
        size=32,
        points=points,
        perplexity=30.0,
        seed=0,
        divergence=1.0,
        quality=None,
        pca=points,
        pca_shares=(0.3, 0.2),
        pca_quality=None,
        separation=Separation(
            neighbours=10,
            truth="classes",
            accuracy=Share(value=0.965, interval=(0.96, 0.97), chance=0.1),
            pixels=0.941,
            gain=0.024,
            gain_interval=(0.019, 0.03),
            points=5000,
        ),
    )
    Evidence(
        vector_map=VectorMap(
            store="vectors",
            network="runs/a",
            ids=("a", "b", "c", "d"),
            truth="classes",
            names=("cat", "dog"),
            labels=np.array([0, 0, 1, 1]),
            layers=(layer,),
            placed_later=np.zeros(4, np.uint8),
            far=np.zeros(4, np.uint8),
            left_out=0,
            distance="angle",
        )
    )
    ```

    ## When to ignore it
    When the labels are not what the vectors are for, or when pixels tell the classes nearly as
    well by their nature, as colours do.

    ## Sources
    - Wu et al., "Unsupervised Feature Learning via Non-Parametric Instance Discrimination",
      CVPR 2018 (k-NN accuracy of features); Saxe et al., "On Random Weights and Unsupervised
      Feature Learning", ICML 2011 (random filters).
    """

    code = "MAP003"
    name = "classes-do-not-separate"
    severity = "warning"
    section = "map"

    def look(self, evidence: Evidence) -> MappedLayer | None:
        """Return the judged layer of the map, if separation was measured there."""
        found = evidence.vector_map.judged if evidence.vector_map is not None else None
        return found if found is not None and separation_verdict(found) is not None else None

    def judge(self, seen: MappedLayer) -> Iterator[Finding]:
        """Yield a finding if what is known of the points does not separate."""
        verdict = separation_verdict(seen)
        if verdict is None or verdict.separates:
            return
        scale = 100.0 if verdict.is_share else 1.0
        low, high = verdict.interval
        yield self.finding(
            verdict.words,
            "Check that trained weights were loaded (striate load); map an earlier or later layer, or train the network on "
            "these classes.",
            measure=Measure(
                value=scale * verdict.value,
                limit=scale * verdict.limit,
                wrong="below",
                low=min(0.0, scale * verdict.value),
                high=scale,
                unit="%" if verdict.is_share else "",
                interval=(scale * low, scale * high),
                chance=scale * verdict.chance,
            ),
            op=seen.layer,
        )
