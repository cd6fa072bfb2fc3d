import random

import numpy as np
import pytest
import torch
from torch import nn

from striate.explain.answers import undisturbed


def test_random_states_come_back_and_the_same_numbers_are_drawn_inside():
    module, drawn = nn.Linear(1, 1), []
    python, torchs = random.getstate(), torch.get_rng_state()
    numpys = str(np.random.get_state())  # noqa: NPY002 - what users' code has
    for _ in range(2):
        with undisturbed(module):
            drawn.append((random.random(), torch.rand(1).item()))
            np.random.rand()  # noqa: NPY002
    assert drawn[0] == drawn[1]
    assert random.getstate() == python
    assert torch.equal(torch.get_rng_state(), torchs)
    assert str(np.random.get_state()) == numpys  # noqa: NPY002


def test_modes_and_buffers_come_back_after_an_exception():
    module = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout()).train()
    module[1].eval()

    def spoil():
        with undisturbed(module):
            assert not module.training
            module.train()
            module(torch.randn(4, 2))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        spoil()
    assert [part.training for part in module.modules()] == [True, True, False]
    assert module[0].num_batches_tracked == 0
    assert module[0].running_mean.tolist() == [0, 0]
