"""The blueprint nearest to a budget, against He and Sun's identities and brute force."""

import random
from fractions import Fraction

import pytest

from random_blueprints import random_blueprint
from striate.analyse import cost, memory_ledger
from striate.analyse.budget import regnet, solve
from striate.blueprint import Blueprint
from striate.errors import BlueprintError, InputError, UnknownNameError


def macs(text):
    return cost(Blueprint.from_text(text).graph()).total.macs


def params(text):
    return cost(Blueprint.from_text(text).graph()).total.params


# What the pooled head of two classes adds behind 256 channels.
HEAD = "globalavgpool; classes 2"
# Three layers of 256 filters of 3×3 on 18×18 places, reading 128 channels: (128·256 + 2·256²)·9·18².
STAGE_A = (128 * 256 + 2 * 256**2) * 9 * 18**2


@pytest.mark.parametrize(("layers", "width"), [(5, 160), (8, 128)])
def test_models_f_and_g_of_he_and_sun_cost_exactly_what_a_costs(layers, width):
    plan = Blueprint.from_text(f"input 128x18x18; let w 200; (conv 3 w, relu) x{layers}; conv 3 256, relu; {HEAD}")

    found = solve(plan, macs=STAGE_A + 2 * 256, over="w")

    assert STAGE_A == 477_757_440
    assert (found.amount, found.plan.settings["w"], found.residual_percent) == (width, width, 0.0)
    assert found.reached == STAGE_A + 512
    assert found.smaller < found.reached < found.larger


def test_the_stages_of_he_and_sun_cost_what_equation_1_says():
    five = macs(f"input 64x36x36; conv 5 128, relu; {HEAD}") - 2 * 128
    three = macs(f"input 64x36x36; (conv 3 128, relu) x2; {HEAD}") - 2 * 128
    two = macs(f"input 64x36x36; (conv 2 128 padding same, relu) x4; {HEAD}") - 2 * 128

    assert [round(found / 1e6, 1) for found in (five, three, two)] == [265.4, 286.7, 297.3]


TEMPLATES = [
    "input 3x9x9; conv 3 {a}, relu; conv 3 {b}, relu; globalavgpool; classes 3",
    "input 2x8x8; conv 3 {a}, batchnorm, relu; residual(conv 3 {a}, relu; conv 3 {a}); conv 1 {b}; classes 2",
    "input 1x8x8; conv 3 {a}; conv 3 {a} groups {a}; conv 1 {b}, relu; maxpool 2; fc {c}, relu; classes 4",
    "input 3x8x8; concat(conv 1 {a} | conv 3 {b}; conv 3 {c}), relu; conv 1 {a}; globalavgpool; labels 3",
    "input 3x8x8; bottleneck {b} stride 2; (bottleneck {b}) x2; head(globalavgpool; values 1); fire {a} {c}; classes 2",
    "input 2x20; conv 3 {a}, relu; separable 3 {b}, relu; dense(conv 3 {c}); globalavgpool; values 2",
    "input 3x8x8; conv 3 {a}; inverted {a} expand 2; inverted {b} stride 2; globalavgpool; classes 2",
]


