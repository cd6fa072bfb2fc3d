"""Branches: read, written in both forms, and laid out row by row."""

import pytest

from striate.blueprint import Blueprint, Branches, Layer, Repeat
from striate.errors import BlueprintError, ShapeError, UnknownNameError

RESIDUAL = "input 4x8x8; residual(conv 3 4, relu; conv 3 4), relu; classes 2"


def rows(text):
    return [(op.name, op.kind, op.inputs) for op in Blueprint.from_text(text).graph()]


def test_a_residual_adds_what_it_read():
    assert rows(RESIDUAL) == [
        ("residual1.0.conv1", "conv", ("input",)),
        ("residual1.0.relu1", "relu", ("residual1.0.conv1",)),
        ("residual1.0.conv2", "conv", ("residual1.0.relu1",)),
        ("residual1.add", "add", ("residual1.0.conv2", "input")),
        ("relu1", "relu", ("residual1.add",)),
        ("flatten1", "flatten", ("relu1",)),
        ("classes", "linear", ("flatten1",)),
    ]


def test_a_dense_puts_what_it_read_in_front():
    graph = Blueprint.from_text("input 4x8x8; (dense(conv 3 3)) x2; classes 2").graph()

    assert graph["dense1.concat"].inputs == ("input", "dense1.1.conv1")
    assert graph["dense2.concat"].inputs == ("dense1.concat", "dense2.1.conv1")
    assert graph["dense2.concat"].shape == (1, 10, 8, 8)


def test_three_branches_are_added_one_after_the_other():
    assert rows("input 2x4x4; add(conv 1 3 | conv 3 3 | conv 5 3); classes 2")[3:5] == [
        ("add1.add", "add", ("add1.0.conv1", "add1.1.conv1")),
        ("add1.add_2", "add", ("add1.add", "add1.2.conv1")),
    ]


def test_a_gate_of_size_one_scales_whole_maps():
    graph = Blueprint.from_text("input 4x8x8; multiply(identity | globalavgpool; conv 1 4, sigmoid); classes 2").graph()

    assert graph["multiply1.mul"].inputs == ("input", "multiply1.1.sigmoid1")
    assert graph["multiply1.mul"].shape == (1, 4, 8, 8)


def test_branches_may_hold_branches_and_repeats():
    plan = Blueprint.from_text("input 2x8x8; concat((conv 3 4, relu) x2 | residual(conv 1 2 | identity)); classes 2")

    assert plan.items[0] == Branches(
        word="concat",
        branches=(
            (Repeat(items=(Layer(word="conv", arguments={"kernel": (3,), "width": 4}), Layer(word="relu")), count=2),),
            (Branches(word="residual", branches=((Layer(word="conv", arguments={"kernel": (1,), "width": 2}),), ())),),
        ),
    )
    assert [op.name for op in plan.graph()][4:6] == ["concat1.1.residual1.0.conv1", "concat1.1.residual1.add"]


@pytest.mark.parametrize(
    "text",
    [
        RESIDUAL,
        "input 3x8x8; concat(conv 1 2 | conv 3 2, relu; conv 3 2 | maxpool 3 stride 1 padding 1 | identity); classes 2",
        "input 3x8x8; (residual(conv 1 3 | conv 1 3), relu) x3; dense(batchnorm, relu; conv 3x3 4); classes a b",
        "input 2x40; multiply(identity | globalavgpool; conv 1 2, sigmoid); head(fc 4, relu; values 2); labels 3",
        "input 1x8x8; basicblock 8 stride 2; bottleneck 4 expand 2; inverted 8 expand 3; se 2; fire 2 4; values 1 by none",
        "input 1x8x8; residual(residual(residual(conv 1 1))); classes 2 by conv",
    ],
)
def test_text_and_yaml_convert_exactly_into_each_other(text):
    plan = Blueprint.from_text(text)

    assert plan.to_text() == text
    assert Blueprint.from_yaml(plan.to_yaml()) == plan


