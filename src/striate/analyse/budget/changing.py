"""Changes to a whole blueprint: other kernels everywhere, other depth everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from striate.analyse.budget.sites import Site, layers, rewritten, roles, width_arguments
from striate.blueprint import Blueprint, Expression, Layer, edited
from striate.blueprint.words import layer_to_text
from striate.errors import InputError
from striate.findings import Edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """Another kernel in every convolution.

    Attributes:
        side: The new kernel along every axis, odd.
        was: The kernel that is changed; 0 for every one that is larger than 1.
    """

    side: int
    was: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """Repeats times a factor, rounded; stages that keep their shape become repeats.

    Attributes:
        factor: Above 0.
    """

    factor: float


Change = Kernel | Depth | Sequence[Edit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A changed blueprint.

    Attributes:
        plan: The new blueprint.
        notes: What was changed, and what was left alone and why.
    """

    plan: Blueprint
    notes: tuple[str, ...]


def changed(plan: Blueprint, change: Change) -> Changed:
    """Return a blueprint with a change applied; the given one stays.

    Raises:
        InputError: Nothing in it can be changed so, or the layers no longer fit.

    Example:
        >>> plan = Blueprint.from_text("input 3x32x32; conv 5 8, relu; conv 1 16, relu; (conv 5 16, relu) x2; classes 2")
        >>> changed(plan, Kernel(side=3)).plan.to_text()
        'input 3x32x32; conv 3 8, relu; conv 1 16, relu; (conv 3 16, relu) x2; classes 2'
        >>> changed(plan, Depth(factor=1.5)).plan.to_text()
        'input 3x32x32; conv 5 8, relu; conv 1 16, relu; (conv 5 16, relu) x3; classes 2'
    """
    if isinstance(change, Kernel):
        found = _with_kernel(plan, change)
    elif isinstance(change, Depth):
        from striate.analyse.budget.deepening import deepened

        made, notes = deepened(plan, change.factor)
        found = Changed(plan=made, notes=notes)
    else:
        edits = tuple(change)
        found = Changed(plan=edited(plan, edits), notes=tuple(str(edit) for edit in edits))
    # What no longer fits is said before anything is solved.
    found.plan.graph()
    return found


def _with_kernel(plan: Blueprint, change: Kernel) -> Changed:
    if change.side < 1 or change.side % 2 == 0:
        raise InputError("a new kernel must be odd, so that it has a middle", got=change.side, where="kernel")
    readers = roles(plan)
    values: dict[Site, Any] = {}
    told: dict[str, None] = {}
    for path, layer in layers(plan.items):
        # Windows of pooling are kernels too, but multiply nothing.
        if "kernel" not in layer.arguments or not width_arguments(layer):
            continue
        written = layer.arguments["kernel"]
        kernel = _axes(written, plan)
        new = tuple(change.side if side > 1 and change.was in {0, side} else side for side in kernel)
        if new == kernel:
            continue
        if isinstance(written, Expression) and readers.get(written.text) == {"kernel"} and len(set(new)) == 1:
            values[Site(setting=written.text)] = new[0]
        else:
            values[Site(path=path, argument="kernel")] = new
        told[f"kernels {'×'.join(map(str, kernel))} → {'×'.join(map(str, new))}"] = None
        padding = _padding(layer, kernel, new, plan)
        if padding is not None:
            values[Site(path=path, argument="padding")] = tuple(max(side, 0) for side in padding)
            if min(padding) < 0:
                told[f"maps grow behind {layer_to_text(layer)}, which has less padding than the kernel gives up"] = None
    if not values:
        what = f"of {change.was}" if change.was else "above 1"
        raise InputError(f"a blueprint must have a kernel {what} to change", got=plan.to_text(), where="kernel")
    return Changed(plan=rewritten(plan, values), notes=tuple(told))


def _padding(layer: Layer, before: tuple[int, ...], after: tuple[int, ...], plan: Blueprint) -> tuple[int, ...] | None:
    """Return the padding that keeps the map's size with another kernel, below 0 where there is none; None if unwritten."""
    if isinstance(layer.arguments.get("padding", "same"), str):
        return None
    count = len(plan.input) - 1
    old, new = _spread(before, count), _spread(after, count)
    padding = _spread(_axes(layer.arguments["padding"], plan), count)
    dilation = _spread(_axes(layer.arguments.get("dilation", (1,)), plan), count)
    # What a window loses at both ends, it needs no padding for.
    found = tuple(p + d * (b - a) // 2 for p, d, a, b in zip(padding, dilation, old, new, strict=True))
    return found[:1] if len(set(found)) == 1 else found


def _axes(value: Any, plan: Blueprint) -> tuple[int, ...]:  # noqa: ANN401 - a number, axes or expression
    found = value.value(plan.settings) if isinstance(value, Expression) else value
    return found if isinstance(found, tuple) else (int(found),)


def _spread(values: tuple[int, ...], count: int) -> tuple[int, ...]:
    return values * count if len(values) == 1 else values
