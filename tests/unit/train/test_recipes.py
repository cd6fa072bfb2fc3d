import json
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
        {"warm_up": 1.0},
        {"patience": -1},
        {"unfreeze": ((1, "a"),)},
        {"unfreeze": ((7, "a"),)},
    ],
)
def test_a_number_outside_its_range_is_named(change):
    with pytest.raises(InputError, match=f"{next(iter(change))} must"):
        check_recipe(replace(Recipe(), **change))


def test_an_unknown_word_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"Did you mean adam"):
        check_recipe(_with_optimizer("adan"))


@pytest.mark.parametrize(("field", "word"), [("norm", "keeep"), ("guard", "rolback")])
def test_an_unknown_policy_is_answered_with_the_nearest(field, word):
    recipe = Recipe()
    object.__setattr__(recipe, field, word)
    with pytest.raises(UnknownNameError, match="Did you mean (keep|rollback)"):
        check_recipe(recipe)


@pytest.mark.parametrize("change", [{"frozen": ("",)}, {"rates": (("", 0.1),)}])
def test_an_empty_path_is_refused(change):
    with pytest.raises(InputError, match="a path must name a part"):
        check_recipe(replace(Recipe(), **change))


def test_a_recipe_without_care_is_written_as_it_always_was():
    assert list(Recipe().document()) == [
        "optimizer", "rate", "schedule", "epochs", "batch", "weight_decay", "momentum", "shift_px", "init", "seed",
        "label_smoothing", "balance",
    ]  # fmt: skip


def test_a_recipe_comes_back_from_json():
    recipe = Recipe(
        frozen=("a.0",),
        rates=(("b", 0.5),),
        norm="keep",
        warm_up=0.1,
        unfreeze=((2, "a.0"),),
        patience=3,
        guard="watch",
    )

    assert Recipe.from_document(json.loads(json.dumps(recipe.document()))) == recipe
    assert Recipe.from_document(json.loads(json.dumps(Recipe().document()))) == Recipe()


def test_values_cannot_be_smoothed():
    with pytest.raises(InputError, match="label_smoothing must be 0 for values"):
        check_recipe(Recipe(label_smoothing=0.1), "values")


def _with_optimizer(name):
    recipe = Recipe()
    object.__setattr__(recipe, "optimizer", name)  # what an unchecked caller could pass
    return recipe
