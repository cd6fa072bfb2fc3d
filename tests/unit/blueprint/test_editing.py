"""Edits name ops and change layers; repeats stay together where they can."""

import pytest

from striate.blueprint import Blueprint, edited
from striate.errors import InputError, StriateError, UnknownNameError
from striate.findings import Edit, after, before, remove, replaced, resize, set_argument

TEXT = "input 1x16x16; (conv 3x3 4, relu; maxpool 2) x3; fc 8, relu; classes 2"


@pytest.mark.parametrize(
    ("edits", "text"),
    [
        # All copies alike: the repeat stays.
        (
            [set_argument(f"conv{n}", "width", 8) for n in (1, 2, 3)],
            "input 1x16x16; (conv 3x3 8, relu; maxpool 2) x3; fc 8, relu; classes 2",
        ),
        # The last alone: two equal copies and one.
        (
            [remove("maxpool3")],
            "input 1x16x16; (conv 3x3 4, relu; maxpool 2) x2; conv 3x3 4, relu; fc 8, relu; classes 2",
        ),
        # The middle one alone: three runs of one.
        (
            [set_argument("maxpool2", "kernel", (3,))],
            "input 1x16x16; conv 3x3 4, relu; maxpool 2; conv 3x3 4, relu; maxpool 3; conv 3x3 4, relu; maxpool 2; fc 8, relu; classes 2",
        ),
        # What followed a layer follows each but the last of what replaces it, which keeps its own.
        (
            [replaced("conv1", ["conv 3 5", "conv 3 6"]), remove("relu1")],
            "input 1x16x16; conv 3 5, relu; conv 3 6; maxpool 2; (conv 3x3 4, relu; maxpool 2) x2; fc 8, relu; classes 2",
        ),
        ([before("fc1", "globalavgpool")], TEXT.replace("; fc", "; globalavgpool; fc")),
        ([before("classes", "dropout 0.5")], TEXT.replace("; classes", ", dropout 0.5; classes")),
        ([after("relu4", "dropout 0.5")], TEXT.replace("; classes", ", dropout 0.5; classes")),
        ([resize((32, 24))], TEXT.replace("1x16x16", "1x32x24")),
        ([set_argument("conv1", "bias", False), set_argument("conv1", "bias", None)], TEXT),
    ],
)
def test_edits_give_the_blueprint_a_person_would_write(edits, text):
    plan = Blueprint.from_text(TEXT)

    assert edited(plan, edits).to_text() == text
    assert plan.to_text() == TEXT


def test_allowances_move_with_their_op_and_go_with_it():
    plan = Blueprint.from_text(
        'input 1x8x8; conv 3 4, relu; conv 3 5, relu; conv 3 6, relu; classes 2; allow SHP002 at conv2 because "gone"; '
        'allow SHP002 at conv3 because "moves"; allow SHP006 because "stays"; allow SHP006 at classes because "too"'
    )

    made = edited(plan, [remove("conv2"), replaced("conv1", ["conv 3 4"] * 3)])

    assert [(allowance.op, allowance.reason) for allowance in made.allow] == [
        ("conv4", "moves"),
        ("", "stays"),
        ("classes", "too"),
    ]


@pytest.mark.parametrize(
    ("edit", "error", "words"),
    [
        (remove("conv9"), UnknownNameError, "Did you mean conv3"),
        (set_argument("conv1", "strid", 2), UnknownNameError, "Did you mean stride"),
        (remove("classes"), InputError, "only layers before it can be changed about the output"),
        (resize((8,)), StriateError, "a new input must have the axes of the old one"),
        (before("conv1", "cnov 3 8"), UnknownNameError, "Did you mean conv"),
    ],
)
def test_edits_that_cannot_be_are_refused(edit, error, words):
    with pytest.raises(error) as caught:
        edited(Blueprint.from_text(TEXT), [edit])

    assert words in str(caught.value)


def test_an_edit_must_have_its_parts():
    with pytest.raises(InputError, match="must have its layers"):
        Edit(action="before", op="conv1")


BLOCKS = "input 8x16x16; (basicblock 8) x2; head(globalavgpool; values 1); se 4; concat(conv 3 4 | conv 1 4); classes 2"


@pytest.mark.parametrize(
    ("edits", "text"),
    [
        # A part of a block: the block is spelled out, where it stands and only there.
        (
            [set_argument("basicblock2.residual1.0.conv2", "kernel", (5, 5))],
            BLOCKS.replace(
                "(basicblock 8) x2",
                "basicblock 8; residual(conv 3 8, batchnorm, relu; conv 5x5 8, batchnorm), relu",
            ),
        ),
        # Both alike: they stay a repeat.
        (
            [remove(f"basicblock{n}.relu1") for n in (1, 2)],
            BLOCKS.replace("(basicblock 8)", "(residual(conv 3 8, batchnorm, relu; conv 3 8, batchnorm))"),
        ),
        ([set_argument("concat1.1.conv1", "width", 6)], BLOCKS.replace("conv 1 4)", "conv 1 6)")),
        ([before("head1.values", "fc 3")], BLOCKS.replace("; values 1", "; fc 3; values 1")),
        ([after("concat1.0.conv1", "relu")], BLOCKS.replace("conv 3 4 |", "conv 3 4, relu |")),
    ],
)
def test_parts_of_blocks_branches_and_heads_are_edited_where_they_stand(edits, text):
    assert edited(Blueprint.from_text(BLOCKS), edits).to_text() == text


def test_where_branches_meet_nothing_is_edited():
    with pytest.raises(InputError, match="the place where branches of concat meet must be changed by hand"):
        edited(Blueprint.from_text(BLOCKS), [remove("concat1.concat")])


def test_allowances_move_into_a_block_that_is_spelled_out():
    plan = Blueprint.from_text(f'{BLOCKS}; allow SHP002 at basicblock2.residual1.0.conv1 because "stays"')

    made = edited(plan, [remove("basicblock2.relu1")])

    assert [allowance.op for allowance in made.allow] == ["residual1.0.conv1"]


def test_settings_stay_settings_in_layers_that_are_left_alone():
    plan = Blueprint.from_text("input 1x8x8; let w 4; (conv 3 w, relu; conv 3 w*2) x2; classes 2")

    assert edited(plan, [set_argument("conv2", "width", 6), set_argument("conv4", "width", 6)]).to_text() == (
        "input 1x8x8; let w 4; (conv 3 w, relu; conv 3 6) x2; classes 2"
    )


def test_a_count_stays_the_setting_it_is_where_all_copies_are_changed_alike():
    plan = Blueprint.from_text("input 1x8x8; let n 3; (conv 3 4, relu) xn; classes 2")

    alike = edited(plan, [set_argument(f"conv{n}", "width", 8) for n in (1, 2, 3)])

    assert alike.to_text() == "input 1x8x8; let n 3; (conv 3 8, relu) xn; classes 2"
    assert edited(plan, [remove(f"{word}{n}") for word in ("conv", "relu") for n in (1, 2, 3)]).items == ()
