"""A study's file, read strictly: every word of it is one the study knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf
from pathlib import Path

import yaml

from striate import schema
from striate.analyse.budget import Budget
from striate.analyse.budget.measuring import FIGURES, Figure
from striate.blueprint.yaml import load
from striate.errors import InputError, Quoted, unknown_name
from striate.records.training import Recipe
from striate.study.factors import check_field, combinations, factors_from, levels_from, reference_from, without_from
from striate.study.plan import SCHEMA_VERSION, Factor, Fixed, Published, Study

KEYS = (
    "schema", "question", "network", "data", "factors", "reference", "fixed", "without", "recipe", "rates", "seeds",
    "first_seed", "published",
)  # fmt: skip
MOST_CELLS, MOST_SEEDS = 400, 100
# Measured time is held a little less closely: it is not the same twice.
_LATENCY, _WITHIN_TIME = "latency_ms", 5.0


def read_study(path: Path | str) -> Study:
    """Return the study of a file.

    Raises:
        InputError: It is no study; the message names the word and the cure.
        UnknownNameError: A key, factor, level or field nobody knows.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise InputError("a study's file must be readable text", got=Quoted(str(cause)), where=str(path)) from cause
    return study_from(text, where=str(path))


def study_from(text: str, *, where: str = "study") -> Study:
    """Return the study of a YAML text.

    Args:
        text: The file's text; `docs/how-to/run-a-study.md` shows one.
        where: Its name, for messages.

    Raises:
        InputError: It is no study.
        UnknownNameError: A key, factor, level or field nobody knows.

    Example:
        >>> study = study_from('''
        ... schema: striate/study/1
        ... question: Is it the depth?
        ... network: input 1x28x28; (conv $side 8, relu) x$depth; globalavgpool; classes 10
        ... data: digits
        ... factors: {depth: [1, 2], side: [3, 5]}
        ... fixed: {macs: reference}
        ... ''')
        >>> [factor.name for factor in study.factors], study.reference, study.fixed.of_reference
        (['depth', 'side'], ('1', '3'), True)
    """
    document = schema.accept(load(text, where=where), "study", SCHEMA_VERSION, where=where)
    for key in document:
        if key not in KEYS:
            raise unknown_name("key of a study", str(key), list(KEYS), where=where)
    for key in ("question", "network", "data"):
        if not isinstance(document.get(key), str) or not document[key].strip():
            raise InputError(f"a study must say its {key}", got=Quoted(str(document.get(key))), where=where)
    recipe = _recipe(document.get("recipe", {}), document["data"], where=f"{where}, recipe")
    network = " ".join(document["network"].split())
    factors = factors_from(document.get("factors"), network, document.get("recipe", {}), where=f"{where}, factors")
    study = Study(
        question=" ".join(document["question"].split()),
        network=network,
        data=document["data"].strip(),
        factors=factors,
        reference=reference_from(document.get("reference", {}), factors, where=f"{where}, reference"),
        fixed=_fixed(document.get("fixed", {}), recipe, where=f"{where}, fixed"),
        without=without_from(document.get("without", []), factors, where=f"{where}, without"),
        recipe=recipe,
        rates=_rates(document.get("rates", "common"), factors, where=f"{where}, rates"),
        seeds=_whole(document.get("seeds", 3), 1, MOST_SEEDS, "seeds", where=where),
        first_seed=_whole(document.get("first_seed", 0), 0, 10**6 - 200, "first_seed", where=where),
        published=_published(document.get("published", []), factors, where=f"{where}, published"),
    )
    _check_cells(study, where=where)
    return study


def study_text(study: Study) -> str:
    """Return the text of a study's file, which `study_from` reads back as the same study."""
    return yaml.safe_dump(study.document(), sort_keys=False, allow_unicode=True, width=110)


def _recipe(given: object, data: str, *, where: str) -> Recipe:
    from striate.train.asking import recipe_with
    from striate.train.recipes import check_recipe

    if not isinstance(given, Mapping):
        raise InputError("a recipe must be names with values", got=Quoted(str(given)), where=where)
    for name, value in given.items():
        check_field(str(name), value, where=where)
    recipe = replace(recipe_with(data.strip()), **given)
    check_recipe(recipe)
    return recipe


