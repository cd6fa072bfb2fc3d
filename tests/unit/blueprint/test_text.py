"""The one-line form reads, writes back the same, and says what is wrong where."""

import pytest

from striate.blueprint import Blueprint, Layer, Repeat
from striate.errors import BlueprintError, ShapeError, UnknownNameError

LECTURE = (
    "input 1x28x28; (conv 3x3 32, batchnorm, relu) x2; maxpool 2; (conv 3x3 64, batchnorm, relu) x2; maxpool 2; "
    "fc 128, relu, dropout 0.5; classes 10"
)


def test_the_lectures_template_reads_into_repeats_and_layers():
    plan = Blueprint.from_text(LECTURE)

    assert plan.input == (1, 28, 28)
    assert plan.output == "classes"
    assert len(plan.names) == 10
    assert plan.items[1] == Layer(word="maxpool", arguments={"kernel": (2,)})
    first = plan.items[0]
    assert isinstance(first, Repeat)
    assert first.count == 2
    assert first.items[0] == Layer(word="conv", arguments={"kernel": (3, 3), "width": 32})


@pytest.mark.parametrize(
    "text",
    [
        LECTURE,
        "input 3x8x8; conv 3 4 stride 2 padding 1 groups 1 bias off, leakyrelu 0.2; globalavgpool; labels a b c",
        "input 2x100; (conv 9 8 dilation 2, relu; (avgpool 2, groupnorm 4) x2) x2; values speed",
        "input 1x8x8x8; conv 3x3x1 2; maxpool 2 stride 1; fc 5 bias off; values 1",
        "input 1x4x4; classes 2",
    ],
)
def test_text_and_yaml_convert_exactly_into_each_other(text):
    plan = Blueprint.from_text(text)

    assert plan.to_text() == text
    assert Blueprint.from_yaml(plan.to_yaml()) == plan
    assert Blueprint.from_yaml(plan.to_yaml()).to_text() == text


def test_a_network_may_be_its_last_layer_alone():
    graph = Blueprint.from_text("input 1x4x4; classes 2").graph()

    assert [op.name for op in graph] == ["flatten1", "classes"]


def test_commas_and_semicolons_both_separate():
    assert Blueprint.from_text("input 1x8x8, conv 3 4; relu, classes 2") == Blueprint.from_text(
        "input 1x8x8; conv 3 4, relu; classes 2"
    )


def test_yaml_takes_mappings_and_lists_of_sizes():
    text = """
schema: striate/blueprint/1
input: 1x8x8
layers:
- conv: {kernel: [3, 3], width: 4, bias: false}
- maxpool: 2
- repeat: 2
  layers: [relu]
output: classes 2
"""
    assert Blueprint.from_yaml(text).to_text() == "input 1x8x8; conv 3x3 4 bias off; maxpool 2; (relu) x2; classes 2"


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("input 1x28x28; cnov 3 8; classes 10", UnknownNameError, "column 16). Did you mean conv?"),
        (
            "input 1x28x28; conv 3 8 strde 2; classes 10",
            BlueprintError,
            "got 'strde' (at text, column 16). Did you mean stride?",
        ),
        (
            "input 1x28x28; conv 3 8 stride; classes 10",
            BlueprintError,
            "stride must be followed by its value",
        ),
        (
            "input 1x28x28; conv 3 8 stride 1 stride 2; classes 10",
            BlueprintError,
            "stride must be given once",
        ),
        ("input 1x28x28; conv 3x3 ²; classes 10", BlueprintError, "width of conv must be a whole number; got '²'"),
        ("input 1x28x28; classes ²", BlueprintError, "classes must be at least 2"),
        ("input 1x28x28; conv 3; classes 10", BlueprintError, "got 'no width'"),
        (
            "input 1x28x28; conv three 8; classes 10",
            BlueprintError,
            "kernel of conv must be like 3 or 3x3; got 'three'",
        ),
        ("conv 3 8; classes 10", BlueprintError, "must begin with its input"),
        ("", BlueprintError, "must begin with its input; got 'nothing'"),
        ("input 28; classes 10", BlueprintError, "input must be channels x sizes"),
        ("input 1x0x28; classes 10", BlueprintError, "input sizes must be at least 1"),
        ("input 1x28x28; relu", BlueprintError, "must end with classes N"),
        ("input 1x28x28; classes 1", BlueprintError, "classes must be at least 2"),
        ("input 1x28x28; classes a a", BlueprintError, "all different"),
        ("input 1x28x28; (relu x2; classes 10", BlueprintError, "relu takes no arguments"),
        ("input 1x28x28; (relu; classes 10", BlueprintError, "every ( must be closed before the output"),
        ("input 1x28x28; (relu", BlueprintError, "every ( must be closed"),
        ("input 1x28x28; relu) x2; classes 10", BlueprintError, "every ) must close a ("),
        ("input 1x28x28; (relu) 2; classes 10", BlueprintError, "followed by x and a number"),
        ("input 1x28x28; () x2; classes 10", BlueprintError, "brackets must hold layers"),
        (
            "input 1x28x28;; relu; classes 10",
            BlueprintError,
            "a layer must stand between separators",
        ),
        (
            "input 1x28x28; ((((relu) x99) x99) x99) x99; classes 10",
            BlueprintError,
            "at most 10000 layers",
        ),
    ],
)
def test_what_does_not_read_is_named_with_its_place(text, error, words):
    with pytest.raises(error) as caught:
        Blueprint.from_text(text)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "input 1x8x8; conv 9 3 padding 0; classes 2",
            "window 9 on 8 + padding 0 (at conv1, reading 1×8×8)",
        ),
        (
            "input 1x8x8; (maxpool 2) x5; classes 2",
            "window 2 on 1 + padding 0 (at maxpool4, reading 1×1×1)",
        ),
        (
            "input 1x8x8; fc 3; conv 3 8; classes 3",
            "a convolution must read a map; got 3 (at conv1",
        ),
        ("input 3x8x8; conv 3 8 groups 2; classes 3", "groups 2, channels 3, width 8 (at conv1"),
        ("input 1x8x8; conv 2 8; classes 3", "padding must be given for an even kernel"),
        ("input 1x8x8; conv 3x3x3 8; classes 3", "one for each of 2 axes; got 3x3x3"),
        ("input 1x8x8; conv 3 8 stride 0; classes 3", "stride must be at least 1"),
        ("input 1x8x8; dropout 1; classes 3", "dropout share must be at least 0 and below 1"),
        ("input 6x8x8; groupnorm 4; classes 3", "groups must divide the channels"),
        ("input 1x8x8; maxpool 2 padding 2; classes 3", "padding must be at most half the kernel"),
    ],
)
def test_sizes_that_do_not_fit_are_named_at_the_op_that_breaks(text, words):
    plan = Blueprint.from_text(text)

    with pytest.raises(ShapeError) as caught:
        plan.graph()

    assert words in str(caught.value)


def test_a_convolution_has_a_bias_unless_a_batch_normalisation_follows():
    graph = Blueprint.from_text(
        "input 1x8x8; conv 3 4, batchnorm; conv 3 4, relu; conv 3 4 bias on, batchnorm; classes 2"
    ).graph()

    assert [op.attributes["bias"] for op in graph if op.kind == "conv"] == [False, True, True]
