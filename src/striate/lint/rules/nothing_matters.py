"""OCC002: covering the object changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.graph import times
from striate.lint.rule import PictureRule, register
from striate.numbers import count, percentage
from striate.records import Evidence, OcclusionCensus

_LIMIT = 0.5


@register
class NothingMatters(PictureRule[OcclusionCensus]):
    """An answer that no covered part of the object changes.

    ## What it looks for
    Over images answered right, the share of squares on the object that change the answer when
    they are covered. Limit: 0.5 %.

    ## Why it matters
    Either the square is too small to hide anything, and the maps say little; or the answer
    hardly depends on what is seen.

    ## Example
    ```python
    from striate.records import Evidence, OcclusionCensus

    Evidence(
        occlusion_census=OcclusionCensus(
            images=200,
            off_squares=3764,
            off_changed=0,
            on_squares=7222,
            on_changed=4,
            window_px=(3, 3),
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
    When the object fills the image many times over, as a texture does.

    ## Sources
    - Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
      section 4.2.
    """

    code = "OCC002"
    name = "nothing-matters"
    severity = "note"
    section = "occlusion"

    def look(self, evidence: Evidence) -> OcclusionCensus | None:
        """Return the census if squares lay on the object."""
        census = evidence.occlusion_census
        return census if census is not None and census.on_squares else None

    def judge(self, seen: OcclusionCensus) -> Iterator[Finding]:
        """Yield a finding if covering the object changes hardly any answer."""
        share = 100 * seen.on_changed / seen.on_squares
        if share >= _LIMIT:
            return
        yield self.finding(
            f"Covering the object hardly matters: {count(seen.on_changed)} of "
            f"{count(seen.on_squares)} "
            f"squares on it change the answer, {percentage(share)}.",
            f"Repeat with a square larger than {times(seen.window_px)} px before trusting the maps.",
            measure=Measure(value=share, limit=_LIMIT, wrong="below", high=10.0, unit="%"),
        )

    def told(self, seen: OcclusionCensus) -> str:
        """Return how many squares changed an answer."""
        return f"{count(seen.on_changed)} of {count(seen.on_squares)} squares on the object change an answer"
