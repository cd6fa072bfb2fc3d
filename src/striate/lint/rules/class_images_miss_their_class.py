"""IMG002: class images that the network itself takes for another class."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, listed, percentage, plural
from striate.records import ClassImages, Evidence

_LIMIT = 0.05


@register
class ClassImagesMissTheirClass(PictureRule[ClassImages]):
    """Class images in which another class scores higher.

    ## What it looks for
    The share of classes that do not rank first for the image grown for them, with the prior. Limit:
    5 %, one class in twenty.

    ## Why it matters
    An image was changed until one score was high, and still another is higher: what drives the
    two classes up is the same, or the score cannot be driven at all. Such an image must not be
    read as what the network looks for in its class.

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
            detail=0.1 * ones,
            plain_detail=ones,
            data_detail=(0.05, 0.22),
            steps=150,
            seed=0,
            rank=(1, 1, 3, 1),
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
            detail=0.1 * ones,
            plain_detail=ones,
            data_detail=(0.05, 0.22),
            steps=150,
            seed=0,
            rank=(1, 1, 1, 1),
        )
    )
    ```

    ## When to ignore it
    When very few steps were taken, or labels are not exclusive, so that two are rightly high together.

    ## Sources
    - Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks", ICLR workshop 2014.
    - Nguyen, Yosinski and Clune, "Deep Neural Networks are Easily Fooled", CVPR 2015.
    """

    code = "IMG002"
    name = "class-images-miss-their-class"
    severity = "note"
    section = "class-images"

    def look(self, evidence: Evidence) -> ClassImages | None:
        """Return the class images if they were grown and their classes ranked."""
        images = evidence.class_images
        return images if images is not None and images.steps and images.rank else None

    def judge(self, seen: ClassImages) -> Iterator[Finding]:
        """Yield a finding if too many classes do not rank first for their own image."""
        missed = [name for name, rank in zip(seen.names, seen.rank, strict=True) if rank > 1]
        share = len(missed) / len(seen.rank)
        if share <= _LIMIT:
            return
        yield self.finding(
            f"In {count(len(missed))} of {plural(len(seen.rank), 'class image')} ({percentage(100 * share)}) another class "
            f"scores higher than the one it was grown for: {listed(missed)}.",
            "Look at these classes in the table of mistakes, and grow them with more steps.",
            measure=Measure(value=100 * share, limit=100 * _LIMIT, wrong="above", high=100.0, unit="%"),
        )
