from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from striate.data import batches, load_data


@pytest.fixture
def seen():
    """All activations of a network at once, by layer number of a Sequential."""

    def seen(network, dataset, indices, depths):
        batch = next(iter(batches(dataset, tuple(indices), network.preprocessing, batch_size=len(indices))))
        module = network.module.eval()
        with torch.no_grad():
            return {depth: module[: depth + 1](batch.images).double().numpy() for depth in depths}

    return seen


@pytest.fixture
def convolutions(wrapped):
    """A network with a stride, a padding, a pooling and signed values, whose last pixels some units do not read."""
    torch.manual_seed(5)
    module = nn.Sequential(
        nn.Conv2d(1, 5, 3, stride=2, bias=True),
        nn.ReLU(),
        nn.Conv2d(5, 7, 3, padding=1),
        nn.BatchNorm2d(7),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(7, 4, 1),
        nn.Flatten(),
        nn.Linear(16, 3),
    )
    module[3].running_mean.uniform_(-0.2, 0.2)
    return wrapped(module)


@pytest.fixture
def many():
    """150 images of three classes, some of them equal."""
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (150, 12, 12), np.uint8)
    # Arrays with equal contents are one unit of a split, and equal strongest images go by their position.
    images[100:110] = images[20:30]
    return load_data((images, np.arange(150) % 3))
