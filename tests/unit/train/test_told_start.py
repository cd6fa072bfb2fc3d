"""A training that begins at trained weights says where it began, and warns if it ends lower."""

import pytest

from striate.blueprint import Blueprint
from striate.nets import from_blueprint, load_network
from striate.records.training import EpochRow, Recipe, TrainingCurve
from striate.train.asking import told_start

PLAN = Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; globalavgpool; classes 2")


def curve(*scores, name="accuracy"):
    rows = [
        EpochRow(epoch=epoch, train_loss=1.0, validation_loss=1.0, score=score, rate=0.1, seconds=1.0)
        for epoch, score in enumerate(scores)
    ]
    return TrainingCurve(recipe=Recipe(), epochs=tuple(rows), score_name=name, train_count=10, validation_count=5)


@pytest.mark.slow
def test_trained_weights_that_end_lower_are_warned_of(small_run):
    given = load_network(small_run)

    assert (
        told_start(given, curve(0.98, 0.95, 0.972))
        .replace("\u202f", " ")
        .startswith("Warning: The given weights began at 98.0 %, training ends at 97.2 %: worse than it began.")
    )
    assert told_start(given, curve(0.5, 0.9)).replace("\u202f", " ") == (
        "The given weights began at 50.0 %, training ends at 90.0 %."
    )
    assert "began at 0.900, training ends at 0.800: worse" in told_start(given, curve(0.9, 0.8, name="R²"))


@pytest.mark.parametrize("given", [PLAN, from_blueprint(PLAN)])
def test_of_weights_that_were_random_nothing_is_said(given):
    assert told_start(given, curve(0.5, 0.1)) == ""
