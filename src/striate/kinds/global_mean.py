"""The mean over space as arithmetic."""

from __future__ import annotations

from typing import Any

from striate.graph import Shape
from striate.kinds.kind import Attributes, Word, map_axes, register_word
from striate.kinds.merging import Mean


@register_word
class GlobalMean(Mean):
    """The mean of each channel over the whole map, as torch's `mean` computes it.

    When it misleads:
        The numbers are those of `globalavgpool`, which is the word to take: this one is there for networks that were
        written so (squeeze-excitation in timm), whose table it equals.
    """

    word = Word(
        name="globalmean",
        options={"keep": "switch"},
        meaning="globalavgpool written as arithmetic; keep off: features, not a map of one place",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        axes = map_axes(source, "a mean over space")
        return {"over": tuple(range(2, 2 + axes)), "keep": arguments.get("keep", True)}
