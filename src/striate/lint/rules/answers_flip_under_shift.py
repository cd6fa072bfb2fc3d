"""INV001: answers that change when an image is shifted by one pixel."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, figure, percentage
from striate.records import Evidence, Stability, Steadiness, wilson

# On 3 seeds of 4 architectures trained on digits the shift changes 1.3 % (accuracy 98 %) to 13.6 % (68 %) of the answers:
# 0.4 to 1 times the share of mistakes.
_FLOOR = 10.0
_TIMES = 3.0
_FEWEST = 50
# Of a smaller image one pixel is too large a part.
_SIDE_PX = 20


@register
class AnswersFlipUnderShift(PictureRule[Stability]):
    """Answers that change when the image is shifted by one pixel.

    ## What it looks for
    The share of answers that differ after a shift by one pixel to each of the eight neighbours, the border repeated. Limit: three
    times the share of mistakes, and 10 % at the least, beyond the 95 % interval; a note for images with a side below 20 pixels.

    ## Why it matters
    People see no difference. A network whose answers hang on one pixel samples its maps too coarsely (aliasing), or has learned
    where things are instead of what they are; its score then holds for images framed like these only.

    ## Example
    ```python
    from striate.records import Evidence, Stability, Steadiness

    Evidence(
        stability=Stability(
            images=200,
            accuracy=0.97,
            side_px=28,
            rows=(
                Steadiness(
                    change="shift by 1 px", images=200, directions=8, changed=120, interval=(0.53, 0.67), mean_changed=0.3,
                    accuracy=0.69, probability_shift=0.28,
                ),
            ),
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence, Stability, Steadiness

    Evidence(
        stability=Stability(
            images=200,
            accuracy=0.97,
            side_px=28,
            rows=(
                Steadiness(
                    change="shift by 1 px", images=200, directions=8, changed=10, interval=(0.03, 0.09), mean_changed=0.016,
                    accuracy=0.965, probability_shift=0.02,
                ),
            ),
        )
    )
    ```

    ## When to ignore it
    When every image is framed by a machine, to the pixel, now and later.

    ## Sources
    - Azulay and Weiss, "Why do deep convolutional networks generalize so poorly to small image transformations?", JMLR 2019.
    - Zhang, "Making Convolutional Networks Shift-Invariant Again", ICML 2019.
    """

    code = "INV001"
    name = "answers-flip-under-shift"
    severity = "warning"
    also = ("note",)
    section = "invariance"

    def look(self, evidence: Evidence) -> Stability | None:
        """Return what changes do, if it rests on images enough."""
        found = evidence.stability
        return found if found is not None and found.by_pixel is not None and found.images >= _FEWEST else None

    def judge(self, seen: Stability) -> Iterator[Finding]:
        """Yield a finding if surely more answers change than mistakes explain."""
        row = seen.by_pixel
        if row is None:
            return
        share = 100 * row.mean_changed
        low, high = _interval(row)
        mistakes = 0.0 if seen.accuracy is None else 100 * (1 - seen.accuracy)
        limit = max(_FLOOR, _TIMES * mistakes)
        if low <= limit:
            return
        yield self.finding(
            f"A {row.change} changes {percentage(share)} of the answers, and the answer to {count(row.changed)} of "
            f"{count(row.images)} images in one direction at least; {percentage(mistakes)} are wrong as they are, the limit is "
            f"{figure(limit)} %.",
            "Train with images shifted at random (`shift_px`), and blur before each stride or pooling.",
            measure=Measure(
                value=share, limit=limit, wrong="above", low=0.0, high=100.0, unit="%", interval=(low, high)
            ),
            severity="warning" if seen.side_px >= _SIDE_PX else "note",
        )


def _interval(row: Steadiness) -> tuple[float, float]:
    """Return Wilson's 95 % interval in percent, as if an image's directions were all alike: the widest it can be."""
    low, high = wilson(row.mean_changed, row.images)
    return 100 * low, 100 * high
