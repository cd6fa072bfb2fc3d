"""Balance: torch's weighted loss, equal draws, and a training that goes on to the same weights."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from striate.data import load_data
from striate.errors import Cancelled, DataError, InputError, UnknownNameError
from striate.events import Events
from striate.fingerprint import of_file
from striate.records import Output, Preprocessing, Recipe
from striate.train import check_recipe, read_split, train
from striate.train.balancing import class_weights, training_order
from striate.train.losses import Loss


@pytest.fixture(scope="module")
def uneven(pictures):
    """120 pictures: 80, 30 and 10 of three classes."""
    return load_data((pictures(120), [0] * 80 + [1] * 30 + [2] * 10))


def test_the_weights_are_scikit_learns(uneven):
    from sklearn.utils.class_weight import compute_class_weight

    truth = uneven.targets().numpy()

    expected = compute_class_weight("balanced", classes=np.arange(3), y=truth)
    assert class_weights(uneven, tuple(range(120))) == pytest.approx(expected.tolist())


def test_a_weighted_loss_is_torchs():
    scores = torch.tensor([[1.0, 0.0, -1.0], [0.5, 2.0, 0.0], [0.0, 0.0, 1.0]])
    truth = torch.tensor([0, 2, 1])
    how = Preprocessing(shape=(1, 8, 8), mean=(0.0,), std=(1.0,))
    made = Loss(Output(kind="classes", names=("a", "b", "c")), how, class_weights=(0.5, 2.0, 4.0))(scores, truth)

    each = functional.cross_entropy(scores, truth, reduction="none")
    assert made.item() == pytest.approx(((each * torch.tensor([0.5, 4.0, 2.0])).sum() / 6.5).item())


@pytest.mark.parametrize("epoch", [0, 1])
def test_sampling_draws_every_class_equally_often_and_no_image_twice_before_all_came_once(uneven, epoch):
    recipe = Recipe(balance="sampling", seed=3)
    order = training_order(uneven, tuple(range(120)), recipe, epoch=epoch)

    assert Counter(uneven.samples[index].target for index in order) == {0: 40, 1: 40, 2: 40}
    times = Counter(order)
    assert max(times[index] for index in range(80)) == 1
    assert {times[index] for index in range(80, 110)} == {1, 2}
    assert {times[index] for index in range(110, 120)} == {4}


def test_an_order_depends_on_seed_and_epoch_alone(uneven):
    recipe, all_of_them = Recipe(balance="sampling"), tuple(range(120))
    first = training_order(uneven, all_of_them, recipe, epoch=0)

    assert first == training_order(uneven, all_of_them[::-1], recipe, epoch=0)
    assert first != training_order(uneven, all_of_them, recipe, epoch=1)
    assert first != training_order(uneven, all_of_them, replace(recipe, seed=1), epoch=0)


def test_numbers_that_do_not_divide_are_rounded(uneven):
    order = training_order(uneven, tuple(range(119)), Recipe(balance="sampling"), epoch=0)

    assert sorted(Counter(uneven.samples[index].target for index in order).values()) == [39, 40, 40]


class Stop(Events):
    def __init__(self, step):
        self.step, self.is_asked = step, False

    def progress(self, progress):
        self.is_asked = self.is_asked or (progress.task == "training" and progress.done == self.step)

    def is_cancelled(self):
        return self.is_asked


@pytest.mark.parametrize("balance", ["loss", "sampling"])
def test_a_balanced_training_that_was_stopped_goes_on_to_the_same_weights(tmp_path, plan, uneven, recipe, balance):
    how = replace(recipe, balance=balance)
    train(plan, uneven, how, tmp_path / "whole", threads=1)
    for step in (4, 13):
        with pytest.raises(Cancelled):
            train(plan, uneven, how, tmp_path / "parts", threads=1, events=Stop(step))
    train(plan, uneven, how, tmp_path / "parts", threads=1)
    train(plan, uneven, recipe, tmp_path / "plain", threads=1)

    weights = [of_file(tmp_path / run / "network/weights.safetensors") for run in ("whole", "parts", "plain")]
    assert weights[0] == weights[1] != weights[2]


def _with_balance(word):
    recipe = Recipe()
    object.__setattr__(recipe, "balance", word)
    return recipe


def test_only_classes_can_be_balanced():
    with pytest.raises(InputError, match="balance must be none for labels"):
        check_recipe(Recipe(balance="loss"), "labels")
    with pytest.raises(UnknownNameError, match="sampling"):
        check_recipe(_with_balance("samplin"))


def test_a_run_is_not_read_with_other_groups_than_it_was_trained_with(tmp_path, plan, uneven, recipe):
    grouped = replace(
        uneven,
        samples=tuple(replace(one, group=f"g{number // 2}") for number, one in enumerate(uneven.samples)),
    )
    run = train(plan, grouped, replace(recipe, epochs=1), tmp_path / "run", threads=1).run

    assert read_split(run, grouped)[1] == grouped.split()
    with pytest.raises(DataError, match="with other groups"):
        read_split(run, uneven)
