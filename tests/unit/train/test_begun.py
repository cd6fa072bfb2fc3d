"""Recipes with any beginning: training images only, receipts, resuming, and the quiet output layer."""

from dataclasses import replace

import pytest
import torch

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.errors import Cancelled, DataError, InputError, UnknownNameError
from striate.events import Events
from striate.nets import Network, build, initialise
from striate.records import Recipe
from striate.train import begun_network, check_recipe, train
from striate.train.start import begin_weights, start_images


class Stops(Events):
    """Stops a training after some steps."""

    def __init__(self, after):
        self.left = after

    def is_cancelled(self):
        self.left -= 1
        return self.left < 0


def test_a_recipe_with_an_unknown_beginning_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"Did you mean lsuv\? |Did you mean lsuv"):
        check_recipe(Recipe(init="lsuf"))
    with pytest.raises(InputError, match=r"file must be followed by :PATH.*at recipe"):
        check_recipe(Recipe(init="file"))


@pytest.mark.parametrize(
    ("scheme", "factor"),
    [("he", 0.1), ("xavier", 0.1), ("lsuv", 0.1), ("gabor", 0.1), ("small", 1.0), ("krahenbuhl", 1.0)],
)
def test_the_output_layer_is_quietened_where_its_scores_would_be_of_order_one(plan, scheme, factor):
    first, second = build(plan), build(plan)
    images = torch.empty(40, 1, 8, 8).normal_(generator=torch.Generator().manual_seed(0))
    begin_weights(first, Recipe(init=scheme, seed=2), images=images)
    initialise(second, scheme, seed=2, images=images)

    assert torch.equal(first.classes.weight, second.classes.weight * factor)
    assert torch.equal(first.conv1.weight, second.conv1.weight)


def test_a_start_is_shown_training_images_only(data, plan):
    split = data.split(seed=0, validation=0.1, test=0.2)
    network = begun_network(plan, "he", data)
    shown = start_images(data, split.train, network.preprocessing, Recipe(init="lsuv"))
    allowed = {tuple(data.read(index).flatten().tolist()) for index in split.train}
    # the preprocessing is undone
    stored = (shown * network.preprocessing.std[0] + network.preprocessing.mean[0]) * 255

    assert len(shown) == len(split.train)
    assert {tuple(row.round().int().flatten().tolist()) for row in stored} <= allowed
    assert start_images(data, split.train, network.preprocessing, Recipe()) is None


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["kmeans", "lsuv"])
def test_a_stopped_training_with_a_start_from_images_goes_on_to_the_same_bits(
    data, plan, recipe, tmp_path, scheme, monkeypatch
):
    recipe = replace(recipe, init=scheme)
    whole = train(plan, data, recipe, tmp_path / "whole")
    with pytest.raises(Cancelled):
        train(plan, data, recipe, tmp_path / "parts", events=Stops(29))
    seen = []
    monkeypatch.setattr("striate.train.start.initialise", lambda *_, **__: seen.append(1))
    parts = train(plan, data, recipe, tmp_path / "parts")

    assert seen == []  # the start was not searched for again
    for key, value in whole.network.module.state_dict().items():
        assert torch.equal(value, parts.network.module.state_dict()[key]), key
    assert parts.network.receipt["start"] == whole.network.receipt["start"]
    assert whole.network.receipt["start"]["images_seen"] == 63
    assert whole.network.receipt["start"]["begun"]


def test_another_beginning_does_not_go_on_with_a_run(data, plan, recipe, tmp_path):
    train(plan, data, replace(recipe, epochs=1), tmp_path / "run")
    with pytest.raises(InputError):
        train(plan, data, replace(recipe, epochs=1, init="small"), tmp_path / "run")


def test_a_begun_network_is_saved_and_trains_from_its_weights(data, plan, tmp_path):
    made = begun_network(plan, "orthogonal", data, seed=3)
    made.save(tmp_path / "begun")
    again = Network.read(tmp_path / "begun")

    assert again.receipt["weights"] == "orthogonal, seed 3, output layer × 0.1, untrained"
    assert torch.equal(again.module.conv1.weight, made.module.conv1.weight)
    trained = train(again, data, Recipe(epochs=1, batch=9), tmp_path / "run")
    assert trained.network.receipt["start"]["weights"] == again.receipt["weights"]


def test_a_begun_network_leaves_the_one_given_and_the_random_state_alone(data, plan):
    given = begun_network(plan, "he", data)
    before = {key: value.clone() for key, value in given.module.state_dict().items()}
    state = torch.get_rng_state()
    made = begun_network(given, "kmeans", data)

    assert all(torch.equal(before[key], value) for key, value in given.module.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(made.module.conv1.weight, given.module.conv1.weight)


def test_a_start_from_images_without_data_is_refused(plan):
    with pytest.raises(DataError, match="lsuv must be given training images"):
        begun_network(plan, "lsuv")


def test_the_identity_of_a_file_of_filters_is_part_of_the_run(tmp_path):
    import numpy as np

    from striate.train.start import describe

    plan = Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; globalavgpool; classes 3")
    recipe = Recipe(init=f"file:{tmp_path / 'bank.npy'}")
    found = []
    for value in (1.0, 2.0):
        np.save(tmp_path / "bank.npy", np.full((4, 1, 3, 3), value))
        found.append(describe(plan, recipe)["weights"])

    assert found[0] != found[1]


@pytest.mark.slow
def test_rotation_trains_the_trunk_and_leaves_fully_connected_layers_to_he(pictures):
    data = load_data((pictures(90), [index % 3 for index in range(90)]))
    plan = Blueprint.from_text("input 1x8x8; conv 3x3 4, batchnorm, relu; maxpool 2; fc 8, relu; classes 3")
    state = torch.get_rng_state()
    made, again = (begun_network(plan, "rotation:50", data, seed=1) for _ in range(2))
    he = begun_network(plan, "he", data, seed=1)

    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(made.module.fc1.weight, he.module.fc1.weight)
    assert torch.equal(made.module.classes.weight, he.module.classes.weight)
    assert not torch.equal(made.module.conv1.weight, he.module.conv1.weight)
    assert torch.equal(made.module.conv1.weight, again.module.conv1.weight)
    assert made.receipt["begun"][0].startswith("Convolutions from 48 steps on 54 images in four turns")
