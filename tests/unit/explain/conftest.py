"""Small networks and data for the tests of `striate.explain`."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from striate.nets import Network, Origin
from striate.records import Output, Preprocessing


def network(module, shape, names, kind="classes", **preprocessing):
    channels = shape[0]
    how = {"mean": (0.5,) * channels, "std": (0.25,) * channels} | preprocessing
    return Network(
        module=module,
        preprocessing=Preprocessing(shape=shape, **how),
        output=Output(kind=kind, names=tuple(names)),
        origin=Origin(kind="module", text="toy"),
    )


def small(seed=0, shape=(1, 12, 10), outputs=3, kind="classes", dtype=torch.float32, **how):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = nn.Sequential(
            nn.Conv2d(shape[0], 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(4 * (shape[1] // 2) * (shape[2] // 2), outputs),
        ).to(dtype)
    return network(module, shape, [str(i) for i in range(outputs)], kind, **how)


def images(n=2, shape=(1, 12, 10), seed=1, dtype=torch.float32):
    return torch.randn((n, *shape), generator=torch.Generator().manual_seed(seed), dtype=dtype)


class OneConv(nn.Module):
    """The net of Captum's tests: every figure can be had by hand."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, 3)
        self.conv1.weight = nn.Parameter(torch.ones(2, 1, 3, 3))
        self.conv1.bias = nn.Parameter(torch.tensor([-50.0, -75.0]))
        self.relu1 = nn.ReLU()
        self.fc1 = nn.Linear(8, 4)
        self.fc1.weight = nn.Parameter(torch.tensor([[1.0] * 5 + [-1.0] * 3] * 4))
        self.fc1.bias = nn.Parameter(torch.zeros(4))

    def forward(self, x):
        return self.fc1(self.relu1(self.conv1(x)).flatten(1))


class Averaged(nn.Module):
    """A network every method can do: maps, their means, one linear layer."""

    def __init__(self, axes=2, channels=1):
        super().__init__()
        conv, norm, pool = {
            1: (nn.Conv1d, nn.BatchNorm1d, nn.AdaptiveAvgPool1d),
            2: (nn.Conv2d, nn.BatchNorm2d, nn.AdaptiveAvgPool2d),
            3: (nn.Conv3d, nn.BatchNorm3d, nn.AdaptiveAvgPool3d),
        }[axes]
        self.conv1, self.norm, self.relu1 = conv(channels, 4, 3), norm(4), nn.ReLU(inplace=True)
        self.conv2, self.relu2 = conv(4, 6, 3), nn.ReLU()
        self.pool, self.drop, self.fc = pool(1), nn.Dropout(0.5), nn.Linear(6, 3)

    def forward(self, x):
        x = self.relu1(self.norm(self.conv1(x)))
        return self.fc(self.drop(self.pool(self.relu2(self.conv2(x))).flatten(1)))


class Wilful(nn.Module):
    """Its calls depend on the image."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 2, 3), nn.Linear(2, 2)

    def forward(self, x):
        x = self.conv(x)
        if float(x.mean().detach()) > 1e9:
            return x
        return self.fc(x.relu().mean((2, 3)))


class Sum(nn.Module):
    """Answers with sums of pixels: one output a row of weights."""

    def __init__(self, weights):
        super().__init__()
        self.weight = nn.Parameter(torch.as_tensor(weights, dtype=torch.float32))

    def forward(self, x):
        return x.flatten(1) @ self.weight.T


def brute_force_maps(change, size, window, stride):
    """Mean over windows for each pixel, with one full-size mask a window."""
    rows, columns, outputs = change.shape
    total = np.zeros((outputs, *size))
    count = np.zeros(size)
    for row in range(rows):
        for column in range(columns):
            y, x = row * stride[0], column * stride[1]
            total[:, y : y + window[0], x : x + window[1]] += change[row, column][:, None, None]
            count[y : y + window[0], x : x + window[1]] += 1
    return total / count


@pytest.fixture(scope="session")
def toys():
    """The helpers above, by name."""
    return SimpleNamespace(
        network=network,
        small=small,
        images=images,
        OneConv=OneConv,
        Averaged=Averaged,
        Wilful=Wilful,
        Sum=Sum,
        brute_force_maps=brute_force_maps,
    )


@pytest.fixture
def averaged():
    """Make `Averaged` for so many axes, the same each time."""

    def make(axes=2, shape=(1, 8, 9)):
        with torch.random.fork_rng():
            torch.manual_seed(axes)
            return network(Averaged(axes), shape, "abc")

    return make
