"""The factors of a study: what stands for which word, in the network's text or in the recipe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from itertools import product
from typing import Any, get_args, get_type_hints

from striate.errors import InputError, Quoted, unknown_name
from striate.records.training import Recipe
from striate.study.plan import Factor, Level, Of, Study

# Whatever a recipe says of one training; a study has its own word for seeds.
RECIPE = tuple(one.name for one in fields(Recipe) if one.name not in {"seed", "unfreeze", "rates", "frozen"})
WORD = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


def combinations(study: Study) -> list[tuple[str, ...]]:
    """Return every combination of levels that is not left out, the reference's first factor slowest."""
    names = [factor.name for factor in study.factors]
    found = []
    for levels in product(*([level.name for level in factor.levels] for factor in study.factors)):
        said = dict(zip(names, levels, strict=True))
        if not any(all(said[factor] == level for factor, level in left) for left in study.without):
            found.append(levels)
    return found


def check_field(name: str, value: object, *, where: str) -> None:
    """Refuse what no field of a recipe can be.

    Raises:
        UnknownNameError: No field of that name that a study may set.
        InputError: A value of another kind.
    """
    if name not in RECIPE:
        raise unknown_name("field of a recipe", name, list(RECIPE), where=where)
    default = next(one.default for one in fields(Recipe) if one.name == name)
    assert default is not MISSING  # noqa: S101 - every field of a recipe has one
    kinds = (int, float) if isinstance(default, float) else (type(default),)
    if isinstance(value, bool) or not isinstance(value, kinds):
        what = {int: "a whole number", str: "a word"}.get(kinds[0] if len(kinds) == 1 else float, "a number")
        raise InputError(f"{name} must be {what}", got=Quoted(str(value)), where=where)
    words = get_args(get_type_hints(Recipe)[name])
    if words and value not in words:
        raise unknown_name(name, str(value), list(words), where=where)


def factors_from(given: object, network: str, recipe: Mapping[str, Any], *, where: str) -> tuple[Factor, ...]:
    """Return the factors a file states.

    Args:
        given: Levels by factor, as the file has them.
        network: The text whose $words they stand for.
        recipe: What the file fixes of the recipe.
        where: The place, for messages.

    Raises:
        InputError: Factors that contradict the network, the recipe or each other.
    """
    if not isinstance(given, Mapping) or not given:
        raise InputError("a study must vary something", got=Quoted(str(given)), where=where)
    words = set(WORD.findall(network))
    factors = tuple(_factor(str(name), levels, words, where=where) for name, levels in given.items())
    taken: dict[str, str] = {}
    for factor in factors:
        for word, _ in factor.levels[0].words:
            if factor.of == "recipe" and word in recipe:
                raise InputError(
                    "what is varied must not be fixed as well", got=word, where=where, hint="Take it out of recipe."
                )
            if word in taken:
                raise InputError(
                    "a word must belong to one factor",
                    got=Quoted(f"${word} of {taken[word]} and {factor.name}"),
                    where=where,
                )
            taken[word] = factor.name
    if missing := sorted(words - set(taken)):
        raise InputError(
            "every $word of the network must belong to a factor",
            got=", ".join(f"${word}" for word in missing),
            where=where,
            hint="Add it to a level, or write its value into the network.",
        )
    return factors


def _factor(name: str, given: object, words: set[str], *, where: str) -> Factor:
    where = f"{where}, {name}"
    levels = {str(value): value for value in given} if isinstance(given, list) else given
    if not isinstance(levels, Mapping) or len(levels) < 2 or (isinstance(given, list) and len(levels) < len(given)):
        raise InputError("a factor must have at least two levels, each once", got=Quoted(str(given)), where=where)
    from striate.train.recipes import check_recipe

    made = tuple(
        Level(name=str(level), words=tuple(value.items()) if isinstance(value, Mapping) else ((name, value),))
        for level, value in levels.items()
    )
    of: Of = "network" if made[0].words and {word for word, _ in made[0].words} <= words else "recipe"
    for level in made:
        if [word for word, _ in level.words] != [word for word, _ in made[0].words]:
            raise InputError("every level must give the same words", got=level.name, where=where)
        for word, value in level.words:
            if of == "network" and not isinstance(value, str | int | float):
                raise InputError("what stands for a word must be text or a number", got=Quoted(str(value)), where=where)
            if of == "recipe":
                if word not in RECIPE:
                    raise InputError(
                        "a word must stand in the network or be a field of the recipe",
                        got=Quoted(word),
                        where=where,
                        hint=f"Write ${word} into the network.",
                    )
                check_field(word, value, where=where)
                check_recipe(replace(Recipe(), **{word: value}))
    if of == "network":
        made = tuple(replace(level, words=tuple((word, str(value)) for word, value in level.words)) for level in made)
    return Factor(name=name, of=of, levels=made)


def reference_from(given: object, factors: tuple[Factor, ...], *, where: str) -> tuple[str, ...]:
    """Return the reference's levels; the first of each factor that the file does not name."""
    said = levels_from(given, factors, where=where)
    return tuple(said.get(factor.name, factor.levels[0].name) for factor in factors)


def levels_from(given: object, factors: tuple[Factor, ...], *, where: str) -> dict[str, str]:
    """Return levels by factor, as a file has them.

    Raises:
        UnknownNameError: No such factor, or no such level of it.
    """
    if not isinstance(given, Mapping):
        raise InputError("levels must be given by factor", got=Quoted(str(given)), where=where)
    known = {factor.name: [level.name for level in factor.levels] for factor in factors}
    said = {str(name): str(level) for name, level in given.items()}
    for name, level in said.items():
        if name not in known:
            raise unknown_name("factor", name, list(known), where=where)
        if level not in known[name]:
            raise unknown_name(f"level of {name}", level, known[name], where=where)
    return said


def without_from(given: object, factors: tuple[Factor, ...], *, where: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the combinations that are left out; a factor that one does not name may have any level."""
    if not isinstance(given, list) or {} in given:
        raise InputError("what is left out must be a list of levels by factor", got=Quoted(str(given)), where=where)
    return tuple(tuple(levels_from(one, factors, where=where).items()) for one in given)
