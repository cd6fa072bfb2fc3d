"""What a kill leaves behind: stored features and finished trainings."""

import json
import math

import numpy as np
import pytest
import torch

from striate.errors import SchemaError
from striate.runs import Run
from striate.transfer.extracting import Features
from striate.transfer.short import Attempt
from striate.transfer.storing import ATTEMPTS, FEATURES, Attempts, read_features, save_features


@pytest.fixture
def run(tmp_path):
    return Run.begin(tmp_path / "run", command="adapt", inputs={}, settings={})


def attempt(**changes):
    made = {"gains": np.array([1.0, 0.0, 0.25]), "loss": 0.1 + 0.2, "seconds": 1.25, "step_s": 1 / 3, "state": "done"}
    return Attempt(**made | changes)


def test_attempts_are_what_they_were(run):
    Attempts(run).remember({"rate": 0.1, "fold": 0}, attempt())
    found = Attempts(run).recall({"fold": 0, "rate": 0.1})

    assert found.gains.tolist() == [1.0, 0.0, 0.25]
    assert (found.loss, found.step_s, found.seconds, found.state) == (0.1 + 0.2, 1 / 3, 1.25, "done")
    assert Attempts(run).recall({"fold": 1, "rate": 0.1}) is None


def test_a_lost_attempt_is_remembered_as_lost(run):
    Attempts(run).remember({"rate": 9.0}, attempt(gains=None, loss=math.inf, state="lost"))
    found = Attempts(run).recall({"rate": 9.0})

    assert found.gains is None
    assert found.loss == math.inf
    assert found.state == "lost"


def test_half_a_line_is_forgotten_and_the_next_one_is_whole(run):
    attempts = Attempts(run)
    for rate in (0.1, 0.2):
        attempts.remember({"rate": rate}, attempt())
    path = run.folder / ATTEMPTS
    path.write_bytes(path.read_bytes()[:-40])

    again = Attempts(run)
    assert again.recall({"rate": 0.1}) is not None
    assert again.recall({"rate": 0.2}) is None
    again.remember({"rate": 0.3}, attempt())
    third = Attempts(run)
    assert third.recall({"rate": 0.1}) is not None
    assert third.recall({"rate": 0.3}) is not None
    assert all(json.loads(line) for line in path.read_text().splitlines())


def features():
    return Features(
        rows={"layer1.0": torch.randn(4, 3), "the end": torch.randn(4, 2)[:, ::2]},
        indices=(3, 1, 2, 0),
        targets=torch.tensor([0, 1, 1, 0]),
        seconds=2.5,
        image_s=0.1 + 0.2,
        memory_format="channels-last",
    )


def test_features_are_what_they_were(run):
    made = features()
    save_features(run, made)
    found = read_features(run)

    assert {name: rows.tolist() for name, rows in found.rows.items()} == {
        name: rows.tolist() for name, rows in made.rows.items()
    }
    assert (found.indices, found.seconds, found.image_s, found.memory_format) == (
        (3, 1, 2, 0), 2.5, 0.1 + 0.2, "channels-last",
    )  # fmt: skip
    assert torch.equal(found.targets, made.targets)
    assert save_features(run, found) == save_features(run, made)


def test_without_a_file_there_are_none(run):
    assert read_features(run) is None


def test_a_half_written_file_is_never_read(run, monkeypatch):
    import os

    def refuse(_descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(KeyboardInterrupt):
        save_features(run, features())

    assert read_features(run) is None


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_truncated_file_is_refused_by_name(run, share):
    save_features(run, features())
    path = run.folder / FEATURES
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])

    with pytest.raises(SchemaError, match=r"stored features must be a whole safetensors file; got .* \(at .*features"):
        read_features(run)


def test_another_programs_file_is_refused_by_name(run):
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1)}, run.folder / FEATURES)

    with pytest.raises(SchemaError, match="features"):
        read_features(run)