def rounded(width, factor, multiple):
    return multiple * max(1, int(factor * width / multiple + Fraction(1, 2)))


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(("multiple", "figure", "measure"), [(1, "macs", macs), (4, "params", params)])
def test_no_other_widths_that_rounding_permits_are_nearer(template, multiple, figure, measure):
    draw = random.Random(f"{template}{multiple}{figure}")
    widths = dict(zip("abc", sorted(draw.sample(range(3, 6 + 4 * multiple), 3)), strict=True))
    # Every factor at which a width is rounded to another number, up to twice the widths.
    turns = sorted(
        {Fraction((2 * n + 1) * multiple, 2 * width) for width in widths.values() for n in range(2 * width // multiple)}
    )
    every = [{name: rounded(width, turn, multiple) for name, width in widths.items()} for turn in [Fraction(0), *turns]]
    costs = {measure(template.format(**tried)) for tried in every}
    for _ in range(2):
        wanted = draw.randint(min(costs), max(costs) * 3 // 4)
        found = solve(Blueprint.from_text(template.format(**widths)), **{figure: wanted}, multiple=multiple)

        best = min(costs, key=lambda cost: (abs(cost - wanted), cost))
        assert found.reached == measure(found.plan.to_text()) == best
        assert found.smaller == max((cost for cost in costs if cost < best), default=None)
        assert found.larger == min(cost for cost in costs if cost > best)


@pytest.mark.parametrize("template", TEMPLATES[:3])
def test_at_most_takes_the_dearest_that_keeps_the_budget(template):
    plan = Blueprint.from_text(template.format(a=8, b=16, c=24))
    for wanted in range(20_000, 60_000, 17_919):
        found = solve(plan, macs=wanted, at_most=True)

        assert found.reached <= wanted < found.larger


def solved_or_refused(plan, wanted):
    try:
        return solve(plan, macs=wanted), ""
    except InputError as error:
        return None, str(error)


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 8))])
def test_any_blueprint_keeps_its_layers_and_its_equal_widths(seed):
    plan = random_blueprint(seed)
    graph, total = plan.graph(), cost(plan.graph()).total.macs
    for wanted in (total // 2, 3 * total):
        found, refusal = solved_or_refused(plan, wanted)
        if found is None:
            # Widths of 2 to 8 leave little below, and some are held by the input.
            assert "nearest that can be reached" in refusal or "width that can be scaled" in refusal
            continue
        free = {(change.before, change.after) for change in found.widths if not change.is_fixed}
        assert len({before for before, _ in free}) == len(free)
        assert all(change.after == change.before for change in found.widths if change.is_fixed)
        made = found.plan.graph()
        assert found.reached == cost(made).total.macs
        assert [op.kind for op in made] == [op.kind for op in graph]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        # 64 channels come from two branches of 32: they keep their ratio.
        (
            "input 3x8x8; concat(conv 1 32 | conv 3 32); residual(conv 3 64); classes 2",
            "input 3x8x8; concat(conv 1 16 | conv 3 16); residual(conv 3 32); classes 2",
        ),
        # 16 channels are the input's; the same number elsewhere is free.
        (
            "input 16x8x8; residual(conv 3 16); conv 3 32; conv 3 16; classes 2",
            "input 16x8x8; residual(conv 3 16); conv 3 16; conv 3 8; classes 2",
        ),
        # A depth multiplier of 2, groups that go with the channels.
        (
            "input 3x8x8; conv 1 32; conv 3 64 groups 32; conv 1 64; classes 2",
            "input 3x8x8; conv 1 16; conv 3 32 groups 16; conv 1 32; classes 2",
        ),
        # Groups of their own stay as many.
        (
            "input 3x8x8; conv 3 24, groupnorm 4; conv 3 48 groups 8; classes 2",
            "input 3x8x8; conv 3 16, groupnorm 4; conv 3 24 groups 8; classes 2",
        ),
        # A gate of one channel stays one.
        (
            "input 3x8x8; conv 3 32; multiply(identity | conv 1 1, sigmoid); classes 2",
            "input 3x8x8; conv 3 16; multiply(identity | conv 1 1, sigmoid); classes 2",
        ),
        # Settings that only widths read are scaled; what reads more is not.
        (
            "input 3x8x8; let w 16; let v w*2; let k 3; conv k w; conv 3 v groups w; conv 3 k*4; classes 2",
            "input 3x8x8; let w 8; let v w*2; let k 3; conv k w; conv 3 v groups w; conv 3 6; classes 2",
        ),
        # The last layer gives the outputs itself.
        (
            "input 3x8x8; conv 3 32, relu; conv 3 5; globalavgpool; classes 5 by none",
            "input 3x8x8; conv 3 16, relu; conv 3 5; globalavgpool; classes 5 by none",
        ),
    ],
)
def test_half_the_widths_are_written_as_one_would_write_them(text, after):
    found = solve(Blueprint.from_text(text), macs=macs(after))

    assert found.plan.to_text() == after
    assert found.residual_percent == 0


