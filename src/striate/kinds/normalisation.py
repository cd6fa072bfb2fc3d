"""Normalisation: batch, layer, instance and group."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from striate.errors import ShapeError
from striate.graph import Op, Param, Shape
from striate.kinds.kind import (
    Attributes,
    Call,
    Kept,
    Kind,
    Word,
    register,
)
from striate.kinds.reach import Mixes, Reach


def _affine(channels: int) -> tuple[Param, ...]:
    return (Param(name="weight", shape=(channels,)), Param(name="bias", shape=(channels,)))


@register
class BatchNormalisation(Kind):
    """Each channel to mean 0 and variance 1 over the batch (train) or by running statistics (eval)."""

    name = "batchnorm"
    flops_per_output = 4  # mean, deviation, scale, shift
    aten = (
        "batch_norm",
        "native_batch_norm",
        "_native_batch_norm_legit_no_training",
        "cudnn_batch_norm",
    )
    is_follower = True
    word = Word(name="batchnorm", follows=True, meaning="batch normalisation")

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        return _affine(sources[0][1])

    def buffers(self, op: Op) -> int:
        return 2 * op.shape[1] + 1

    def buffer_bytes(self, op: Op) -> int:
        return 4 * 2 * op.shape[1] + 8  # the counter of batches is an int64

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        return Kept(inputs=(0,), extra_bytes=2 * 4 * sources[0][1])

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call(f"BatchNorm{max(len(sources[0]) - 2, 1)}d", (sources[0][1],))

    def summary(self, op: Op) -> str:
        return "norm"


@register
class InstanceNormalisation(Kind):
    """Each channel of each image to mean 0 and variance 1."""

    name = "instancenorm"
    flops_per_output = 8  # its own mean and variance as well
    aten = ("instance_norm",)
    is_follower = True
    word = Word(name="instancenorm", follows=True, meaning="instance normalisation, with scale and shift")

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        return _affine(sources[0][1])

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        if len(sources[0]) < 3:
            raise ShapeError("instance normalisation must read a map", got="×".join(map(str, sources[0][1:])))
        return sources[0]

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        return Kept(inputs=(0,), extra_bytes=2 * 4 * sources[0][0] * sources[0][1])

    def reach(self, op: Op) -> Reach:
        return Mixes(tuple(range(2, len(op.shape))), "places")

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call(f"InstanceNorm{len(sources[0]) - 2}d", (sources[0][1],), {"affine": True})

    def summary(self, op: Op) -> str:
        return "instance norm"


@register
class GroupNormalisation(Kind):
    """Groups of channels of each image to mean 0 and variance 1."""

    name = "groupnorm"
    flops_per_output = 8  # its own mean and variance as well
    aten = ("group_norm", "native_group_norm")
    is_follower = True
    word = Word(
        name="groupnorm",
        positional=("groups",),
        options={"groups": "int"},
        required=("groups",),
        follows=True,
        meaning="group normalisation with so many groups",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        return {"groups": arguments["groups"]}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"groups": arguments[1]}

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        if attributes["groups"] < 1 or sources[0][1] % attributes["groups"]:
            raise ShapeError(
                "groups must divide the channels",
                got=f"groups {attributes['groups']}, channels {sources[0][1]}",
            )
        return sources[0]

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        return _affine(sources[0][1])

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        return Kept(inputs=(0,), extra_bytes=2 * 4 * sources[0][0] * op.attributes["groups"])

    def reach(self, op: Op) -> Reach:
        return Mixes(tuple(range(1, len(op.shape))), "places")

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call("GroupNorm", (op.attributes["groups"], sources[0][1]))

    def summary(self, op: Op) -> str:
        return f"group norm {op.attributes['groups']}"


@register
class LayerNormalisation(Kind):
    """Each image's trailing axes to mean 0 and variance 1; as a word it is over channels and space together."""

    name = "layernorm"
    flops_per_output = 8  # its own mean and variance as well
    aten = ("layer_norm", "native_layer_norm")
    is_follower = True
    word = Word(name="layernorm", follows=True, meaning="layer normalisation over channels and space")

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        return {"over": source[1:]}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"over": tuple(arguments[1])}

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        over = attributes["over"]
        return (Param(name="weight", shape=over), Param(name="bias", shape=over))

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        rows = prod(sources[0]) // prod(op.attributes["over"])
        return Kept(inputs=(0,), extra_bytes=2 * 4 * rows)

    def reach(self, op: Op) -> Reach:
        return Mixes(tuple(range(-len(op.attributes["over"]), 0)), "places")

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call("LayerNorm", (tuple(op.attributes["over"]),))

    def summary(self, op: Op) -> str:
        return "layer norm"
