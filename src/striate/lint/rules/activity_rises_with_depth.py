"""ACT005: the last layers are less sparse than the first."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import THIN, figure, percentage
from striate.records import Evidence, LayerActivity

_LIMIT = 10.0
_LEAST = 3


@register
class ActivityRisesWithDepth(PictureRule[tuple[LayerActivity, ...]]):
    """Activity that rises from the first layers to the last.

    ## What it looks for
    The mean active share of the later half of the layers with ReLU minus that of the earlier
    half, in percentage points. Limit: 10 points; at least three such layers are needed.

    ## Why it matters
    Early maps resemble the input and are active in many places; later units stand for something
    rarer. If activity rises instead, later layers may be passing on rather than telling apart.

    ## Example
    ```python
    from striate.records import Evidence, LayerActivity

    Evidence(
        activity=tuple(
            LayerActivity(
                layer=name,
                units=16,
                active_share=share,
                dead=(),
                always_on=(),
                maximum=5.0,
                is_rectified=True,
            )
            for name, share in {"conv1": 0.3, "conv2": 0.4, "conv3": 0.5, "conv4": 0.7}.items()
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence, LayerActivity

    Evidence(
        activity=tuple(
            LayerActivity(
                layer=name,
                units=16,
                active_share=share,
                dead=(),
                always_on=(),
                maximum=5.0,
                is_rectified=True,
            )
            for name, share in {"conv1": 0.6, "conv2": 0.5, "conv3": 0.5, "conv4": 0.4}.items()
        )
    )
    ```

    ## When to ignore it
    In residual networks, where a sum before the ReLU makes the last layer of each block denser.

    ## Sources
    - Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
      section 4.
    """

    code = "ACT005"
    name = "activity-rises-with-depth"
    severity = "note"
    section = "activations"

    def look(self, evidence: Evidence) -> tuple[LayerActivity, ...] | None:
        """Return the rectified layers if there are enough to tell early from late."""
        rows = tuple(row for row in evidence.activity if row.is_rectified)
        return rows if len(rows) >= _LEAST else None

    def judge(self, seen: tuple[LayerActivity, ...]) -> Iterator[Finding]:
        """Yield a finding if the later half is clearly more active."""
        half = len(seen) // 2
        early, late = _mean(seen[:half]), _mean(seen[-half:])
        rise = late - early
        if rise <= _LIMIT:
            return
        yield self.finding(
            f"Activity rises with depth by {figure(rise)}{THIN}points: {percentage(early)} of "
            "the values of "
            f"the earlier half of the layers are above zero, {percentage(late)} of the later half.",
            "Look at the maps of the last layers; a lower learning rate or more weight decay may help.",
            measure=Measure(
                value=rise,
                limit=_LIMIT,
                wrong="above",
                low=min(-50.0, rise),
                high=max(50.0, rise),
                unit="points",
            ),
            op=seen[-1].layer,
        )


def _mean(rows: tuple[LayerActivity, ...]) -> float:
    return 100 * sum(float(row.active_share) for row in rows) / len(rows)
