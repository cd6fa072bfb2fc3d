"""Normalisation: batch, layer, instance and group."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from striate.errors import InputError, ShapeError
from striate.graph import Op, Param, Shape
from striate.kinds.kind import (
    Attributes,
    Call,
    Kept,
    Kind,
    Recorded,
    Word,
    register,
)
from striate.kinds.reach import Mixes, Reach

# What torch's modules add to the variance unless they are told otherwise.
EPS = 1e-5


def read_eps(arguments: Attributes) -> float:
    """Return what is added to the variance, from a word's arguments."""
    eps = float(arguments.get("eps", EPS))
    if not eps > 0:
        raise InputError("eps must be above 0", got=eps, hint=f"Leave it out for {EPS:g}.")
    return eps


def _eps_kwargs(op: Op) -> dict[str, Any]:
    eps = op.attributes.get("eps", EPS)
    return {} if eps == EPS else {"eps": eps}


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
    word = Word(
        name="batchnorm",
        options={"eps": "float", "affine": "switch"},
        follows=True,
        meaning="batch normalisation; affine off: without scale and shift",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        found: dict[str, Any] = {"eps": read_eps(arguments)}
        return found if arguments.get("affine", True) else found | {"affine": False}

    def read_recorded(self, call: Recorded) -> dict[str, Any]:
        # aten::batch_norm(input, weight, bias, mean, variance, training, momentum, eps, …); the one without training
        # has one argument less before eps.
        found = {"eps": float(call.arguments[6 if call.operator.endswith("_no_training") else 7])}
        return found if "parameter" in call.reads else found | {"affine": False}

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        return _affine(sources[0][1]) if attributes.get("affine", True) else ()

    def buffers(self, op: Op) -> int:
        return 2 * op.shape[1] + 1

    def buffer_bytes(self, op: Op) -> int:
        return 4 * 2 * op.shape[1] + 8  # the counter of batches is an int64

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        return Kept(inputs=(0,), extra_bytes=2 * 4 * sources[0][1])

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        kwargs = _eps_kwargs(op) if op.attributes.get("affine", True) else _eps_kwargs(op) | {"affine": False}
        return Call(f"BatchNorm{max(len(sources[0]) - 2, 1)}d", (sources[0][1],), kwargs)

    def summary(self, op: Op) -> str:
        return "norm"


@register
class InstanceNormalisation(Kind):
    """Each channel of each image to mean 0 and variance 1."""

    name = "instancenorm"
    flops_per_output = 8  # its own mean and variance as well
    aten = ("instance_norm",)
    is_follower = True
    word = Word(
        name="instancenorm",
        options={"eps": "float"},
        follows=True,
        meaning="instance normalisation, with scale and shift",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        return {"eps": read_eps(arguments)}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        # aten::instance_norm(input, weight, bias, mean, variance, use_input_stats, momentum, eps, …)
        return {"eps": float(arguments[7])}

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        return _affine(sources[0][1])

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        if len(sources[0]) < 3:
            raise ShapeError("instance normalisation must read a map", got="×".join(map(str, sources[0][1:])))
        return sources[0]

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        # Mean and deviation of each channel of each image, and its scale, repeated for the images.
        numbers = 3 if op.params else 2
        return Kept(inputs=(0,), extra_bytes=numbers * 4 * sources[0][0] * sources[0][1])

    def reach(self, op: Op) -> Reach:
        return Mixes(tuple(range(2, len(op.shape))), "places")

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call(f"InstanceNorm{len(sources[0]) - 2}d", (sources[0][1],), {"affine": True} | _eps_kwargs(op))

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
        options={"groups": "int", "eps": "float"},
        required=("groups",),
        follows=True,
        meaning="group normalisation with so many groups",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        return {"groups": arguments["groups"], "eps": read_eps(arguments)}

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        # aten::group_norm(input, groups, weight, bias, eps, …); the native one has (…, n, c, places, groups, eps)
        groups, eps = (arguments[6], arguments[7]) if operator.startswith("native") else (arguments[1], arguments[4])
        return {"groups": groups, "eps": float(eps)}

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
        return Call("GroupNorm", (op.attributes["groups"], sources[0][1]), _eps_kwargs(op))

    def summary(self, op: Op) -> str:
        return f"group norm {op.attributes['groups']}"


@register
class LayerNormalisation(Kind):
    """Each image's trailing axes to mean 0 and variance 1; as a word it is over channels and space together."""

    name = "layernorm"
    flops_per_output = 8  # its own mean and variance as well
    aten = ("layer_norm", "native_layer_norm")
    is_follower = True
    word = Word(
        name="layernorm",
        options={"axes": "int", "eps": "float"},
        follows=True,
        meaning="layer normalisation over channels and space, or over so many of the last axes",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        count = arguments.get("axes", len(source) - 1)
        if not 1 <= count < len(source):
            raise ShapeError(
                "axes must be at least 1 and at most those there are beside the batch",
                got=count,
                hint=f"There are {len(source) - 1}.",
            )
        return {"over": source[-count:], "eps": read_eps(arguments)}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        # aten::layer_norm(input, normalized_shape, weight, bias, eps, …)
        return {"over": tuple(arguments[1]), "eps": float(arguments[4])}

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        over = attributes["over"]
        return (Param(name="weight", shape=over), Param(name="bias", shape=over))

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        rows = prod(sources[0]) // prod(op.attributes["over"])
        return Kept(inputs=(0,), extra_bytes=2 * 4 * rows)

    def reach(self, op: Op) -> Reach:
        return Mixes(tuple(range(-len(op.attributes["over"]), 0)), "places")

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call("LayerNorm", (tuple(op.attributes["over"]),), _eps_kwargs(op))

    def summary(self, op: Op) -> str:
        return "layer norm"
