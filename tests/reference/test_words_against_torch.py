"""Every word of a blueprint: its row on paper, the row traced from the module it builds, and the values that come out."""

from dataclasses import replace

import pytest
import torch

from striate.analyse import cost, receptive_fields
from striate.blueprint import Blueprint
from striate.kinds import words
from striate.nets import build
from striate.trace import trace

# Torch says once that it copies the map where an even kernel has no middle.
pytestmark = [pytest.mark.reference, pytest.mark.filterwarnings("ignore:Using padding")]
INPUTS = {1: "input 8x21", 2: "input 8x17x14", 3: "input 8x7x6x9"}
# Every word in every number of axes it has, with its options.
ANY_AXES = [
    "conv 3 6 stride 2 padding same",
    "conv 4 6 padding same, batchnorm, relu",
    "conv 3 6 stride 2 dilation 2 padding same groups 2",
    "conv 2 6 stride 3 padding same; conv 5 4 stride 3 padding same bias off",
    "conv 1 6 stride 2 padding same",
    "depthwise 3 stride 2",
    "depthwise 2 padding same bias off",
    "depthwise 5 stride 2 padding same",
    "depthwise 3 dilation 2 padding 1",
    "convtranspose 3 4",
    "convtranspose 4 6 stride 2 padding 1 groups 2 bias off",
    "convtranspose 3 4 stride 3 output_padding 2 padding 1",
    "convtranspose 2 4 dilation 2 output_padding 1",
    "maxpool 3 stride 2 ceil on",
    "maxpool 2 stride 2 dilation 2 padding 1",
    "avgpool 3 stride 2 ceil on padding 1",
    "avgpool 3 padding 1 stride 1 countpad off",
    "lppool 2 p 2",
    "relu; lppool 3 p 3 stride 2 ceil on",
    "adaptiveavgpool 3",
    "adaptivemaxpool 3",
    "globalavgpool",
    "globalmaxpool",
    "globalsumpool",
    "batchnorm eps 0.001",
    "batchnorm affine off",
    "instancenorm eps 0.001",
    "groupnorm 4 eps 0.001",
    "layernorm",
    "layernorm axes 1 eps 0.000001",
    "channelnorm",
    "channelnorm eps 0.000001",
    "lrn 5",
    "lrn 4 alpha 0.001 beta 0.5 k 2",
    "relu",
    "relu6",
    "leakyrelu 0.2",
    "prelu",
    "prelu channels on",
    "elu",
    "elu 0.5",
    "celu",
    "celu 0.5",
    "selu",
    "gelu",
    "gelu tanh on",
    "silu",
    "mish",
    "softplus",
    "softplus 2",
    "hardswish",
    "hardsigmoid",
    "hardtanh",
    "hardtanh -0.5 2",
    "sigmoid",
    "tanh",
    "flatten",
    "channelslast; fc 5 flatten off; channelsfirst",
    "channelslast; layernorm axes 1 eps 0.000001; fc 5 flatten off, gelu; fc 8 flatten off bias off; channelsfirst",
    "upsample 2",
    "upsample 2 mode linear",
    "channelshuffle 4",
    "zeropad 2",
    "layerscale 0.000001",
    "droppath 0.1",
    "droppath 0",
    "dropout 0.3",
    "dropout 0.3 maps on",
    "coords",
    "coords radius on",
]
ONE_NUMBER_OF_AXES = {
    1: [],
    2: [
        "conv 3x5 6 stride 2x1 padding same",
        "conv 1x7 6 padding 0x3",
        "convtranspose 2x3 4 stride 2x1",
        "adaptiveavgpool 3x2",
        "upsample 2x3 mode linear",
        "pixelshuffle 2",
        "zeropad 1x2",
    ],
    3: ["conv 3x1x2 6 stride 2x1x3 padding same", "zeropad 0x1x2"],
}
MOVES = ("channelslast", "channelnorm", "droppath")
CASES = [(axes, words) for axes in INPUTS for words in ANY_AXES + ONE_NUMBER_OF_AXES[axes]]


def plan_of(axes, layers):
    return Blueprint.from_text(f"{INPUTS[axes]}; {layers}; classes 3")


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize(("axes", "layers"), CASES)
def test_paper_and_trace_agree_row_by_row(axes, layers, mode):
    plan = plan_of(axes, layers)
    paper = plan.graph(batch=2, mode=mode)
    traced = trace(build(plan), (2, *plan.input), mode=mode).graph

    assert traced.canonical() == paper.canonical()
    # What lies in another order in memory is copied when it is flattened, which only running it shows.
    same = {"kept_bytes": 0, "read_bytes": 0, "written_bytes": 0} if layers.startswith(MOVES) else {}
    assert replace(cost(traced).total, **same) == replace(cost(paper).total, **same)
    assert (traced.buffers, traced.buffer_bytes) == (paper.buffers, paper.buffer_bytes)
    kept = [op for op in paper if op.kind not in {"dropout", "droppath"}]
    ours, theirs = receptive_fields(paper), receptive_fields(traced)
    there = [op for op in traced if op.kind not in {"dropout", "droppath"}]
    assert [ours[op.name] for op in kept] == [theirs[op.name] for op in there]


@pytest.mark.parametrize(("axes", "layers"), CASES)
def test_the_written_source_gives_the_same_values(axes, layers):
    plan = plan_of(axes, layers)
    torch.manual_seed(0)
    net = build(plan).eval()
    space = {"__name__": "written"}
    exec(plan.to_source(), space)
    written = space["Net"]().eval()
    written.load_state_dict(net.state_dict())
    x = torch.randn(2, *plan.input)

    assert torch.equal(written(x), net(x))
    assert net(x).shape == plan.graph(batch=2).output.shape
    assert Blueprint.from_text(plan.to_text()) == plan
    assert Blueprint.from_yaml(plan.to_yaml()) == plan


def test_every_word_is_here():
    tried = {part.split()[0] for _, layers in CASES for part in layers.replace(",", ";").split(";")}

    assert set(words()) - tried == set()
