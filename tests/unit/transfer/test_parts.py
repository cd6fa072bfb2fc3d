"""The parts of a run's data are those it was trained on."""

import pytest

from striate.runs import Run
from striate.train import read_split
from striate.transfer.parts import trained_parts

pytestmark = pytest.mark.slow


def test_a_training_knows_its_parts(small_run):
    dataset, parts = trained_parts(small_run, "digits")
    split = read_split(Run.read(small_run))[1]

    assert len(dataset) == 5000
    assert parts == {"train": split.train, "validation": split.validation, "test": split.test}


def test_other_data_and_no_run_have_none(small_run, tmp_path):
    assert trained_parts(small_run, "digits:ink") is None
    assert trained_parts(tmp_path, "digits") is None
