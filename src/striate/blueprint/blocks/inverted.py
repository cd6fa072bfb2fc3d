"""The inverted bottleneck of MobileNet-V2: wide inside, narrow between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from striate.blueprint.blocks.block import BLOCK_WORDS, Block
from striate.graph import Shape
from striate.kinds import Word


def _inverted(arguments: Mapping[str, Any], source: Shape) -> str:
    width, expand, channels = arguments["width"], arguments.get("expand", 6), source[1]
    kernel, stride = (
        "x".join(map(str, arguments.get(name, default))) for name, default in (("kernel", (3,)), ("stride", (1,)))
    )
    inner = channels * expand
    stages = [f"conv 1 {inner}, batchnorm, relu6"] if expand > 1 else []
    strided = "" if set(stride) <= set("1x") else f" stride {stride}"
    stages.append(f"conv {kernel} {inner}{strided} groups {inner}, batchnorm, relu6")
    if arguments.get("se", 0):
        stages.append(f"se {arguments['se']}")
    stages.append(f"conv 1 {width}, batchnorm")
    main = "; ".join(stages)
    return f"residual({main})" if width == channels and not strided else main


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
        source="Sandler et al., MobileNetV2, CVPR 2018, figure 4; se: Tan and Le, EfficientNet, ICML 2019",
    ),
)
