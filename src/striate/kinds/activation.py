"""Activations: one value in, one value out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.errors import InputError
from striate.graph import Op, Shape
from striate.kinds.kind import Attributes, Call, Kept, Kind, Word, register, register_word
from striate.kinds.reach import Mixes, Reach


class Activation(Kind):
    """What all activations share; each keeps its input or its output for the backward pass, never both."""

    is_follower = True
    module = ""
    shown = ""
    keeps_output = False
    # In place, these compute their gradient from the output; the others keep a copy of the input.
    keeps_output_in_place = False

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        keeps_output = self.keeps_output or (op.in_place and self.keeps_output_in_place)
        return Kept(output=True) if keeps_output else Kept(inputs=(0,))

    def call(self, op: Op, sources: Sequence[Shape]) -> Call | None:
        return Call(self.module)

    def summary(self, op: Op) -> str:
        return self.shown


@register
class ReLU(Activation):
    """max(0, x)."""

    name, module, shown, keeps_output = "relu", "ReLU", "ReLU", True
    flops_per_output = 1
    aten = ("relu",)
    word = Word(name="relu", follows=True, meaning="max(0, x)")


@register
class LeakyReLU(Activation):
    """x above zero, a small share of x below."""

    name, module, shown = "leakyrelu", "LeakyReLU", "leaky ReLU"
    keeps_output_in_place = True
    flops_per_output = 2  # comparison, slope
    aten = ("leaky_relu",)
    word = Word(
        name="leakyrelu",
        positional=("slope",),
        options={"slope": "float"},
        follows=True,
        meaning="x above zero, slope·x below (0.01)",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        return {"slope": float(arguments.get("slope", 0.01))}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"slope": float(arguments[1])}

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        slope = op.attributes["slope"]
        return Call(self.module, () if slope == 0.01 else (slope,))


@register
class ELU(Activation):
    """x above zero, exp(x) − 1 below."""

    name, module, shown = "elu", "ELU", "ELU"
    keeps_output_in_place = True
    flops_per_output = 3  # comparison, exponential, −1
    aten = ("elu",)
    word = Word(
        name="elu",
        positional=("alpha",),
        options={"alpha": "float"},
        follows=True,
        meaning="x above zero, alpha·(exp(x) − 1) below (1)",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        return {"alpha": float(arguments.get("alpha", 1.0))}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"alpha": float(arguments[1])}

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        alpha = op.attributes.get("alpha", 1.0)
        return Call(self.module, () if alpha == 1.0 else (alpha,))


@register
class GELU(Activation):
    """x times the normal distribution function of x."""

    name, module, shown = "gelu", "GELU", "GELU"
    flops_per_output = 5  # scale, error function, +1, half, product
    aten = ("gelu",)
    word = Word(
        name="gelu",
        options={"tanh": "switch"},
        follows=True,
        meaning="x times the normal distribution function of x; tanh: an approximation of it",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        return {"tanh": arguments.get("tanh", False)}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"tanh": arguments[1] == "tanh"}

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call(self.module, (), {"approximate": "tanh"} if op.attributes.get("tanh") else {})


@register
class SiLU(Activation):
    """x times its sigmoid."""

    name, module, shown = "silu", "SiLU", "SiLU"
    flops_per_output = 5  # sigmoid and product
    aten = ("silu",)
    word = Word(name="silu", follows=True, meaning="x times its sigmoid")


@register
class HardSwish(Activation):
    """SiLU in straight pieces."""

    name, module, shown = "hardswish", "Hardswish", "hard swish"
    flops_per_output = 5  # hard sigmoid and product
    aten = ("hardswish",)
    word = Word(name="hardswish", follows=True, meaning="SiLU in straight pieces")


@register
class HardSigmoid(Activation):
    """The sigmoid in straight pieces."""

    name, module, shown = "hardsigmoid", "Hardsigmoid", "hard sigmoid"
    flops_per_output = 4  # shift, two comparisons, scale
    aten = ("hardsigmoid",)
    word = Word(name="hardsigmoid", follows=True, meaning="the sigmoid in straight pieces")


@register
class Clamp(Activation):
    """Values cut to a range; ReLU6 is the range 0 … 6."""

    name, shown = "clamp", "clamp"
    flops_per_output = 2
    aten = ("hardtanh", "clamp", "relu6")
    word = Word(
        name="hardtanh",
        positional=("low", "high"),
        options={"low": "float", "high": "float"},
        follows=True,
        meaning="x cut to a range (−1 … 1)",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        low, high = float(arguments.get("low", -1.0)), float(arguments.get("high", 1.0))
        if not low < high:
            raise InputError("low must be below high", got=f"low {low:g}, high {high:g}", hint="Exchange them.")
        return {"low": low, "high": high}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        if len(arguments) < 3:
            return {"low": 0.0, "high": 6.0}
        low, high = (bound if bound is None else float(bound) for bound in arguments[1:3])
        return {"low": low, "high": high}

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        found = self.read(arguments, sources, output)
        return found | {"masks": True} if operator == "clamp" else found

    def backward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        # The function compares with each bound apart and joins the two masks; the modules do all in one pass.
        if not op.attributes.get("masks"):
            return 0
        is_one_sided = None in (op.attributes["low"], op.attributes["high"])
        return op.elements * (1 if is_one_sided else 2)

    def call(self, op: Op, sources: Sequence[Shape]) -> Call | None:
        bounds = (op.attributes["low"], op.attributes["high"])
        if None in bounds:
            return None
        return Call("ReLU6") if bounds == (0.0, 6.0) else Call("Hardtanh", () if bounds == (-1.0, 1.0) else bounds)

    def summary(self, op: Op) -> str:
        return "ReLU6" if (op.attributes["low"], op.attributes["high"]) == (0.0, 6.0) else self.shown


@register_word
class ReLU6(Clamp):
    """max(0, x), but 6 at most."""

    word = Word(name="relu6", follows=True, meaning="max(0, x), but 6 at most")

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        return {"low": 0.0, "high": 6.0}


@register
class Sigmoid(Activation):
    """1 / (1 + exp(−x))."""

    name, module, shown, keeps_output = "sigmoid", "Sigmoid", "sigmoid", True
    flops_per_output = 4  # sign, exponential, +1, quotient
    aten = ("sigmoid",)
    word = Word(name="sigmoid", follows=True, meaning="1 / (1 + exp(−x))")


@register
class Tanh(Activation):
    """The hyperbolic tangent."""

    name, module, shown, keeps_output = "tanh", "Tanh", "tanh", True
    flops_per_output = 1
    aten = ("tanh",)
    word = Word(name="tanh", follows=True, meaning="the hyperbolic tangent")


@register
class Softmax(Activation):
    """Shares that sum to one along one axis. Found in traces only: our outputs are scores."""

    name, module, shown, keeps_output = "softmax", "Softmax", "softmax", True
    flops_per_output = 5  # largest, difference, exponential, sum, quotient
    aten = ("softmax", "_softmax", "_safe_softmax", "log_softmax")

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"axis": arguments[1] % len(output)}

    def reach(self, op: Op) -> Reach:
        return Mixes((op.attributes["axis"],), "places")

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        return Call(self.module, (), {"dim": op.attributes["axis"]})
