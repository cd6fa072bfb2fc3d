"""Rules about maps: windows, strides, poolings and the size of the input, by values worked out by hand."""

import pytest
from torch import nn

from striate.blueprint import Blueprint
from striate.kinds import Window
from striate.lint import lint
from striate.lint.borders import dead_share, padding_share
from striate.trace import trace


def found(text, name, **options):
    """Findings of one rule on a blueprint."""
    return lint(graph=Blueprint.from_text(text).graph(**options), select=[name]).findings


def on(module, shape, name):
    """Findings of one rule on a module."""
    return lint(graph=trace(module, shape).graph, select=[name]).findings


def square(kernel, padding, stride=1, dilation=1):
    return Window((kernel,) * 2, (stride,) * 2, ((padding,) * 2,) * 2, (dilation,) * 2)


@pytest.mark.parametrize(
    ("window", "side", "made", "share"),
    [
        (square(3, 1), 1, 1, 8 / 9),
        (square(3, 1), 2, 2, 0),
        (square(5, 2), 2, 2, 1 - 9 / 25),  # of the offsets −2 … 2 only −1, 0 and 1 ever meet one of two pixels
        (square(7, 3), 3, 3, 1 - 25 / 49),
        (square(3, 4, dilation=4), 4, 4, 8 / 9),
        (square(3, 4, dilation=4), 5, 5, 0),
        (square(3, 1, stride=2), 2, 1, 5 / 9),  # one place, at pixel 0: the first row and column lie outside
        (square(3, 0), 3, 1, 0),
    ],
)
def test_taps_that_meet_no_value_are_counted(window, side, made, share):
    assert dead_share(window, (1, 1, side, side), (1, 1, made, made)) == pytest.approx(share)


@pytest.mark.parametrize(
    ("window", "side", "made"),
    [(square(3, 1), 4, 4), (square(5, 2), 7, 7), (square(3, 1, stride=2), 8, 4), (square(3, 2, dilation=2), 6, 6)],
)
def test_reads_of_padding_equal_a_count_one_by_one(window, side, made):
    kernel, stride, before, dilation = window.kernel[0], window.stride[0], window.padding[0][0], window.dilation[0]
    inside = sum(0 <= place * stride + tap * dilation - before < side for place in range(made) for tap in range(kernel))
    expected = 1 - (inside / (made * kernel)) ** 2
    assert padding_share(window, (1, 1, side, side), (1, 1, made, made)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("kernel", "severity"), [(7, None), (9, "warning"), (13, "error")]
)  # on 4 px the offsets −3 … 3 meet something: 7 of 9, 7 of 13
def test_a_kernel_may_reach_as_far_as_its_map(kernel, severity):
    text = f"input 1x16x16; (conv 3x3 8 stride 2, relu) x2; conv {kernel}x{kernel} 8 groups 8; classes 2"
    findings = found(text, "kernel-above-map")
    assert [finding.severity for finding in findings] == ([severity] if severity else [])
    if findings:
        assert findings[0].measure.value == pytest.approx(100 * (1 - (7 / kernel) ** 2))
        assert findings[0].op == "conv3"


@pytest.mark.parametrize(("strides", "side", "severity"), [(5, 1, "warning"), (4, 2, "note"), (3, 4, None)])
def test_a_map_may_shrink_to_three_pixels_before_the_last_layer_that_looks_around(strides, side, severity):
    text = f"input 3x32x32; (conv 3x3 8 stride 2, relu) x{strides}; conv 3x3 8, relu; classes 2"
    findings = found(text, "map-collapses")
    assert [finding.severity for finding in findings] == ([severity] if severity else [])
    if findings:
        assert (findings[0].measure.value, findings[0].op) == (side, f"conv{strides + 1}")
        assert findings[0].message == f"conv{strides + 1} looks through a window of 3×3 at a map of {side}×{side} px."


def test_a_kernel_may_be_larger_than_a_map_of_four():
    text = "input 3x32x32; (conv 3x3 8 stride 2, relu) x3; conv 5x5 8, relu; classes 2"
    assert found(text, "map-collapses") == ()


def test_pooling_one_pixel_collapses_and_1x1_convolutions_do_not():
    pooling = nn.Sequential(nn.Conv2d(3, 4, 8), nn.MaxPool2d(3, 1, 1))
    assert [finding.op for finding in on(pooling, (1, 3, 8, 8), "map-collapses")] == ["1"]
    assert on(nn.Sequential(nn.Conv2d(3, 4, 8), nn.Conv2d(4, 4, 1)), (1, 3, 8, 8), "map-collapses") == ()


@pytest.mark.parametrize(
    ("side", "stride", "pooling", "reads"),
    [(32, 2, "maxpool 2;", 8), (36, 2, "maxpool 2;", None), (8, 1, "", None), (24, 4, "", 6), (16, 2, "", None)],
)
def test_the_second_layer_must_have_more_than_eight_pixels_after_steps_of_four(side, stride, pooling, reads):
    text = f"input 3x{side}x{side}; conv 7x7 8 stride {stride}, relu; {pooling} conv 3x3 8, relu; classes 2"
    findings = found(text, "stem-too-eager")
    assert [finding.measure.value for finding in findings] == ([reads] if reads else [])


@pytest.mark.parametrize(("layer", "fires"), [("maxpool 3 stride 2", False), ("maxpool 4", True), ("avgpool 5", True)])
def test_a_pooling_window_may_hold_nine_values(layer, fires):
    text = f"input 3x64x64; conv 3x3 8, relu; {layer}; conv 3x3 8; classes 2"
    assert bool(found(text, "large-pooling-window")) == fires


