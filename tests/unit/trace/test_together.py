"""Which modules are one row of a traced table, and which only look like it."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from striate.trace import trace


class Norm(nn.Module):
    """Normalisation over channels; `order` tells how they come back."""

    def __init__(self, back=(0, 3, 1, 2), axes=1):
        super().__init__()
        self.back = back
        self.norm = nn.LayerNorm([4] if axes == 1 else [5, 4], eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        x = functional.layer_norm(x, self.norm.normalized_shape, self.norm.weight, self.norm.bias, self.norm.eps)
        return x.permute(self.back)


class Does(nn.Module):
    """A function as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class PadThenConv(nn.Conv2d):
    """A convolution that pads itself, with any value and mode."""

    def __init__(self, **pad):
        super().__init__(4, 2, 3, padding=(0, 1))
        self.pad = pad

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, (0, 1, 2, 3), **self.pad))


def kinds(module, mode="eval"):
    graph = trace(nn.Sequential(module, nn.ReLU()), (2, 4, 5, 5), mode=mode).graph
    return [op.kind for op in graph][:-1]


def test_channels_that_go_last_and_come_back_are_one_row():
    graph = trace(nn.Sequential(Norm(), nn.ReLU()), (2, 4, 5, 5)).graph

    assert [(op.name, op.kind, op.inputs) for op in graph] == [("0", "channelnorm", ("input",)), ("1", "relu", ("0",))]
    assert graph["0"].attributes == {"eps": 1e-3}
    assert [param.key for param in graph["0"].params] == ["0.norm.weight", "0.norm.bias"]


def test_channels_that_come_back_elsewhere_are_rows_of_their_own():
    assert kinds(Norm(back=(0, 3, 2, 1))) == ["permute", "layernorm", "permute"]
    assert kinds(Norm(axes=2)) == ["permute", "layernorm", "permute"]


def test_what_others_read_on_the_way_stays_a_row():
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = Norm()

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            self.norm.seen = None
            handle = x.permute(0, 2, 3, 1)
            norm = self.norm.norm
            out = functional.layer_norm(handle, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
            return out.permute(0, 3, 1, 2), out

    graph = trace(Both(), (2, 4, 5, 5)).graph

    assert [op.kind for op in graph] == ["permute", "layernorm", "permute"]


def test_zeros_before_a_convolution_belong_to_it():
    graph = trace(PadThenConv(), (2, 4, 5, 5)).graph

    assert [op.kind for op in graph] == ["conv"]
    assert graph.ops[0].attributes["padding"] == ((2, 3), (1, 2))
    assert graph.ops[0].shape == (2, 2, 8, 6)


def test_other_borders_before_a_convolution_do_not():
    assert kinds(PadThenConv(value=1.0)) == ["pad", "conv"]
    assert kinds(PadThenConv(mode="replicate")) == ["pad", "conv"]


def test_a_response_norm_with_another_divisor_is_none():
    def normed(x: Tensor, divisor: Tensor | None = None) -> Tensor:
        square = functional.pad(x.mul(x).view(2, 1, 4, 5, -1), (0, 0, 0, 0, 1, 1))
        mean = functional.avg_pool3d(square, (3, 1, 1), stride=1).squeeze(1).view(x.shape)
        return (mean if divisor is not None else x) / mean.mul(0.1).add(1.0).pow(0.5)

    assert kinds(Does(normed)) == ["lrn"]
    assert kinds(Does(lambda x: normed(x, x)))[-1] == "mul"


def test_numbers_drawn_for_each_image_drop_a_path_and_others_do_not():
    def drawn(x: Tensor, shape: list[int], scale: float) -> Tensor:
        return x * x.new_empty(shape).bernoulli_(0.75).div_(scale)

    graph = trace(Does(lambda x: drawn(x, [2, 1, 1, 1], 0.75)), (2, 4, 5, 5)).graph

    assert [(op.kind, dict(op.attributes)) for op in graph] == [("droppath", {"share": 0.25})]
    assert kinds(Does(lambda x: drawn(x, [1, 1, 1, 1], 0.75))) == ["mul"]
    assert kinds(Does(lambda x: drawn(x, [2, 1, 1, 1], 0.5))) == ["mul"]


def test_the_program_still_runs_every_call():
    net = nn.Sequential(Norm(), PadThenConv(), nn.LocalResponseNorm(2), nn.LPPool2d(2, 2)).eval()
    x = torch.randn(2, 4, 5, 5)
    recording = trace(net, (2, 4, 5, 5))

    assert [op.kind for op in recording.graph] == ["channelnorm", "conv", "lrn", "lppool"]
    assert torch.equal(recording.program.run(net, x).outputs, net(x))
