"""The parts of a run's data are those it was trained on."""

import pytest

from striate.runs import Run
from striate.train import read_split
from striate.transfer.parts import trained_parts

pytestmark = pytest.mark.slow


def test_a_training_knows_its_parts(small_run):
    parts = trained_parts(small_run, "digits")
    dataset, split = read_split(Run.read(small_run))

    assert len(parts) == 5000
    for name in ("train", "validation", "test"):
        own = {dataset.samples[index].place for index in getattr(split, name)}
        assert {place for place, part in parts.items() if part == name} == own


def test_other_data_and_no_run_have_none(small_run, tmp_path):
    assert trained_parts(small_run, "digits:ink") is None
    assert trained_parts(tmp_path, "digits") is None