def test_global_stride_1_and_signal_poolings_may_be_large():
    assert found("input 3x64x64; conv 3x3 8, relu; maxpool 64; classes 2", "large-pooling-window") == ()
    smooth = "input 3x64x64; conv 3x3 8, relu; maxpool 5 stride 1; classes 2"
    assert found(smooth, "large-pooling-window") == ()
    assert found("input 1x256; conv 3 8, relu; maxpool 4; classes 2", "large-pooling-window") == ()
    assert found("input 1x256; conv 3 8, relu; maxpool 5; classes 2", "large-pooling-window")[0].measure.value == 5


@pytest.mark.parametrize(
    ("layers", "values"),
    [
        ("maxpool 2; avgpool 2", 16),
        ("maxpool 2, relu; maxpool 3 stride 2", 36),
        ("maxpool 2; conv 1x1 8; maxpool 2", None),
        ("maxpool 3 stride 1; maxpool 2", None),
        ("maxpool 2; globalavgpool", None),
    ],
)
def test_two_poolings_in_a_row_are_one_large_one(layers, values):
    findings = found(f"input 3x64x64; conv 3x3 8, relu; {layers}; classes 2", "pooling-after-pooling")
    assert [finding.measure.value for finding in findings] == ([values] if values else [])


def test_two_poolings_of_a_signal_may_make_one_value_of_nine():
    text = "input 1x256; conv 3 8, relu; maxpool 2; maxpool {}; classes 2"
    assert found(text.format(4), "pooling-after-pooling") == ()
    assert found(text.format(5), "pooling-after-pooling")[0].measure.value == 10


@pytest.mark.parametrize(
    ("kernel", "stride", "fires"), [(3, 2, True), (4, 2, False), (2, 2, False), (5, 3, True), (3, 1, False)]
)
def test_a_transposed_stride_must_divide_its_kernel(kernel, stride, fires):
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ConvTranspose2d(4, 1, kernel, stride))
    findings = on(module, (1, 1, 8, 8), "checkerboard-upsampling")
    assert [finding.op for finding in findings] == (["1"] if fires else [])


@pytest.mark.parametrize(("whole", "fires"), [(4, False), (5, True)])
def test_half_of_the_convolutions_may_work_at_full_size(whole, fires):
    text = f"input 3x64x64; (conv 3x3 4, relu) x{whole}; maxpool 2; (conv 3x3 4, relu) x4; classes 2"
    findings = found(text, "slow-reduction")
    assert [finding.measure.value for finding in findings] == ([100 * whole / (whole + 4)] if fires else [])


def test_three_convolutions_may_all_work_at_full_size():
    assert found("input 3x64x64; (conv 3x3 4, relu) x3; classes 2", "slow-reduction") == ()


def test_small_inputs_and_answers_that_are_maps_may_stay_at_full_size():
    assert found("input 3x32x32; (conv 3x3 4, relu) x5; classes 2", "slow-reduction") == ()
    drawing = nn.Sequential(*(nn.Conv2d(3, 3, 3, padding=1) for _ in range(5)))
    assert on(drawing, (1, 3, 64, 64), "slow-reduction") == ()


@pytest.mark.parametrize(
    ("side", "power"), [(299, 1), (224, None), (33, 1), (30, None), (15, None)]
)  # 15 px are too few to speak of
def test_an_odd_side_is_told_with_the_nearest_multiple_of_32(side, power):
    findings = found(f"input 3x{side}x{side}; conv 3x3 4 stride 2, relu; globalavgpool; classes 2", "odd-input-side")
    assert [finding.measure.value for finding in findings] == ([power] if power else [])
    if side == 299:
        assert findings[0].todo.startswith("Use 288×288,")


def test_an_odd_side_is_told_once_where_a_border_is_lost_by_it():
    text = "input 3x33x33; conv 3x3 4, relu; maxpool 2; globalavgpool; classes 2"
    assert found(text, "odd-input-side") == ()
    assert found(text, "border-never-read")


def test_an_odd_side_that_nothing_steps_over_is_fine():
    assert found("input 3x33x33; conv 3x3 4, relu; globalavgpool; classes 2", "odd-input-side") == ()


class Residual(nn.Module):
    def __init__(self, shortcut):
        super().__init__()
        self.long = nn.Sequential(nn.Conv2d(4, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3, 1, 1))
        self.short = shortcut

    def forward(self, x):
        return self.long(x) + self.short(x)


def test_a_strided_1x1_shortcut_reads_a_quarter_and_one_behind_pooling_reads_all():
    (finding,) = on(Residual(nn.Conv2d(4, 4, 1, 2)), (1, 4, 8, 8), "subsampling-shortcut")
    assert (finding.op, finding.measure.value) == ("short", 75)
    pooled = Residual(nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(4, 4, 1)))
    assert on(pooled, (1, 4, 8, 8), "subsampling-shortcut") == ()


def test_a_layer_that_skips_alone_is_left_to_the_rule_for_it():
    text = "input 3x32x32; conv 3x3 8, relu; conv 1x1 8 stride 2; classes 2"
    assert found(text, "subsampling-shortcut") == ()
    assert found(text, "stride-above-kernel")


@pytest.mark.parametrize(
    ("more", "rest"),
    [("", ""), ("; conv 3x3 8", " So does conv7."), ("; conv 3x3 8; conv 3x3 8", " So do conv7 and conv8.")],
)
def test_layers_on_the_same_collapsed_map_are_told_in_a_sentence_of_their_own(more, rest):
    (finding,) = found(
        f"input 3x64x32; (conv 3x3 8 stride 2, relu) x5; conv 3x3 8, relu{more}; classes 2", "map-collapses"
    )
    where = "conv6 looks through a window of 3×3 at a map of 2×1, 1 px at its smaller side."
    assert finding.message == where + rest
