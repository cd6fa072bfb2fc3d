"""Where the gradient of one unit came from: what each op that reads it sent back, product by product."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from striate.explain.laws import law_of
from striate.explain.laws.law import doubled, leaves
from striate.records import Source, Term
from striate.trace.backprop import Call, Forward, Gradients

MOST_TERMS = 12


def sources_of(run: Forward, found: Gradients, number: int, index: tuple[int, ...]) -> tuple[Source, ...]:
    """Return what each reader of a value sent to one of its elements.

    Args:
        run: The forward pass.
        found: Its gradients.
        number: Of the value.
        index: Of the element, batch first.
    """
    names = run.owners
    sources = []
    for place, call in enumerate(run.calls):
        if number not in found.sent.get(place, {}):
            continue
        slopes = column(call, number, index)
        for (made, _), slope in zip(call.made, slopes, strict=False):
            if made in found.at:
                name = names.get(made, call.operator)
                sources.append(_source(run, name, call, found.at[made].double(), slope))
    return tuple(sources)


def column(call: Call, number: int, index: tuple[int, ...]) -> list[Tensor]:
    """Return how much each output of a call rises with one element of a value it read, all else equal.

    In double precision. What a call sends back to the element is a weighted sum of its outputs' gradients: its derivative
    by these gradients are the weights. Calls that drew random numbers are not made again: they would draw others.
    """
    if is_drawn(call):
        read = [tensor for at, tensor in call.reads if at == number]
        with torch.inference_mode(mode=False), torch.enable_grad():
            return [slope.double() for slope in _weights(read, [tensor for _, tensor in call.made], index)]
    arguments = doubled(call.arguments)
    # The fused kernels of attention cannot be differentiated twice.
    with torch.inference_mode(mode=False), torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
        read = [tensor for name, tensor in leaves(arguments).items() if call.numbers.get(name) == number]
        for tensor in read:
            tensor.requires_grad_()
        out = call.func(**arguments)
        return _weights(read, list(out) if isinstance(out, list | tuple) else [out], index)


def is_drawn(call: Call) -> bool:
    """Return whether a call's outputs depend on random numbers, as those of dropout do while it drops."""
    return torch.Tag.nondeterministic_seeded in call.func.tags and "attention" not in call.operator


def _weights(read: list[Tensor], out: list[Tensor], index: tuple[int, ...]) -> list[Tensor]:
    made = [one for one in out if one.requires_grad]
    weights = [torch.zeros_like(one).requires_grad_() for one in made]
    sent = torch.autograd.grad(made, read, weights, create_graph=True, allow_unused=True, materialize_grads=True)
    here = torch.stack([one[index] for one in sent]).sum()
    if not here.requires_grad:
        return [torch.zeros_like(one) for one in weights]
    return list(torch.autograd.grad(here, weights, allow_unused=True, materialize_grads=True))


def units_of(values: Tensor) -> Tensor:
    """Return (units, …) of one image's values: without the batch, where windows or tokens did not take its place.

    Example:
        >>> units_of(torch.zeros(1, 8, 5, 5)).shape, units_of(torch.zeros(64, 49, 96)).shape
        (torch.Size([8, 5, 5]), torch.Size([64, 49, 96]))
    """
    return values[0] if values.ndim > 1 and values.shape[0] == 1 else values


def strongest(
    products: Tensor, gradients: Tensor, factors: Tensor, most: int = MOST_TERMS
) -> tuple[tuple[Term, ...], float, int]:
    """Return the strongest products of (units, …), the sum of the others, and how many of these are not zero."""
    flat = products.flatten()
    order = flat.abs().argsort(descending=True, stable=True)[:most]
    order = order[flat[order] != 0]
    terms = []
    for place in order.tolist():
        unit, *at = map(int, np.unravel_index(place, tuple(products.shape)))
        terms.append(
            Term(
                unit=unit,
                at=tuple(at),
                gradient=float(gradients.flatten()[place]),
                factor=float(factors.flatten()[place]),
                product=float(flat[place]),
            )
        )
    total = float(flat.sum())
    return tuple(terms), total - sum(term.product for term in terms), int((flat != 0).sum()) - len(terms)


def _source(run: Forward, name: str, call: Call, arrived: Tensor, slope: Tensor) -> Source:
    rows, gradients = units_of(slope), units_of(arrived)
    products = rows * gradients
    terms, rest, rest_count = strongest(products, gradients, rows)
    law = law_of(call)
    has_map = products.ndim > 1
    by_unit = products.flatten(1).sum(1) if has_map else products
    known = {op.name: op.kind for op in run.graph}
    return Source(
        op=name,
        kind=known.get(name, call.operator),
        law=law.name if law is not None else "",
        total=float(products.sum()),
        terms=terms,
        rest=rest,
        rest_count=rest_count,
        by_position=products.sum(0).float().cpu().numpy() if has_map else None,
        by_unit=by_unit.float().cpu().numpy(),
    )