def test_what_holds_a_width_is_told():
    found = solve(Blueprint.from_text("input 16x8x8; residual(conv 3 16); conv 3 32; classes 2"), macs=400_000)

    assert [(change.before, change.is_fixed) for change in found.widths] == [(16, True), (32, False)]


def test_inputs_are_solved_along_all_sides():
    plan = Blueprint.from_text("input 3x48x64; conv 3 8, relu; globalavgpool; classes 2")

    found = solve(plan, macs=24 * 32 * 216 + 16, over="input", multiple=8)

    assert found.plan.input == (3, 24, 32)
    assert (found.amount, found.residual_percent, found.widths) == (0.5, 0, ())


def test_signals_of_any_length_are_solved():
    plan = Blueprint.from_text("input 1x32000; conv 80 8 stride 4 padding 0, relu; globalavgpool; classes 2")

    # (n − 80) ÷ 4 + 1 places of 640 products: 15,980 places need 63,996 samples.
    found = solve(plan, macs=15_980 * 640 + 16, over="input", multiple=2)

    assert (found.plan.input, found.residual_percent) == ((1, 63_996), 0)


def test_channels_on_the_last_axis_and_words_without_widths_go_along():
    block = "depthwise 7; channelslast; layernorm axes 1; fc 64 flatten off, gelu; fc 16 flatten off; channelsfirst"
    plan = Blueprint.from_text(
        f"input 3x8x8; conv 1 16; coords; conv 1 16; residual({block}); pixelshuffle 2; classes 2"
    )

    found = solve(plan, params=cost(plan.graph()).total.params // 2)

    wide = next(change.after for change in found.widths if change.before == 16)
    # A shuffle of 2×2 places takes whole fours of channels.
    assert wide % 4 == 0
    assert found.plan.graph()["residual1.0.fc2"].shape[-1] == wide
    assert found.reached == params(found.plan.to_text())


def test_groups_of_regnet_stay_as_many():
    plan = regnet(36.44, 24, 2.49, 13, group_width=8)
    wanted = 2 * cost(plan.graph()).total.macs

    found = solve(plan, macs=wanted)

    groups = [op.attributes["groups"] for op in plan.graph() if op.kind == "conv"]
    assert [op.attributes["groups"] for op in found.plan.graph() if op.kind == "conv"] == groups
    assert found.smaller < wanted < found.larger


def test_settings_of_any_kind_are_solved_exactly():
    deep = Blueprint.from_text("input 4x8x8; let n 2; (conv 3 4, relu) xn; globalavgpool; classes 2")
    kernel = Blueprint.from_text("input 4x8x8; let k 3; conv k 4, relu; globalavgpool; classes 2")
    stride = Blueprint.from_text("input 4x8x8; let s 4; conv 3 4 stride s, relu; globalavgpool; classes 2")

    assert solve(deep, macs=7 * 4 * 4 * 9 * 64 + 8, over="n").amount == 7
    # 6 has no middle and does not fit: 5 and 7 are the neighbours of 36 · 1024.
    found = solve(kernel, macs=36 * 1024, over="k")
    assert (found.amount, found.smaller, found.larger) == (5, 9 * 1024 + 8, 49 * 1024 + 8)
    # A larger stride costs less.
    found = solve(stride, macs=16 * 144, over="s")
    assert (found.amount, found.reached, found.larger) == (2, 16 * 144 + 8, 64 * 144 + 8)


def test_quotients_leave_gaps_that_are_stepped_over():
    plan = Blueprint.from_text("input 3x8x8; let w 320; conv 1 w/32; globalavgpool; classes 2")

    found = solve(plan, macs=1000 * (3 * 64 + 2), over="w")

    assert (found.amount, found.residual_percent) == (32_000, 0)
    assert (found.smaller, found.larger) == (999 * 194, 1001 * 194)


def test_memory_of_a_training_step_is_a_budget():
    plan = Blueprint.from_text("input 3x32x32; (conv 3 16, batchnorm, relu) x3; globalavgpool; classes 10")

    found = solve(plan, peak_bytes=2 * 10**7, batch=8, optimizer="momentum", at_most=True)

    peak = memory_ledger(found.plan.graph(batch=8, mode="train"), optimizer="momentum").peak_bytes
    assert found.reached == peak <= 2 * 10**7 < found.larger


@pytest.mark.parametrize(
    ("text", "asked", "told"),
    [
        # 1 filter of 27 weights on 64 places, and 2 outputs of it.
        ("input 3x8x8; conv 3 8; globalavgpool; classes 2", {"macs": 100}, "nearest that can be reached is 1730 MACs (width times 0.1)"),
        (
            "input 3x8x8; conv 3 8; globalavgpool; classes 2",
            {"macs": 9000, "multiple": 8},
            "must be at least what the smallest widths in multiples of 8 cost; got 9000 MACs. The nearest that can be reached is 13840 MACs",
        ),
        ("input 3x8x8; conv 3 8; globalavgpool; classes 2", {"macs": 10**18}, "must be at most what the largest widths cost"),
        ("input 3x8x8; conv 3 8; globalavgpool; classes 2", {"macs": 10**18, "over": "input"}, "the largest inputs cost"),
        ("input 3x8x8; conv 3 8; globalavgpool; classes 2", {"params": 9, "over": "input"}, "must depend on input; got '242 parameters'"),
        ("input 3x8x8; classes 2", {"macs": 100}, "must have a width that can be scaled"),
        ("input 3x8x8; let w 8; conv 3 8; classes 2", {"macs": 100, "over": "w"}, "must be read by a layer"),
        ("input 3x8x8; let w 8; let v w*2; conv 3 v; classes 2", {"macs": 100, "over": "v"}, "Solve w."),
        ("input 3x8x8; conv 3 8; classes 2", {"macs": 0}, "must be at least 1; got 0"),
        ("input 3x8x8; conv 3 8; classes 2", {"params": -5}, "must be at least 1; got -5"),
        ("input 3x8x8; conv 3 8; classes 2", {"macs": 5, "params": 5}, "one budget must be given; got 'macs, params'"),
        ("input 3x8x8; conv 3 8; classes 2", {}, "one budget must be given; got 'none'"),
        ("input 3x8x8; conv 3 8; classes 2", {"macs": 5, "multiple": 0}, "multiple must be at least 1"),
        ("input 3x8x8; conv 3 8; classes 2", {"peak_bytes": 5, "batch": 0}, "batch must be at least 1"),
        ("input 3x8x8; let w {8,16}; conv 3 w; classes 2", {"macs": 5000}, "every choice must be made before a budget is solved; got 'w'"),
    ],
)  # fmt: skip
def test_what_cannot_be_solved_is_refused(text, asked, told):
    with pytest.raises(InputError) as caught:
        solve(Blueprint.from_text(text), **asked)

    assert told in str(caught.value).replace("\u202f", "")
    assert not isinstance(caught.value, BlueprintError)


def test_names_nobody_knows_are_refused():
    with pytest.raises(UnknownNameError, match="Did you mean width"):
        solve(Blueprint.from_text("input 3x8x8; conv 3 8; classes 2"), macs=1000, over="widths")


def test_a_blueprint_that_does_not_fit_says_so():
    with pytest.raises(InputError, match="groups must divide"):
        solve(Blueprint.from_text("input 3x8x8; conv 3 8 groups 2; classes 2"), macs=1000)
