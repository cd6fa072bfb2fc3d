"""Receptive fields, by hand."""

from fractions import Fraction

import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.analyse import receptive_fields
from striate.blueprint import Blueprint
from striate.records import Field
from striate.trace import trace


def module(forward):
    class Net(nn.Module):
        def forward(self, x):
            return forward(x)

    return Net()


def last(forward, shape=(1, 1, 32, 32)):
    graph = trace(module(forward) if not isinstance(forward, nn.Module) else forward, shape).graph
    return receptive_fields(graph)[graph.outputs[0]]


def conv(x, kernel, **how):
    kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    return functional.conv2d(x, torch.ones(1, x.shape[1], *kernel), **how)


def figures(field):
    return [(axis.size_px, axis.stride, axis.padding_px) for axis in field.axes]


def branched(x):
    # Araujo et al., receptive_field_computation_test: a 1×1 of stride 4 beside a padded 3×3 of stride 2 and a 1×1.
    return conv(x, 1, stride=4) + conv(conv(functional.pad(x, (1, 0, 1, 0)), 3, stride=2), 1, stride=2)


def test_branches_with_one_centre_are_aligned():
    found = last(branched)

    assert figures(found) == [(3, 4, 1)] * 2
    assert found.is_aligned


def test_a_layer_behind_the_branches_widens_their_union():
    assert figures(last(lambda x: conv(branched(x), 3, stride=2, padding=1))) == [(11, 8, 5)] * 2


def test_branches_with_other_centres_are_not_aligned_and_stay_so():
    def forward(x):
        met = conv(x, 1, stride=4)[..., :7, :7] + conv(conv(x, 3, stride=2), 1, stride=2)[..., :7, :7]
        return met.relu()

    found = last(forward, (1, 1, 33, 33))

    assert figures(found) == [(3, 4, 0)] * 2
    assert not found.is_aligned


def test_axes_are_apart():
    assert figures(last(lambda x: conv(conv(x, (3, 5), stride=2), (3, 1), stride=2))) == [(7, 4, 0), (5, 4, 0)]


def test_dilation_leaves_holes():
    field = last(lambda x: conv(conv(x, 3, dilation=2), 3, dilation=2)).axes[0]

    # −4 … 4 in steps of two.
    assert (field.size_px, field.seen_px, field.holes_px) == (9, 5, 4)


def test_a_stride_above_the_kernel_leaves_holes():
    field = last(lambda x: conv(conv(x, 1, stride=3), 2)).axes[0]

    assert (field.size_px, field.seen_px, field.holes_px) == (4, 2, 2)


def test_a_global_branch_is_named_and_left_out_of_the_local_field():
    found = last(lambda x: conv(x, 3) * x.mean((2, 3), keepdim=True).sigmoid())

    assert figures(found) == [(3, 1, 0)] * 2
    assert found.is_global
    assert found.global_axes == (0, 1)


def test_a_sum_over_one_axis_is_global_along_it_alone():
    found = last(lambda x: conv(x, 3, padding=1) + conv(x.mean(3, keepdim=True), (5, 1), padding=(2, 0)))

    assert figures(found) == [(5, 1, 2), (3, 1, 1)]
    assert found.global_axes == (1,)


@pytest.mark.parametrize("end", ["conv 3x3 4; globalavgpool", "conv 3x3 4; fc 5"])
def test_what_sees_everything_has_no_places(end):
    graph = Blueprint.from_text(f"input 1x8x8; {end}; classes 2").graph()

    found = receptive_fields(graph)["classes"]

    assert (found.axes, found.is_global, found.is_known) == ((), True, True)


def test_a_doubled_map_has_half_the_stride():
    # Units 2q and 2q + 1 read value q alone; a 3-wide window over them reads q − 1 and q, or q and q + 1.
    doubled = last(lambda x: functional.interpolate(x, scale_factor=2, mode="nearest")).axes[0]
    widened = last(lambda x: conv(functional.interpolate(x, scale_factor=2, mode="nearest"), 3)).axes[0]

    assert (doubled.size_px, doubled.stride) == (1, Fraction(1, 2))
    assert (widened.size_px, widened.stride) == (2, Fraction(1, 2))
    assert [widened.span(place) for place in range(3)] == [(0, 2), (0, 2), (1, 3)]


def test_a_transposed_convolution_reads_by_phases():
    # Kernel 3, stride 2: even places read two values, odd places one.
    field = last(lambda x: functional.conv_transpose2d(x, torch.ones(1, 1, 3, 3), stride=2)).axes[0]

    assert [field.span(place) for place in range(4)] == [(-1, 1), (0, 1), (0, 2), (1, 2)]
    assert (field.stride, field.size_px, field.padding_px) == (Fraction(1, 2), 2, 1)


def test_down_and_up_again_is_the_same_pace():
    def forward(x):
        return x + functional.interpolate(functional.max_pool2d(x, 4), scale_factor=4, mode="nearest")

    field = last(forward).axes[0]

    assert (field.stride, field.size_px, field.repeat_px) == (1, 4, 4)
    assert [field.span(place) for place in range(5)] == [(0, 4)] * 4 + [(4, 8)]


