"""A learned factor for each channel."""

from __future__ import annotations

from typing import Any

from striate.graph import Shape
from striate.kinds.kind import Attributes, Word, register_word
from striate.kinds.merging import Multiply


@register_word
class LayerScale(Multiply):
    """A learned factor for each channel, which begins small, so that a branch begins as next to nothing.

    Source:
        Touvron et al. 2021, *Going deeper with Image Transformers*, 3 (arXiv 2103.17239); as ConvNeXt has it in torchvision.
    """

    word = Word(
        name="layerscale",
        positional=("start",),
        options={"start": "float"},
        required=("start",),
        follows=True,
        meaning="a learned factor for each channel, all of them `start` at first",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        return {"start": float(arguments["start"])}
