"""The same cost with other kernels, another depth, another input, and edits."""

import pytest

from striate.analyse import cost
from striate.analyse.budget import Depth, Kernel, at_equal_cost, changed
from striate.blueprint import Blueprint
from striate.errors import InputError, UnknownNameError
from striate.findings import remove, resize, set_argument


def of(text):
    return Blueprint.from_text(text)


@pytest.mark.parametrize(
    ("text", "kernel", "after"),
    [
        (
            "input 3x32x32; conv 7 8 stride 2, relu; (conv 5 8, relu) x2; conv 1 8; maxpool 3; fc 9; classes 2",
            Kernel(side=3),
            "input 3x32x32; conv 3 8 stride 2, relu; (conv 3 8, relu) x2; conv 1 8; maxpool 3; fc 9; classes 2",
        ),
        (
            "input 3x32x32; conv 7 8; conv 5 8; classes 2",
            Kernel(side=3, was=5),
            "input 3x32x32; conv 7 8; conv 3 8; classes 2",
        ),
        (
            "input 3x32x32; conv 1x7 8; conv 7x1 8; classes 2",
            Kernel(side=3),
            "input 3x32x32; conv 1x3 8; conv 3x1 8; classes 2",
        ),
        # Aligned padding that is written goes with the kernel, also dilated; so does less than that, down to none.
        (
            "input 3x32x32; conv 5 8 padding 2; conv 5 8 padding 4 dilation 2; conv 5 8 padding 1; classes 2",
            Kernel(side=3),
            "input 3x32x32; conv 3 8 padding 1; conv 3 8 padding 2 dilation 2; conv 3 8 padding 0; classes 2",
        ),
        # A kernel that is a setting stays one.
        (
            "input 3x32x32; let k 5; conv k 8; residual(conv k 8); separable k 8; classes 2",
            Kernel(side=3),
            "input 3x32x32; let k 3; conv k 8; residual(conv k 8); separable k 8; classes 2",
        ),
    ],
)
def test_kernels_are_changed_where_they_stand(text, kernel, after):
    made = changed(of(text), kernel)

    assert made.plan.to_text() == after
    assert made.plan.graph().ops[-3].shape == of(text).graph().ops[-3].shape


def test_a_map_that_grows_is_told():
    made = changed(of("input 3x32x32; conv 5 8 padding 0; classes 2"), Kernel(side=3))

    assert made.plan.to_text() == "input 3x32x32; conv 3 8 padding 0; classes 2"
    assert "maps grow behind conv 5 8 padding 0" in made.notes[1]


@pytest.mark.parametrize(
    ("text", "factor", "after", "left"),
    [
        ("input 3x8x8; (conv 3 8, relu) x2; classes 2", 2, "input 3x8x8; (conv 3 8, relu) x4; classes 2", ""),
        ("input 3x8x8; let n 3; (conv 3 8, relu) xn; classes 2", 2, "input 3x8x8; let n 6; (conv 3 8, relu) xn; classes 2", ""),
        ("input 3x8x8; let n 3; (conv 3 8, relu) xn*2; classes 2", 0.5, "input 3x8x8; let n 3; (conv 3 8, relu) x3; classes 2", ""),
        # Written out: equal layers in a row are one repeat; what widens or strides stands once.
        (
            "input 3x16x16; conv 3 8, relu; conv 3 8, relu; conv 3 16 stride 2, relu; conv 3 16, relu; globalavgpool; fc 16; classes 2",
            2,
            "input 3x16x16; (conv 3 8, relu) x4; conv 3 16 stride 2, relu; (conv 3 16, relu) x2; globalavgpool; fc 16; classes 2",
            "conv 3 16 stride 2, relu",
        ),
        (
            "input 3x16x16; conv 3 8, relu; bottleneck 8; bottleneck 8; bottleneck 16 stride 2; residual(conv 3 64), relu; classes 2",
            2,
            "input 3x16x16; conv 3 8, relu; (bottleneck 8) x4; bottleneck 16 stride 2; (residual(conv 3 64), relu) x2; classes 2",
            "conv 3 8, relu; bottleneck 16 stride 2",
        ),
        # Copies that halve the map, and maps that shrink at the border, cannot be more.
        (
            "input 3x32x32; (conv 3 8, relu; maxpool 2) x2; conv 3 8 padding 0; (bottleneck 8) x2; classes 2",
            2,
            "input 3x32x32; (conv 3 8, relu; maxpool 2) x2; conv 3 8 padding 0; (bottleneck 8) x4; classes 2",
            "conv 3 8, relu; maxpool 2; conv 3 8 padding 0",
        ),
        ("input 3x8x8; (dense(conv 3 4)) x3; classes 2", 2, "input 3x8x8; (dense(conv 3 4)) x6; classes 2", ""),
        ("input 3x8x8; (conv 3 8, relu) x5; classes 2", 0.5, "input 3x8x8; (conv 3 8, relu) x3; classes 2", ""),
        ("input 3x8x8; (conv 3 8, relu) x5; classes 2", 0.01, "input 3x8x8; (conv 3 8, relu) x1; classes 2", ""),
    ],
)  # fmt: skip
def test_layers_that_keep_their_shape_are_repeated(text, factor, after, left):
    made = changed(of(text), Depth(factor=factor))

    assert made.plan.to_text() == after
    told = [note.removeprefix("left alone: ") for note in made.notes if note.startswith("left alone")]
    assert told == ([left] if left else [])


