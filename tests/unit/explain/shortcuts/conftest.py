"""Networks whose shortcut is known, and images for them."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from striate.data import load_data
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing

SIDE, CLASSES = 16, 3
LEVELS = torch.tensor([0.2, 0.5, 0.8])


class Reads(nn.Module):
    """Answers with the class whose level is nearest to the mean of a few pixels."""

    def __init__(self, rows, columns):
        super().__init__()
        self.rows, self.columns = rows, columns
        self.scale = nn.Parameter(torch.tensor(200.0))

    def forward(self, x):
        value = x[:, :, self.rows, self.columns].mean((1, 2, 3))
        return -self.scale * (value[:, None] - LEVELS) ** 2


def network(module, channels=1):
    return Network(
        module=module,
        preprocessing=Preprocessing(shape=(channels, SIDE, SIDE), mean=(0.0,) * channels, std=(1.0,) * channels),
        output=Output(kind="classes", names=("a", "b", "c")),
        origin=Origin(kind="module", text="toy"),
    )


def marked(each=12, seed=0):
    """Black images with a noisy object in the middle, whose centre has the class's level, and a mark of that level in a corner."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(CLASSES), each)
    images = np.zeros((len(labels), SIDE, SIDE), np.uint8)
    images[:, 4:12, 4:12] = rng.integers(0, 256, (len(labels), 8, 8))
    level = (LEVELS.numpy()[labels] * 255).round().astype(np.uint8)
    images[:, 7:9, 7:9] = level[:, None, None]
    images[:, :2, :2] = level[:, None, None]
    return load_data((images, labels))


def grounded(each=12, seed=0):
    """Images in colour: a ground of the class's level, and on it a bright object of a class's own side, 4, 6 or 8."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(CLASSES), each)
    images = np.zeros((len(labels), 3, SIDE, SIDE), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[:] = round(float(LEVELS[label]) * 150)
        side = 4 + 2 * label
        top, left = rng.integers(2, SIDE - 2 - side, 2)
        image[:, top : top + side, left : left + side] = 250
    return load_data((images, labels))


@pytest.fixture(scope="session")
def planted():
    """The helpers above, by name."""
    return SimpleNamespace(Reads=Reads, network=network, marked=marked, grounded=grounded, side=SIDE)