def test_maps_whose_sizes_have_nothing_in_common_are_told_by_the_middle_unit():
    def forward(x):
        small = functional.avg_pool2d(x, 4, ceil_mode=True)  # 30 → 8 places, of 32
        return x + functional.interpolate(small, size=x.shape[2:], mode="nearest")

    field = last(forward, (1, 1, 30, 30)).axes[0]

    # Unit 15 reads itself and place ⌊15·8/30⌋ = 4: pixels 16 … 19.
    assert not field.is_uniform
    assert (field.size_px, field.seen_px, field.span(15)) == (5, 5, (15, 20))


CHANNELS_LAST = nn.Linear(3, 5)


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        (lambda x: CHANNELS_LAST(x.permute(0, 2, 3, 1)), (1, 1, 0)),
        (lambda x: CHANNELS_LAST(x.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(1, 5, 32, 32), (1, 1, 0)),
        (lambda x: conv(functional.pixel_unshuffle(x, 4), 3), (12, 4, 0)),
        (lambda x: functional.pixel_shuffle(functional.pixel_unshuffle(x, 4), 4), (1, 1, 0)),
        (lambda x: conv(x.view(1, 3, 8, 4, 8, 4).permute(0, 3, 5, 1, 2, 4).reshape(1, 48, 8, 8), 3), (12, 4, 0)),
        (lambda x: torch.cat([x[..., ::2, ::2], x[..., 1::2, 1::2]], 1), (2, 2, 0)),
        (lambda x: conv(x, 3) + conv(x, 3).chunk(2, 1)[0], (3, 1, 0)),
        (lambda x: torch.stack([x, x], 1).flatten(1, 2), (1, 1, 0)),
        (lambda x: functional.adaptive_avg_pool2d(x, 8), (4, 4, 0)),
        (lambda x: functional.unfold(x, 3, padding=1).view(1, 27, 32, 32), (3, 1, 1)),
    ],
)
def test_places_are_followed(forward, expected):
    assert figures(last(forward, (1, 3, 32, 32))) == [expected] * 2


def windows(x):
    x = x.view(1, 3, 4, 8, 4, 8).permute(0, 2, 4, 3, 5, 1).reshape(16, 64, 3)
    x = functional.scaled_dot_product_attention(x, x, x)
    return x.view(1, 4, 4, 8, 8, 3).permute(0, 5, 1, 3, 2, 4).reshape(1, 3, 32, 32)


def test_attention_in_windows_sees_its_window():
    found = last(windows, (1, 3, 32, 32))

    assert [found.axes[0].span(place) for place in (0, 7, 8, 31)] == [(0, 8), (0, 8), (8, 16), (24, 32)]
    assert not found.is_global


def test_attention_over_all_places_is_global_and_keeps_the_querys_place():
    def forward(x):
        x = x.flatten(2).transpose(1, 2)
        weights = (x @ x.transpose(1, 2)).softmax(-1)
        return (weights @ x).transpose(1, 2).reshape(1, 3, 32, 32)

    found = last(forward, (1, 3, 32, 32))

    assert figures(found) == [(1, 1, 0)] * 2
    assert found.is_global


def test_a_kind_without_a_rule_is_unknown_and_what_follows_it_too():
    found = last(lambda x: x[:, :, torch.tensor([0, 2, 5])].relu())

    assert (found.axes, found.is_known) == ((), False)


def test_a_picture_of_a_billion_pixels_is_answered():
    graph = Blueprint.from_text("input 3x32768x32768; (conv 3x3 8; maxpool 2) x6; globalavgpool; classes 2").graph()

    assert receptive_fields(graph)["maxpool6"].axes[0].size_px == 190  # 64·3 − 2: every pair adds 3·2ⁱ


def test_a_field_without_phases_has_no_holes():
    field = Field(low=-2, high=4, stride=2)

    assert (field.size_px, field.seen_px, field.holes_px, field.padding_px, field.centre_px) == (7, 7, 0, 2, 1)


def test_units_at_the_border_of_an_irregular_map_do_not_see_the_other_border():
    def forward(x):
        small = functional.avg_pool2d(x, 4, ceil_mode=True)
        return conv(x + functional.interpolate(small, size=x.shape[2:], mode="nearest"), 3, padding=1)

    field = last(forward, (1, 1, 30, 30)).axes[0]

    # Units 0 and 1 of the map below read place 0, pixels 0 … 3.
    assert field.span(0) == (0, 4)


def test_a_mean_over_windows_put_back_repeats_with_the_windows():
    def forward(x):
        x = x.view(1, 1, 8, 4, 32)
        return (x + x.mean(3, keepdim=True)).reshape(1, 1, 32, 32)

    rows, columns = last(forward).axes

    assert (rows.is_uniform, rows.size_px, rows.repeat_px, rows.stride) == (True, 4, 4, 1)
    assert [rows.span(place) for place in (0, 3, 4)] == [(0, 4), (0, 4), (4, 8)]
    assert columns.size_px == 1


def test_a_flipped_map_is_told_by_its_middle_unit():
    rows, columns = last(lambda x: conv(torch.flip(x, (2,)), 3), (1, 1, 9, 9)).axes

    # Unit 3 of 7 reads 3 … 5 of the flipped map: pixels 3 … 5 of 9.
    assert (rows.is_uniform, rows.size_px, rows.span(3), rows.span(0)) == (False, 3, (3, 6), (6, 9))
    assert (columns.is_uniform, columns.size_px, columns.stride) == (True, 3, 1)


def test_a_running_sum_is_global_along_its_axis():
    found = last(lambda x: conv(x, 3).cumsum(3))

    assert figures(found) == [(3, 1, 0)] * 2
    assert found.global_axes == (1,)
