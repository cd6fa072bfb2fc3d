"""`solve`: the blueprint whose cost is nearest to a budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from striate.analyse.budget.ladder import MOST_OTHER, Ladder, setting_ladder, side_ladder, width_ladder
from striate.analyse.budget.linking import Bonds, bonds
from striate.analyse.budget.measuring import Budget, budget_from, figures, measured_or_none, table_for
from striate.analyse.budget.searching import Nearest, nearest
from striate.analyse.budget.sites import Site, stated
from striate.analyse.budget.solved import Solved, WidthChange
from striate.blueprint import Blueprint
from striate.errors import InputError, Quoted
from striate.numbers import count, measure, storage

_NAMES = {"macs": "MACs", "params": "parameters", "peak_bytes": "peak memory", "latency_us": "latency"}


def solve(  # noqa: PLR0913 - one argument for each figure a budget may be stated in
    plan: Blueprint,
    *,
    macs: int | None = None,
    params: int | None = None,
    peak_bytes: int | None = None,
    batch: int = 1,
    optimizer: str = "adam",
    over: str = "width",
    multiple: int = 1,
    at_most: bool = False,
) -> Solved:
    """Return the blueprint whose cost is nearest to a budget; of two as near, the cheaper.

    All widths are scaled by one factor and rounded, those of the outputs excepted: equal widths stay equal, so that
    branches can still be added; the groups of a depthwise convolution go with the channels; other groups stay as many, so
    that the widths they divide keep to their multiples; `let` and expressions stay as they are written. Every blueprint
    that rounding permits and that has the same layers is a rung of a ladder, and the ladder is searched by bisection. Or
    one setting is solved, or the input's sides are scaled together.

    Args:
        plan: A blueprint without open choices.
        macs: Multiply-accumulates of one image, forward.
        params: Parameters.
        peak_bytes: Peak memory of a training step, as `memory_ledger` has it.
        batch: Images of that step.
        optimizer: Of that step.
        over: "width", "input", or the name of a setting.
        multiple: What the widths, the sides or the setting must be multiples of.
        at_most: Whether the budget must not be passed.

    Raises:
        InputError: No budget or several; one that nothing can reach, with the nearest that can be; choices that are open.
        UnknownNameError: No setting of that name.

    When it misleads:
        Equal cost is not equal time: narrow layers and depthwise convolutions run at a fraction of a machine's speed
        (`time_ledger` measures it). Equal cost is not equal accuracy either: train both. A width that the input or the
        outputs hold stays, and `widths` says so. A setting that takes the width of a residual block to that of what it
        reads takes its projection away, and the cost dips there; four values on both sides of the best are looked at for
        that reason, no more. Kernels, strides and dilations are tried from 1 to 128, widths up to 32,768, sides up to
        4096 px, repeats up to 1000, and all of these up to four times what they are.

    Source:
        Trading at constant cost: He and Sun, "Convolutional Neural Networks at Constrained Time Cost", CVPR 2015; one
        factor for all widths: Howard et al., MobileNets, arXiv 1704.04861, section 3.3. Differs: the factor is solved, and
        every rounding is tried.

    Example:
        >>> plan = Blueprint.from_text("input 128x18x18; let w 64; (conv 3 w, relu) x5; conv 3 256; classes 2 by conv")
        >>> found = solve(plan, macs=477_757_440 + 165_888, over="w")   # the cost of (conv 3 256) x3, and the outputs
        >>> found.amount, found.residual_percent, found.plan.settings["w"]
        (160, 0.0, 160)
    """
    budget = budget_from(macs=macs, params=params, peak_bytes=peak_bytes, batch=batch, optimizer=optimizer)
    return solved(plan, budget, over=over, multiple=multiple, at_most=at_most)


def solved(
    plan: Blueprint,
    budget: Budget,
    *,
    over: str = "width",
    multiple: int = 1,
    at_most: bool = False,
    price: Callable[[Blueprint], int] | None = None,
) -> Solved:
    """Return what `solve` does, for a budget that is checked; by a price that is measured, if one is given."""
    if multiple < 1:
        raise InputError("multiple must be at least 1", got=multiple)
    if plan.choices():
        raise InputError(
            "every choice must be made before a budget is solved",
            got=", ".join(plan.choices()),
            where="budget",
            hint="Make it with Blueprint.chosen, or write the blueprint with striate new --from … --set NAME=VALUE.",
        )
    # Whatever is wrong with the blueprint itself is said as such.
    graph = table_for(plan, budget)
    # A block projects its shortcut where the width changes: where two widths meet, it would be another network.
    kinds = tuple(op.kind for op in graph) if over == "width" else None
    bonded = bonds(plan, multiple=multiple) if over == "width" else None
    ladder = _ladder(plan, over, bonded, multiple)
    found = nearest(
        lambda rung: measured_or_none(ladder.plan(rung), budget, kinds, price),
        count=ladder.count,
        start=ladder.start,
        wanted=budget.amount,
        rises=ladder.rises,
        at_most=at_most,
    )
    if found is None or found.rung is None:
        raise _unreachable(budget, over, ladder, found, multiple)
    made = ladder.plan(found.rung)
    return Solved(
        plan=made,
        budget=budget,
        over=over,
        amount=ladder.amount(found.rung),
        reached=found.costs[found.rung],
        smaller=found.smaller,
        larger=found.larger,
        before=figures(plan),
        after=figures(made),
        widths=_changes(plan, made, bonded),
    )


def amount_text(budget: Budget, amount: int) -> str:
    """Return a cost in the unit of a budget.

    Example:
        >>> amount_text(Budget(figure="peak_bytes", amount=1), 2**20), amount_text(Budget(figure="params", amount=1), 900)
        ('1.00 MiB', '900 parameters')
    """
    if budget.figure == "latency_us":
        return f"{measure(amount / 1000)} ms"
    return storage(amount) if budget.figure == "peak_bytes" else f"{count(amount)} {_NAMES[budget.figure]}"


def _ladder(plan: Blueprint, over: str, bonded: Bonds | None, multiple: int) -> Ladder:
    if bonded is not None:
        return width_ladder(plan, bonded)
    return side_ladder(plan, multiple=multiple) if over == "input" else setting_ladder(plan, over, multiple=multiple)


def _unreachable(budget: Budget, over: str, ladder: Ladder, found: Nearest | None, multiple: int) -> InputError:
    """Return the error for a budget outside what a ladder reaches."""
    what, rounded = {"width": "widths", "input": "inputs"}.get(over, f"{over}"), ""
    if multiple > 1:
        rounded = f" in multiples of {multiple}"
    if found is None:
        return InputError(
            f"some {what}{rounded} must fit the layers", got=f"none of {count(ladder.count)}", where="budget"
        )
    least, most = found.costs[found.least], found.costs[found.most]
    if least == most:
        return InputError(
            f"the {_NAMES[budget.figure]} must depend on {over}", got=amount_text(budget, least), where="budget"
        )
    is_small = budget.amount < least
    rung, cost = (found.least, least) if is_small else (found.most, most)
    end = "least" if is_small else "most"
    tried = f" of 1 to {MOST_OTHER}" if not ladder.rises else ""
    return InputError(
        f"a budget must be at {end} what the {'smallest' if is_small else 'largest'} {what}{rounded}{tried} cost",
        got=Quoted(amount_text(budget, budget.amount)),
        hint=f"The nearest that can be reached is {amount_text(budget, cost)} ({_said(over, ladder.amount(rung))}).",
    )


def _said(over: str, amount: float) -> str:
    return f"{over} times {amount:g}" if over in {"width", "input"} else f"{over} {amount:g}"


def _changes(before: Blueprint, after: Blueprint, bonded: Bonds | None) -> tuple[WidthChange, ...]:
    """Return what became of the widths, those of one number together; nothing if only other things were changed."""
    if bonded is None:
        return ()
    old, new = stated(before), stated(after)
    found: dict[tuple[int, bool], WidthChange] = {}
    for site, value in sorted(old.items(), key=lambda pair: (pair[1], pair[0].path)):
        key = (value, site in bonded.fixed)
        known = found.get(key) or WidthChange(before=value, after=_now(new, site, value), where=(), is_fixed=key[1])
        found[key] = replace(known, where=(*known.where, str(site)))
    return tuple(found.values())


def _now(new: dict[Site, int], site: Site, value: int) -> int:
    return new.get(site, value)
