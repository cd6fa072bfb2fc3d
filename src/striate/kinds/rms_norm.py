"""Normalisation by the root of the mean square."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from striate.errors import InputError
from striate.graph import Op, Param, Shape
from striate.kinds.kind import Attributes, Call, Kept, Kind, Recorded, Word, register
from striate.kinds.normalisation import trailing
from striate.kinds.reach import Mixes, Reach

# What torch takes where no eps is given: the distance from 1 to the next number of 32 bits.
_USUAL = 1.192093e-07
_CALLS = ("to", "pow", "mean", "add", "rsqrt", "mul", "mul", "to")


@register
class RootMeanSquareNormalisation(Kind):
    """Each image's trailing axes divided by the root of the mean of their squares, then scaled.

    In a trace it is `torch.nn.RMSNorm`, which torch takes apart into eight calls.

    Source:
        Zhang and Sennrich 2019, *Root Mean Square Layer Normalization* (arXiv 1910.07467).
    """

    name = "rmsnorm"
    flops_per_output = 5  # square, its sum, two products, and what is done once for all
    calls = (_CALLS,)
    is_follower = True
    word = Word(
        name="rmsnorm",
        options={"axes": "int", "eps": "float"},
        follows=True,
        meaning="division by the root of the mean square over channels and space, or over so many of the last axes",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        eps = _short(arguments.get("eps", _USUAL))
        if not eps > 0:
            raise InputError("eps must be above 0", got=eps, hint="Leave it out for torch's own.")
        return {"over": trailing(arguments, source), "eps": eps}

    def read_calls(self, calls: Sequence[Recorded]) -> dict[str, Any] | None:
        same, power, mean, shift, _, _, scale, _ = calls
        expected = [("input",), (0,), (1,), (2,), (3,), (0, 4), (5, "parameter"), (6,)]
        rank = len(same.output)
        over = scale.sources[1]
        axes = sorted(axis % rank for axis in mean.arguments[1])
        is_norm = power.arguments[1] == 2 and axes == list(range(rank - len(over), rank)) and mean.arguments[2]
        if [call.reads for call in calls] != expected or not is_norm or same.output[rank - len(over) :] != over:
            return None
        return {"over": over, "eps": _short(shift.arguments[1])}

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        return (Param(name="weight", shape=attributes["over"]),)

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        # One root for each row, and the map before it is scaled.
        rows = prod(sources[0]) // prod(op.attributes["over"])
        return Kept(inputs=(0,), extra_bytes=4 * rows + op.bytes)

    def backward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        return 2 * op.bytes

    def reach(self, op: Op) -> Reach:
        return Mixes(tuple(range(-len(op.attributes["over"]), 0)), "places")

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        eps = op.attributes["eps"]
        return Call("RMSNorm", (tuple(op.attributes["over"]),), {} if eps == _USUAL else {"eps": eps})

    def summary(self, op: Op) -> str:
        return "RMS norm"


def _short(eps: float) -> float:
    """Return a number as it was written before torch rounded it to 32 bits."""
    return float(f"{eps:.7g}")
