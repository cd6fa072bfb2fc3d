"""The inverted bottleneck of MobileNet-V2: wide inside, narrow between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from striate.blueprint.blocks.block import BLOCK_WORDS, Block, strided
from striate.blueprint.model import Layer
from striate.graph import Shape
from striate.kinds import Word


def _inverted(arguments: Mapping[str, Any], source: Shape) -> str:
    width, expand, channels = arguments["width"], arguments.get("expand", 6), source[1]
    kernel, stride = "x".join(map(str, arguments.get("kernel", (3,)))), strided(arguments.get("stride", (1,)))
    inner = channels * expand
    stages = [f"conv 1 {inner}, batchnorm, relu6"] if expand > 1 else []
    stages.append(f"conv {kernel} {inner}{stride} groups {inner}, batchnorm, relu6")
    if arguments.get("se", 0):
        stages.append(f"se {arguments['se']}")
    stages.append(f"conv 1 {width}, batchnorm")
    main = "; ".join(stages)
    return f"residual({main})" if width == channels and not stride else main


def _guess(layers: Sequence[Layer], source: Shape) -> Mapping[str, Any]:
    convolutions = [layer for layer in layers if layer.word in {"conv", "depthwise"}]
    expand = 1 if convolutions[0].word == "depthwise" else convolutions[0].arguments["width"] // source[0]
    inner, rest = (convolutions[0], convolutions[1:]) if expand == 1 else (convolutions[1], convolutions[2:])
    found = {"expand": expand, "kernel": inner.arguments["kernel"], "stride": inner.arguments.get("stride", (1,))}
    if any(layer.word == "globalavgpool" for layer in layers[: 4 + 3 * (expand > 1)]):
        found["se"] = source[0] * expand // rest[0].arguments["width"]
        rest = rest[2:]
    return found | {"width": rest[0].arguments["width"]}


BLOCK_WORDS.add(
    "inverted",
    Block(
        word=Word(
            name="inverted",
            positional=("width",),
            options={"width": "int", "expand": "int", "kernel": "axes", "stride": "axes", "se": "int"},
            required=("width",),
            meaning="1×1 to `expand` (6) times the channels, depthwise, 1×1 back; a shortcut where the shape stays",
        ),
        spelling=_inverted,
        guess=_guess,
        source="Sandler et al., MobileNetV2, CVPR 2018, figure 4; se: Tan and Le, EfficientNet, ICML 2019",
    ),
)
