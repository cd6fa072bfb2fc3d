"""Squeeze-excitation: each channel scaled by a gate that reads the whole map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from striate.blueprint.blocks.block import BLOCK_WORDS, Block
from striate.errors import ShapeError
from striate.graph import Shape
from striate.kinds import Word


def _squeeze(arguments: Mapping[str, Any], source: Shape) -> str:
    channels, ratio = source[1], arguments["ratio"]
    if ratio < 1 or channels < ratio:
        raise ShapeError("the ratio of se must be at least 1, and at most the channels", got=ratio)
    gate = f"globalavgpool; conv 1 {channels // ratio}, relu; conv 1 {channels}, sigmoid"
    return f"multiply(identity | {gate})"


BLOCK_WORDS.add(
    "se",
    Block(
        word=Word(
            name="se",
            positional=("ratio",),
            options={"ratio": "int"},
            required=("ratio",),
            meaning="squeeze-excitation: channels scaled by a gate over the whole map, `ratio` times narrower inside",
        ),
        spelling=_squeeze,
        source="Hu et al., Squeeze-and-Excitation Networks, CVPR 2018, figure 3",
    ),
)
