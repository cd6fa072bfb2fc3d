"""What blocks compute, against torchvision, timm and arithmetic; and the rows of those libraries' own networks."""

import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.blueprint import Blueprint
from striate.nets import build
from striate.nets.modules import MODULES
from striate.trace import trace

pytestmark = pytest.mark.reference


def first_of(text):
    """The module of a blueprint's first layer."""
    return build(Blueprint.from_text(text))[0]


def test_channel_normalisation_is_torchvisions():
    from torchvision.models.convnext import LayerNorm2d

    ours, theirs = first_of("input 6x7x5; channelnorm eps 0.000001; classes 2"), LayerNorm2d(6, eps=1e-6)
    for parameter in theirs.parameters():
        nn.init.normal_(parameter)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 6, 7, 5)

    assert torch.equal(ours(x), theirs(x))


@pytest.mark.parametrize("size", [(9, 9), (10, 7), (8, 8)])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(3, 2, 1), (4, 2, 1), (5, 3, 1), (2, 3, 1), (3, 2, 2)])
def test_padding_same_is_timms(kernel, stride, dilation, size):
    from timm.layers import Conv2dSame

    height, width = size
    text = f"input 3x{height}x{width}; conv {kernel} 4 stride {stride} dilation {dilation} padding same; classes 2"
    theirs = Conv2dSame(3, 4, kernel, stride, dilation=dilation)
    ours = first_of(text)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 3, height, width)

    assert torch.equal(ours(x), theirs(x))
    assert ours(x).shape[2:] == (-(-height // stride), -(-width // stride))


def test_padding_same_follows_maps_of_other_sizes():
    conv = first_of("input 3x9x9; conv 3 4 stride 2 padding same; classes 2")

    assert conv(torch.zeros(1, 3, 10, 15)).shape == (1, 4, 5, 8)


@pytest.mark.parametrize("library", ["torchvision", "timm"])
def test_drop_path_draws_as_torchvision_and_timm_do(library):
    from timm.layers import DropPath
    from torchvision.ops import StochasticDepth

    theirs = StochasticDepth(0.3, "row") if library == "torchvision" else DropPath(0.3)
    ours = first_of("input 4x3x3; droppath 0.3; classes 2").train()
    x = torch.randn(40, 4, 3, 3)
    torch.manual_seed(3)
    left = ours(x)
    torch.manual_seed(3)

    torch.testing.assert_close(left, theirs.train()(x))
    assert 0 < (left.flatten(1).abs().sum(1) == 0).sum() < 40
    assert torch.equal(ours.eval()(x), x)


def test_layer_scale_and_its_start_are_those_of_a_convnext_block():
    from torchvision.models.convnext import CNBlock

    block = CNBlock(6, layer_scale=1e-6, stochastic_depth_prob=0.0)
    ours = first_of("input 6x5x5; layerscale 0.000001; classes 2")
    x = torch.randn(2, 6, 5, 5)

    assert ours.state_dict().keys() == {"layer_scale"}
    assert torch.equal(ours.layer_scale, block.layer_scale)
    assert torch.equal(ours(x), block.layer_scale * x)


def test_a_sum_a_power_and_an_order_come_out_as_by_hand():
    x = torch.tensor([[[1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 0.0, 2.0]]])

    assert MODULES["GlobalSumPool"]()(x).tolist() == [[[10.0], [3.0]]]
    assert first_of("input 2x4; lppool 2 p 2; classes 2")(x)[0, 0].tolist() == pytest.approx([5**0.5, 5.0])
    assert MODULES["Permute"]((0, 2, 1))(x).tolist() == [[[1, 0], [2, 1], [3, 0], [4, 2]]]


def test_local_response_normalisation_comes_out_as_by_hand():
    x = torch.tensor([[[1.0], [2.0], [3.0]]])

    out = first_of("input 3x1; lrn 3 alpha 3 beta 1 k 1; classes 2")(x)

    # alpha · mean of the squares beside it, zeros where there is no channel
    assert out.flatten().tolist() == pytest.approx([1 / (1 + 5), 2 / (1 + 14), 3 / (1 + 13)])


def test_padding_counts_in_a_mean_or_not():
    ones = torch.ones(1, 1, 3)

    assert first_of("input 1x3; avgpool 3 stride 1 padding 1; classes 2")(ones).flatten().tolist() == pytest.approx(
        [2 / 3, 1, 2 / 3]
    )
    assert first_of("input 1x3; avgpool 3 stride 1 padding 1 countpad off; classes 2")(ones).flatten().tolist() == [
        1,
        1,
        1,
    ]


@pytest.mark.parametrize("mode", ["linear", "nearest"])
def test_upsampling_is_torchs_interpolation(mode):
    x = torch.randn(1, 2, 3, 4)
    name = "bilinear" if mode == "linear" else mode

    assert torch.equal(
        first_of(f"input 2x3x4; upsample 2x3 mode {mode}; classes 2")(x),
        functional.interpolate(x, size=(6, 12), mode=name),
    )


def test_a_convnext_block_of_torchvision_is_these_words():
    from torchvision.models.convnext import CNBlock

    plan = Blueprint.from_text(
        "input 8x9x9; conv 7 8 groups 8; channelslast; layernorm axes 1 eps 0.000001; fc 32 flatten off, gelu; "
        "fc 8 flatten off; channelsfirst; layerscale 0.000001, droppath 0.2; globalavgpool; classes 2"
    )
    block = CNBlock(8, layer_scale=1e-6, stochastic_depth_prob=0.2)
    theirs = trace(block, (2, 8, 9, 9), mode="train").graph.canonical()
    ours = plan.graph(batch=2, mode="train").canonical()

    # The block ends with the sum that a chain of layers does not have.
    assert theirs[-1][0] == "add"
    assert theirs[:-1] == ours[: len(theirs) - 1]


@pytest.mark.slow
def test_known_networks_show_what_they_do_together_in_one_row():
    import timm
    from torchvision.models import convnext_tiny

    convnext = trace(convnext_tiny(), (1, 3, 64, 64), mode="train").graph
    lite = trace(timm.create_model("tf_efficientnet_lite0"), (1, 3, 224, 224)).graph
    same = [op.name for op in lite if op.attributes.get("pads_first")]

    assert sum(op.kind == "channelnorm" for op in convnext) == 5
    shares = [op.attributes["share"] for op in convnext if op.kind == "droppath"]
    assert shares == pytest.approx([0.1 * n / 17 for n in range(1, 18)])
    assert same == ["conv_stem", "blocks.1.0.conv_dw", "blocks.2.0.conv_dw", "blocks.3.0.conv_dw", "blocks.5.0.conv_dw"]
    assert not any(op.kind == "pad" for op in lite)


@pytest.mark.slow
def test_the_written_source_needs_torch_alone(tmp_path):
    text = (
        "input 3x17x14; conv 3 8 stride 2 padding same; channelnorm, gelu tanh on; coords radius on; channelslast; "
        "fc 8 flatten off; channelsfirst; layerscale 0.1, droppath 0.2; conv 3 8 stride 2 padding same; channelnorm; "
        "globalsumpool; classes 3"
    )
    plan = Blueprint.from_text(text)
    net = build(plan).eval()
    x = torch.randn(2, 3, 17, 14)
    file, weights, out = tmp_path / "net.py", tmp_path / "net.pt", tmp_path / "out.pt"
    file.write_text(plan.to_source())
    torch.save((net.state_dict(), x), weights)
    script = (
        f"import sys, torch; sys.path.insert(0, {str(tmp_path)!r}); sys.modules['striate'] = None; from net import Net; "
        f"state, x = torch.load({str(weights)!r}); net = Net().eval(); net.load_state_dict(state); "
        f"torch.save(net(x), {str(out)!r})"
    )

    subprocess.run([sys.executable, "-I", "-c", script], check=True)

    assert torch.equal(torch.load(out), net(x))
    assert plan.to_source().count("class ChannelNorm(") == plan.to_source().count("class Conv2dSame(") == 1
    assert "striate" not in plan.to_source().lower().replace("a network written by striate", "")
