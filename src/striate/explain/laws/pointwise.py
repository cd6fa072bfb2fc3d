"""The backward pass of what works on each value by itself: the gradient times the slope there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

Arguments = Mapping[str, Any]
# Klambauer et al., "Self-Normalizing Neural Networks", NeurIPS 2017.
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def _relu(x: Tensor, _y: Tensor, _a: Arguments) -> Tensor:
    # Zero at zero itself, as torch has it.
    return (x > 0).to(x)


def _leaky(x: Tensor, _y: Tensor, a: Arguments) -> Tensor:
    return torch.where(x > 0, torch.ones_like(x), torch.full_like(x, a["negative_slope"]))


def _clipped(x: Tensor, _y: Tensor, a: Arguments) -> Tensor:
    return ((x > float(a.get("min_val", 0))) & (x < float(a.get("max_val", 6)))).to(x)


def _elu(x: Tensor, _y: Tensor, a: Arguments) -> Tensor:
    inner, scale = float(a["input_scale"]), float(a["scale"])
    return torch.where(x > 0, torch.ones_like(x), float(a["alpha"]) * inner * (inner * x).exp()) * scale


def _celu(x: Tensor, _y: Tensor, a: Arguments) -> Tensor:
    return torch.where(x > 0, torch.ones_like(x), (x / a["alpha"]).exp())


def _selu(x: Tensor, y: Tensor, _a: Arguments) -> Tensor:
    return _elu(x, y, {"alpha": _SELU_ALPHA, "scale": _SELU_SCALE, "input_scale": 1.0})


def _gelu(x: Tensor, _y: Tensor, a: Arguments) -> Tensor:
    if a["approximate"] == "tanh":
        bend = math.sqrt(2 / math.pi)
        inner = torch.tanh(bend * (x + 0.044715 * x**3))
        return 0.5 * (1 + inner) + 0.5 * x * (1 - inner**2) * bend * (1 + 3 * 0.044715 * x**2)
    normal = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return 0.5 * (1 + torch.erf(x / math.sqrt(2))) + x * normal


def _silu(x: Tensor, _y: Tensor, _a: Arguments) -> Tensor:
    gate = x.sigmoid()
    return gate * (1 + x * (1 - gate))


def _mish(x: Tensor, _y: Tensor, _a: Arguments) -> Tensor:
    bend = torch.log1p(x.exp()).tanh()
    return bend + x * x.sigmoid() * (1 - bend**2)


def _hardswish(x: Tensor, _y: Tensor, _a: Arguments) -> Tensor:
    return torch.where(x < 3, (2 * x + 3) / 6, torch.ones_like(x)) * (x > -3)


def _power(x: Tensor, _y: Tensor, a: Arguments) -> Tensor:
    power = a["exponent"]
    return torch.zeros_like(x) if power == 0 else power * x ** (power - 1)


_SLOPES: Mapping[str, Callable[[Tensor, Tensor, Arguments], Tensor]] = {
    "relu": _relu,
    "relu6": _clipped,
    "hardtanh": _clipped,
    "leaky_relu": _leaky,
    "elu": _elu,
    "celu": _celu,
    "selu": _selu,
    "gelu": _gelu,
    "silu": _silu,
    "mish": _mish,
    "hardswish": _hardswish,
    "hardsigmoid": lambda x, _y, _a: ((x > -3) & (x < 3)).to(x) / 6,
    "sigmoid": lambda _x, y, _a: y * (1 - y),
    "tanh": lambda _x, y, _a: 1 - y**2,
    "exp": lambda _x, y, _a: y,
    "sqrt": lambda _x, y, _a: 0.5 / y,
    "abs": lambda x, _y, _a: x.sign(),
    "sign": lambda x, _y, _a: torch.zeros_like(x),
    "neg": lambda x, _y, _a: -torch.ones_like(x),
    "pow": _power,
}
OPERATORS = tuple(_SLOPES)


def slope(operator: str, arguments: Arguments, made: Tensor) -> Tensor:
    """Return the slope at each value of a recorded activation or pointwise function.

    Example:
        >>> slope("relu", {"self": torch.tensor([-1.0, 0.0, 2.0])}, torch.tensor([0.0, 0.0, 2.0])).tolist()
        [0.0, 0.0, 1.0]
    """
    return _SLOPES[operator](arguments["self"], made, arguments)


def slope_law(operator: str, arguments: Arguments, arrived: Tensor, made: Tensor) -> dict[str, Tensor]:
    """Return the gradient at the input of what works value by value."""
    return {"self": arrived * slope(operator, arguments, made)}
