import pytest

from striate import Blueprint
from striate.analyse import cost
from striate.errors import InputError
from striate.study import cells_of, ready_studies, ready_study, study_from


def study(network, factors, more=""):
    return study_from(
        f"schema: striate/study/1\nquestion: Q\nnetwork: {network}\ndata: digits\nfactors: {factors}\n{more}"
    )


# Sixteen layers in both kinds, solved twice.
LONG = {"how-deep"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [pytest.param(one.name, marks=pytest.mark.long if one.name in LONG else ()) for one in ready_studies()],
)
def test_every_cell_of_a_ready_study_costs_the_same_within_a_percent(name):
    asked = ready_study(name)
    cells = cells_of(asked)

    assert all(cell.plan is not None and not cell.trouble for cell in cells)
    if asked.fixed.budget is not None:
        # Counted again on the network as it is written, from its own text.
        macs = [cost(Blueprint.from_text(cell.plan.to_text()).graph()).total.macs for cell in cells]
        held = next(one for one, cell in zip(macs, cells, strict=True) if cell.levels == asked.reference)
        assert all(abs(one - held) <= 0.01 * held for one in macs)


def test_stage_three_of_he_and_sun_is_traded_exactly():
    # (3, 256) x3 on 18×18 maps from 128 channels: 324 · 9 · 256 · (128 + 256 + 256) = 477 757 440, in three ways.
    asked = study(
        "input 128x18x18; let w 256; $stage; classes 2",
        '{stage: {three: {stage: "(conv 3 w, relu) x3"}, six: {stage: "(conv 3 w, relu) x5; conv 3 256, relu"}, '
        'nine: {stage: "(conv 3 w, relu) x8; conv 3 256, relu"}}}',
        "fixed: {macs: reference, over: w}",
    )
    three, six, nine = cells_of(asked)

    assert three.figures.macs == 477_757_440 + 2 * 256 * 324
    assert (six.plan.settings["w"], six.figures.macs, six.off_percent) == (160, three.figures.macs, 0.0)
    assert (nine.plan.settings["w"], nine.figures.macs, nine.off_percent) == (128, three.figures.macs, 0.0)


def test_stage_two_of_he_and_sun_is_not_equal_and_says_so():
    # From 64 channels on 36×36 maps, with constant maps: 265.4, 286.7 and 297.3 million.
    asked = study(
        "input 64x36x36; $stage; globalavgpool; classes 2",
        '{stage: {one 5×5: "conv 5 128", two 3×3: "(conv 3 128) x2", four 2×2: "(conv 2 128 padding same) x4"}}',
    )
    macs = [cell.figures.macs - 2 * 128 for cell in cells_of(asked)]

    assert macs == [1296 * 25 * 64 * 128, 1296 * 9 * (64 + 128) * 128, 1296 * 4 * (64 + 3 * 128) * 128]
    assert [round(one / 1e6, 1) for one in macs] == [265.4, 286.7, 297.3]


def test_cells_that_cannot_be_equal_are_said_not_dropped():
    asked = study(
        "input 1x8x8; let w 3; (conv 3 w, relu) x$depth; globalavgpool; classes 2",
        "{depth: [2, 3, 40]}",
        "fixed: {macs: reference, over: w}\nreference: {depth: 3}",
    )
    two, three, forty = cells_of(asked)

    # 64 places: three layers of 3 cost 64 · (27 + 2 · 81) + 6; two of 4, 64 · (36 + 144) + 8; two of 5, 64 · (45 + 225) + 10.
    assert three.trouble == ""
    assert f"{two.off_percent:.2f}" == f"{100 * (11528 / 12102 - 1):.2f}"
    assert "the next that whole numbers permit are 6918 MACs and 17\u202f290 MACs" in two.trouble
    assert forty.plan is None
    assert "a budget must be at least what the smallest w cost" in forty.trouble


def test_a_level_that_does_not_fit_is_a_cell_that_says_why():
    asked = study("input 1x8x8; conv $side 2, relu; globalavgpool; classes 2", "{side: [3, 5, 4]}")
    cells = cells_of(asked)

    assert [cell.plan is None for cell in cells] == [False, False, True]
    assert "padding must be given for an even kernel" in cells[2].trouble


def test_a_budget_that_no_cell_can_meet_is_refused():
    asked = study(
        "input 1x8x8; let w 3; (conv 3 w, relu) x$depth; globalavgpool; classes 2",
        "{depth: [20, 30]}",
        "fixed: {macs: 100, over: w}",
    )

    with pytest.raises(InputError, match="at least two cells that can be built"):
        cells_of(asked)


def test_memory_of_a_step_is_held_at_the_recipe_s_batch():
    asked = study(
        "input 1x28x28; let w 64; (conv 3 w, relu) x$depth; globalavgpool; classes 10",
        "{depth: [2, 4]}",
        "fixed: {peak_bytes: reference}\nrecipe: {batch: 20}",
    )
    one, other = cells_of(asked)

    assert abs(other.off_percent) < 2
    assert other.plan.settings["w"] < 64
    from striate.analyse import memory_ledger

    peaks = [
        memory_ledger(cell.plan.graph(batch=20, mode="train"), optimizer="adamw").peak_bytes for cell in (one, other)
    ]
    assert (one.reached, other.reached) == tuple(peaks)
