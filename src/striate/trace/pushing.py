"""How values rise with an earlier one: a change pushed forward through recorded calls, as gradients are pulled back."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from striate.trace.backprop import Call, Forward


def pushed(run: Forward, seed: Mapping[int, Tensor]) -> dict[int, Tensor]:
    """Return how much each later value rises, to first order, if some values change: the Jacobian times that change.

    What a call sends back is linear in what arrives; the derivative of that by what arrives is what it sends forward.

    Args:
        run: The forward pass; it may be used again.
        seed: The change of each value that is changed, by number.

    Returns:
        By number of the value, the changed ones included; absent where nothing arrives.

    Source:
        Townsend, "A new trick for calculating Jacobian vector products", 2017.

    Example:
        >>> from striate.trace.backprop import forward
        >>> net = torch.nn.Sequential(torch.nn.Linear(2, 2, bias=False), torch.nn.ReLU())
        >>> _ = net[0].weight.data.copy_(torch.tensor([[1.0, 2.0], [3.0, -9.0]]))
        >>> run = forward(net, torch.tensor([[1.0, 1.0]]), "eval")
        >>> found = pushed(run, {run.values["input"]: torch.tensor([[0.0, 1.0]])})
        >>> found[run.values["1"]].tolist()
        [[2.0, 0.0]]
    """
    at = dict(seed)
    for call in run.calls:
        arrived = [(tensor, at[n]) for n, tensor in call.reads if n in at]
        if not arrived:
            continue
        at |= {n: rise for n, rise in _rises(call, at, arrived).items() if n not in seed}
    return at


def _rises(call: Call, at: Mapping[int, Tensor], arrived: list[tuple[Tensor, Tensor]]) -> dict[int, Tensor]:
    """Return how each value that a call made rises with what arrived at those it read, by number."""
    made = [tensor for _, tensor in call.made]
    if "attention" in call.operator:
        made, arrived = _again(call, at)
    wanted = {n: one for (n, _), one in zip(call.made, made, strict=False) if one.requires_grad}
    if not wanted:
        return {}
    read = [tensor for tensor, _ in arrived]
    with torch.inference_mode(mode=False), torch.enable_grad():
        weights = [torch.zeros_like(one).requires_grad_() for one in wanted.values()]
        sent = torch.autograd.grad(
            list(wanted.values()), read, weights, create_graph=True, allow_unused=True, materialize_grads=True
        )
        through = torch.stack([(one * change).sum() for one, (_, change) in zip(sent, arrived, strict=True)]).sum()
        if not through.requires_grad:
            return {n: torch.zeros_like(one) for n, one in wanted.items()}
        found = torch.autograd.grad(through, weights, allow_unused=True, materialize_grads=True)
    return dict(zip(wanted, found, strict=True))


def _again(call: Call, at: Mapping[int, Tensor]) -> tuple[list[Tensor], list[tuple[Tensor, Tensor]]]:
    """Return an attention's values and what arrived at its arguments, made once more: fused kernels differentiate only once."""
    arguments = dict(call.arguments)
    arrived = []
    with torch.inference_mode(mode=False), torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
        for name, number in call.numbers.items():
            if number in at and name in arguments:
                arguments[name] = arguments[name].detach().clone().requires_grad_()
                arrived.append((arguments[name], at[number]))
        out = call.func(**arguments)
    return list(out) if isinstance(out, list | tuple) else [out], arrived
