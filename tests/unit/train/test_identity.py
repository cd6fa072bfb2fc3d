"""What a run is known by."""

from striate.blueprint import Blueprint
from striate.records import Recipe
from striate.train.start import describe

TEXT = "input 1x8x8; conv 3 4, relu; classes 2"
RECIPE = Recipe(optimizer="adamw", rate=0.004, epochs=2, batch=50, weight_decay=0.05)


def test_an_allowance_does_not_make_it_another_run():
    plan = Blueprint.from_text(TEXT)
    allowed = Blueprint.from_text(f'{TEXT}; allow SHP006 because "The size is given."')
    wider = Blueprint.from_text(TEXT.replace("3 4", "3 5"))

    assert describe(allowed, RECIPE) == describe(plan, RECIPE)
    assert describe(wider, RECIPE) != describe(plan, RECIPE)
