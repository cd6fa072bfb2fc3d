"""Five architectures in which defects are planted: sound ones, small, with the same joints between their stages.

Every network reads `side` × `side` pixels, 64 unless a defect needs others, and runs stem, stage1, joint1, down1, stage2, joint2, down2, stage3, joint3, pool, head. The joints
do nothing until a defect is put there; they carry `widths[0]`, `widths[1]` and `widths[2]` channels, on maps of 32, 16
and 8 pixels.
"""

from __future__ import annotations

import torch
from torch import nn

SIDE = 64


class Staged(nn.Module):
    """Stages with joints between them."""

    def __init__(self, stem, stages, downs, widths):
        super().__init__()
        self.widths, self.side = widths, SIDE
        self.stem = stem
        self.stage1, self.stage2, self.stage3 = stages
        self.down1, self.down2 = downs
        self.joint1, self.joint2, self.joint3 = nn.Identity(), nn.Identity(), nn.Identity()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(widths[2], 10)

    def forward(self, x):
        x = self.joint1(self.stage1(self.stem(x)))
        x = self.joint2(self.stage2(self.down1(x)))
        x = self.joint3(self.stage3(self.down2(x)))
        return self.head(torch.flatten(self.pool(x), 1))


def unit(read, made, kernel=3, stride=1, groups=1, activation=nn.ReLU):
    """Convolution without bias, batch normalisation, activation."""
    conv = nn.Conv2d(read, made, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(made), activation())


class Residual(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, read, made, stride=1):
        super().__init__()
        self.body = nn.Sequential(
            unit(read, made, stride=stride), nn.Conv2d(made, made, 3, 1, 1, bias=False), nn.BatchNorm2d(made)
        )
        pool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        short = nn.Sequential(pool, nn.Conv2d(read, made, 1, bias=False), nn.BatchNorm2d(made))
        self.short = short if stride > 1 or read != made else nn.Identity()

    def forward(self, x):
        return torch.relu(self.body(x) + self.short(x))


class Branches(nn.Module):
    """Branches of several sizes side by side, joined by channel."""

    def __init__(self, read, made):
        super().__init__()
        part = made // 4
        self.one = unit(read, part, 1)
        self.three = nn.Sequential(unit(read, part, 1), unit(part, part))
        self.five = nn.Sequential(unit(read, part, 1), unit(part, part), unit(part, part))
        self.pooled = nn.Sequential(nn.MaxPool2d(3, 1, 1), unit(read, part, 1))

    def forward(self, x):
        return torch.cat([self.one(x), self.three(x), self.five(x), self.pooled(x)], 1)


class Gate(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, width):
        super().__init__()
        self.squeeze, self.excite = nn.Conv2d(width, width // 4, 1), nn.Conv2d(width // 4, width, 1)

    def forward(self, x):
        weight = self.excite(torch.relu(self.squeeze(x.mean((2, 3), keepdim=True))))
        return x * torch.sigmoid(weight)


class Inverted(nn.Module):
    """Wide inside and narrow outside, depthwise in the middle."""

    def __init__(self, read, made, stride=1, is_gated=True):
        super().__init__()
        wide = 4 * read
        self.body = nn.Sequential(
            unit(read, wide, 1, activation=nn.Hardswish),
            unit(wide, wide, 3, stride, groups=wide, activation=nn.Hardswish),
            Gate(wide) if is_gated else nn.Identity(),
            nn.Conv2d(wide, made, 1, bias=False),
            nn.BatchNorm2d(made),
        )
        self.has_shortcut = stride == 1 and read == made

    def forward(self, x):
        return x + self.body(x) if self.has_shortcut else self.body(x)


class Dense(nn.Module):
    """Every layer reads all before it."""

    def __init__(self, read, growth, count):
        super().__init__()
        self.layers = nn.ModuleList(unit(read + number * growth, growth) for number in range(count))

    def forward(self, x):
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return x


def plain():
    stages = [nn.Sequential(*(unit(w, w) for _ in range(3))) for w in (16, 32, 64)]
    downs = [nn.Sequential(unit(a, b), nn.MaxPool2d(2)) for a, b in ((16, 32), (32, 64))]
    return Staged(nn.Sequential(*unit(3, 16), nn.MaxPool2d(2)), stages, downs, (16, 32, 64))


def residual():
    stages = [Residual(w, w) for w in (16, 32, 64)]
    return Staged(unit(3, 16, stride=2), stages, [Residual(16, 32, 2), Residual(32, 64, 2)], (16, 32, 64))


def inception():
    stages = [Branches(w, w) for w in (16, 32, 64)]
    downs = [nn.Sequential(Branches(a, b), nn.MaxPool2d(3, 2, 1)) for a, b in ((16, 32), (32, 64))]
    return Staged(unit(3, 16, 5, stride=2), stages, downs, (16, 32, 64))


def inverted():
    stages = [nn.Sequential(*(Inverted(w, w, is_gated=w > 16) for _ in range(2))) for w in (16, 32, 64)]
    stages[2].append(unit(64, 64, 1))
    return Staged(unit(3, 16, stride=2), stages, [Inverted(16, 32, 2), Inverted(32, 64, 2)], (16, 32, 64))


def dense():
    stages = [Dense(width, 8, 3) for width in (16, 24, 24)]
    downs = [nn.Sequential(unit(a, 24, 1), nn.AvgPool2d(2)) for a in (40, 48)]
    return Staged(unit(3, 16, stride=2), stages, downs, (40, 48, 48))


ARCHITECTURES = (plain, residual, inception, inverted, dense)
