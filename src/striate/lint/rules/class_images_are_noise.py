"""IMG001: class images with more grain than real images have."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, figure
from striate.records import ClassImages, Evidence

_SHARE = 0.1
_MOST = 0.5
# Share of a white spectrum beyond a quarter cycle a pixel: 1 − π/16.
_WHITE = 0.80


@register
class ClassImagesAreNoise(PictureRule[ClassImages]):
    """Class images that look like noise.

    ## What it looks for
    The share of each class image's power at wavelengths under 4 pixels, grown with the prior.
    The figure is the largest. Limit: the 95 % quantile of real images. One class in ten may lie
    above it; more are a note. A warning needs more than half of the classes beyond half the way
    from that limit to white noise, which has 0.80: sharp strokes alone are not noise. Where images grown under the same
    prior for the same network with all weights drawn anew are known, they are the yardstick: if they are grainier still,
    training has smoothed what the prior let through, and it stays a note.

    ## Why it matters
    The image a class score likes best shows what was learned about the class. If it is grain,
    the network tells the class by texture that no eye would see, or has not learned it.

    ## Example
    ```python
    import numpy as np

    from striate.records import ClassImages, Evidence

    pictures, ones = np.zeros((4, 1, 8, 8), np.float32), np.ones(4, np.float32)
    Evidence(
        class_images=ClassImages(
            names=("0", "1", "2", "3"),
            images=pictures,
            plain=pictures,
            probability=ones,
            plain_probability=ones,
            detail=np.array([0.1, 0.2, 0.3, 0.46], np.float32),
            plain_detail=ones,
            data_detail=(0.05, 0.22),
            steps=400,
            seed=0,
        )
    )
    ```

    ## Use instead
    ```python
    import numpy as np

    from striate.records import ClassImages, Evidence

    pictures, ones = np.zeros((4, 1, 8, 8), np.float32), np.ones(4, np.float32)
    Evidence(
        class_images=ClassImages(
            names=("0", "1", "2", "3"),
            images=pictures,
            plain=pictures,
            probability=ones,
            plain_probability=ones,
            detail=np.array([0.1, 0.2, 0.2, 0.2], np.float32),
            plain_detail=ones,
            data_detail=(0.05, 0.22),
            steps=400,
            seed=0,
        )
    )
    ```

    ## When to ignore it
    When fine texture does tell the classes apart, or the prior was chosen too weak.

    ## Sources
    - Yosinski et al., "Understanding Neural Networks Through Deep Visualization", ICML 2015
      workshop.
    - Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017.
    """

    code = "IMG001"
    name = "class-images-are-noise"
    severity = "note"
    also = ("warning",)
    section = "class-images"

    def look(self, evidence: Evidence) -> ClassImages | None:
        """Return the class images if any were grown."""
        images = evidence.class_images
        return images if images is not None and images.steps and len(images.detail) else None

    def judge(self, seen: ClassImages) -> Iterator[Finding]:
        """Yield a finding if too many class images are grainier than real ones."""
        details = tuple(float(value) for value in seen.detail)
        limit = float(seen.data_detail[1])
        above = [value for value in details if value > limit]
        if len(above) <= _SHARE * len(details):
            return
        most = max(details)
        name = seen.names[details.index(most)]
        anew = () if seen.twin_detail is None else tuple(float(value) for value in seen.twin_detail)
        is_smoothed = bool(anew) and median(anew) > median(details)
        beside = f" Grown for weights drawn anew, the middle one has {figure(median(anew))}." if anew else ""
        noisy = sum(value > (limit + _WHITE) / 2 for value in details)
        yield self.finding(
            f"{count(len(above))} of {count(len(details))} class images "
            f"{'has' if len(above) == 1 else 'have'} more fine detail than real images: that "
            f"of {name} has "
            f"{figure(most)} of its power, real ones at most {figure(limit)}.{beside}",
            "Look whether the first layer's filters are smooth; train longer, with shifts, and look again.",
            measure=Measure(value=most, limit=limit, wrong="above", marks=details),
            severity="warning" if noisy > _MOST * len(details) and not is_smoothed else "note",
        )
