"""SHC003: a few pixels give the class away, and the network follows them."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.lint.rules.one_place_decides import beyond
from striate.numbers import count, percentage, plural
from striate.records import Evidence
from striate.records.shortcuts import Shortcuts

# Of healthy development networks' data only that of the digits 0 and 1 alone had such a pixel, and no answer followed it.
# Networks with a mark in each class followed it in 11 to 73 % of the images.
_LIMIT = 5.0
# From this share of the images on, pixels that nothing follows are worth a note.
_ALMOST = 0.95


@register
class PixelsGiveClassAway(PictureRule[Shortcuts]):
    """Pixels that hold the class, and answers that follow them.

    ## What it looks for
    Pixels that are nearly the same in all images of a class and others in those of the next: the means of the classes differ at
    least four times as much as the images of one class; or pixels of which nearly all images of one class have a value that
    hardly any other image has. They are exchanged between images. Limit: answers that follow
    those of another class in more than 5 % of the images, by the 95 % interval, and more than those of the own class. Where
    nothing follows them it is a note.

    ## Why it matters
    What is the same in every image of a class is no view of an object: it is a mark of the camera, of the scanner, of whoever
    sorted the files. It is there in the held-out images as well, so the score says nothing of images without it.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence
    from striate.records.shortcuts import Exchange, ExchangedPlace, Shortcuts, TellingPixels, Counted

    quiet = ExchangedPlace(
        box=(0, 0, 7, 7), others=Counted(hits=5, trials=90), own=Counted(hits=0, trials=90), spread=0.1
    )
    Evidence(
        shortcuts=Shortcuts(
            images=200,
            right=180,
            exchange=Exchange(
                boxes=((0, 0, 7, 7),),
                fall=np.array([0.05], np.float32),
                own_fall=np.array([0.0], np.float32),
                spread=np.array([0.1], np.float32),
                shuffled=0.1,
                decisive=quiet,
                telling=TellingPixels(
                    mask=np.eye(8, dtype=np.bool_),
                    told=1.0,
                    chance=0.1,
                    others=Counted(hits=18, trials=90),
                    own=Counted(hits=0, trials=90),
                ),
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

    quiet = ExchangedPlace(
        box=(0, 0, 7, 7), others=Counted(hits=1, trials=90), own=Counted(hits=0, trials=90), spread=0.1
    )
    Evidence(
        shortcuts=Shortcuts(
            images=200,
            right=180,
            exchange=Exchange(
                boxes=((0, 0, 7, 7),),
                fall=np.array([0.01], np.float32),
                own_fall=np.array([0.0], np.float32),
                spread=np.array([0.1], np.float32),
                shuffled=0.1,
                decisive=quiet,
                telling=None,
                patches=(),
                images=180,
                passes=9000,
            ),
        )
    )
    ```

    ## When to ignore it
    When the task is to read just these pixels: a lamp that is on or off before a camera that never moves.

    ## Sources
    - Geirhos et al., "Shortcut learning in deep neural networks", Nature Machine Intelligence 2020.
    - Zech et al., "Variable generalization performance of a deep learning model to detect pneumonia in chest radiographs",
      PLoS Medicine 2018: marks of the hospital in the corner.
    """

    code = "SHC003"
    name = "pixels-give-class-away"
    severity = "warning"
    also = ("note",)
    section = "shortcuts"

    def look(self, evidence: Evidence) -> Shortcuts | None:
        """Return what was tried if pixels were exchanged."""
        found = evidence.shortcuts
        return found if found is not None and found.exchange is not None else None

    def judge(self, seen: Shortcuts) -> Iterator[Finding]:
        """Yield a finding if there are such pixels: a warning if answers follow them."""
        pixels = None if seen.exchange is None else seen.exchange.telling
        if pixels is None:
            return
        follows = beyond(pixels.others, pixels.own, _LIMIT)
        share = pixels.others if follows else None
        value = 100 * (pixels.others.share if follows else pixels.told)
        if not follows and value <= 100 * _ALMOST:
            return
        low, high = (100 * end for end in share.interval()) if share is not None else (value, value)
        said = (
            f"{percentage(100 * pixels.others.share)} of the answers follow those of another class "
            f"({count(pixels.others.hits)} of {count(pixels.others.trials)}), {percentage(100 * pixels.own.share)} those of "
            "their own"
            if follows
            else f"the network follows them in {count(pixels.others.hits)} of {count(pixels.others.trials)} images"
        )
        yield self.finding(
            f"{plural(pixels.count, 'pixel')} give the class away: they alone tell {percentage(100 * pixels.told)} of the "
            f"images apart, chance {percentage(100 * pixels.chance)}; {said}.",
            "Look at these pixels in images of two classes; cut them off or cover them in all images, and train again.",
            measure=Measure(
                value=value,
                limit=_LIMIT if follows else 100 * _ALMOST,
                wrong="above",
                high=100.0,
                unit="%",
                interval=(low, high) if follows else None,
                chance=100 * (pixels.own.share if follows else pixels.chance),
            ),
            severity="warning" if follows else "note",
        )

    def told(self, seen: Shortcuts) -> str:
        """Return that there are no such pixels, or how much they tell."""
        pixels = None if seen.exchange is None else seen.exchange.telling
        if pixels is None:
            return f"no pixel is the same within each class of {count(seen.images)} images and differs between them"
        followed = f"{count(pixels.others.hits)} of {count(pixels.others.trials)} answers follow them"
        return f"{plural(pixels.count, 'pixel')} tell {percentage(100 * pixels.told)} of the images apart, {followed}"
