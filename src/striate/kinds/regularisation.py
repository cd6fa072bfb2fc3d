"""Values, maps and whole branches put to zero by chance while training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.errors import InputError
from striate.graph import Op, Shape, size
from striate.kinds.kind import Attributes, Call, Kept, Kind, Recorded, Word, map_axes, register


@register
class Dropout(Kind):
    """Each value is zero with probability `share` in training; nothing happens in eval mode."""

    name = "dropout"
    aten = ("dropout", "native_dropout", "feature_dropout")
    is_follower = True
    flops_per_output = 1
    word = Word(
        name="dropout",
        positional=("share",),
        options={"share": "float", "maps": "switch"},
        required=("share",),
        follows=True,
        meaning="this share of the values, or of whole maps, is zero, by chance, while training",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        share = _share(arguments, "dropout")
        if not arguments.get("maps", False):
            return {"share": share}
        map_axes(source, "dropout of maps")
        return {"share": share, "whole_maps": True}

    def arguments(self, attributes: Attributes, source: Shape) -> dict[str, Any]:
        return {"share": attributes["share"], "maps": attributes.get("whole_maps", False)}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"share": float(arguments[1])}

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        found = self.read(arguments, sources, output)
        return found | {"whole_maps": True} if operator == "feature_dropout" else found

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        # On the CPU torch keeps the scaled mask in the value's own type; a share of 0 does nothing.
        if not op.attributes["share"]:
            return Kept()
        # Where whole maps are dropped there is one number for each.
        places = size(op.shape[2:]) if op.attributes.get("whole_maps") else 1
        return Kept(extra_bytes=op.bytes // max(places, 1))

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        axes = f"{len(op.shape) - 2}d" if op.attributes.get("whole_maps") else ""
        return Call(f"Dropout{axes}", (op.attributes["share"],))

    def summary(self, op: Op) -> str:
        return f"dropout {op.attributes['share']:g}"


@register
class DropPath(Kind):
    """All values of an image are zero with probability `share` in training, the others larger for it.

    Beside a shortcut this leaves out the branch, image by image: stochastic depth. In a trace it is a module that
    multiplies by numbers it draws, one for each image (`StochasticDepth` of torchvision in "row" mode, `DropPath` of timm).

    Source:
        Huang et al. 2016, *Deep Networks with Stochastic Depth* (arXiv 1603.09382). Differs: the draw is made for each
        image, and the values that stay are divided by their share in training instead of multiplied by it in evaluation.
    """

    name = "droppath"
    calls = (("empty", "bernoulli", "div", "mul"), ("new_empty", "bernoulli", "div", "mul"))
    is_follower = True
    flops_per_output = 1
    word = Word(
        name="droppath",
        positional=("share",),
        options={"share": "float"},
        required=("share",),
        follows=True,
        meaning="for this share of the images all values are zero, by chance, while training",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        return {"share": round(_share(arguments, "droppath"), _DIGITS)}

    def read_calls(self, calls: Sequence[Recorded]) -> dict[str, Any] | None:
        empty, draw, scale, product = calls
        stays = draw.arguments[1]
        is_drawn = (
            isinstance(stays, float) and draw.reads == (0,) and scale.reads == (1,) and scale.arguments[1] == stays
        )
        is_by_image = empty.output == (product.output[0], *(1,) * (len(product.output) - 1))
        if not is_drawn or not is_by_image or product.reads not in (("input", 2), (2, "input")):
            return None
        return {"share": round(1 - stays, _DIGITS)}

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        # One number for each image.
        return Kept(extra_bytes=op.bytes * op.shape[0] // max(op.elements, 1)) if op.attributes["share"] else Kept()

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call("DropPath", (op.attributes["share"],), module="drop_path")

    def summary(self, op: Op) -> str:
        return f"drop path {op.attributes['share']:g}"


# Modules keep the share or what is left of it; the difference of the two from 1 is not exact.
_DIGITS = 12


def _share(arguments: Attributes, what: str) -> float:
    share = float(arguments["share"])
    if not 0 <= share < 1:
        raise InputError(f"{what} share must be at least 0 and below 1", got=share, hint="Give 0.1, say.")
    return share
