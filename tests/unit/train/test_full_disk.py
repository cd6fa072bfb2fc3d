import errno
import os

import pytest

from striate.errors import StorageError
from striate.fingerprint import of_file
from striate.records import Recipe
from striate.runs import Run
from striate.train import loop as loop_module
from striate.train import train


@pytest.fixture(scope="module")
def whole(tmp_path_factory, plan, data):
    recipe = Recipe(
        optimizer="adamw", rate=0.01, epochs=3, batch=9, weight_decay=0.1, shift_px=1, label_smoothing=0.1, seed=4
    )
    return train(plan, data, recipe, tmp_path_factory.mktemp("whole") / "run", threads=1)


@pytest.mark.parametrize("allowed", [0, 3, 5, 9, 14, 25])
def test_a_disk_that_fills_up_at_any_write_costs_nothing_that_was_kept(
    tmp_path, plan, data, recipe, whole, monkeypatch, allowed
):
    monkeypatch.setattr(loop_module, "CHECKPOINT_EVERY_S", 0.0)
    count = []
    real = os.fsync

    def full(handle):
        count.append(1)
        if len(count) > allowed:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="the disk must take what is written; got 'No space left on device'"):
        train(plan, data, recipe, tmp_path / "run", threads=1)
    assert not list((tmp_path).rglob("*.part"))
    monkeypatch.setattr(os, "fsync", real)
    done = train(plan, data, recipe, tmp_path / "run", threads=1)
    assert of_file(done.run.folder / "network/weights.safetensors") == of_file(
        whole.run.folder / "network/weights.safetensors"
    )
    assert Run.read(tmp_path / "run").document.status == "done"
    assert [row["step"] for row in done.run.rows("metrics.jsonl")] == [
        row["step"] for row in whole.run.rows("metrics.jsonl")
    ]
