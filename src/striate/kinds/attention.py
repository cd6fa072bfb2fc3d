"""Attention: every place reads every other, by how well their keys fit its query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.graph import Op, Shape, size
from striate.kinds.kind import Kept, Kind, register
from striate.kinds.reach import Attends, Reach


@register
class Attention(Kind):
    """softmax(q·kᵀ)·v in one call. Found in traces only."""

    name = "attention"
    aten = ("scaled_dot_product_attention",)
    precision = "half"

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        # aten::scaled_dot_product_attention(query, key, value, …): (n, heads, places, features)
        query, key = sources[0], sources[1]
        found = {"keys": key[-2], "features": query[-1]}
        # (query, key, value, mask, dropout, …)
        return found | {"dropout": float(arguments[4])} if len(arguments) > 4 and arguments[4] else found

    def macs(self, op: Op, sources: Sequence[Shape]) -> int:
        # q·kᵀ: features for each pair of places; the weighted sum of v: keys for each output value.
        pairs: int = size(op.shape[:-1]) * op.attributes["keys"]
        per_pair: int = op.attributes["features"] + op.shape[-1]
        return pairs * per_pair

    def backward_macs(self, op: Op, sources: Sequence[Shape], sides: int) -> int:
        # The scores again, their gradient, and those of v, q and k, whichever of them are asked for.
        pairs: int = size(op.shape[:-1]) * op.attributes["keys"]
        per_pair: int = 3 * op.attributes["features"] + 2 * op.shape[-1]
        return pairs * per_pair if sides else 0

    def other_flops(self, op: Op, sources: Sequence[Shape]) -> int:
        # Scale and softmax of each pair.
        keys: int = op.attributes["keys"]
        return 6 * size(op.shape[:-1]) * keys

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        if op.attributes.get("dropout"):
            # Written out: scaled queries, keys and (as they are) values, then shares, mask and what the mask leaves.
            scaled = (size(sources[0]) + size(sources[1])) * _element_bytes(op)
            return Kept(inputs=(2,), extra_bytes=scaled + 3 * _pairs_bytes(op))
        # Beside them one number for each query, from which the shares are computed again.
        return Kept(
            inputs=tuple(range(min(3, len(sources)))),
            output=True,
            extra_bytes=4 * size(op.shape[:-1]),
        )

    def forward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        return _pairs_bytes(op) if op.attributes.get("dropout") else 0

    def backward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        return _pairs_bytes(op) if op.attributes.get("dropout") else 0

    def reach(self, op: Op) -> Reach:
        return Attends()

    def summary(self, op: Op) -> str:
        return f"attention over {op.attributes['keys']}"


def _element_bytes(op: Op) -> int:
    return op.bytes // max(op.elements, 1)


def _pairs_bytes(op: Op) -> int:
    """Return the bytes of one number for every pair of places."""
    keys: int = op.attributes["keys"]
    return size(op.shape[:-1]) * keys * _element_bytes(op)
