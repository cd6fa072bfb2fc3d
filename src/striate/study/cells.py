"""The cells of a study: each combination of levels as a blueprint that costs what it must, on paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from striate.analyse.budget import Budget, Solved, amount_text, cost_of
from striate.analyse.budget.measuring import figures
from striate.analyse.budget.solving import solved
from striate.blueprint import Blueprint
from striate.errors import InputError, Quoted
from striate.numbers import THIN, measure
from striate.records import Figures
from striate.records.training import Recipe
from striate.study.factors import WORD, combinations
from striate.study.plan import Fixed, Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One network of a study, before training.

    Attributes:
        levels: Name of its level of each factor, in the factors' order.
        plan: Its blueprint; None if there is none that can be built.
        recipe: How it is trained; the seed, and the rate if each cell has its own, are set later.
        figures: What it costs; None without a blueprint.
        reached: What it costs in the figure that is held, measured time in microseconds; 0 if none is.
        off_percent: How far that lies from what is held, in percent of it; below 0 if it costs less.
        trouble: Why it is no network, or not equal to the others; "" if it is.
    """

    levels: tuple[str, ...]
    plan: Blueprint | None
    recipe: Recipe
    figures: Figures | None
    reached: int = 0
    off_percent: float = 0.0
    trouble: str = ""


@runtime_checkable
class Costing(Protocol):
    """Tells what networks cost, on paper or by the clock."""

    def cost(self, plan: Blueprint, budget: Budget) -> int:
        """Return what a network costs in a budget's figure."""
        ...

    def solved(self, plan: Blueprint, budget: Budget, over: tuple[str, ...]) -> Solved:
        """Return the network nearest to a budget."""
        ...


class Paper:
    """Tells what networks cost without running one."""

    def cost(self, plan: Blueprint, budget: Budget) -> int:
        """Return what a network costs in a budget's figure."""
        return cost_of(plan, budget.figure, batch=budget.batch, optimizer=budget.optimizer)

    def solved(self, plan: Blueprint, budget: Budget, over: tuple[str, ...]) -> Solved:
        """Return the network nearest to a budget."""
        return solved_by(plan, budget, over)


PAPER = Paper()


def cells_of(study: Study, costing: Costing = PAPER) -> tuple[Cell, ...]:
    """Return the cells of a study, solved for equal cost; those that cannot be equal, or built, say why.

    Every combination of levels is written into the network's text, and its widths (or what else the study names) are solved
    so that its cost is nearest to what is held. Nothing is trained, nothing is built.

    Args:
        study: The study.
        costing: A `striate.study.timing.Clock` where measured time is held.

    Raises:
        InputError: The reference cannot be built; or no other cell can; measured time is held and nobody measures.

    When it misleads:
        Equal MACs are not equal time, and equal time on one machine is not equal time on another.

    Source:
        He and Sun, "Convolutional Neural Networks at Constrained Time Cost", CVPR 2015, section 3: networks traded at constant
        complexity. Differs: the widths are solved, and the residual is told for every cell.

    Example:
        >>> from striate.study.file import study_from
        >>> study = study_from('''
        ... schema: striate/study/1
        ... question: Is it the depth?
        ... network: input 1x28x28; maxpool 2; (conv 3 16, relu) x$depth; globalavgpool; classes 10
        ... data: digits
        ... factors: {depth: [1, 2, 4]}
        ... reference: {depth: 4}
        ... fixed: {macs: reference}
        ... ''')
        >>> for cell in cells_of(study):   # the reference: 196 places × (9·16 + 3 · 9·16²) + 16·10
        ...     off = f"{cell.off_percent:.2f}"
        ...     print(cell.levels, cell.plan.to_text()[26:42], cell.figures.macs, off, cell.trouble[:3] or "equal")
        ('1',) (conv 3 780, rel 1383720 0.04 equal
        ('2',) (conv 3 27, relu 1333854 -3.56 off
        ('4',) (conv 3 16, relu 1383136 0.00 equal
    """
    fixed = _stated(study, costing)
    cells = tuple(_cell(study, levels, fixed, costing) for levels in combinations(study))
    if sum(cell.plan is not None for cell in cells) < 2:
        raise InputError(
            "a study must have at least two cells that can be built",
            got=Quoted(next(cell.trouble for cell in cells if cell.trouble)),
            where="cells",
            hint="Hold another amount, or vary less.",
        )
    return cells


