import os
import subprocess

import pytest
import torch
from torch import nn

from striate.errors import SchemaError, StorageError, WeightsError
from striate.records import Recipe
from striate.train.checkpoint import EPOCH, STEP, State, load_checkpoint, newest, save_checkpoint
from striate.train.optimizers import make_optimizer


class Counting(nn.Module):
    """Has a buffer that a state dict leaves out, and a weight that two layers share."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.second = nn.Linear(3, 3)
        self.second.weight = self.first.weight
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64), persistent=False)

    def forward(self, x):
        self.seen += 1
        return self.second(self.first(x))


def trained(optimizer="adamw", steps=2):
    torch.manual_seed(0)
    module = Counting()
    optimiser = make_optimizer(module, Recipe(optimizer=optimizer))
    for _ in range(steps):
        optimiser.zero_grad()
        module(torch.ones(2, 3)).square().sum().backward()
        optimiser.step()
    return module, optimiser


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_going_on_from_a_checkpoint_is_going_on(tmp_path, optimizer):
    whole, _ = trained(optimizer, steps=5)
    state = State(step=2, epoch=1, loss_sum=0.1 + 0.2, score=1 / 3, first_loss=2.0, smoothed_loss=None)
    save_checkpoint(tmp_path / STEP, state, *trained(optimizer, steps=2))
    module, optimiser = trained(optimizer, steps=0)
    assert load_checkpoint(tmp_path / STEP, module, optimiser) == state
    for _ in range(3):
        optimiser.zero_grad()
        module(torch.ones(2, 3)).square().sum().backward()
        optimiser.step()
    assert all(torch.equal(a, b) for a, b in zip(module.parameters(), whole.parameters(), strict=True))
    assert module.seen == whole.seen == 5


def test_the_file_furthest_on_is_taken(tmp_path):
    assert newest(tmp_path) is None
    made = trained()
    save_checkpoint(tmp_path / EPOCH, State(step=5, epoch=1), *made)
    save_checkpoint(tmp_path / STEP, State(step=4, epoch=0), *made)
    assert newest(tmp_path) == tmp_path / EPOCH
    save_checkpoint(tmp_path / STEP, State(step=6, epoch=1), *made)
    assert newest(tmp_path) == tmp_path / STEP
    # The steps of an epoch are done before it is closed.
    save_checkpoint(tmp_path / EPOCH, State(step=6, epoch=2), *made)
    assert newest(tmp_path) == tmp_path / EPOCH


def test_a_damaged_checkpoint_is_named_with_its_cure(tmp_path):
    path = tmp_path / STEP
    save_checkpoint(path, State(), *trained())
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(WeightsError, match=r"a checkpoint must be whole.*Delete the checkpoint folder"):
        newest(tmp_path)


def test_another_file_is_no_checkpoint(tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1)}, tmp_path / STEP)
    with pytest.raises(SchemaError, match="checkpoint"):
        load_checkpoint(tmp_path / STEP, nn.Linear(1, 1))


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    save_checkpoint(tmp_path / STEP, State(), *trained())
    with pytest.raises(WeightsError, match="a checkpoint must fit the network"):
        load_checkpoint(tmp_path / STEP, nn.Linear(1, 1))


def test_a_full_disk_leaves_the_last_checkpoint_whole(tmp_path, small_disk):
    module, optimiser = trained()
    save_checkpoint(small_disk / STEP, State(step=1), module, optimiser)
    before = (small_disk / STEP).read_bytes()
    filler = small_disk / "filler"
    with filler.open("wb") as file, pytest.raises(OSError, match=r"[Nn]o space"):
        while True:
            os.write(file.fileno(), b"x" * 512)
    with pytest.raises(StorageError, match="the disk must take"):
        save_checkpoint(small_disk / STEP, State(step=2), module, optimiser)
    assert (small_disk / STEP).read_bytes() == before
    assert sorted(path.name for path in small_disk.iterdir()) == ["filler", STEP]
    filler.unlink()
    save_checkpoint(small_disk / STEP, State(step=2), module, optimiser)
    assert load_checkpoint(small_disk / STEP, module).step == 2


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 64 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only the administrator can mount a small disk; test_full_disk asks the same with a stand-in")
    yield place
    subprocess.run(["umount", place], check=True)


def test_what_belongs_to_a_parameter_lies_in_memory_as_it_does(tmp_path):
    torch.manual_seed(0)
    module = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    optimizer = make_optimizer(module, Recipe(optimizer="adam"))
    module(torch.ones(1, 3, 5, 5)).sum().backward()
    optimizer.step()
    before = {key: value.clone() for key, value in optimizer.state[module.weight].items()}
    save_checkpoint(tmp_path / STEP, State(step=1, at_once=4, world_size=2), module, optimizer)
    again = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    fresh = make_optimizer(again, Recipe(optimizer="adam"))
    state = load_checkpoint(tmp_path / STEP, again, fresh)

    assert (state.at_once, state.world_size) == (4, 2)
    assert again.weight.is_contiguous(memory_format=torch.channels_last)
    for name in ("exp_avg", "exp_avg_sq"):
        assert fresh.state[again.weight][name].is_contiguous(memory_format=torch.channels_last)
        assert torch.equal(fresh.state[again.weight][name], before[name])
