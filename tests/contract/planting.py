"""How to break a sound network on purpose: for each design rule, a function that plants its defect.

It takes a `Staged` network, changes it in place, and returns the path of the module at which the rule must find the defect,
"" if the rule is about no op. A new rule about the design needs one more function here; the contract test asks for it.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

PLANTS = {}


def plants(rule):
    """Register a planter under the name of its rule."""

    def add(function):
        PLANTS[rule] = function
        return function

    return add


class Summed(nn.Module):
    """The sum of two branches."""

    def __init__(self, left, right):
        super().__init__()
        self.left, self.right = left, right

    def forward(self, x):
        return torch.relu(self.left(x) + self.right(x))


class Dropped(Summed):
    """Two branches, of which one is worked out and forgotten."""

    def forward(self, x):
        self.left(x)
        return torch.relu(self.right(x))


def conv(read, made=None, kernel=3, **options):
    """Convolution that keeps the size of its map, and a ReLU."""
    made = read if made is None else made
    padding = options.pop("padding", options.get("dilation", 1) * (kernel // 2))
    return [nn.Conv2d(read, made, kernel, padding=padding, **options), nn.ReLU()]


def head(*widths):
    """Fully connected layers, and a ReLU between each two."""
    layers = []
    for read, made in pairwise(widths):
        layers += [nn.Linear(read, made), nn.ReLU()]
    return layers[:-1]


@plants("fc-holds-most-parameters")
def _(net):
    net.pool = nn.Identity()
    net.head = nn.Sequential(nn.Linear(net.widths[2] * 64, 512), nn.ReLU(), nn.Linear(512, 10))
    return "head.0"


@plants("large-kernel-where-small-do")
def _(net):
    net.joint2 = nn.Sequential(nn.Conv2d(net.widths[1], net.widths[1], 7, padding=3), nn.ReLU())
    return "joint2.0"


@plants("stride-above-kernel")
def _(net):
    net.joint1 = nn.Sequential(nn.Conv2d(net.widths[0], net.widths[0], 1, stride=2), nn.ReLU())
    return "joint1.0"


@plants("unaligned-padding")
def _(net):
    net.joint3 = nn.Sequential(nn.Conv2d(net.widths[2], net.widths[2], 3), nn.ReLU())
    return "joint3.0"


@plants("window-1-pooling")
def _(net):
    net.joint2 = nn.AvgPool2d(1)
    return "joint2"


@plants("late-large-stride")
def _(net):
    net.joint3 = nn.Sequential(nn.Conv2d(net.widths[2], net.widths[2], 7, stride=4, padding=3), nn.ReLU())
    return "joint3.0"


@plants("reduction-too-fast")
def _(net):
    width = net.widths[1]
    net.joint2 = nn.Sequential(
        nn.Conv2d(width, width // 16, 3, padding=1), nn.ReLU(), nn.Conv2d(width // 16, width, 1), nn.ReLU()
    )
    return "joint2.0"


@plants("border-never-read")
def _(net):
    net.joint3 = nn.MaxPool2d(3, 2)  # 8 px: the last row is read by nothing
    return "joint3"


@plants("top-cannot-see-input")
def _(net):
    first, second, third = net.widths
    net.down1, net.stage2 = nn.Conv2d(first, second, 1), nn.ReLU()
    net.down2, net.stage3 = nn.Conv2d(second, third, 1), nn.ReLU()
    net.stage1 = nn.Sequential(nn.Conv2d(net.stem[0].out_channels, first, 3, padding=1), nn.ReLU())
    return "stage3"


@plants("only-1x1-convolutions")
def _(net):
    for module in list(net.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Conv2d):
                point = nn.Conv2d(
                    child.in_channels,
                    child.out_channels,
                    1,
                    child.stride,
                    groups=child.groups,
                    bias=child.bias is not None,
                )
                setattr(module, name, point)
    return "stem.0"


@plants("conv-bias-before-batchnorm")
def _(net):
    width = net.widths[0]
    net.joint1 = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU())
    return "joint1.0"


@plants("dropout-beside-batchnorm")
def _(net):
    width = net.widths[1]
    conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
    net.joint2 = nn.Sequential(conv, nn.BatchNorm2d(width), nn.ReLU(), nn.Dropout(0.2))
    return "joint2.3"


@plants("layers-without-activation")
def _(net):
    width = net.widths[1]
    net.joint2 = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1), nn.ReLU())
    return "joint2.1"


@plants("kernel-above-map")
def _(net):
    width = net.widths[2]
    net.joint3 = nn.Sequential(
        *conv(width, kernel=19, groups=width)
    )  # on 8 px the offsets −9, −8, 8 and 9 meet nothing
    return "joint3.0"


@plants("map-collapses")
def _(net):
    net.joint3 = nn.Sequential(nn.MaxPool2d(8), *conv(net.widths[2]))
    return "joint3.1"


@plants("stem-too-eager")
def _(net):
    made = net.stem[0].out_channels
    net.stem = nn.Sequential(nn.Conv2d(3, made, 7, 8, 3), nn.ReLU(), *conv(made))
    return "stem.2"


@plants("slow-reduction")
def _(net):
    net.stem = nn.Sequential(*conv(3), *(part for _ in range(19) for part in conv(3)), net.stem)
    return "stem.2"


@plants("large-pooling-window")
def _(net):
    net.joint1 = nn.MaxPool2d(4)
    return "joint1"


@plants("pooling-after-pooling")
def _(net):
    net.joint1 = nn.Sequential(nn.MaxPool2d(2), nn.AvgPool2d(2))
    return "joint1.1"


@plants("checkerboard-upsampling")
def _(net):
    width = net.widths[1]
    net.joint2 = nn.ConvTranspose2d(width, width, 3, stride=2, padding=1, output_padding=1)
    return "joint2"


@plants("subsampling-shortcut")
def _(net):
    width = net.widths[0]
    net.joint1 = Summed(nn.Conv2d(width, width, 3, 2, 1), nn.Conv2d(width, width, 1, 2))
    return "joint1.right"


@plants("odd-input-side")
def _(net):
    net.side = 65
    for module in net.modules():
        if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
            module.ceil_mode = True  # a border that is lost is another rule's
    return ""


@plants("misaligned-merge")
def _(net):
    width = net.widths[0]
    shifted = nn.Sequential(nn.ZeroPad2d((2, 0, 2, 0)), nn.MaxPool2d(3, 1))
    net.joint1 = Summed(nn.Conv2d(width, width, 3, padding=1), shifted)
    return "joint1"


@plants("layers-past-the-border")
def _(net):
    width = net.widths[1]
    layers = [part for _ in range(8) for part in conv(width)]
    net.joint2 = nn.Sequential(*conv(width, kernel=31, groups=width), *layers)  # 31 places, 4 px each
    return "joint2.2"


@plants("dilation-holes")
def _(net):
    net.joint1 = nn.Sequential(*(part for _ in range(3) for part in conv(net.widths[0], dilation=16)))
    return "joint1.4"


@plants("work-on-padding")
def _(net):
    width = net.widths[2]
    net.joint3 = nn.Sequential(nn.MaxPool2d(2), *conv(width, 1024, 1), *conv(1024), *conv(1024, width, 1))
    return "joint3.3"


@plants("macs-in-one-layer")
def _(net):
    width = net.widths[0]
    net.joint1 = nn.Sequential(*conv(width, 256), *conv(256, width, 1))
    return "joint1.0"


@plants("unused-parameters")
def _(net):
    net.forgotten = nn.Linear(5, 5)
    return ""


@plants("unread-branch")
def _(net):
    width = net.widths[1]
    net.joint2 = Dropped(nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1))
    return "joint2.left"


@plants("memory-in-one-stage")
def _(net):
    width = net.widths[0]
    wide = [part for _ in range(10) for part in conv(512, kernel=1)]  # 2 MiB each
    net.joint1 = nn.Sequential(*conv(width, 512, 1), *wide, *conv(512, width, 1))
    # The first op on a map of that size: a strided convolution, or the pooling behind one.
    return f"stem.{3 if len(net.stem) > 3 else 0}"


@plants("optimizer-step-is-the-peak")
def _(net):
    net.head = nn.Sequential(*head(net.widths[2], 8192, 8192, 10))
    return "head.2"


@plants("channels-off-the-grid")
def _(net):
    width = net.widths[1]
    net.joint2 = nn.Sequential(*conv(width, width + 4), *conv(width + 4, width))
    return "joint2.0"


@plants("narrow-groups")
def _(net):
    width = net.widths[1]
    net.joint2 = nn.Sequential(*conv(width, groups=width // 4))
    return "joint2.0"


@plants("width-jump")
def _(net):
    width = net.widths[1]
    net.joint2 = nn.Sequential(*conv(width, 6 * width), *conv(6 * width, width, 1))
    return "joint2.0"


@plants("thousands-of-filters")
def _(net):
    width = net.widths[2]
    net.joint3 = nn.Sequential(*conv(width, 512, 1), *conv(512, 1104), *conv(1104, width, 1))
    return "joint3.2"


@plants("unmixed-groups")
def _(net):
    width = net.widths[1]
    net.joint2 = nn.Sequential(*(part for _ in range(3) for part in conv(width, groups=width)))
    return "joint2.4"


@plants("fixed-size-head")
def _(net):
    net.pool, net.head = nn.Identity(), nn.Linear(net.widths[2] * 64, 10)
    return "head"


@plants("large-final-representation")
def _(net):
    net.joint3 = nn.Sequential(*conv(net.widths[2], 1024, 1))
    net.pool, net.head = nn.Identity(), nn.Linear(1024 * 64, 10)
    return "head"


@plants("narrow-final-representation")
def _(net):
    net.head = nn.Linear(net.widths[2], 1000)
    return "head"


@plants("deep-head")
def _(net):
    net.head = nn.Sequential(*head(net.widths[2], 64, 64, 64, 10))
    return "head.0"


@plants("batchnorm-over-few-values")
def _(net):
    first, *rest = head(net.widths[2], 64, 10)
    net.head = nn.Sequential(first, nn.BatchNorm1d(64), *rest)
    return "head.1"


@plants("deep-without-normalisation")
def _(net):
    width = net.widths[1]
    layers = [part for _ in range(12) for part in conv(width)]
    layers[-2].bias = None
    net.joint2 = nn.Sequential(*layers[:-1], nn.BatchNorm2d(width), layers[-1])
    return "joint2.22"


@plants("dropout-on-maps")
def _(net):
    for module in list(net.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d):  # of dropout beside those another rule speaks
                setattr(module, name, nn.GroupNorm(1, child.num_features))
    net.joint1 = nn.Dropout(0.3)
    return "joint1"


@plants("dropout-above-half")
def _(net):
    *first, last = head(net.widths[2], 64, 10)
    net.head = nn.Sequential(*first, nn.Dropout(0.8), last)
    return "head.2"


@plants("normalisation-of-one-value")
def _(net):
    net.head = nn.Sequential(*head(net.widths[2], 64, 1), nn.LayerNorm(1), nn.Linear(1, 10))
    return "head.3"


@plants("double-activation")
def _(net):
    net.joint2 = nn.Sequential(*conv(net.widths[1]), nn.Tanh())
    return "joint2.2"


@plants("activation-at-the-output")
def _(net):
    net.head = nn.Sequential(nn.Linear(net.widths[2], 10), nn.Softmax(1))
    return "head.1"


@plants("saturating-activations")
def _(net):
    width = net.widths[1]
    net.joint2 = nn.Sequential(*(part for _ in range(6) for part in (conv(width)[0], nn.Tanh())))
    return "joint2.1"
