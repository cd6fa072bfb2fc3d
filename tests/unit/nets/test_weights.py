"""Broken and unsafe weight files are refused in one line, whatever their bytes."""

import pickle

import pytest
import torch

from striate.errors import WeightsError
from striate.nets import load_network, read_weights


@pytest.mark.parametrize(
    "content", [b"", b"hello world", b"\x80\x02.", b"\x80\x02h\x05.", b"\x80\x02]q\x00(", b"PK\x03\x04broken"]
)
@pytest.mark.parametrize("suffix", ["pth", "pt", "safetensors"])
def test_a_broken_file_is_refused(content, suffix, tmp_path):
    path = tmp_path / f"weights.{suffix}"
    path.write_bytes(content)

    with pytest.raises(WeightsError):
        read_weights(path)


def test_a_pickle_with_code_is_refused_and_nothing_runs(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    path = tmp_path / "evil.pth"
    path.write_bytes(pickle.dumps({"a": Evil()}))

    with pytest.raises(WeightsError, match="tensors only"):
        read_weights(path)

    assert not (tmp_path / "ran").exists()


def test_a_zoo_network_starts_from_its_seed_and_leaves_the_random_state():
    before = torch.get_rng_state()
    first, second, other = (load_network("torchvision:squeezenet1_1", seed=seed).module for seed in (1, 1, 2))

    assert torch.equal(torch.get_rng_state(), before)
    key = "features.0.weight"
    assert torch.equal(first.state_dict()[key], second.state_dict()[key])
    assert not torch.equal(first.state_dict()[key], other.state_dict()[key])