def test_yaml_takes_a_stage_a_line_and_a_branch_as_one_line():
    yaml = """
schema: striate/blueprint/2
input: 4x8x8
layers:
- conv 3x3 4, batchnorm, relu
- residual:
  - conv 3 4, relu; conv 3 4
  - identity
- concat:
  - [conv: {kernel: 1, width: 2}, relu]
  - - conv 3 2, relu
- head: {layers: [globalavgpool], output: values 1}
output: classes 2
"""
    assert Blueprint.from_yaml(yaml).to_text() == (
        "input 4x8x8; conv 3x3 4, batchnorm, relu; residual(conv 3 4, relu; conv 3 4 | identity); "
        "concat(conv 1 2, relu | conv 3 2, relu); head(globalavgpool; values 1); classes 2"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("residual(conv 3 4 | conv 3 5)", "4×8×8 from residual1.0.conv1 and 5×8×8 from residual1.1.conv1"),
        ("residual(conv 3 4 stride 2)", "4×4×4 from residual1.0.conv1 and 4×8×8 from input"),
        ("concat(conv 3 4 | maxpool 2)", "4×8×8 from concat1.0.conv1 and 4×4×4 from concat1.1.maxpool1"),
        ("multiply(identity | globalavgpool; conv 1 3)", "4×8×8 from input and 3×1×1 from multiply1.1.conv1"),
        ("residual(conv 3 4; fc 4)", "4 from residual1.0.fc1 and 4×8×8 from input"),
        ("add(conv 9 4 padding 0 | identity)", "window 9 on 8 + padding 0 (at add1.0.conv1, reading 4×8×8)"),
        ("bottleneck 4 groups 3", "groups 3, channels 4, width 4 (at bottleneck1.residual1.0.conv2"),
        ("se 8", "ratio of se must be at least 1, and at most the channels; got 8 (at se1"),
    ],
)
def test_branches_that_do_not_meet_are_both_named(text, words):
    plan = Blueprint.from_text(f"input 4x8x8; {text}; classes 2")

    with pytest.raises(ShapeError) as caught:
        plan.graph()

    assert words in str(caught.value)
    assert caught.value.reached is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("add(relu)", "add must have at least 2 branches; got 1"),
        ("residual(relu | relu | relu)", "residual must have 1 or 2 branches; got 3"),
        ("dense(relu | relu)", "dense must have 1 branches"),
        ("add(identity | identity)", "at most one branch of add must be identity"),
        ("residual(identity)", "at most one branch of residual must be identity"),
        ("add(relu | )", "a branch of add must hold layers, or identity"),
        ("add(relu | relu", "every ( must be closed"),
        ("add(relu | relu))", "every ) must close a ("),
        ("add(relu | relu) relu", "a separator must follow add"),
        ("relu | relu", "a bar must stand between branches"),
        ("identity", "identity must be a branch alone"),
        ("add(identity, relu | relu)", "identity must be a branch alone"),
        ("conv 3 8 (relu)", "brackets must stand after a separator"),
        ("conv {3 8", "every { must be closed"),
        ("add(head(classes 2) | relu)", "a head must stand outside repeats and branches"),
        ("head(relu)", "must end with classes N"),
        ("residual(" * 21 + "relu" + ")" * 21, "at most 20 deep"),
        ("add(" + " | ".join(["((relu) x99) x99"] * 2) + ")", "at most 10000 layers"),
    ],
)
def test_brackets_that_do_not_read_are_named_with_their_place(text, words):
    with pytest.raises(BlueprintError) as caught:
        Blueprint.from_text(f"input 4x8x8; {text}; classes 2")

    assert words in str(caught.value)


def test_a_misspelled_word_for_branches_is_told_the_nearest():
    with pytest.raises(UnknownNameError, match=r"got 'residul' \(at text, column 14\)\. Did you mean residual\?"):
        Blueprint.from_text("input 4x8x8; residul(conv 3 4); classes 2")


def test_a_bias_is_left_out_only_before_a_normalisation_that_alone_reads_it():
    graph = Blueprint.from_text(
        "input 1x8x8; conv 3 4; residual(batchnorm, relu; conv 3 4), batchnorm; conv 3 4; batchnorm; classes 2"
    ).graph()

    assert [op.attributes["bias"] for op in graph if op.kind == "conv"] == [True, True, False]


def test_a_head_reads_and_hands_nothing_on():
    graph = Blueprint.from_text("input 1x8x8; conv 3 4; head(maxpool 2; values 3); relu; classes 2").graph()

    assert graph.outputs == ("classes", "head1.values")
    assert graph["relu1"].inputs == ("conv1",)
    assert graph["head1.values"].shape == (1, 3)


@pytest.mark.parametrize(
    ("text", "name", "shape"),
    [
        ("conv 1 5; globalavgpool; classes 5 by none", "classes", (1, 5)),
        ("fc 5; classes 5 by none", "fc1", (1, 5)),
        ("conv 3 8, relu; classes 5 by conv", "classes", (1, 5, 8, 8)),
    ],
)
def test_outputs_may_come_from_a_convolution_or_the_last_layer(text, name, shape):
    graph = Blueprint.from_text(f"input 1x8x8; {text}").graph()

    assert graph.outputs == (name,)
    assert graph.output.shape == shape


def test_an_output_by_none_must_have_as_many_values_as_names():
    with pytest.raises(ShapeError, match=r"as many values as there are classes, 5; got 320 \(at classes\)"):
        Blueprint.from_text("input 1x8x8; conv 1 5; classes 5 by none").graph()


def test_a_stride_of_eleven_is_no_stride_of_one():
    graph = Blueprint.from_text("input 8x33x33; inverted 8 stride 11; classes 2").graph()

    assert [op.shape for op in graph if op.kind == "conv"] == [(1, 48, 33, 33), (1, 48, 3, 3), (1, 8, 3, 3)]
    assert not any(op.kind == "add" for op in graph)


def test_groups_of_a_bottleneck_are_refused_as_those_of_a_convolution():
    with pytest.raises(ShapeError, match="groups must divide both"):
        Blueprint.from_text("input 8x8x8; bottleneck 8 groups 0; classes 2").graph()
