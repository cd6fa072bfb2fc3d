"""Ray starts the processes; skipped where it is not installed."""

import importlib.util

import pytest
import torch
from safetensors.torch import load_file

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.errors import InputError, MissingExtraError
from striate.records import Recipe
from striate.train import train
from striate.train.cluster import train_on_ray

HAS_RAY = importlib.util.find_spec("ray") is not None


@pytest.mark.skipif(HAS_RAY, reason="Ray is installed")
def test_without_ray_the_cure_is_told(tmp_path):
    with pytest.raises(MissingExtraError, match=r'pip install "striate\[cluster\]"'):
        train_on_ray("net.yaml", "digits", Recipe(), tmp_path / "run", workers=2)


def test_one_worker_at_least(tmp_path):
    with pytest.raises(InputError, match="workers must be at least 1; got 0"):
        train_on_ray("net.yaml", "digits", Recipe(), tmp_path / "run", workers=0)


@pytest.mark.long
@pytest.mark.cluster
@pytest.mark.filterwarnings("default")
@pytest.mark.skipif(not HAS_RAY, reason="Ray is not installed: the extra `cluster`")
def test_two_workers_of_ray_end_in_the_weights_of_one_process(tmp_path):
    text = "input 1x28x28; conv 5x5 4, relu; maxpool 4; classes 10"
    (tmp_path / "net.yaml").write_text(Blueprint.from_text(text).to_yaml())
    recipe = Recipe(optimizer="adamw", rate=0.004, epochs=1, batch=50, seed=1)
    alone = train(Blueprint.from_text(text), load_data("digits"), recipe, tmp_path / "alone", threads=1)
    run = train_on_ray(str(tmp_path / "net.yaml"), "digits", recipe, tmp_path / "run", workers=2)
    found = load_file(run.folder / "network" / "weights.safetensors")

    assert run.document.status == "done"
    assert run.document.settings["processes"] == 2
    assert not (tmp_path / ".run-ray").exists()
    for key, value in alone.network.module.state_dict().items():
        torch.testing.assert_close(found[key], value, rtol=0, atol=1e-5)
    again = train_on_ray(str(tmp_path / "net.yaml"), "digits", recipe, tmp_path / "run", workers=2)
    assert again.document == run.document
