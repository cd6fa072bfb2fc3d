"""Boxes against whole passes, in double precision: what differs then is no rounding."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.explain.occlusion.engine import Engine
from striate.explain.occlusion.local import local
from striate.trace import trace
from striate.trace.replay import Unfit


class Lambda(nn.Module):
    def __init__(self, function, *parts):
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.function = function

    def forward(self, x):
        return self.function(x, *self.parts)


class Placed(nn.Module):
    """A value of its own for each place, one for each row, and one for each channel."""

    def __init__(self):
        super().__init__()
        self.place = nn.Parameter(torch.randn(1, 4, 17, 19))
        self.row = nn.Parameter(torch.randn(17, 1))
        self.channel = nn.Parameter(torch.randn(4, 1, 1))

    def forward(self, x):
        return (x + self.place) * self.row + self.channel - 0.5


class Beside(nn.Module):
    """A learned map beside the channels, a weight that is computed, and a sum that is written over."""

    def __init__(self):
        super().__init__()
        self.map = nn.Parameter(torch.randn(1, 2, 17, 19))
        self.conv = nn.utils.parametrizations.weight_norm(nn.Conv2d(6, 4, 3, padding=1))
        self.linear = nn.utils.parametrizations.weight_norm(nn.Linear(4, 4))

    def forward(self, x):
        y = self.conv(torch.cat([x, self.map.expand(x.shape[0], -1, -1, -1)], 1))
        y += x
        return self.linear(y.relu().permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Twice(nn.Module):
    """A ReLU that writes in place, used again; a normalisation that is read twice and cannot be folded."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.relu = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True)

    def forward(self, x):
        before = self.conv(x)
        return self.relu(self.norm(before)) + self.relu(before)


def shuffled(x, conv):
    first, second = x.chunk(2, 1)
    joined = torch.cat([first, conv(second)], 1)
    n, c, h, w = joined.shape
    return joined.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, c, h, w)


