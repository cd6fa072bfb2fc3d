"""Small classifiers for the tests of dense networks."""

import torch
from torch import nn


def valid(*, head=None):
    """A network without padding, of total stride 8, and its dense form."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 5, 2, dilation=2), nn.Tanh(),
        nn.Conv2d(5, 6, 3, stride=2), nn.ReLU(inplace=True), *(head or [nn.Flatten(), nn.Linear(6 * 2 * 2, 3)]),
    ).eval()  # fmt: skip


class Residual(nn.Module):
    """Strides in both branches, padding, and global pooling."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(1, 4, 3, stride=2, padding=1)
        self.one, self.two = nn.Conv2d(4, 8, 3, stride=2, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.short, self.fc = nn.Conv2d(4, 8, 1, stride=2), nn.Linear(8, 3)
        self.norm = nn.BatchNorm2d(8)

    def forward(self, x):
        x = self.stem(x).relu()
        x = self.short(x) + self.norm(self.two(self.one(x).relu()))
        return self.fc(x.relu().mean((2, 3)))
