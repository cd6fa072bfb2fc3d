"""Local response normalisation: each value against those of the channels beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.errors import InputError
from striate.graph import Op, Shape, size
from striate.kinds.kind import Attributes, Call, Kept, Kind, Recorded, Word, map_axes, register
from striate.kinds.reach import Mixes, Reach

# Defaults of torch; AlexNet has size 5, alpha 1e-4, beta 0.75, k 2.
_DEFAULTS = {"alpha": 1e-4, "beta": 0.75, "k": 1.0}


@register
class LocalResponseNormalisation(Kind):
    """x ÷ (k + alpha · mean of x² over `size` channels around it) ^ beta, in the same place.

    The squares of channels that are not there count as zeros. In a trace it is `torch.nn.LocalResponseNorm`, or another
    module that makes the same calls.

    When it misleads:
        Here alpha stands before the mean of the squares, as in torch and Caffe; the paper and TensorFlow put it before
        their sum, so that the same number means `size` times as much there.

    Source:
        Krizhevsky et al. 2012, *ImageNet Classification with Deep Convolutional Neural Networks*, 3.3. Differs: alpha,
        as said above.
    """

    name = "lrn"
    calls = (
        ("mul", "unsqueeze", "pad", "avg_pool2d", "squeeze", "mul", "add", "pow", "div"),
        ("mul", "view", "pad", "avg_pool3d", "squeeze", "view", "mul", "add", "pow", "div"),
        ("mul", "view", "pad", "avg_pool3d", "squeeze", "mul", "add", "pow", "div"),
    )
    is_follower = True
    word = Word(
        name="lrn",
        positional=("size",),
        options={"size": "int", "alpha": "float", "beta": "float", "k": "float"},
        required=("size",),
        follows=True,
        meaning="local response normalisation over so many channels (alpha 1e-4, beta 0.75, k 1)",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        map_axes(source, "local response normalisation")
        if arguments["size"] < 1:
            raise InputError("size must be at least 1 channel", got=arguments["size"], hint="AlexNet has 5.")
        numbers = {name: float(arguments.get(name, usual)) for name, usual in _DEFAULTS.items()}
        return {"size": arguments["size"], **numbers}

    def read_calls(self, calls: Sequence[Recorded]) -> dict[str, Any] | None:
        square, _, pad, pool, *_, scale, shift, power, quotient = calls
        last = len(calls) - 1
        reads = [call.reads for call in calls]
        expected = [("input", "input"), *((n,) for n in range(last - 1)), ("input", last - 1)]
        kernel = tuple(pool.arguments[1])
        is_over_channels = set(kernel[1:]) == {1} and square.output == scale.output == quotient.output
        numbers = tuple(pad.arguments[1])
        window = (*(0,) * (len(numbers) - 2), kernel[0] // 2, (kernel[0] - 1) // 2)
        if reads != expected or not is_over_channels or numbers != window or set(pool.arguments[2]) != {1}:
            return None
        found = zip(_DEFAULTS, (scale.arguments[1], power.arguments[1], shift.arguments[1]), strict=True)
        return {"size": kernel[0], **{name: float(value) for name, value in found}}

    def other_flops(self, op: Op, sources: Sequence[Shape]) -> int:
        # Square, the window's sum, its scale and shift, power, quotient.
        per_output: int = op.attributes["size"] + 5
        return per_output * size(op.shape)

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        # The squares with their borders for the pooling, what the power reads and what it makes.
        channels = op.shape[1]
        squares = op.bytes * (channels + op.attributes["size"] - 1) // channels
        return Kept(inputs=(0,), extra_bytes=squares + 2 * op.bytes)

    def backward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        # The gradient of the quotient waits for that of the squares, which is made of three maps.
        return 3 * op.bytes

    def reach(self, op: Op) -> Reach:
        return Mixes((1,), "places")

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        found = op.attributes
        kwargs = {name: found[name] for name, usual in _DEFAULTS.items() if found[name] != usual}
        return Call("LocalResponseNorm", (found["size"],), kwargs)

    def summary(self, op: Op) -> str:
        return f"response norm {op.attributes['size']}"
