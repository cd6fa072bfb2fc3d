"""Activations that few networks have: smooth ones, and one whose slope is learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.errors import InputError
from striate.graph import Op, Param, Shape
from striate.kinds.activation import Activation
from striate.kinds.kind import Attributes, Call, Word, register


@register
class CELU(Activation):
    """x above zero, alpha·(exp(x ÷ alpha) − 1) below: an ELU without a kink, whatever alpha."""

    name, module, shown = "celu", "CELU", "CELU"
    flops_per_output = 5  # comparison, quotient, exponential, −1, product
    aten = ("celu",)
    word = Word(
        name="celu",
        positional=("alpha",),
        options={"alpha": "float"},
        follows=True,
        meaning="x above zero, alpha·(exp(x ÷ alpha) − 1) below (1)",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        alpha = float(arguments.get("alpha", 1.0))
        if not alpha:
            raise InputError("alpha of celu must not be 0", got=alpha, hint="Take relu.")
        return {"alpha": alpha}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"alpha": float(arguments[1])}

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        alpha = op.attributes["alpha"]
        return Call(self.module, () if alpha == 1.0 else (alpha,))


@register
class SELU(Activation):
    """A scaled ELU under which mean 0 and variance 1 stay, with weights to match.

    Source:
        Klambauer et al. 2017, *Self-Normalizing Neural Networks* (arXiv 1706.02515).
    """

    name, module, shown = "selu", "SELU", "SELU"
    flops_per_output = 5  # comparison, exponential, −1, two products
    aten = ("selu",)
    word = Word(name="selu", follows=True, meaning="a scaled ELU that keeps mean 0 and variance 1")


@register
class Mish(Activation):
    """x · tanh(softplus(x)).

    Source:
        Misra 2019, *Mish: A Self Regularized Non-Monotonic Activation Function* (arXiv 1908.08681).
    """

    name, module, shown = "mish", "Mish", "Mish"
    flops_per_output = 5  # exponential, +1, logarithm, tanh, product
    aten = ("mish",)
    word = Word(name="mish", follows=True, meaning="x · tanh(softplus(x))")


@register
class Softplus(Activation):
    """log(1 + exp(beta · x)) ÷ beta; x itself where beta · x is above a threshold."""

    name, module, shown = "softplus", "Softplus", "softplus"
    flops_per_output = 6  # product, comparison, exponential, +1, logarithm, quotient
    aten = ("softplus",)
    word = Word(
        name="softplus",
        positional=("beta",),
        options={"beta": "float"},
        follows=True,
        meaning="log(1 + exp(beta·x)) ÷ beta (1)",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        beta = float(arguments.get("beta", 1.0))
        if not beta > 0:
            raise InputError("beta must be above 0", got=beta, hint="Leave it out for 1.")
        return {"beta": beta, "threshold": 20.0}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"beta": float(arguments[1]), "threshold": float(arguments[2])}

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        usual = {"beta": 1.0, "threshold": 20.0}
        return Call(
            self.module, (), {name: op.attributes[name] for name in usual if op.attributes[name] != usual[name]}
        )


@register
class PReLU(Activation):
    """x above zero, slope·x below, with a slope that is learned: one for all, or one for each channel.

    Source:
        He et al. 2015, *Delving Deep into Rectifiers*, 2.1 (arXiv 1502.01852).
    """

    name, module, shown = "prelu", "PReLU", "PReLU"
    flops_per_output = 2  # comparison, slope
    aten = ("prelu",)
    word = Word(
        name="prelu",
        options={"channels": "switch"},
        follows=True,
        meaning="x above zero, a learned slope times x below; channels: a slope for each",
    )

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        return {"slopes": source[1] if arguments.get("channels", False) else 1}

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        return {"slopes": sources[1][0]}

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        return (Param(name="weight", shape=(attributes["slopes"],)),)

    def backward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        # The slopes' gradient is first as large as the map.
        return op.bytes

    def call(self, op: Op, sources: Sequence[Shape]) -> Call:
        slopes = op.attributes["slopes"]
        return Call(self.module, () if slopes == 1 else (slopes,))
