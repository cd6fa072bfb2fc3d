"""The separable convolution: space first, channels then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from striate.blueprint.blocks.block import BLOCK_WORDS, Block
from striate.blueprint.model import Layer
from striate.graph import Shape
from striate.kinds import Word

_OPTIONS = ("stride", "padding", "dilation")


def _separable(arguments: Mapping[str, Any], source: Shape) -> str:
    options = "".join(f" {name} {'x'.join(map(str, arguments[name]))}" for name in _OPTIONS if name in arguments)
    kernel, channels = "x".join(map(str, arguments["kernel"])), source[1]
    return f"conv {kernel} {channels}{options} groups {channels} bias off; conv 1 {arguments['width']} bias off"


def _guess(layers: Sequence[Layer], source: Shape) -> Mapping[str, Any]:
    del source
    found = {name: value for name, value in layers[0].arguments.items() if name in {"kernel", *_OPTIONS}}
    return found | {"width": layers[1].arguments["width"]}


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
        guess=_guess,
        source="Chollet, Xception, CVPR 2017, section 1.1",
    ),
)
