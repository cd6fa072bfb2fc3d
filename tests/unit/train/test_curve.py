import pytest

from striate.data import load_data
from striate.errors import DataError, InputError
from striate.records import Recipe
from striate.runs import Run
from striate.train import read_curve, read_split, train


@pytest.fixture(scope="module")
def run(tmp_path_factory, plan, data):
    return train(plan, data, Recipe(rate=0.01, epochs=1, batch=9, seed=8), tmp_path_factory.mktemp("a") / "run").run


def test_what_was_held_out_is_held_out_still(run, data):
    found, split = read_split(Run.read(run.folder), data)
    assert found is data
    # the division does not follow the recipe's seed
    assert split == data.split(seed=0, validation=0.1, test=0.2)
    assert len(split.test) == 18


def test_data_given_as_arrays_must_be_given_again(run):
    with pytest.raises(DataError, match=r"must be given again; got 'none'.*Pass the dataset"):
        read_split(run)


def test_other_data_are_refused(run, pictures):
    other = load_data((pictures(96), [index % 3 for index in range(96)]))
    with pytest.raises(DataError, match="must be those the network was trained on"):
        read_split(run, other)


def test_a_run_of_another_command_has_no_curve(tmp_path):
    other = Run.begin(tmp_path / "other", command="inspect", inputs={}, settings={})
    with pytest.raises(InputError, match="a run must be a training; got 'inspect'"):
        read_curve(other)


def test_a_run_that_has_only_begun_has_an_empty_curve(run, tmp_path):
    begun = Run.begin(tmp_path / "b", command="train", inputs=run.document.inputs, settings=run.document.settings)
    assert read_curve(begun).epochs == ()