def written(study: Study, levels: tuple[str, ...]) -> tuple[Blueprint, Recipe]:
    """Return the blueprint and the recipe of a combination of levels, before anything is solved.

    Raises:
        BlueprintError: Its text does not read.
    """
    words: dict[str, str] = {}
    recipe = replace(study.recipe, seed=0)
    for factor, name in zip(study.factors, levels, strict=True):
        given = dict(factor.level(name).words)
        if factor.of == "network":
            words |= given
        else:
            recipe = replace(recipe, **given)
    text = WORD.sub(lambda found: words[found[1]], study.network)
    return Blueprint.from_text(text, where=", ".join(levels)), recipe


def _stated(study: Study, costing: Costing) -> Fixed:
    """Return what is held, with the reference's own cost if that is it."""
    plan, recipe = written(study, study.reference)
    fixed = study.fixed
    if fixed.budget is None:
        plan.graph()
        return fixed
    budget = replace(fixed.budget, batch=recipe.batch, optimizer=recipe.optimizer)
    if fixed.of_reference:
        budget = replace(budget, amount=costing.cost(plan, budget))
    return replace(fixed, budget=budget)


def _cell(study: Study, levels: tuple[str, ...], fixed: Fixed, costing: Costing) -> Cell:
    plan, recipe = None, study.recipe
    try:
        plan, recipe = written(study, levels)
        if fixed.budget is None:
            return Cell(levels=levels, plan=plan, recipe=recipe, figures=figures(plan))
        if levels == study.reference and fixed.of_reference:
            return Cell(levels=levels, plan=plan, recipe=recipe, figures=figures(plan), reached=fixed.budget.amount)
        budget = replace(fixed.budget, batch=recipe.batch, optimizer=recipe.optimizer)
        found = costing.solved(plan, budget, fixed.over)
    except InputError as error:
        return Cell(levels=levels, plan=None, recipe=recipe, figures=None, trouble=str(error))
    off = found.residual_percent
    trouble = ""
    if abs(off) > fixed.within_percent:
        near = [amount_text(budget, one) for one in (found.smaller, found.larger) if one is not None]
        permitted = f"; the next that whole numbers permit {'is' if len(near) == 1 else 'are'} {' and '.join(near)}"
        trouble = f"off by {measure(off, signed=True)}{THIN}% ({amount_text(budget, found.reached)}){permitted if near else ''}"
    return Cell(
        levels=levels,
        plan=found.plan,
        recipe=recipe,
        figures=found.after,
        reached=found.reached,
        off_percent=off,
        trouble=trouble,
    )


def solved_by(
    plan: Blueprint, budget: Budget, over: tuple[str, ...], price: Callable[[Blueprint], int] | None = None
) -> Solved:
    """Return the blueprint nearest to a budget: by the first name, and what that leaves by the others.

    Args:
        plan: The blueprint.
        budget: What it must cost.
        over: Names of what is solved, one after the other.
        price: Tells what a blueprint costs; paper does if None.

    Raises:
        InputError: Nothing can reach it.
    """
    first, *finer = over
    found = solved(plan, budget, over=first, price=price)
    for number, name in enumerate(finer):
        try:
            found = solved(found.plan, budget, over=name, price=price)
        except InputError:
            if number:
                return found
            # Nearest was above, and so far that the second cannot give it back: from below it can be filled up.
            below = solved(plan, budget, over=first, at_most=True, price=price)
            found = solved(below.plan, budget, over=name, price=price)
    return found
