from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.errors import InputError
from striate.records.training import Recipe
from striate.runs import Run
from striate.train import train
from striate.train.curve import read_split
from striate.train.fewer import fewer

PLAN = Blueprint.from_text("input 1x8x8; conv 3x3 2, relu; globalavgpool; classes 3")


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (300, 8, 8), np.uint8), np.array([0] * 200 + [1] * 90 + [2] * 10)


def contents(data, indices):
    return {data.samples[index].content for index in indices}


def test_classes_keep_their_proportions_and_none_is_lost(pictures):
    data = load_data(pictures)
    split = data.split()

    assert Counter(data.samples[index].target for index in split.train) == {0: 140, 1: 63, 2: 7}
    few = fewer(data, split, 21)
    assert Counter(data.samples[index].target for index in few.train) == {0: 14, 1: 6, 2: 1}
    assert Counter(data.samples[index].target for index in fewer(data, split, 3).train) == {0: 1, 1: 1, 2: 1}
    assert (few.validation, few.test, few.seed) == (split.validation, split.test, split.seed)
    assert fewer(data, split, 0) == split == fewer(data, split, 210)


def test_a_smaller_part_lies_within_a_larger_one_whatever_the_order(pictures):
    images, classes = pictures
    data = load_data(pictures)
    turned = np.random.default_rng(1).permutation(300)
    other = load_data((images[turned], classes[turned]))

    parts = [contents(data, fewer(data, data.split(), count).train) for count in (5, 40, 41, 150)]
    again = [contents(other, fewer(other, other.split(), count).train) for count in (5, 40, 41, 150)]
    assert parts == again
    assert parts[0] < parts[1] < parts[2] < parts[3]


@pytest.mark.parametrize("count", [2, 211])
def test_what_cannot_be_taken_is_refused(pictures, count):
    data = load_data(pictures)

    with pytest.raises(InputError, match=r"images must be from 3, one a class, to the 210 there are"):
        fewer(data, data.split(), count)


def test_a_run_knows_what_it_learned_from(pictures, tmp_path):
    data = load_data(pictures)
    recipe = Recipe(epochs=1, images=40)
    trained = train(PLAN, data, recipe, tmp_path / "run")
    _, split = read_split(Run.read(tmp_path / "run"), data)

    assert len(trained.split.train) == trained.curve.train_count == 40
    assert split == trained.split
    with pytest.raises(InputError, match="same inputs"):
        train(PLAN, data, replace(recipe, images=41), tmp_path / "run")
