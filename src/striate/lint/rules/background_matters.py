"""OCC001: covering what is not the object changes the answer."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, percentage
from striate.records import Evidence, OcclusionCensus, wilson

_LIMIT = 1.0
_GRAVE = 10.0


@register
class BackgroundMatters(PictureRule[OcclusionCensus]):
    """An answer that depends on the background.

    ## What it looks for
    Over images answered right, the share of squares off the object that change the answer when
    they are covered. Limit: 1 % for a warning, 10 % for an error.

    ## Why it matters
    If a corner, a border or a caption matters, the network has memorised something that goes
    with the class instead of the class. It will fail where that something is missing.

    ## Example
    ```python
    from striate.records import Evidence, OcclusionCensus

    Evidence(
        occlusion_census=OcclusionCensus(
            images=200,
            off_squares=3764,
            off_changed=120,
            on_squares=7222,
            on_changed=804,
            window_px=(7, 7),
            stride_px=(3, 3),
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence, OcclusionCensus

    Evidence(
        occlusion_census=OcclusionCensus(
            images=200,
            off_squares=3764,
            off_changed=0,
            on_squares=7222,
            on_changed=804,
            window_px=(7, 7),
            stride_px=(3, 3),
        )
    )
    ```

    ## When to ignore it
    When the surroundings belong to the answer, as a road does to a car; or when the object was
    not found well.

    ## Sources
    - Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
      section 4.2.
    - Geirhos et al., "Shortcut learning in deep neural networks", Nature Machine Intelligence
      2020.
    """

    code = "OCC001"
    name = "background-matters"
    severity = "warning"
    also = ("error",)
    section = "occlusion"

    def look(self, evidence: Evidence) -> OcclusionCensus | None:
        """Return the census if squares lay off the object."""
        census = evidence.occlusion_census
        return census if census is not None and census.off_squares else None

    def judge(self, seen: OcclusionCensus) -> Iterator[Finding]:
        """Yield a finding if covering the background changes answers."""
        share = 100 * seen.off_changed / seen.off_squares
        if share <= _LIMIT:
            return
        low, high = wilson(seen.off_changed / seen.off_squares, seen.off_squares)
        yield self.finding(
            f"Covering the background changes the answer: {count(seen.off_changed)} of "
            f"{count(seen.off_squares)} squares off the object do, {percentage(share)}.",
            "Look at which squares do, and vary in the data what lies under them: crop, shift, or "
            "change the background.",
            measure=Measure(
                value=share,
                limit=_LIMIT,
                wrong="above",
                high=max(10.0, min(100.0, 2 * share)),
                unit="%",
                interval=(100 * low, 100 * high),
            ),
            severity="error" if share > _GRAVE else "warning",
        )

    def told(self, seen: OcclusionCensus) -> str:
        """Return how many squares changed an answer."""
        return f"{count(seen.off_changed)} of {count(seen.off_squares)} squares off the object change an answer"
