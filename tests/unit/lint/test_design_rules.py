"""Design rules at their limits, and silent where a good network does the same on purpose."""

import pytest

from striate.blueprint import Blueprint
from striate.graph import Conditions, Graph, Op, Param
from striate.lint import lint

LENET = (
    "input 1x32x32; conv 5x5 6 padding 0, tanh; avgpool 2; conv 5x5 16 padding 0, tanh; avgpool 2;"
    "conv 5x5 120 padding 0, tanh; fc 84, tanh; classes 10"
)
ALEXNET = (
    "input 3x224x224; conv 11x11 64 stride 4 padding 2, relu; maxpool 3 stride 2; conv 5x5 192, relu;"
    "maxpool 3 stride 2; conv 3x3 384, relu; (conv 3x3 256, relu) x2; maxpool 3 stride 2;"
    "dropout 0.5; fc 4096, relu; dropout 0.5; fc 4096, relu; classes 1000"
)
VGG11 = (
    "input 3x224x224; conv 3x3 64, relu; maxpool 2; conv 3x3 128, relu; maxpool 2; (conv 3x3 256, relu) x2;"
    "maxpool 2; (conv 3x3 512, relu) x2; maxpool 2; (conv 3x3 512, relu) x2; maxpool 2;"
    "(fc 4096, relu, dropout 0.5) x2; classes 1000"
)
DIGITS = (
    "input 1x28x28; conv 5x5 16, batchnorm, relu; conv 3x3 16, batchnorm, relu; maxpool 2;"
    "(conv 3x3 32, batchnorm, relu) x2; maxpool 2; fc 64, relu, dropout 0.5; classes 10"
)
M5 = (
    "input 1x8000; conv 79 128 stride 4 padding 39, batchnorm, relu; maxpool 4; conv 3 128, batchnorm, relu; maxpool 4;"
    "conv 3 256, batchnorm, relu; maxpool 4; conv 3 512, batchnorm, relu; maxpool 4; globalavgpool; classes 10"
)


def found(text, name):
    """Findings of one rule on a blueprint."""
    return lint(graph=Blueprint.from_text(text).graph(), select=[name]).findings


def named(text):
    return {finding.name: finding.severity for finding in lint(graph=Blueprint.from_text(text).graph()).findings}


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (LENET, {"unaligned-padding"}),
        # Its second convolution has 31 % of the work, and its parameters outweigh what 32 images keep.
        (ALEXNET, {"fc-holds-most-parameters", "macs-in-one-layer", "optimizer-step-is-the-peak"}),
        (VGG11, {"fc-holds-most-parameters"}),
        (DIGITS, {"fc-holds-most-parameters"}),
        (M5, {"border-never-read", "top-cannot-see-input"}),
    ],
    ids=["lenet", "alexnet", "vgg11", "digits", "m5"],
)
def test_well_known_networks_get_notes_at_most(text, notes):
    assert named(text) == dict.fromkeys(notes, "note")


def test_the_mock_ups_network_gets_the_mock_ups_finding():
    (finding,) = found(DIGITS, "fc-holds-most-parameters")
    # 7·7·32·64 weights + 64 biases = 100 416 of 117 786 parameters; with pooling 32·64 weights stay.
    assert finding.message == "fc1 holds 85.3\u202f% of the parameters and ties the network to 28×28 inputs."
    assert finding.todo.endswith("117\u202f786 parameters would become 19\u202f482.")


@pytest.mark.parametrize(("width", "fires"), [(31, False), (32, True)])
def test_a_fully_connected_layer_may_hold_60_percent(width, fires):
    # conv1 has 9·4 + 4 = 40 parameters, fc1 5 a unit, classes 2 a unit and 2: 5w / (42 + 7w) passes 0.6 at w = 31.5.
    text = f"input 1x4x4; conv 3x3 4, relu; globalavgpool; fc {width}, relu; classes 2"
    assert bool(found(text, "fc-holds-most-parameters")) == fires


def test_without_a_map_the_advice_is_to_narrow():
    (finding,) = found("input 1x4x4; conv 3x3 4, relu; globalavgpool; fc 200, relu; classes 2", "CST001")
    assert "ties" not in finding.message
    assert finding.todo.startswith("Narrow fc1")


@pytest.mark.parametrize(("layer", "share"), [("conv 1x1 8 stride 2", 75), ("maxpool 2 stride 3", 100 * 5 / 9)])
def test_skipped_pixels_are_counted(layer, share):
    (finding,) = found(f"input 1x30x30; {layer}; classes 2", "stride-above-kernel")
    assert finding.measure.value == pytest.approx(share)


@pytest.mark.parametrize("layer", ["conv 2x2 8 stride 2 padding 0", "maxpool 3 stride 2", "maxpool 2"])
def test_a_stride_up_to_the_kernel_skips_nothing(layer):
    assert found(f"input 1x30x30; {layer}; classes 2", "stride-above-kernel") == ()


