"""A study: what is varied, what is held fixed, and how each network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from striate import schema
from striate.analyse.budget import Budget
from striate.records.training import Recipe

SCHEMA_VERSION = 1
Of = Literal["network", "recipe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One value of a factor.

    Attributes:
        name: What it is called in tables: "3×3".
        words: What stands for which $word of the network's text; of a factor of the recipe, fields and their values.
    """

    name: str
    words: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """What is varied.

    Attributes:
        name: Of the factor.
        of: "network" if its words stand in the network's text, "recipe" if it is a field of the recipe.
        levels: At least two.
    """

    name: str
    of: Of
    levels: tuple[Level, ...]

    def level(self, name: str) -> Level:
        """Return the level of that name.

        Raises:
            StopIteration: None has it; a study's file was checked for that.
        """
        return next(level for level in self.levels if level.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """What costs the same in every cell.

    Attributes:
        budget: The figure and its amount; None if nothing is held.
        of_reference: The amount is what the reference costs, not a number of the file.
        over: What is solved to reach it, one after the other: "width", "input" or a setting of the network.
        within_percent: How far a cell may be off and still count as equal.
    """

    budget: Budget | None = None
    of_reference: bool = False
    over: tuple[str, ...] = ("width",)
    within_percent: float = 1.0

    @property
    def is_measured(self) -> bool:
        """Whether what is held is measured on the machine, not told by paper."""
        return self.budget is not None and self.budget.figure == "latency_us"

    def document(self) -> dict[str, Any]:
        """Return what is held as plain values, in the form a study's file has; nothing if nothing is."""
        if self.budget is None:
            return {}
        name = "latency_ms" if self.is_measured else self.budget.figure
        amount = self.budget.amount / 1000 if self.is_measured else self.budget.amount
        return {
            name: "reference" if self.of_reference else amount,
            "over": list(self.over),
            "within_percent": self.within_percent,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What others found, so that the study can say whether it agrees.

    Attributes:
        says: One sentence, with their figures.
        source: Where: authors, year, table.
        better: Levels by factor that were better; factors that are not named may have any level, the same on both sides.
        than: Levels of the same factors that were worse.
    """

    says: str
    source: str
    better: tuple[tuple[str, str], ...]
    than: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A controlled experiment: every combination of levels, each a network trained from several seeds.

    Attributes:
        question: What it answers, one sentence.
        network: Text of a blueprint with a $word wherever a factor stands.
        data: Reference of the data.
        factors: At least one.
        reference: The level of each factor that others are compared with, in the factors' order.
        fixed: What is held.
        without: Combinations that are left out, each as levels by factor.
        recipe: How each is trained; its seed is the study's.
        rates: Learning rates tried for each cell by itself; () for the recipe's rate in all.
        seeds: How many.
        first_seed: The first of them; the others follow.
        published: What others found.
    """

    question: str
    network: str
    data: str
    factors: tuple[Factor, ...]
    reference: tuple[str, ...]
    fixed: Fixed
    recipe: Recipe
    without: tuple[tuple[tuple[str, str], ...], ...] = ()
    rates: tuple[float, ...] = ()
    seeds: int = 3
    first_seed: int = 0
    published: tuple[Published, ...] = ()

    @property
    def seed_numbers(self) -> range:
        """The seeds."""
        return range(self.first_seed, self.first_seed + self.seeds)

    def document(self) -> dict[str, Any]:
        """Return the study as plain values, in the form its file has."""
        factors: dict[str, Any] = {}
        for factor in self.factors:
            factors[factor.name] = {
                level.name: level.words[0][1]
                if [word for word, _ in level.words] == [factor.name]
                else dict(level.words)
                for level in factor.levels
            }
        made: dict[str, Any] = {
            "schema": schema.stamp("study", SCHEMA_VERSION),
            "question": self.question,
            "network": self.network,
            "data": self.data,
            "factors": factors,
            "reference": dict(zip((factor.name for factor in self.factors), self.reference, strict=True)),
        }
        if held := self.fixed.document():
            made["fixed"] = held
        if self.without:
            made["without"] = [dict(one) for one in self.without]
        # Seeds are the study's, and what is varied is no part of what is fixed.
        varied = {word for factor in self.factors if factor.of == "recipe" for word, _ in factor.levels[0].words}
        recipe = {name: value for name, value in self.recipe.document().items() if name not in {"seed", *varied}}
        made |= {"recipe": recipe, "rates": list(self.rates) or "common", "seeds": self.seeds}
        if self.first_seed:
            made["first_seed"] = self.first_seed
        if self.published:
            made["published"] = [
                {"says": one.says, "source": one.source, "better": dict(one.better), "than": dict(one.than)}
                for one in self.published
            ]
        return made
