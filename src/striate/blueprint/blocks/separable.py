"""The separable convolution: space first, channels then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from striate.blueprint.blocks.block import BLOCK_WORDS, Block
from striate.graph import Shape
from striate.kinds import Word


def _separable(arguments: Mapping[str, Any], source: Shape) -> str:
    options = "".join(
        f" {name} {'x'.join(map(str, arguments[name]))}"
        for name in ("stride", "padding", "dilation")
        if name in arguments
    )
    kernel, channels = "x".join(map(str, arguments["kernel"])), source[1]
    return f"conv {kernel} {channels}{options} groups {channels} bias off; conv 1 {arguments['width']} bias off"


BLOCK_WORDS.add(
    "separable",
    Block(
        word=Word(
            name="separable",
            positional=("kernel", "width"),
            options={"kernel": "axes", "width": "int", "stride": "axes", "padding": "axes", "dilation": "axes"},
            required=("kernel", "width"),
            meaning="a depthwise convolution, then a 1×1 convolution; neither has a bias",
        ),
        spelling=_separable,
        source="Chollet, Xception, CVPR 2017, section 1.1",
    ),
)
