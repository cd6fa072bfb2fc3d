"""Settings, arithmetic with them, and choices left open."""

import pytest

from striate.blueprint import Blueprint, values_from
from striate.errors import BlueprintError, InputError, StriateError, UnknownNameError

TEXT = (
    "input 1x16x16; let w 8; let k {3,5}; let v w*2; (conv k w, relu) x{1,2}; choose(maxpool 2 | conv 3 v stride 2, relu); "
    "conv {1,3x3} v-4, dropout {0.1,0.5}; classes 2"
)
# Python refuses to read so many digits at once.
MANY = "9" * 5000


def test_arithmetic_comes_to_what_it_says():
    plan = Blueprint.from_text(
        "input 1x9x9; let w 6; let v w*2+1; conv 3 w; conv 3 v; conv 3 v//2; conv w/2 2*w-3 stride w-5; classes 2"
    )

    graph = plan.graph()

    assert [op.shape[1] for op in graph if op.kind == "conv"] == [6, 13, 6, 9]
    assert graph["conv4"].attributes["kernel"] == (3, 3)


def test_text_and_yaml_convert_exactly_into_each_other():
    plan = Blueprint.from_text(TEXT)

    assert plan.to_text() == TEXT
    assert Blueprint.from_yaml(plan.to_yaml()) == plan


def test_a_setting_is_written_so_that_it_reads_again():
    plan = Blueprint.from_text("input 1x8x8; let w 1e7; let v 2.5e-7; relu; classes 2")

    assert plan.settings == {"w": 1e7, "v": 2.5e-7}
    assert Blueprint.from_text(plan.to_text()) == Blueprint.from_yaml(plan.to_yaml()) == plan


def test_options_may_be_arithmetic_with_settings_before_them():
    plan = Blueprint.from_text("input 1x8x8; let n 2; let m {n,n*2}; (conv 3 4, relu) xm; classes 2")

    sizes = [len(plan.chosen({"m": option}).graph().ops) for option in plan.choices()["m"]]

    # Two ops a time, and the flattening and the outputs.
    assert sizes == [2 * 2 + 2, 4 * 2 + 2]


def test_yaml_takes_choices_as_mappings():
    yaml = """
schema: striate/blueprint/2
input: 1x8x8
let: {w: 4, k: {choose: [3, 5]}}
layers:
- conv: {kernel: {choose: [3, 5x3]}, width: w*2}
- repeat: {choose: [1, 2]}
  layers: [conv k w]
- choose:
  - relu
  - elu
output: classes 2
"""
    assert Blueprint.from_yaml(yaml).to_text() == (
        "input 1x8x8; let w 4; let k {3,5}; conv {3,5x3} w*2; (conv k w) x{1,2}; choose(relu | elu); classes 2"
    )


def test_choices_are_named_by_setting_layer_repeat_or_branch():
    assert Blueprint.from_text(TEXT).choices() == {
        "k": (3, 5),
        "repeat1": (1, 2),
        "choose1": (0, 1),
        "conv3.kernel": ((1,), (3, 3)),
        "dropout1.share": (0.1, 0.5),
    }


def test_what_is_chosen_is_closed_and_the_rest_stays_open():
    plan = Blueprint.from_text(TEXT).chosen({"k": 5, "repeat1": 2, "choose1": 1, "w": 12})

    assert plan.to_text() == (
        "input 1x16x16; let w 12; let k 5; let v w*2; (conv k w, relu) x2; conv 3 v stride 2, relu; conv {1,3x3} v-4, "
        "dropout {0.1,0.5}; classes 2"
    )
    assert list(plan.choices()) == ["conv3.kernel", "dropout1.share"]


