import copy

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import update_bn

from striate.data import batches
from striate.records import Preprocessing, Recipe
from striate.train import train
from striate.train.normalisation import keep_statistics, reestimate_statistics, with_statistics

CPU = torch.device("cpu")


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4, momentum=0.3),
        nn.Flatten(), nn.Linear(64, 8), nn.BatchNorm1d(8), nn.Linear(8, 3),
    )  # fmt: skip


HOW = Preprocessing(shape=(1, 8, 8), mean=(0.3,), std=(0.2,))


def test_statistics_are_those_of_torch_s_own_pass(data):
    ours = network().eval()
    theirs = copy.deepcopy(ours)
    indices = data.split().train[:60]
    found = reestimate_statistics(ours, data, indices, HOW, batch_size=20, device=CPU)
    update_bn([batch.images for batch in batches(data, indices, HOW, batch_size=20)], theirs)

    assert found == 3
    for key, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[key], value, rtol=1e-6, atol=1e-7)
    assert not any(part.training for part in ours.modules())
    assert [ours[n].momentum for n in (1, 4, 7)] == [0.1, 0.3, 0.1]


def test_frozen_statistics_and_an_incomplete_batch_are_left_out(data):
    module = network()
    before = copy.deepcopy(module.state_dict())
    indices = data.split().train
    reestimate_statistics(
        module, data, indices[:25], HOW, batch_size=20, device=CPU, is_frozen=lambda path: path == "1"
    )

    assert torch.equal(module[1].running_mean, before["1.running_mean"])
    assert module[4].num_batches_tracked == 1
    assert not torch.equal(module[4].running_mean, before["4.running_mean"])


def test_modes_and_momenta_come_back_after_an_exception(data):
    module = network().train()
    module[4].eval()

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reestimate_statistics(module, data, (0, 1, 2), HOW, batch_size=2, device=CPU, check=stop)
    assert [part.training for part in module] == [True, True, True, True, False, True, True, True, True]
    assert module[4].momentum == 0.3


def test_kept_statistics_stay_and_scale_and_shift_are_trained():
    module = network()
    module.train()
    keep_statistics(module)
    x = torch.randn(5, 1, 8, 8)
    together, alone = module(x), torch.cat([module(x[n : n + 1]) for n in range(5)])

    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    assert list(with_statistics(module)) == ["1", "4", "7"]
    assert module[1].weight.requires_grad
    assert torch.equal(module[1].running_mean, torch.zeros(4))


@pytest.mark.parametrize("norm", ["train", "keep", "reestimate"])
def test_a_training_follows_the_policy(tmp_path, plan, data, norm):
    recipe = Recipe(rate=0.01, epochs=2, batch=9, norm=norm)
    trained = train(plan, data, recipe, tmp_path / "run")
    norm_layer = trained.network.module.batchnorm1
    # What every batch of the untrained network would have averaged to: 7 batches of 9.
    expected = {"train": 14, "keep": 0, "reestimate": 7}[norm]

    assert norm_layer.num_batches_tracked == expected
    assert torch.equal(norm_layer.running_mean, torch.zeros(4)) == (norm == "keep")
    assert not torch.equal(norm_layer.weight, torch.ones(4))
