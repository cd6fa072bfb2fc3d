"""The space of a search, conditioned on its limits before anything is built."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from striate.blueprint import Blueprint
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events, Task
from striate.numbers import count, percent

# Spaces up to so many combinations are gone through whole; of larger ones so many designs are drawn.
MOST_WHOLE, MOST_DRAWN, MOST_TRIED = 10_000, 2000, 60_000
Design = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """The designs a search chooses among: the layers of every one fit together, and it keeps the limits.

    Attributes:
        plan: The blueprint with its choices open.
        choices: Options by the choice's name, in the blueprint's order.
        designs: Places of the options, choice by choice, in order; no two are the same network.
        whole: Combinations in all, also those outside the limits.
        share: Share of different networks whose layers fit together and that keep the limits, of those looked at.
        is_drawn: The designs are a uniform sample of those that keep the limits, not all of them.
    """

    plan: Blueprint
    choices: tuple[tuple[str, tuple[Any, ...]], ...]
    designs: tuple[Design, ...]
    whole: int
    share: float
    is_drawn: bool

    def values(self, design: Design) -> dict[str, Any]:
        """Return what is chosen, by the choice's name."""
        return {name: options[place] for (name, options), place in zip(self.choices, design, strict=True)}

    def blueprint(self, design: Design) -> Blueprint:
        """Return the network of a design."""
        return self.plan.chosen(self.values(design))

    def at(self, where: Sequence[float]) -> Design:
        """Return the design at a place of the unit cube, one number from 0 to below 1 a choice.

        Each number picks among the options that the choices before it leave, an option taking as much room as it has designs.
        Evenly spread numbers give every design the same chance, and every number gives a design.
        """
        low, high = 0, len(self.designs)
        for level, number in enumerate(where):
            target = low + min(max(number, 0.0), 1.0 - 1e-12) * (high - low)
            low, high = self._group(level, int(target), low, high)
        return self.designs[low]

    def place(self, design: Design) -> tuple[float, ...]:
        """Return the middle of a design's room in the unit cube; `at` leads back.

        Raises:
            InputError: No design of this space.
        """
        low, high = 0, len(self.designs)
        found = []
        for level, option in enumerate(design):
            inside = [number for number in range(low, high) if self.designs[number][level] == option]
            if not inside:
                raise InputError(
                    "a design must keep the limits and be one that was drawn", got=Quoted(str(self.values(design)))
                )
            found.append(((inside[0] + inside[-1] + 1) / 2 - low) / (high - low))
            low, high = inside[0], inside[-1] + 1
        return tuple(found)

    def _group(self, level: int, target: int, low: int, high: int) -> tuple[int, int]:
        """Return the run of designs around one that share its option of a choice."""
        option = self.designs[target][level]
        first, last = target, target
        while first > low and self.designs[first - 1][level] == option:
            first -= 1
        while last + 1 < high and self.designs[last + 1][level] == option:
            last += 1
        return first, last + 1


def space_of(
    plan: Blueprint,
    keeps: Callable[[Blueprint], bool],
    *,
    seed: int = 0,
    events: Events = SILENT,
) -> Space:
    """Return the designs of a blueprint with open choices that keep the limits.

    Up to 10,000 combinations are gone through, each costed on paper. Of more, combinations are drawn evenly until 2,000 different
    ones keep the limits, or 60,000 were looked at: an even sample of the designs within the limits.

    Args:
        plan: With open choices.
        keeps: Whether a blueprint keeps the limits; raises InputError if its layers do not fit each other.
        seed: Of what is drawn.
        events: Hears "costing"; may cancel.

    Raises:
        InputError: No open choice; no design within the limits.

    When it misleads:
        Where designs are drawn, the best of all may not be among them.

    Example:
        >>> plan = Blueprint.from_text("input 1x8x8; let w {2,4,8}; conv {3,5} w, relu; globalavgpool; classes 2")
        >>> from striate.analyse.budget import cost_of
        >>> space = space_of(plan, lambda one: cost_of(one, "params") <= 100)   # w·(k² + 1) + 2·w + 2
        >>> space.designs, space.whole, round(space.share, 3)
        (((0, 0), (0, 1), (1, 0), (2, 0)), 6, 0.667)
        >>> space.at((0.6, 0.1)), space.place((1, 0))
        ((1, 0), (0.625, 0.5))
    """
    choices = tuple(plan.choices().items())
    if not choices:
        raise InputError(
            "a blueprint must have open choices to be searched",
            got=plan.to_text(),
            hint="Leave a value open in braces: let w {8,16,32}, conv {3,5} w, choose(maxpool 2 | avgpool 2).",
        )
    sizes = [len(options) for _, options in choices]
    whole = prod(sizes)
    is_drawn = whole > MOST_WHOLE
    found: dict[str, Design] = {}
    looked: set[str] = set()
    task = Task("costing", total=min(whole, MOST_TRIED), unit="design", events=events)
    for design in _drawn(sizes, seed) if is_drawn else product(*(range(size) for size in sizes)):
        made = plan.chosen(_values(choices, design))
        text = made.to_text()
        # Choices inside a branch that is not taken change nothing. One network is one design, and drawn as often as any other.
        if text not in looked and (not is_drawn or _is_plainest(plan, choices, design, text)):
            looked.add(text)
            if _is_within(made, keeps):
                found[text] = design
        task.advance()
        if is_drawn and len(found) >= MOST_DRAWN:
            break
    if not found:
        raise InputError(
            "some design must keep the limits",
            got=Quoted(f"none of {count(len(looked))} looked at"),
            where="limits",
            hint="Allow more, or leave smaller options open.",
        )
    return Space(
        plan=plan,
        choices=choices,
        designs=tuple(sorted(found.values())),
        whole=whole,
        share=len(found) / len(looked),
        is_drawn=is_drawn,
    )


def told_space(space: Space) -> str:
    """Return what a space is, in one sentence."""
    among = (
        f"{percent(space.share)} of those looked at fit together and keep the limits"
        if space.share < 1
        else "all of them keep the limits"
    )
    if space.is_drawn:
        return f"{count(space.whole)} combinations: {among}; {count(len(space.designs))} designs were drawn evenly from those."
    return f"{count(space.whole)} combinations: {among}, {count(len(space.designs))} different networks."


def _values(choices: Sequence[tuple[str, tuple[Any, ...]]], design: Sequence[int]) -> Mapping[str, Any]:
    return {name: options[place] for (name, options), place in zip(choices, design, strict=True)}


def _is_plainest(plan: Blueprint, choices: Sequence[tuple[str, tuple[Any, ...]]], design: Design, text: str) -> bool:
    """Return whether every choice that changes nothing is at its first option: one in all combinations of a network is."""
    for level, option in enumerate(design):
        other = (*design[:level], 0, *design[level + 1 :])
        if option and plan.chosen(_values(choices, other)).to_text() == text:
            return False
    return True


def _is_within(made: Blueprint, keeps: Callable[[Blueprint], bool]) -> bool:
    try:
        return keeps(made)
    except InputError:
        # Layers that do not fit each other are no network.
        return False


def _drawn(sizes: Sequence[int], seed: int) -> Iterator[Design]:
    draw = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(MOST_TRIED):
        yield tuple(draw.randrange(size) for size in sizes)