def test_values_are_read_from_the_command_line():
    plan = Blueprint.from_text(TEXT)

    assert values_from(plan, ["w=12", "k=5", "conv3.kernel=3x3", "choose1=1"], where="--set") == {
        "w": 12,
        "k": 5,
        "conv3.kernel": (3, 3),
        "choose1": 1,
    }


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (["w"], InputError, "NAME=VALUE"),
        (["k=4"], InputError, "k must be one of 3, 5; got '4'"),
        (["kk=4"], UnknownNameError, "Did you mean k?"),
        (["w=big"], BlueprintError, "a setting must be a number"),
    ],
)
def test_values_that_cannot_be_are_refused(words, error, said):
    with pytest.raises(error) as caught:
        values_from(Blueprint.from_text(TEXT), words, where="--set")

    assert said in str(caught.value)


def test_there_is_no_table_while_a_choice_is_open():
    with pytest.raises(BlueprintError, match=r"every choice must be made.*got open: k \{3,5\}\. Make each"):
        Blueprint.from_text("input 1x8x8; let k {3,5}; conv k 4; classes 2").graph()
    with pytest.raises(BlueprintError, match=r"got open: choose1 \{0,1\}"):
        Blueprint.from_text("input 1x8x8; choose(relu | elu); classes 2").graph()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("let conv 3; relu", "a name of its own"),
        ("let stride 3; relu", "a name of its own"),
        ("let W 3; relu", "small letters"),
        ("let w 3; let w 4; relu", "a setting must be given once"),
        ("let w; relu", "a name and a value"),
        ("let w big; relu", "a setting must be a number"),
        ("let w v*2; let v 3; relu", "arithmetic with settings before it"),
        ("let w {3}; relu", "at least two options, all different"),
        ("conv {3,3} 8", "at least two options, all different"),
        ("conv {3,three} 8", "kernel of conv must be like 3 or 3x3; got 'three'"),
        ("conv 3 w", "width of conv must be a whole number; got 'w'"),
        ("(relu) x{1}", "brackets must hold layers"),
        ("(relu) xw", "brackets must hold layers"),
        ("let w 1e999; relu", "a setting must be a number"),
        pytest.param(f"let w {MANY}; relu", "a setting must be a number", id="many digits of a setting"),
        pytest.param(f"let w 3x{MANY}; relu", "a setting must be a number", id="many digits of an axis"),
        pytest.param(f"conv 3 {MANY}", "width of conv must be a whole number", id="many digits of a width"),
        pytest.param(f"conv {MANY} 3", "kernel of conv must be like 3 or 3x3", id="many digits of a kernel"),
        pytest.param(f"(relu) x{MANY}", "brackets must hold layers", id="many digits of a count"),
    ],
)
def test_what_does_not_read_is_told(text, said):
    with pytest.raises(StriateError) as caught:
        Blueprint.from_text(f"input 1x8x8; {text}; classes 2")

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("let w 3; conv 3 w/2", "width of conv must be a whole number; got '1.5'"),
        ("let w 3; conv 3 8//w*0+1/0", "arithmetic that can be done"),
        ("let w 3; conv 3 w-3", "width must be at least 1"),
        ("let w 99999; conv 3 w*w*w", "must stay below"),
        ("let n 2; (relu) xn-2", "a whole count of at least 1"),
        ("let k 3x3; conv k*2 8", "arithmetic that can be done; got 'k*2'"),
        ("let k 3x3; conv k+k 8", "arithmetic that can be done; got 'k+k'"),
        pytest.param(f"let w 8; conv 3 w{'+1' * 6000}", "arithmetic that can be done", id="thousands of sums"),
    ],
)
def test_arithmetic_that_cannot_be_is_told(text, said):
    with pytest.raises(StriateError) as caught:
        Blueprint.from_text(f"input 1x8x8; {text}; classes 2").graph()

    assert said in str(caught.value)


def test_a_setting_of_two_axes_is_a_kernel():
    graph = Blueprint.from_text("input 1x8x8; let k 3x5; conv k 4; classes 2").graph()

    assert graph["conv1"].attributes["kernel"] == (3, 5)
