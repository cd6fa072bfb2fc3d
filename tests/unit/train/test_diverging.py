from dataclasses import replace

import pytest
import torch

from striate.blueprint import Blueprint
from striate.errors import DivergedError
from striate.nets import load_network
from striate.runs import Run
from striate.train import read_curve, train

BARE = Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; fc 8, relu; classes 3")


def test_a_training_that_runs_away_keeps_the_last_good_weights(tmp_path, data, recipe):
    wild = replace(recipe, optimizer="sgd", rate=0.5, schedule="one-cycle", momentum=0.99, epochs=8)
    with pytest.raises(DivergedError) as caught:
        train(BARE, data, replace(wild, rate=1e4), tmp_path / "run")
    words = str(caught.value)
    assert "learning rate" in words
    assert "Lower the recipe's rate, to 1e+03 instead of 1e+04" in words
    assert "holds the weights at the end of epoch 0" in words
    assert Run.read(tmp_path / "run").document.status == "failed"
    kept = load_network(tmp_path / "run")
    assert kept.receipt["epochs"] == 0
    assert all(torch.isfinite(value).all() for value in kept.module.state_dict().values())
    assert [event for _, event in read_curve(Run.read(tmp_path / "run")).events] == ["diverged"]


def test_a_network_whose_first_answers_are_no_numbers_is_named(tmp_path, data, recipe, plan):
    from striate.nets import from_blueprint

    given = from_blueprint(plan)
    with torch.no_grad():
        given.module.classes.bias.fill_(float("nan"))
    with pytest.raises(DivergedError, match=r"validation loss must be a finite number; got nan \(at step 0 of 21"):
        train(given, data, recipe, tmp_path / "run")
    assert not (tmp_path / "run" / "network").exists()
