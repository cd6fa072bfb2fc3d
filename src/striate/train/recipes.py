"""Recipes: a good one to begin with, and the check every one must pass."""

from __future__ import annotations

import math
from typing import get_args

from striate.errors import InputError, unknown_name
from striate.nets.beginnings import read_beginning
from striate.records.output import OutputKind
from striate.records.training import Balance, Guarding, Norm, Optimizer, Recipe, Schedule

DIGITS_RECIPE = Recipe(
    optimizer="adamw",
    rate=0.004,
    schedule="one-cycle",
    epochs=8,
    batch=50,
    weight_decay=0.5,
    shift_px=2,
)
"""For small networks on small pictures, such as the built-in digits.

The strong decay is AdamW's own: each step shrinks a weight by rate × decay, which frees the first
filters of the noise they began with.
"""


def check_recipe(recipe: Recipe, kind: OutputKind | None = None) -> None:
    """Refuse a recipe that cannot be followed.

    Args:
        recipe: The recipe.
        kind: What the network is to answer with, if that is known.

    Raises:
        InputError: A number outside its range; it names the field.
        UnknownNameError: An optimiser, schedule, balance, norm, guard or start nobody knows.

    Example:
        >>> check_recipe(Recipe(batch=0))
        Traceback (most recent call last):
        striate.errors.InputError: batch must be at least 1; got 0 (at recipe). [input]
    """
    _check_words(recipe)
    for field, number, least in (
        ("epochs", recipe.epochs, 1),
        ("batch", recipe.batch, 1),
        ("shift_px", recipe.shift_px, 0),
        ("images", recipe.images, 0),
    ):
        if number < least:
            raise InputError(f"{field} must be at least {least}", got=number, where="recipe")
    if not (math.isfinite(recipe.rate) and recipe.rate > 0):
        raise InputError("rate must be above 0", got=recipe.rate, where="recipe")
    if not (math.isfinite(recipe.weight_decay) and recipe.weight_decay >= 0):
        raise InputError("weight_decay must be at least 0", got=recipe.weight_decay, where="recipe")
    for field, share in (
        ("momentum", recipe.momentum),
        ("label_smoothing", recipe.label_smoothing),
        ("warm_up", recipe.warm_up),
    ):
        if not 0 <= share < 1:
            raise InputError(f"{field} must be at least 0 and below 1", got=share, where="recipe")
    _check_care(recipe)
    if kind in {"labels", "values"} and recipe.balance != "none":
        raise InputError(
            f"balance must be none for {kind}, which have no classes to balance", got=recipe.balance, where="recipe"
        )
    if kind == "values" and recipe.label_smoothing:
        raise InputError(
            "label_smoothing must be 0 for values, which have no labels",
            got=recipe.label_smoothing,
            where="recipe",
        )


def _check_words(recipe: Recipe) -> None:
    for noun, name, known in (
        ("optimizer", recipe.optimizer, get_args(Optimizer)),
        ("schedule", recipe.schedule, get_args(Schedule)),
        ("balance", recipe.balance, get_args(Balance)),
        ("norm", recipe.norm, get_args(Norm)),
        ("guard", recipe.guard, get_args(Guarding)),
    ):
        if name not in known:
            raise unknown_name(noun, name, list(known), where="recipe")
    read_beginning(recipe.init, where="recipe")


def _check_care(recipe: Recipe) -> None:
    """Refuse what no network could follow; paths are looked at with the network."""
    if recipe.patience < 0:
        raise InputError("patience must be at least 0", got=recipe.patience, where="recipe")
    if "" in {*recipe.frozen, *(path for path, _ in recipe.rates), *(path for _, path in recipe.unfreeze)}:
        raise InputError(
            "a path must name a part of the network", got="", where="recipe", hint="To train nothing, do not train."
        )
    for epoch, path in recipe.unfreeze:
        if not 2 <= epoch <= recipe.epochs:
            raise InputError(f"unfreeze must name an epoch from 2 to the last, {recipe.epochs}", got=epoch, where=path)
