"""Maps made larger or smaller without learning, and channels turned into space. Found in traces only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.graph import Op, Shape
from striate.kinds.kind import UNKNOWN, Kind, Reach, register


@register
class Resize(Kind):
    """A map read at other places, between its values where need be."""

    name = "resize"
    flops_per_output = 7  # four products and three sums, as between the four nearest values
    aten = (
        "upsample_linear1d", "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_bilinear2d",
        "upsample_bicubic2d", "upsample_trilinear3d", "_upsample_nearest_exact1d", "_upsample_nearest_exact2d",
        "_upsample_nearest_exact3d", "_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa", "grid_sampler",
    )  # fmt: skip

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"size": output[2:]}

    def reach(self, op: Op) -> Reach:
        return UNKNOWN

    def summary(self, op: Op) -> str:
        return f"resize to {'×'.join(map(str, op.attributes['size']))}"


@register
class Shuffle(Kind):
    """Channels and space exchanged, or channels put in another order."""

    name = "shuffle"
    aten = ("pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle")

    def reach(self, op: Op) -> Reach:
        return UNKNOWN