def _published(given: object, factors: tuple[Factor, ...], *, where: str) -> tuple[Published, ...]:
    if not isinstance(given, list) or any(not isinstance(one, Mapping) for one in given):
        raise InputError("published must be a list of findings", got=Quoted(str(given)), where=where)
    found = []
    for one in given:
        if set(one) != {"says", "source", "better", "than"} or not one["better"]:
            raise InputError(
                "a finding must hold says, source, better and than", got=", ".join(map(str, one)), where=where
            )
        better, than = (levels_from(one[side], factors, where=where) for side in ("better", "than"))
        if set(better) != set(than) or better == than:
            raise InputError(
                "better and than must name other levels of the same factors",
                got=Quoted(f"{better}, {than}"),
                where=where,
            )
        found.append(
            Published(
                says=" ".join(str(one["says"]).split()),
                source=" ".join(str(one["source"]).split()),
                better=tuple(better.items()),
                than=tuple((name, than[name]) for name in better),
            )
        )
    return tuple(found)


def _fixed(given: object, recipe: Recipe, *, where: str) -> Fixed:
    if not isinstance(given, Mapping):
        raise InputError("what is held must be a figure with its amount", got=Quoted(str(given)), where=where)
    known = [*FIGURES, _LATENCY]
    for key in given:
        if key not in {*known, "over", "within_percent"}:
            raise unknown_name("figure", str(key), [*known, "over", "within_percent"], where=where)
    figures = [figure for figure in known if figure in given]
    if not figures:
        if given:
            raise InputError(
                "what is held must name a figure", got=Quoted("none"), where=where, hint="Like macs: reference."
            )
        return Fixed()
    if len(figures) > 1:
        raise InputError("one figure must be held", got=", ".join(figures), where=where)
    [figure] = figures
    amount = given[figure]
    of_reference = amount == "reference"
    if not of_reference:
        amount = _microseconds(amount, where) if figure == _LATENCY else _whole(amount, 1, 10**15, figure, where=where)
    within = given.get("within_percent", _WITHIN_TIME if figure == _LATENCY else 1.0)
    if isinstance(within, bool) or not isinstance(within, int | float) or not 0 <= within < 100:
        raise InputError("within_percent must be from 0 to below 100", got=Quoted(str(within)), where=where)
    stated: Figure = next((one for one in FIGURES if one == figure), "latency_us")
    return Fixed(
        budget=Budget(
            figure=stated, amount=1 if of_reference else amount, batch=recipe.batch, optimizer=recipe.optimizer
        ),
        of_reference=of_reference,
        over=_over(given.get("over", "width"), where=where),
        within_percent=float(within),
    )


def _microseconds(given: object, where: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0.001 <= given <= 10**6:
        raise InputError(f"{_LATENCY} must be from 0.001 to 1000000", got=Quoted(str(given)), where=where)
    return round(1000 * given)


def _over(given: object, *, where: str) -> tuple[str, ...]:
    names = [given] if isinstance(given, str) else given
    if (
        not isinstance(names, list)
        or not names
        or any(not isinstance(name, str) or names.count(name) > 1 for name in names)
    ):
        raise InputError("over must be width, input or settings, each once", got=Quoted(str(given)), where=where)
    return tuple(names)


def _rates(given: object, factors: tuple[Factor, ...], *, where: str) -> tuple[float, ...]:
    if given == "common":
        return ()
    if any(factor.name == "rate" for factor in factors):
        raise InputError("rates must be common where the rate is what is varied", got=Quoted(str(given)), where=where)
    rates = given if isinstance(given, list) else []
    are_rates = all(isinstance(rate, int | float) and not isinstance(rate, bool) and 0 < rate < inf for rate in rates)
    if not are_rates or len(rates) < 2 or len(set(rates)) < len(rates):
        raise InputError(
            "rates must be common, or at least two different rates above 0", got=Quoted(str(given)), where=where
        )
    return tuple(sorted(float(rate) for rate in rates))


def _whole(given: object, least: int, most: int, name: str, *, where: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise InputError(f"{name} must be a whole number from {least} to {most}", got=Quoted(str(given)), where=where)
    return given


def _check_cells(study: Study, *, where: str) -> None:
    cells = combinations(study)
    if len(cells) > MOST_CELLS:
        raise InputError(f"a study must have at most {MOST_CELLS} cells", got=len(cells), where=where)
    if len(cells) < 2:
        raise InputError("a study must have at least two cells", got=len(cells), where=where)
    if study.reference not in cells:
        raise InputError(
            "the reference must be one of the cells",
            got=Quoted(", ".join(study.reference)),
            where=where,
            hint="Say another under reference.",
        )
