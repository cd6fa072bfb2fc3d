"""How each task is trained well."""

from dataclasses import replace

from striate.records.training import Recipe
from striate.train import DIGITS_RECIPE

RECIPES: dict[str, Recipe] = {
    "digits": replace(DIGITS_RECIPE, epochs=12),
    "small": replace(DIGITS_RECIPE, epochs=14, shift_px=0),
    "coloured": replace(DIGITS_RECIPE, epochs=12),
    "tiles": replace(DIGITS_RECIPE, epochs=16, shift_px=0),
}
