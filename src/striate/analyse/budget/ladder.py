"""Ladders of blueprints: each rung is the next larger one that whole numbers permit."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm

from striate.analyse.budget.linking import Bonds, followed
from striate.analyse.budget.sites import rewritten, roles
from striate.blueprint import Blueprint, Expression
from striate.errors import InputError, unknown_name

# The widest layer, the longest side and the most repeats that are tried, and in any case so many times what there is.
MOST_TIMES = 4
MOST_WIDTH = 32_768
MOST_SIDE = 4096
MOST_REPEATS = 1000
# Kernels, strides and what else a setting may be need not cost more as they grow: all of these are tried.
MOST_OTHER = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Blueprints in order.

    Attributes:
        count: How many rungs there are.
        start: The rung nearest to the blueprint as it is.
        plan: The blueprint of a rung.
        amount: What was done, by rung: times the widths or sides, or the value of the setting.
        rises: Whether no rung costs less than the one below it.
    """

    count: int
    start: int
    plan: Callable[[int], Blueprint]
    amount: Callable[[int], float]
    rises: bool = True


def width_ladder(plan: Blueprint, bonded: Bonds) -> Ladder:
    """Return the blueprints with all widths times one factor.

    Example:
        >>> plan = Blueprint.from_text("input 3x8x8; conv 3 4, relu; conv 3 8, relu; classes 2")
        >>> from striate.analyse.budget.linking import bonds
        >>> ladder = width_ladder(plan, bonds(plan))
        >>> for rung in (0, 1, 2, ladder.start):
        ...     print(ladder.amount(rung), ladder.plan(rung).to_text())
        0.1 input 3x8x8; conv 3 1, relu; conv 3 1, relu; classes 2
        0.2 input 3x8x8; conv 3 1, relu; conv 3 2, relu; classes 2
        0.32 input 3x8x8; conv 3 1, relu; conv 3 3, relu; classes 2
        1.0 input 3x8x8; conv 3 4, relu; conv 3 8, relu; classes 2
    """
    if not bonded.free:
        raise InputError(
            "a blueprint must have a width that can be scaled",
            got=plan.to_text(),
            hint="The input and the outputs keep theirs; name a setting, or scale the input.",
        )
    widest = max(value for bond in bonded.free for value in bond.values.values())
    turns = _turns([(bond.unit, bond.step) for bond in bonded.free], _highest(MOST_WIDTH, widest))

    def plan_at(rung: int) -> Blueprint:
        factor = turns[rung - 1] if rung else Fraction(0)
        values = {site: value for bond in bonded.free for site, value in bond.at(factor).items()}
        return rewritten(plan, values | followed(bonded, values))

    return Ladder(count=len(turns) + 1, start=bisect_right(turns, 1), plan=plan_at, amount=_amounts(turns))


def side_ladder(plan: Blueprint, *, multiple: int = 1) -> Ladder:
    """Return the blueprints for inputs with all sides times one factor; equal sides stay equal.

    Example:
        >>> ladder = side_ladder(Blueprint.from_text("input 3x24x32; conv 3 4, relu; globalavgpool; classes 2"), multiple=8)
        >>> [ladder.plan(rung).input for rung in range(ladder.start - 1, ladder.start + 2)]
        [(3, 24, 24), (3, 24, 32), (3, 24, 40)]
    """
    sides = plan.input[1:]
    turns = _turns([(side, multiple) for side in sorted(set(sides))], _highest(MOST_SIDE, max(sides)))

    def plan_at(rung: int) -> Blueprint:
        factor = turns[rung - 1] if rung else Fraction(0)
        scaled = (multiple * max(1, (factor * side / multiple + Fraction(1, 2)).__floor__()) for side in sides)
        return replace(plan, input=(plan.input[0], *scaled))

    return Ladder(count=len(turns) + 1, start=bisect_right(turns, 1), plan=plan_at, amount=_amounts(turns))


def setting_ladder(plan: Blueprint, name: str, *, multiple: int = 1) -> Ladder:
    """Return the blueprints with every value of one setting.

    Raises:
        UnknownNameError: No setting of that name.
        InputError: A setting that is not a whole number of its own, or that nothing reads.

    Example:
        >>> ladder = setting_ladder(Blueprint.from_text("input 1x8x8; let w 8; conv 3 w; classes 2"), "w")
        >>> ladder.plan(ladder.start).settings["w"], ladder.plan(0).settings["w"]
        (8, 1)
    """
    if name not in plan.settings:
        raise unknown_name("what is solved", name, ["width", "input", *plan.settings], where="over")
    value = plan.settings[name]
    if type(value) is not int:
        hint = f"Solve {', '.join(value.names)}." if isinstance(value, Expression) else ""
        raise InputError("a setting must be a whole number to be solved", got=str(value), where=name, hint=hint)
    read = roles(plan).get(name, set())
    if not read:
        raise InputError("a setting must be read by a layer to be solved", got=name, where="over")
    rises = read <= {"width", "groups", "count"} and read != {"groups"}
    most = MOST_OTHER
    if rises:
        most = max(MOST_REPEATS if "count" in read else MOST_WIDTH, MOST_TIMES * value)
    return Ladder(
        count=most // multiple,
        start=min(max(value // multiple, 1), most // multiple) - 1,
        plan=lambda rung: replace(plan, settings={**plan.settings, name: (rung + 1) * multiple}),
        amount=lambda rung: (rung + 1) * multiple,
        rises=rises,
    )


def _highest(most: int, now: int) -> Fraction:
    return max(Fraction(most, now), Fraction(MOST_TIMES))


def _turns(scaled: list[tuple[int, int]], highest: Fraction) -> list[Fraction]:
    """Return the factors at which a number that is `unit` now goes to its next multiple of `step`, in order."""
    whole = 2 * lcm(*(unit for unit, _ in scaled))
    found: set[int] = set()
    for unit, step in scaled:
        # From n steps to n + 1 where factor · unit ÷ step is n + ½; none is ever below one step.
        most = (highest * unit / step - Fraction(1, 2)).__floor__()
        found.update((2 * number + 1) * step * (whole // (2 * unit)) for number in range(1, most + 1))
    return [Fraction(turn, whole) for turn in sorted(found)]


def _amounts(turns: list[Fraction]) -> Callable[[int], float]:
    """Return the factor of each rung: of all that lead to it, the one with the fewest digits."""

    def amount(rung: int) -> float:
        low = turns[rung - 1] if rung else Fraction(0)
        high = turns[rung] if rung < len(turns) else low + 1
        for digits in range(30):
            found = Fraction(max(-((-low * 10**digits).__floor__()), 1), 10**digits)
            if found < high:
                return float(found)
        return float(low)

    return amount