def in_the_batch(x, conv):
    n, c, h, w = x.shape
    return conv(x.view(n * 2, c // 2, h, w)).reshape(n, -1, h, w)


def gated(x, conv):
    return x * torch.sigmoid(conv(x.mean((2, 3), keepdim=True)))


def channels_last(x, norm, linear):
    return x + linear(norm(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)


def widened(x):
    return torch.cat([x, x.new_zeros(x.shape[0], 2, *x.shape[2:])], 1)


def in_place(x):
    y = x * 2
    y[:, :2] += 1
    return y


# What stands between a first convolution and the head, by name.
BODIES = {
    "same padding": lambda: nn.Conv2d(4, 5, 3, padding="same", dilation=2),
    "strided": lambda: nn.Conv2d(4, 5, 3, stride=2, padding=1),
    "strided without neighbours": lambda: nn.Conv2d(4, 5, 1, stride=3),
    "dilated": lambda: nn.Conv2d(4, 5, 3, padding=2, dilation=2),
    "other sides": lambda: nn.Conv2d(4, 5, (1, 5), stride=(2, 1), padding=(0, 2)),
    "grouped": lambda: nn.Conv2d(4, 8, 3, groups=2, padding=1, bias=False),
    "depthwise": lambda: nn.Conv2d(4, 4, 5, groups=4, padding=2),
    "folded": lambda: nn.Sequential(nn.Conv2d(4, 5, 3, bias=False), nn.BatchNorm2d(5), nn.ReLU(inplace=True)),
    "unfolded": Twice,
    "normalised first": lambda: nn.Sequential(nn.BatchNorm2d(4), nn.PReLU(4), nn.Conv2d(4, 3, 3)),
    "padded on one side": lambda: nn.Sequential(nn.ZeroPad2d((0, 1, 2, 0)), nn.Conv2d(4, 5, 3, stride=2)),
    "max pooling": lambda: nn.MaxPool2d(3, 2, padding=1),
    "max pooling, ceil": lambda: nn.MaxPool2d(2, 2, ceil_mode=True),
    "max pooling, dilated": lambda: nn.MaxPool2d(3, 2, dilation=2, ceil_mode=True),
    "mean pooling": lambda: nn.AvgPool2d(3, 2, padding=1),
    "mean pooling, ceil": lambda: nn.AvgPool2d(4, 3, padding=2, ceil_mode=True),
    "mean pooling of what is there": lambda: nn.AvgPool2d(3, 1, padding=1, count_include_pad=False, ceil_mode=True),
    "sum pooling": lambda: nn.AvgPool2d(2, divisor_override=1),
    "adaptive": lambda: nn.Sequential(nn.Conv2d(4, 4, 2, stride=(1, 1)), nn.AdaptiveAvgPool2d((8, 9))),
    "adaptive to uneven parts": lambda: nn.AdaptiveAvgPool2d((5, 7)),
    "residual": lambda: Lambda(
        lambda x, a, b: x + b(a(x).relu()), nn.Conv2d(4, 6, 3, padding=1), nn.Conv2d(6, 4, 3, padding=1)
    ),
    "residual, strided": lambda: Lambda(
        lambda x, a, b: (a(x) + b(x)).relu_(), nn.Conv2d(4, 6, 3, stride=2, padding=1), nn.Conv2d(4, 6, 1, stride=2)
    ),
    "dense": lambda: Lambda(lambda x, a: torch.cat([x, a(x)], 1), nn.Conv2d(4, 3, 5, padding=2)),
    "shuffled": lambda: Lambda(shuffled, nn.Conv2d(2, 2, 3, padding=1)),
    "groups in the batch": lambda: Lambda(in_the_batch, nn.Conv2d(2, 3, 3, padding=1)),
    "gated": lambda: Lambda(gated, nn.Conv2d(4, 4, 1)),
    "channels last": lambda: Lambda(channels_last, nn.LayerNorm(4), nn.Linear(4, 4)),
    "group norm": lambda: nn.GroupNorm(2, 4),
    "softmax over channels": lambda: nn.Softmax(1),
    "softmax over places": lambda: nn.Sequential(nn.Softmax(-1), nn.Conv2d(4, 3, 3)),
    "placed": Placed,
    "beside": Beside,
    "widened with zeros": lambda: Lambda(widened),
    "picked channels": lambda: Lambda(lambda x: torch.stack([x[:, 0] + x[:, 2], x[:, 1:3].sum(1)], 1)),
    "mirrored": lambda: nn.Sequential(nn.ReflectionPad2d(2), nn.Conv2d(4, 3, 3)),
    "resized": lambda: nn.Upsample(scale_factor=2),
    "turned": lambda: Lambda(lambda x: x.transpose(2, 3)),
    "cropped": lambda: Lambda(lambda x: x[:, :, 2:-3, 1:]),
    "transposed": lambda: nn.ConvTranspose2d(4, 3, 3, stride=2),
    "global maximum": lambda: nn.AdaptiveMaxPool2d(1),
}
HEADS = {
    "mean": lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LazyLinear(5)),
    "mean without its axes": lambda: nn.Sequential(Lambda(lambda x: x.mean([-1, -2])), nn.LazyLinear(5)),
    "flat": lambda: nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.LazyLinear(5)),
}
SHAPE = (2, 19, 21)


def made(*parts, shape=SHAPE):
    """A network in double precision whose normalisations do something."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(*parts).double()
        net(torch.randn(1, *shape, dtype=torch.float64))
        for part in net.modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                for tensor in (part.running_mean, part.bias.data):
                    tensor.normal_(0, 0.5)
                for tensor in (part.running_var, part.weight.data):
                    tensor.uniform_(0.5, 2)
    return net.eval()


def local_of(net, image):
    return local(trace(net, tuple(image.shape)).program, net, image)


def by_hand(net, image, covers, starts):
    """The ten-line loop."""
    answers = []
    for cover, start in zip(covers, starts.tolist(), strict=True):
        one = image.clone()
        part = one[0]
        for axis, (begin, length) in enumerate(zip(start, cover.shape[1:], strict=True)):
            part = part.narrow(1 + axis, begin, length)
        part.copy_(cover)
        with torch.no_grad():
            answers.append(net(one)[0])
    return torch.stack(answers)


def check(net, shape, window):
    draw = torch.Generator().manual_seed(1)
    image = torch.randn(1, *shape, generator=draw, dtype=torch.float64)
    random = np.random.default_rng(0)
    last = np.array(shape[1:]) - window
    starts = np.concatenate(
        [np.zeros((1, len(window)), np.int64), last[None], random.integers(0, last + 1, (7, len(window)))]
    )
    covers = torch.randn(len(starts), shape[0], *window, generator=draw, dtype=torch.float64)
    expected = by_hand(net, image, covers, starts)
    assert (expected - net(image)).abs().max() > 1e-6  # otherwise nothing is shown
    at = local_of(net, image)
    for most in (0.0, 0.85, 1.0):
        engine = Engine(at, image, most=most)
        torch.testing.assert_close(engine.run(covers, starts), expected, rtol=1e-10, atol=1e-12)
        torch.testing.assert_close(engine.scores, net(image).detach(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("body", BODIES)
def test_boxes_give_what_whole_passes_give(body):
    check(made(nn.Conv2d(2, 4, 3), BODIES[body](), HEADS["mean"]()), SHAPE, (4, 3))


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("window", [(1, 1), (5, 2), (19, 21)])
def test_windows_of_any_size_and_every_head(head, window):
    check(made(nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2), HEADS[head]()), SHAPE, window)


@pytest.mark.parametrize("axes", [1, 3])
def test_lines_and_volumes(axes):
    conv, norm, pool, mean, adaptive = {
        1: (nn.Conv1d, nn.BatchNorm1d, nn.MaxPool1d, nn.AvgPool1d, nn.AdaptiveAvgPool1d),
        3: (nn.Conv3d, nn.BatchNorm3d, nn.MaxPool3d, nn.AvgPool3d, nn.AdaptiveAvgPool3d),
    }[axes]
    shape = (2, 41) if axes == 1 else (2, 9, 11, 10)
    net = made(
        conv(2, 4, 3, padding=1, bias=False), norm(4), nn.ReLU(), pool(2, ceil_mode=True), conv(4, 4, 3, dilation=2, padding=2),
        mean(3, 1, padding=1, count_include_pad=False) if axes == 1 else mean(2, 1), adaptive(1), nn.Flatten(), nn.Linear(4, 3),
        shape=shape,
    )  # fmt: skip
    check(net, shape, (5, 3, 2)[:axes])


@pytest.mark.parametrize(
    "body",
    [
        "max pooling",
        "dense",
        "widened with zeros",
        "shuffled",
        "channels last",
        "placed",
        "residual, strided",
        "padded on one side",
    ],
)
def test_boxes_stay_boxes_where_a_rule_is_known(body):
    net = made(nn.Conv2d(2, 4, 3), BODIES[body](), HEADS["mean"]())
    image = torch.zeros(1, *SHAPE, dtype=torch.float64)
    engine = Engine(local_of(net, image), image)
    boxes = engine.boxes(np.array([[8, 9]]), (2, 2))
    last = next(node for node in engine.local.nodes if node.name == "adaptive_avg_pool2d")
    assert boxes[last.reads[0]] is not None


@pytest.mark.parametrize("body", [name for name in BODIES if name != "strided without neighbours"])
def test_a_box_is_what_becomes_nan_when_the_window_is(body):
    net = made(nn.Conv2d(2, 4, 3), BODIES[body](), HEADS["mean"]())
    image = torch.randn(1, *SHAPE, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    at = local_of(net, image)
    engine = Engine(at, image, most=1.0)
    for top, left in [(0, 0), (7, 9), (16, 18)]:
        spoilt = image.clone()
        spoilt[..., top : top + 3, left : left + 3] = torch.nan
        probed = Engine(at, spoilt)
        boxes = engine.boxes(np.array([(top, left)]), (3, 3))
        for value, box in boxes.items():
            if box is None:
                continue
            is_nan = probed.read(value).isnan()
            for n, axis in enumerate(box.axes):
                found = is_nan.movedim(axis, 0).flatten(1).any(1).nonzero()[:, 0]
                assert (int(found.min()), int(found.max()) + 1) == (box.starts[0, n], box.starts[0, n] + box.size[n])


def test_a_normalisation_is_folded_into_the_convolution_that_it_alone_reads():
    net = made(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), Twice(), HEADS["mean"]())
    at = local_of(net, torch.zeros(1, *SHAPE, dtype=torch.float64))
    assert [node.name for node in at.nodes].count("batch_norm") == 1
    assert [node.folded is not None for node in at.nodes if node.name == "conv2d"] == [True, False]


def test_a_window_takes_fewer_products_where_little_changes():
    net = made(nn.Conv2d(2, 4, 3, padding=1), HEADS["mean"]())
    image = torch.zeros(1, *SHAPE, dtype=torch.float64)
    engine = Engine(local_of(net, image), image)
    # 3×3 changes to 5×5: 4 filters of 2 · 9 weights there, and the head's 4 · 5.
    assert engine.macs(engine.boxes(np.array([[8, 8]]), (3, 3))) == 25 * 4 * 18 + 20


@pytest.mark.parametrize(
    ("net", "said"),
    [
        (lambda: nn.Sequential(nn.Conv2d(2, 4, 3), Lambda(in_place)), "memory"),
        (lambda: Lambda(lambda x: (x.mean((2, 3)), x.sum((2, 3)))), "several outputs"),
        (lambda: Lambda(lambda x: nn.functional.dropout(x, 0.5, training=True).mean((2, 3))), "random"),
        (lambda: Lambda(lambda x: x.mean((2, 3)) + torch.arange(x.shape[0] * 2.0).view(-1, 2)), "depend on the batch"),
    ],
)
def test_what_cannot_be_run_in_parts_is_refused_with_a_reason(net, said):
    module, image = net().eval(), torch.randn(1, *SHAPE)
    with pytest.raises(Unfit, match=said):
        local_of(module, image)
