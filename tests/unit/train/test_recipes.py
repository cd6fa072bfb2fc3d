from dataclasses import replace

import pytest

from striate.errors import InputError, UnknownNameError
from striate.records import Recipe
from striate.train import DIGITS_RECIPE, check_recipe


def test_the_recipe_for_digits_can_be_followed():
    check_recipe(DIGITS_RECIPE, "classes")


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 0},
        {"batch": -1},
        {"rate": 0.0},
        {"rate": float("nan")},
        {"rate": float("inf")},
        {"weight_decay": -0.1},
        {"momentum": 1.0},
        {"label_smoothing": 1.0},
        {"shift_px": -1},
    ],
)
def test_a_number_outside_its_range_is_named(change):
    with pytest.raises(InputError, match=f"{next(iter(change))} must be"):
        check_recipe(replace(Recipe(), **change))


def test_an_unknown_word_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"Did you mean adam"):
        check_recipe(_with_optimizer("adan"))


def test_values_cannot_be_smoothed():
    with pytest.raises(InputError, match="label_smoothing must be 0 for values"):
        check_recipe(Recipe(label_smoothing=0.1), "values")


def _with_optimizer(name):
    recipe = Recipe()
    object.__setattr__(recipe, "optimizer", name)  # what an unchecked caller could pass
    return recipe
