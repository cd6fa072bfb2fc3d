"""The inception module of GoogLeNet: four branches side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from striate.blueprint.blocks.block import BLOCK_WORDS, Block
from striate.graph import Shape
from striate.kinds import Word

_ARGUMENTS = ("one", "reduce3", "three", "reduce5", "five", "pool")


def _inception(arguments: Mapping[str, Any], source: Shape) -> str:
    del source
    one, reduce3, three, reduce5, five, pool = (arguments[name] for name in _ARGUMENTS)
    then = ", batchnorm eps 0.001, relu" if arguments.get("norm", False) else ", relu"
    kernel = "x".join(map(str, arguments.get("kernel", (5,))))
    ceil = " ceil on" if arguments.get("norm", False) else ""
    return (
        f"concat(conv 1 {one}{then} | conv 1 {reduce3}{then}; conv 3 {three}{then} | "
        f"conv 1 {reduce5}{then}; conv {kernel} {five}{then} | maxpool 3 stride 1 padding 1{ceil}; conv 1 {pool}{then})"
    )


BLOCK_WORDS.add(
    "inception",
    Block(
        word=Word(
            name="inception",
            positional=_ARGUMENTS,
            options=dict.fromkeys(_ARGUMENTS, "int") | {"kernel": "axes", "norm": "switch"},
            required=_ARGUMENTS,
            meaning="1×1, 1×1–3×3, 1×1–5×5 and pool–1×1 side by side; another `kernel` than 5, `norm on` as in torchvision",
        ),
        spelling=_inception,
        source="Szegedy et al., Going Deeper with Convolutions, CVPR 2015, figure 2b",
    ),
)
