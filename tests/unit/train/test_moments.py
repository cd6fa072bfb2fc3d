import numpy as np
import pytest
import torch
from torch import nn

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.errors import Cancelled, InputError
from striate.events import SILENT, Events
from striate.nets import read_weights
from striate.records import Recipe
from striate.train import train
from striate.train.moments import Moments, kept_moments, note_every, noted_every
from striate.train.start import starting_network

TEXT = "input 1x8x8; conv 3x3 4, batchnorm, relu; globalavgpool; classes 2"
WEIGHTS = "network/weights.safetensors"
RECIPE = Recipe(rate=0.01, epochs=3, batch=10, seed=4)


class StopAt(Events):
    """Stops a training after a step."""

    def __init__(self, step):
        self._step, self._at = step, 0

    def progress(self, progress):
        self._at = progress.done if progress.task == "training" else self._at

    def is_cancelled(self):
        return self._at >= self._step


@pytest.fixture(scope="module")
def data():
    pixels = np.random.default_rng(0).integers(0, 255, (100, 8, 8), dtype=np.uint8)
    return load_data((torch.tensor(pixels), [0] * 50 + [1] * 50))


def test_small_weights_are_kept_on_a_scale_of_four_and_the_first_are_the_start(data, tmp_path):
    plan = Blueprint.from_text(TEXT)

    trained = train(plan, data, RECIPE, tmp_path / "run", threads=1)
    kept = kept_moments(tmp_path / "run")
    start = starting_network(plan, data, trained.split, RECIPE, SILENT).module.state_dict()

    # 70 of 100 images, 7 steps an epoch.
    assert list(kept) == [0, 1, 4, 16]
    first = read_weights(kept[0])
    assert set(first) == set(start)
    assert all(torch.equal(first[key], value) for key, value in start.items())
    assert not torch.equal(read_weights(kept[1])["conv1.weight"], first["conv1.weight"])


def test_keeping_changes_nothing_and_can_be_refused(data, tmp_path):
    plan = Blueprint.from_text(TEXT)
    kept, bare = (
        train(plan, data, RECIPE, tmp_path / name, threads=1, keep_checkpoints=keep).network.module.state_dict()
        for name, keep in (("kept", True), ("bare", False))
    )

    assert all(torch.equal(bare[key], value) for key, value in kept.items())
    assert not kept_moments(tmp_path / "bare")


def test_a_moment_at_the_last_step_holds_the_weights_of_the_result(data, tmp_path):
    # 70 images in one batch: a step an epoch.
    train(Blueprint.from_text(TEXT), data, Recipe(rate=0.01, epochs=4, batch=70), tmp_path / "run", threads=1)
    kept = kept_moments(tmp_path / "run")
    last = read_weights(kept[4])

    assert list(kept) == [0, 1, 4]
    assert all(torch.equal(last[key], value) for key, value in read_weights(tmp_path / "run" / WEIGHTS).items())


def test_the_ends_of_epochs_are_kept_too_if_asked_and_change_nothing(data, tmp_path):
    plan = Blueprint.from_text(TEXT)

    kept, bare = (
        train(plan, data, RECIPE, tmp_path / name, threads=1, keep_checkpoints=False, keep_every=every)
        for name, every in (("kept", 2), ("bare", 0))
    )
    found = kept_moments(tmp_path / "kept")
    end = kept.network.module.state_dict()

    # 7 steps an epoch, and two epochs of three.
    assert list(found) == [0, 14]
    assert not kept_moments(tmp_path / "bare")
    assert all(torch.equal(end[key], value) for key, value in bare.network.module.state_dict().items())
    assert not torch.equal(read_weights(found[14])["conv1.weight"], end["conv1.weight"])


def test_epochs_are_kept_when_a_training_goes_on(data, tmp_path):
    plan, whole, parted = Blueprint.from_text(TEXT), tmp_path / "whole", tmp_path / "parted"
    train(plan, data, RECIPE, whole, threads=1, keep_every=1)

    with pytest.raises(Cancelled):
        train(plan, data, RECIPE, parted, events=StopAt(9), threads=1, keep_every=1)
    before = list(kept_moments(parted))
    train(plan, data, RECIPE, parted, threads=1, keep_every=1)
    found, expected = kept_moments(parted), kept_moments(whole)

    assert before == [0, 1, 4, 7]
    assert list(found) == list(expected) == [0, 1, 4, 7, 14, 16, 21]
    assert found[21].read_bytes() == expected[21].read_bytes()


def test_fewer_than_no_epochs_are_refused(data, tmp_path):
    with pytest.raises(InputError, match="keep_every must be at least 0"):
        train(Blueprint.from_text(TEXT), data, RECIPE, tmp_path / "run", keep_every=-1)


def test_large_weights_are_kept_only_if_asked(tmp_path):
    large = nn.Linear(1024, 1025)

    for name, keep in (("left", None), ("asked", True)):
        Moments(tmp_path / name, large, keep=keep, leads=True).take(0)

    assert not kept_moments(tmp_path / "left")
    assert list(kept_moments(tmp_path / "asked")) == [0]


def test_one_process_writes_and_going_back_forgets(tmp_path):
    other = Moments(tmp_path / "other", nn.Linear(2, 2), keep=True, leads=False)
    other.take(0)
    leading = Moments(tmp_path / "run", nn.Linear(2, 2), keep=True, leads=True)
    for step in range(20):
        leading.take(step)
    leading.forget_after(4)

    assert not kept_moments(tmp_path / "other")
    assert list(kept_moments(tmp_path / "run")) == [0, 1, 4]


def test_a_run_says_after_every_how_many_epochs_it_keeps_weights(data, tmp_path):
    plan = Blueprint.from_text(TEXT)
    train(plan, data, RECIPE, tmp_path / "run", threads=1, keep_every=2)
    train(plan, data, RECIPE, tmp_path / "bare", threads=1, keep_checkpoints=False)
    found = noted_every(tmp_path / "run")
    note_every(tmp_path / "run", 0)

    assert (found, noted_every(tmp_path / "run"), noted_every(tmp_path / "bare")) == (2, 0, 0)
    # Nothing is kept of the second: not even a folder.
    assert not (tmp_path / "bare" / "moments").exists()
