"""The same cost with something changed: smaller kernels, twice the depth, another input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from striate.analyse.budget.changing import Change, changed
from striate.analyse.budget.measuring import Budget, Figure, figures, measured, table_for
from striate.analyse.budget.solved import Solved
from striate.analyse.budget.solving import solved
from striate.blueprint import Blueprint


def at_equal_cost(  # noqa: PLR0913 - what is changed, and what `solve` takes
    plan: Blueprint,
    change: Change,
    *,
    figure: Figure = "macs",
    batch: int = 1,
    optimizer: str = "adam",
    over: str = "width",
    multiple: int = 1,
    at_most: bool = False,
) -> Solved:
    """Return a blueprint with a change, its widths solved so that it costs what it did before.

    Args:
        plan: A blueprint without open choices.
        change: `Kernel`, `Depth`, or a list of `Edit`s (`resize` gives the input another size).
        figure: The cost that stays.
        batch: Images of a training step, for "peak_bytes".
        optimizer: Of that step.
        over: What is solved after the change: "width", "input", or the name of a setting.
        multiple: What it must be a multiple of.
        at_most: Whether the old cost must not be passed.

    Returns:
        The blueprint; `before` holds the figures of the one that was given, `notes` what was changed.

    Raises:
        InputError: As `changed` and `solve` do.

    When it misleads:
        One comparison at equal cost says which of two networks is better at one cost, for one recipe; not which of two
        ideas is better.

    Source:
        He and Sun, "Convolutional Neural Networks at Constrained Time Cost", CVPR 2015, section 3.

    Example:
        >>> from striate.analyse.budget import Kernel
        >>> plan = Blueprint.from_text("input 64x36x36; conv 5 128, relu; conv 5 128, relu; conv 1 64; classes 2 by conv")
        >>> found = at_equal_cost(plan, Kernel(side=3))
        >>> found.plan.to_text(), found.notes
        ('input 64x36x36; conv 3 227, relu; conv 3 227, relu; conv 1 114; classes 2 by conv', ('kernels 5 → 3',))
        >>> # 1296 places × (64·227·9 + 227²·9 + 227·114 + 2·114) beside 1296 × (64·128·25 + 128²·25 + 128·64 + 2·64)
        >>> f"{found.residual_percent:.2f}"
        '-0.34'
    """
    budget = Budget(figure=figure, amount=cost_of(plan, figure, batch=batch, optimizer=optimizer))
    budget = replace(budget, batch=batch, optimizer=optimizer)
    return solved_after(plan, [change], budget, over=over, multiple=multiple, at_most=at_most)


def cost_of(plan: Blueprint, figure: Figure, *, batch: int = 1, optimizer: str = "adam") -> int:
    """Return what a blueprint costs, in a figure that budgets are stated in.

    Example:
        >>> cost_of(Blueprint.from_text("input 1x4x4; conv 3x3 2 bias off; classes 3"), "params")   # 2·9 + 32·3 + 3
        117
    """
    budget = Budget(figure=figure, amount=1, batch=batch, optimizer=optimizer)
    return measured(table_for(plan, budget), figure, optimizer=optimizer)


def solved_after(
    plan: Blueprint,
    changes: Sequence[Change],
    budget: Budget,
    *,
    over: str = "width",
    multiple: int = 1,
    at_most: bool = False,
) -> Solved:
    """Return what `solve` makes of a blueprint after changes; `before` is the blueprint as it was before them."""
    made, notes = plan, list[str]()
    for change in changes:
        found = changed(made, change)
        made = found.plan
        notes += found.notes
    result = solved(made, budget, over=over, multiple=multiple, at_most=at_most)
    return replace(result, before=figures(plan), notes=(*notes, *result.notes))