def test_twice_the_depth_at_equal_cost():
    plan = of("input 64x18x18; (conv 3 64, relu) x4; globalavgpool; classes 2")

    found = at_equal_cost(plan, Depth(factor=2))

    # One layer reads the input's 64 channels, seven read w: 64·w + 7·w² beside 4·64², times 9·18², and 2·w for the outputs.
    costs = {w: 9 * 324 * (64 * w + 7 * w * w) + 2 * w for w in range(1, 100)}
    wanted = 9 * 324 * 4 * 64**2 + 2 * 64
    best = min(costs, key=lambda w: abs(costs[w] - wanted))
    assert found.plan.to_text() == f"input 64x18x18; (conv 3 {best}, relu) x8; globalavgpool; classes 2"
    assert (found.budget.amount, found.reached, found.before.macs) == (wanted, costs[best], wanted)
    assert (found.smaller, found.larger) == (costs[best - 1], costs[best + 1])
    # 4 layers of 3×3 see 9 px, 8 see 17.
    assert (found.before.field_px, found.after.field_px) == ((9, 9), (17, 17))
    assert found.notes == ("conv 3 64, relu, 4 → 8 times",)


def test_another_input_at_equal_cost():
    plan = of("input 3x32x32; conv 3 16, relu; conv 3 16, relu; globalavgpool; classes 10")

    found = at_equal_cost(plan, [resize((64, 64))], at_most=True)

    # Four times the places: w · (3 + w) · 9 · 4 + 10·w/1024 ≤ 16 · 19 · 9 + 160/1024.
    assert found.plan.to_text() == "input 3x64x64; conv 3 7, relu; conv 3 7, relu; globalavgpool; classes 10"
    assert found.reached == 4096 * 9 * 7 * 10 + 70 <= found.before.macs == 1024 * 9 * 16 * 19 + 160
    assert found.notes == ("make the input 64x64 px",)


def test_edits_and_other_figures_at_equal_cost():
    plan = of("input 3x32x32; let w 16; conv 5 w, relu; conv 3 32, relu; globalavgpool; classes 10")

    found = at_equal_cost(plan, [set_argument("conv1", "kernel", (3,))], figure="params", over="w")

    # 76·w + 288·w + … before, 28·w + 288·w after: 364 · 16 = 5824 beside 316 · 18 = 5688 and 316 · 19 = 6004.
    assert found.amount == 18
    assert found.reached - found.budget.amount == 5688 - 5824
    assert found.budget.amount == cost(plan.graph()).total.params


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Kernel(side=4), "a new kernel must be odd"),
        (Kernel(side=3, was=7), "must have a kernel of 7 to change"),
        (Depth(factor=0.0), "must be above 0"),
        (Depth(factor=float("nan")), "must be above 0"),
        (Depth(factor=float("inf")), "must be above 0, and finite"),
        (Depth(factor=2.0), "must have layers that keep their shape"),
        ([remove("classes")], "only layers before it can be changed"),
    ],
)
def test_changes_that_cannot_be_are_refused(change, told):
    with pytest.raises(InputError, match=told):
        at_equal_cost(of("input 3x32x32; conv 5 8, relu; conv 3 16 stride 2, relu; classes 2"), change)


def test_edits_of_ops_that_are_not_there_are_refused():
    with pytest.raises(UnknownNameError, match="conv9"):
        at_equal_cost(of("input 3x32x32; conv 5 8; classes 2"), [remove("conv9")])


def test_depth_has_an_end():
    with pytest.raises(InputError, match="at most 10000 layers"):
        changed(of("input 3x8x8; (conv 3 8, relu) x5; classes 2"), Depth(factor=1e4))


def test_allowances_that_would_name_other_ops_are_told():
    plan = of('input 3x8x8; (conv 3 8, relu) x2; classes 2; allow SHP002 at conv2 because "Given."')

    made = changed(plan, Depth(factor=2))

    assert made.plan.allow == ()
    assert "allowances are left out" in made.notes[-1]
