"""How to break a sound network on purpose: for each design rule, a function that plants its defect.

It takes a `Staged` network, changes it in place, and returns the path of the module at which the rule must find the defect.
A new rule about the design needs one more function here; the contract test asks for it.
"""

from __future__ import annotations

from torch import nn

PLANTS = {}


def plants(rule):
    """Register a planter under the name of its rule."""

    def add(function):
        PLANTS[rule] = function
        return function

    return add


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
    net.joint1 = nn.Sequential(nn.Conv2d(net.widths[0], net.widths[0], 3), nn.ReLU())
    return "joint1.0"


@plants("window-1-pooling")
def _(net):
    net.joint2 = nn.AvgPool2d(1)
    return "joint2"


@plants("late-large-stride")
def _(net):
    net.joint3 = nn.Sequential(nn.Conv2d(net.widths[2], net.widths[2], 3, stride=4, padding=1), nn.ReLU())
    return "joint3.0"


@plants("reduction-too-fast")
def _(net):
    width = net.widths[1]
    net.joint2 = nn.Sequential(
        nn.Conv2d(width, width // 16, 3, padding=1), nn.ReLU(), nn.Conv2d(width // 16, width, 1), nn.ReLU()
    )
    return "joint2.0"


@plants("input-size-odd")
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
