from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from striate.data import Dataset, load_data
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Tensors here are small: two threads would mostly wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _wrapped(module: nn.Module, shape=(1, 12, 12), output: Output | None = None, **scale) -> Network:
    channels = shape[0]
    return Network(
        module=module,
        preprocessing=Preprocessing(shape=shape, mean=(0.5,) * channels, std=(0.25,) * channels, **scale),
        output=output or Output(kind="classes", names=("a", "b", "c")),
        origin=Origin(kind="module", text="Sequential"),
    )


@pytest.fixture(scope="session")
def wrapped():
    """Makes a network of a module."""
    return _wrapped


@pytest.fixture
def small_net() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1, stride=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(8 * 36, 3),
    )


@pytest.fixture
def network(small_net) -> Network:
    return _wrapped(small_net)


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60, 12, 12), np.uint8)
    return load_data((images, np.arange(60) % 3))