def conv(name, source, shape, kernel=1, stride=1):
    attributes = {
        "kernel": (kernel,) * 2, "width": shape[1], "stride": (stride,) * 2, "padding": ((kernel // 2,) * 2,) * 2,
        "dilation": (1, 1), "groups": 1, "bias": False,
    }  # fmt: skip
    weight = Param(name="weight", shape=(shape[1], 8, kernel, kernel))
    return Op(name=name, kind="conv", inputs=(source,), shape=shape, attributes=attributes, params=(weight,))


def block(*, beside):
    """A strided 1×1 shortcut, alone or beside a branch that reads everything."""
    half = (1, 8, 8, 8)
    ops = [conv("shortcut", "input", half, 1, 2)]
    if beside:
        ops += [
            conv("branch", "input", half, 3, 2),
            Op(name="sum", kind="add", inputs=("shortcut", "branch"), shape=half),
        ]
    return Graph(ops=tuple(ops), outputs=(ops[-1].name,), conditions=Conditions(inputs={"input": (1, 8, 16, 16)}))


@pytest.mark.parametrize("beside", [True, False])
def test_a_strided_shortcut_is_fine_beside_a_branch_that_reads_all(beside):
    report = lint(graph=block(beside=beside), select=["stride-above-kernel"])
    assert bool(report.findings) == (not beside)


@pytest.mark.parametrize(
    ("layer", "pixels"),
    [
        ("conv 3x3 8 padding 0", 2),
        ("conv 5x5 8 padding 1", 2),
        ("conv 3x3 8 padding 2", 2),
        ("conv 2x2 8 padding 0", 1),
    ],
)
def test_missed_padding_is_measured_in_pixels(layer, pixels):
    (finding,) = found(f"input 1x28x28; {layer}; classes 2", "unaligned-padding")
    assert finding.measure.value == pixels


@pytest.mark.parametrize(
    "layer", ["conv 3x3 8", "conv 3x3 8 dilation 2", "conv 3x3 8 stride 2 padding 0", "conv 28x28 8 padding 0"]
)
def test_aligned_strided_and_whole_map_convolutions_are_fine(layer):
    assert found(f"input 1x28x28; {layer}; classes 2", "unaligned-padding") == ()


@pytest.mark.parametrize(("side", "share"), [(7, 1 - 36 / 49), (15, 1 - 196 / 225)])
def test_an_odd_map_loses_its_last_row(side, share):
    (finding,) = found(f"input 1x{side}x{side}; maxpool 2; classes 2", "border-never-read")
    assert finding.measure.value == pytest.approx(100 * share)
    assert f"Use an input of {side + 1}×{side + 1}" in finding.todo


def test_where_only_odd_sizes_lose_nothing_the_advice_is_to_pad():
    (finding,) = found("input 1x32x32; conv 3x3 4 stride 2 padding 0; classes 2", "border-never-read")
    assert finding.todo.startswith("Pad the map before conv1")
    assert finding.cure is None


def test_the_input_that_is_advised_loses_nothing_further_on():
    # 30 → 15 → 7 → 3: a side that 8 divides is needed, though the first loss is at 15.
    (finding,) = found("input 1x30x30; maxpool 2; maxpool 2; maxpool 2; conv 3x3 4; classes 2", "border-never-read")
    assert (
        "Use an input of 32×32, where nothing is lost (nor at any side that leaves 0 when divided by 8)" in finding.todo
    )


def test_an_even_map_loses_nothing():
    assert found("input 1x8x8; maxpool 2; conv 3x3 4 stride 2; classes 2", "border-never-read") == ()


@pytest.mark.parametrize(("stride", "fires"), [(2, False), (3, True)])
def test_a_late_stride_may_be_2(stride, fires):
    text = f"input 1x64x64; (conv 3x3 8, relu) x2; conv 5x5 8 stride {stride}; classes 2"
    assert bool(found(text, "late-large-stride")) == fires


def test_an_early_large_stride_and_a_late_global_pooling_are_fine():
    assert found("input 1x64x64; conv 5x5 8 stride 4, relu; conv 3x3 8, relu; maxpool 16; classes 2", "SHP004") == ()


# 32·16·16 values, of which width·8·8 are left: 9.85 and 10.7 times fewer.
@pytest.mark.parametrize(("width", "fires"), [(13, False), (12, True)])
def test_a_map_may_shrink_10_times_at_once(width, fires):
    text = f"input 32x16x16; conv 3x3 32, relu; conv 3x3 {width} stride 2, relu; classes 2"
    assert bool(found(text, "reduction-too-fast")) == fires


def test_the_first_layer_may_shrink_as_it_likes():
    assert found("input 3x64x64; conv 16x16 8 stride 16 padding 0, relu; classes 2", "reduction-too-fast") == ()


@pytest.mark.parametrize(
    ("layer", "fires"), [("conv 5x5 8", False), ("conv 7x7 8", True), ("conv 7x7 8 groups 8", False)]
)
def test_a_dense_inner_kernel_may_be_5(layer, fires):
    text = f"input 1x28x28; conv 3x3 8, relu; {layer}, relu; classes 2"
    assert bool(found(text, "large-kernel-where-small-do")) == fires


def test_small_kernels_save_nothing_on_signals():
    assert found("input 1x256; conv 9 8, relu; conv 9 8, relu; classes 2", "large-kernel-where-small-do") == ()


@pytest.mark.parametrize(("count", "fires"), [(4, True), (5, True), (6, True), (7, False)])
def test_before_global_pooling_the_field_must_reach_half_the_input(count, fires):
    # n layers of 3×3 see 2n + 1 pixels; half of 28 is 14.
    text = f"input 1x28x28; (conv 3x3 8, relu) x{count}; globalavgpool; classes 2"
    assert bool(found(text, "top-cannot-see-input")) == fires == (2 * count + 1 < 14)


def test_a_fully_connected_layer_sees_the_whole_map():
    assert found("input 1x28x28; conv 3x3 8, relu; classes 2", "top-cannot-see-input") == ()


def test_without_anything_global_the_field_must_reach_the_input():
    (finding,) = lint(graph=block(beside=True), select=["top-cannot-see-input"]).findings
    assert (finding.severity, finding.measure.value, finding.measure.limit) == ("note", 3, 16)
    assert "ompare with the object" in finding.message + finding.todo


@pytest.mark.parametrize(
    ("layers", "fires"), [("dropout 0.1; conv 3x3 8, batchnorm", True), ("relu, dropout 0.1; maxpool 2", False)]
)
def test_dropout_on_a_map_is_wrong_beside_batchnorm_only(layers, fires):
    text = f"input 1x28x28; conv 3x3 8, relu; {layers}, relu; classes 2"
    assert bool(found(text, "dropout-beside-batchnorm")) == fires


@pytest.mark.parametrize(
    ("layers", "fires"),
    [
        ("conv 3x3 8; conv 3x3 8", True),
        ("conv 3x3 8, batchnorm; conv 3x3 8", True),
        ("conv 3x3 8; maxpool 2; conv 3x3 8", False),
        ("conv 3x3 8, relu; conv 1x1 4; conv 3x3 16", False),
        ("conv 3x3 8, relu; conv 3x3 8 groups 8; conv 1x1 8", False),
        ("conv 3x3 8, relu; fc 9; fc 9", True),
    ],
)
def test_two_linear_layers_in_a_row_count_unless_they_save(layers, fires):
    text = f"input 1x8x8; {layers}, relu; classes 2"
    assert bool(found(text, "layers-without-activation")) == fires


@pytest.mark.parametrize(("bias", "fires"), [("bias on", True), ("", False)])
def test_a_blueprint_drops_the_bias_unless_it_is_asked_for(bias, fires):
    text = f"input 1x8x8; conv 3x3 8 {bias}, batchnorm, relu; classes 2"
    assert bool(found(text, "conv-bias-before-batchnorm")) == fires


@pytest.mark.parametrize(
    ("text", "speaks", "yields"),
    [
        ("input 8x64x64; (conv 3x3 8) x2; conv 5x5 8 stride 4; classes 2", "late-large-stride", "reduction-too-fast"),
        (
            "input 8x64x64; conv 3x3 8; maxpool 4; (conv 3x3 8) x3; classes 2",
            "large-pooling-window",
            "reduction-too-fast",
        ),
        ("input 1x64x64; conv 3x3 16; classes 9", "large-final-representation", "fc-holds-most-parameters"),
        ("input 1x64x64; conv 3x3 16; classes 9", "large-final-representation", "fixed-size-head"),
        (
            "input 1x8x8; conv 3x3 16; globalavgpool; classes 99",
            "narrow-final-representation",
            "fc-holds-most-parameters",
        ),
        ("input 1x33x33; conv 3x3 4, relu; maxpool 2; classes 2", "border-never-read", "odd-input-side"),
    ],
)
def test_of_two_rules_that_would_say_the_same_one_speaks(text, speaks, yields):
    assert found(text, speaks)
    assert found(text, yields) == ()


def test_narrowing_what_was_only_widened_before_is_no_loss():
    # 16·16·16 values reach the wide layer; 4·16·16 leave it: 4 times fewer, though 32 times fewer than it has.
    text = "input 16x16x16; conv 3x3 128, relu; conv 3x3 4, relu; classes 2"
    assert found(text, "reduction-too-fast") == ()


def test_stride_and_dilation_in_step_read_the_same_pixels_only():
    (finding,) = found("input 1x32x32; conv 3x3 8 stride 2 dilation 2; classes 2", "stride-above-kernel")
    assert finding.measure.value == 75
    assert "dilation 2×2" in finding.message


def test_what_steps_over_a_padded_map_is_not_judged_if_others_read_the_map():
    """NASNet and PNASNet: the stride is 1×1 behind a padding, and a neighbour reads everything."""
    import torch
    from torch import nn

    from striate.trace import trace

    class Cell(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.point = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 8, 1, stride=2)
            self.wide = nn.Conv2d(8, 8, 3, stride=2, padding=1)

        def forward(self, x):
            x = torch.relu(self.stem(x))
            shifted = nn.functional.pad(x, (-1, 1, -1, 1))
            return torch.relu(self.point(shifted) + self.wide(x)).mean((2, 3))

    report = lint(graph=trace(Cell(), (1, 1, 28, 28)).graph, select=["stride-above-kernel"])
    assert report.findings == report.failures == ()
