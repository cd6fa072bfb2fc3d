"""The two residual blocks of ResNet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from striate.blueprint.blocks.block import BLOCK_WORDS, Block, strided
from striate.blueprint.model import Layer
from striate.graph import Shape
from striate.kinds import Word


def _basic(arguments: Mapping[str, Any], source: Shape) -> str:
    width, stride = arguments["width"], arguments.get("stride", (1,))
    main = f"conv 3 {width}{strided(stride)}, batchnorm, relu; conv 3 {width}, batchnorm"
    return f"residual({main}{_shortcut(width, stride, source)}), relu"


def _bottleneck(arguments: Mapping[str, Any], source: Shape) -> str:
    width, stride, groups = arguments["width"], arguments.get("stride", (1,)), arguments.get("groups", 1)
    out = width * arguments.get("expand", 4)
    inner = arguments.get("inner", width)
    grouped = f" groups {groups}" if groups != 1 else ""
    main = (
        f"conv 1 {inner}, batchnorm, relu; conv 3 {inner}{strided(stride)}{grouped}, batchnorm, relu; "
        f"conv 1 {out}, batchnorm"
    )
    return f"residual({main}{_shortcut(out, stride, source)}), relu"


def _guess_basic(layers: Sequence[Layer], source: Shape) -> Mapping[str, Any]:
    del source
    first = layers[0].arguments
    return {"width": first["width"], "stride": first.get("stride", (1,))}


def _guess_bottleneck(layers: Sequence[Layer], source: Shape) -> Mapping[str, Any]:
    del source
    first, middle, last = (layers[place].arguments for place in (0, 3, 6))
    # Counted from the inside where that comes out even.
    expand = 4 if last["width"] % first["width"] else last["width"] // first["width"]
    return {
        "width": last["width"] // expand,
        "expand": expand,
        "stride": middle.get("stride", (1,)),
        "groups": middle.get("groups", 1),
        "inner": first["width"],
    }


def _shortcut(width: int, stride: tuple[int, ...], source: Shape) -> str:
    """Return the branch beside the layers: as it is where the shapes agree, else a 1×1 convolution."""
    if source[1] == width and set(stride) == {1}:
        return ""
    return f" | conv 1 {width}{strided(stride)}, batchnorm"


BLOCK_WORDS.add(
    "basicblock",
    Block(
        word=Word(
            name="basicblock",
            positional=("width",),
            options={"width": "int", "stride": "axes"},
            required=("width",),
            meaning="two 3×3 convolutions with a shortcut; projected by 1×1 where the shape changes",
        ),
        spelling=_basic,
        guess=_guess_basic,
        source="He et al., Deep Residual Learning, CVPR 2016, figure 5 left",
    ),
)
BLOCK_WORDS.add(
    "bottleneck",
    Block(
        word=Word(
            name="bottleneck",
            positional=("width",),
            options={"width": "int", "expand": "int", "stride": "axes", "groups": "int", "inner": "int"},
            required=("width",),
            meaning="1×1, 3×3, 1×1 convolution with a shortcut; the last is `expand` (4) times as wide, the stride is the 3×3's",
        ),
        spelling=_bottleneck,
        guess=_guess_bottleneck,
        source="He et al., Deep Residual Learning, CVPR 2016, figure 5 right; groups: Xie et al., ResNeXt, CVPR 2017",
    ),
)
