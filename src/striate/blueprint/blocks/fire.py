"""The fire module of SqueezeNet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from striate.blueprint.blocks.block import BLOCK_WORDS, Block
from striate.graph import Shape
from striate.kinds import Word


def _fire(arguments: Mapping[str, Any], source: Shape) -> str:
    del source
    squeeze, expand = arguments["squeeze"], arguments["expand"]
    return f"conv 1 {squeeze}, relu; concat(conv 1 {expand}, relu | conv 3 {expand}, relu)"


BLOCK_WORDS.add(
    "fire",
    Block(
        word=Word(
            name="fire",
            positional=("squeeze", "expand"),
            options={"squeeze": "int", "expand": "int"},
            required=("squeeze", "expand"),
            meaning="1×1 to `squeeze` channels, then 1×1 and 3×3 side by side, `expand` channels each",
        ),
        spelling=_fire,
        source="Iandola et al., SqueezeNet, arXiv 1602.07360, figure 1",
    ),
)
