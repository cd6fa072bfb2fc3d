"""Ops as layers: the shortest words, and the same ops again."""

import pytest

from random_blueprints import random_blueprint
from striate.blueprint import Blueprint, known, known_names

# Each as it is best written; what stands before it makes it what it is.
SHORTEST = [
    "conv 3 8", "conv 3 8 padding 0", "conv 3x5 8 stride 2x1", "conv 4 8 stride 4 padding 0", "conv 3 8 dilation 2",
    "conv 3 8 stride 2 padding same", "conv 4 8 padding same", "conv 3 6 groups 3", "conv 3 8 bias off",
    "conv 3 8, batchnorm", "conv 3 8 bias on, batchnorm", "depthwise 5 stride 2 padding same", "conv 1 1",
    "convtranspose 2 4 stride 2", "convtranspose 3 4 stride 2 output_padding 1",
    "maxpool 2", "maxpool 3 stride 2 padding 1 ceil on", "avgpool 3 stride 1 padding 1 countpad off",
    "lppool 2 p 2 stride 1", "globalavgpool", "globalmaxpool", "globalsumpool", "globalmean", "globalmean keep off",
    "adaptiveavgpool 2", "adaptivemaxpool 3x2", "conv 3 6, instancenorm eps 0.001", "batchnorm eps 0.001 affine off",
    "conv 3 8, groupnorm 4", "layernorm", "layernorm axes 2", "channelnorm eps 1e-06", "lrn 3 k 2",
    "relu6", "hardtanh", "hardtanh -0.5 2", "hardtanh high 6", "leakyrelu", "leakyrelu 0.2", "prelu", "prelu channels on",
    "elu 0.5", "gelu tanh on", "softplus 2", "dropout 0.3", "dropout 0.3 maps on", "droppath 0.1",
    "channelslast; fc 5 bias off flatten off; channelsfirst", "upsample 2", "upsample 2x3 mode linear", "zeropad 1x2",
    "conv 3 8; channelshuffle 4", "conv 3 8; pixelshuffle 2", "layerscale 0.1", "flatten, relu", "fc 5, relu; fc 4 bias off",
    "add(conv 1 3 | conv 3 3 | conv 5 3)", "add(conv 1 3 | conv 3 3 | identity), relu", "residual(residual(conv 3 3))",
    "residual(residual(conv 3 3 | conv 1 3) | conv 5 3)", "multiply(conv 1 3 | conv 3 3, sigmoid | conv 5 3)",
    "multiply(identity | conv 3 3 | conv 1 3)", "residual(add(conv 1 3 | conv 3 3 | conv 5 3) | conv 7 3)",
    "residual(conv 3 3)", "concat(conv 3 2 | identity)", "dense(conv 3 2; dense(conv 1 2))",
    "concat(conv 3 2 | concat(conv 1 2 | identity) | identity)",
]  # fmt: skip


@pytest.mark.parametrize("layers", SHORTEST)
def test_a_layer_comes_back_as_it_was_written(layers):
    text = f"input 3x12x14; {layers}; classes 2"

    assert Blueprint.from_graph(Blueprint.from_text(text).graph(mode="train")).to_text() == text


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("conv 3x3 8 stride 1 padding 1 dilation 1 groups 1 bias on", "conv 3 8"),
        ("conv 3 3 groups 3", "depthwise 3"),
        ("hardtanh 0 6", "relu6"),
        ("adaptiveavgpool 1x1", "globalavgpool"),
        ("maxpool 2 stride 2x2", "maxpool 2"),
        ("add(conv 1 3 | conv 3 3)", "residual(conv 1 3 | conv 3 3)"),
        ("add(identity | conv 3 3)", "residual(conv 3 3)"),
        ("concat(identity | conv 3 2)", "dense(conv 3 2)"),
        ("concat(conv 3 2 | concat(conv 1 2 | conv 5 2))", "concat(conv 3 2 | conv 1 2 | conv 5 2)"),
        ("conv 3 3; depthwise 3 bias off; conv 1 8 bias off", "conv 3 3; separable 3 8"),
        ("conv 3 8; multiply(identity | globalavgpool; conv 1 2, relu; conv 1 8, sigmoid)", "conv 3 8; se 4"),
        ("conv 1 4, relu; concat(conv 1 6, relu | conv 3 6, relu)", "fire 4 6"),
        ("bottleneck 4 inner 8", "bottleneck 8 expand 2"),
        ("conv 1 18, batchnorm, relu6; depthwise 3, batchnorm, relu6; conv 1 8, batchnorm; relu", None),
        ("inverted 8 kernel 5 stride 2 se 3", "inverted 8 stride 2 kernel 5 se 3"),
    ],
)
def test_it_comes_back_shorter(long, short):
    before, after = (f"input 3x12x14; {layers}; classes 2" for layers in (long, short or long))
    found = Blueprint.from_graph(Blueprint.from_text(before).graph())

    # A block that would tear an activation from its layer is not taken.
    assert found == Blueprint.from_text(after)


# Others have a setting, or a repeat that is not the shortest way to write them.
WORD_FOR_WORD = {
    "resnet18",
    "resnet50",
    "mobilenet_v2",
    "squeezenet",
    "r3d18",
    "lenet5",
    "m5",
    "convnext_tiny",
    "all_cnn_c",
}


# Small ones with and without branches; the others are long.
QUICK = {"lenet5", "m5", "all_cnn_c", "squeezenet", "resnet18"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.long) for name in known_names()]
)
def test_a_known_network_comes_back_no_longer_than_it_is(name):
    plan = known(name).plan
    graph = plan.graph()
    found = Blueprint.from_graph(graph)

    assert found.graph().canonical() == graph.canonical()
    assert len(found.to_text()) <= len(plan.to_text())
    assert name not in WORD_FOR_WORD or found == plan


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "seeds"),
    [
        ("eval", range(20)),
        ("train", range(20, 25)),
        pytest.param("eval", range(25, 300), marks=pytest.mark.long),
        pytest.param("train", range(300, 330), marks=pytest.mark.long),
    ],
)
def test_random_blueprints_come_back_to_the_same_table(mode, seeds):
    for seed in seeds:
        plan = random_blueprint(seed)
        graph = plan.graph(mode=mode)
        found = Blueprint.from_graph(graph, output=plan.output)

        assert found.graph(mode=mode).canonical() == graph.canonical(), seed
        assert [len(head.names) for head in found.heads] == [len(head.names) for head in plan.heads], seed
        assert (found.by, len(found.names), found.input) == (plan.by, len(plan.names), plan.input), seed
