"""SHC001: one place away from the object changes many answers."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, percentage
from striate.records import Evidence
from striate.records.shortcuts import Counted, ExchangedPlace

# Of healthy development networks (four architectures, seeds 0 to 3, on digits, tiles of photographs and drawn shapes) the
# highest share was 7 %, its interval from 3 %; of networks that follow a mark of each class it was 11 to 80 %.
_LIMIT = 15.0


@register
class OnePlaceDecides(PictureRule[ExchangedPlace]):
    """Answers that follow one place where the object is not.

    ## What it looks for
    Over images answered right, the share of answers that change when an image gets the pixels of another class's image at
    one place, where the object hardly is: its pixels vary within a class half as much as those of the whole image or less. The
    place was found on other images. Limit: the 95 % interval above 15 %, and above that of pixels
    of the same class's images, which disturb as much and say nothing new.

    ## Why it matters
    A place that decides in many images, whatever the object does, holds something that goes with the class by accident: a
    stamp, a caption, a scale bar, a frame. The network fails where that is missing.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence
    from striate.records.shortcuts import Exchange, ExchangedPlace, Shortcuts, Counted

    place = ExchangedPlace(
        box=(0, 0, 7, 7),
        others=Counted(hits=60, trials=90),
        own=Counted(hits=1, trials=90),
        spread=0.2,
    )
    Evidence(
        shortcuts=Shortcuts(
            images=200,
            right=180,
            exchange=Exchange(
                boxes=(place.box,),
                fall=np.array([0.6], np.float32),
                own_fall=np.array([0.01], np.float32),
                spread=np.array([0.2], np.float32),
                shuffled=0.1,
                decisive=place,
                telling=None,
                patches=(),
                images=180,
                passes=9000,
            ),
        )
    )
    ```

    ## Use instead
    ```python
    import numpy as np

    from striate.records import Evidence
    from striate.records.shortcuts import Exchange, ExchangedPlace, Shortcuts, Counted

    place = ExchangedPlace(
        box=(0, 0, 7, 7),
        others=Counted(hits=4, trials=90),
        own=Counted(hits=1, trials=90),
        spread=0.2,
    )
    Evidence(
        shortcuts=Shortcuts(
            images=200,
            right=180,
            exchange=Exchange(
                boxes=(place.box,),
                fall=np.array([0.03], np.float32),
                own_fall=np.array([0.01], np.float32),
                spread=np.array([0.2], np.float32),
                shuffled=0.1,
                decisive=place,
                telling=None,
                patches=(),
                images=180,
                passes=9000,
            ),
        )
    )
    ```

    ## When to ignore it
    When the object belongs there: a horizon at the upper border, a label that is to be read.

    ## Sources
    - Geirhos et al., "Shortcut learning in deep neural networks", Nature Machine Intelligence 2020.
    - Lapuschkin et al., "Unmasking Clever Hans predictors and assessing what machines really learn", Nature
      Communications 2019.
    """

    code = "SHC001"
    name = "one-place-decides"
    severity = "warning"
    section = "shortcuts"

    def look(self, evidence: Evidence) -> ExchangedPlace | None:
        """Return the most decisive place if places were exchanged, and some are away from the object."""
        found = evidence.shortcuts.exchange if evidence.shortcuts is not None else None
        return None if found is None else found.decisive

    def judge(self, seen: ExchangedPlace) -> Iterator[Finding]:
        """Yield a finding if the pixels of another class at the place change too many answers."""
        others, own = seen.others, seen.own
        if not beyond(others, own, _LIMIT):
            return
        low, high = others.interval()
        top, left, bottom, right = seen.box
        yield self.finding(
            f"Rows {top} to {bottom - 1}, columns {left} to {right - 1} decide, where the object hardly is: the pixels "
            f"of another class there change {count(others.hits)} of {count(others.trials)} answers, "
            f"{percentage(100 * others.share)}; those of the same class {percentage(100 * own.share)}.",
            "Look at that place in images of two classes, and cut it off, cover it or move it about in the data.",
            measure=Measure(
                value=100 * others.share,
                limit=_LIMIT,
                wrong="above",
                high=100.0,
                unit="%",
                interval=(100 * low, 100 * high),
                chance=100 * own.share,
            ),
        )

    def told(self, seen: ExchangedPlace) -> str:
        """Return how many answers the most decisive place changes."""
        others, own = seen.others, seen.own
        return (
            f"away from the object another class's pixels change {percentage(100 * others.share)} of the answers at the "
            f"place that matters most, the same class's {percentage(100 * own.share)}"
        )


def beyond(others: Counted, own: Counted, limit: float) -> bool:
    """Return whether a share lies above a limit in percent, and above what the own class's pixels do, by both intervals.

    Example:
        >>> beyond(Counted(hits=60, trials=90), Counted(hits=1, trials=90), 15.0)
        True
        >>> beyond(Counted(hits=60, trials=90), Counted(hits=55, trials=90), 15.0)
        False
    """
    low = others.interval()[0]
    return 100 * low > limit and low > own.interval()[1]
