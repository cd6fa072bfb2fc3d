import shutil

import pytest
import torch

from striate.errors import InputError
from striate.explain import through_training
from striate.nets import Network
from striate.runs import Run
from striate.train.curve import read_split


@pytest.fixture(scope="module")
def followed(small_run, digits):
    return through_training(small_run, digits)


def test_every_kept_step_is_looked_at_from_the_start_to_the_end(followed, small_run):
    steps = [row["step"] for row in Run.read(small_run).rows("metrics.jsonl") if row["kind"] == "epoch"]

    # 3,500 training images in batches of 50: 70 steps an epoch, two epochs.
    assert [moment.step for moment in followed.moments] == [0, 1, 4, 16, 64, 140]
    assert steps[-1] == 140
    assert not any(moment.is_twin for moment in followed.moments)
    assert (followed.steps_per_epoch, followed.notes) == (70, ())


def test_the_end_is_what_the_networks_values_say(followed, small_run, digits):
    network = Network.read(small_run / "network")
    _, split = read_split(Run.read(small_run), digits)
    row = followed.moments[-1].layers[-1]

    assert row.images == min(256, len(split.validation))
    assert row.units == 10
    # Its own scores tell classes apart far better than chance, and better than before the training.
    assert row.explained > 10 * row.chance_explained
    assert row.explained > followed.moments[0].layers[-1].explained + 0.2
    assert network.output.count == 10


def test_the_start_is_that_of_the_weights_kept(followed, small_run, digits):
    again = through_training(small_run, digits)

    assert again == followed


def test_a_run_without_its_start_gets_a_twin_and_says_so(small_run, digits, tmp_path):
    bare = tmp_path / "bare"
    shutil.copytree(small_run, bare)
    shutil.rmtree(bare / "moments")

    found = through_training(bare, digits, images=50)

    assert [(moment.step, moment.is_twin) for moment in found.moments] == [(0, True), (140, False)]
    assert "drawn anew" in found.notes[0]
    assert found.moments[0].layers[-1].explained < found.moments[1].layers[-1].explained


def test_a_network_that_is_given_stays_as_it_is(small_run, digits):
    network = Network.read(small_run / "network")
    network.module.train()
    before = {key: value.clone() for key, value in network.module.state_dict().items()}

    through_training(small_run, digits, network=network, images=20)

    assert network.module.training
    assert all(torch.equal(value, before[key]) for key, value in network.module.state_dict().items())


def test_no_images_are_refused(small_run, digits):
    with pytest.raises(InputError, match="images must be at least 1"):
        through_training(small_run, digits, images=0)
