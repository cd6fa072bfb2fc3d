"""Which places resizing, transposed convolution and adaptive pooling read, against torch's own Jacobians."""

import pytest
import torch
from torch.nn import functional

from striate.analyse.field import index_maps

pytestmark = pytest.mark.reference


def _jacobian(forward, length):
    x = torch.eye(length, dtype=torch.float64)[:, None]
    return forward(x)[:, 0].T  # (places that read, places that are read)


def _assert_reads(step, forward, length):
    for place, weights in enumerate(_jacobian(forward, length)):
        expected = [read for read, weight in enumerate(weights.tolist()) if abs(weight) > 1e-12]
        assert sorted(set(step.reads(place, length))) == expected, place


@pytest.mark.parametrize("corners", [True, False])
@pytest.mark.parametrize(("length", "size"), [(3, 6), (6, 3), (7, 5), (5, 13), (8, 8), (4, 1), (9, 17), (10, 4)])
def test_linear_and_nearest_read_as_torch_does(length, size, corners):
    _assert_reads(
        index_maps.resized("linear", length, size, align_corners=corners),
        lambda x: functional.interpolate(x, size, mode="linear", align_corners=corners),
        length,
    )
    for mode in ("nearest", "nearest-exact"):
        _assert_reads(
            index_maps.resized(mode, length, size), lambda x, m=mode: functional.interpolate(x, size, mode=m), length
        )


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("mode", ["linear", "cubic"])
@pytest.mark.parametrize(("length", "size"), [(4, 8), (9, 3), (7, 5), (5, 13), (12, 8), (10, 4)])
def test_the_planes_own_filters_read_as_torch_does(length, size, mode, antialias):
    def forward(x):
        plane = x[:, :, None].expand(-1, -1, 6, -1)  # rows stay as they are
        return functional.interpolate(plane, (6, size), mode=f"bi{mode}", antialias=antialias)[:, :, 3]

    _assert_reads(index_maps.resized(mode, length, size, antialias=antialias), forward, length)


@pytest.mark.parametrize("corners", [True, False])
@pytest.mark.parametrize(("length", "size"), [(5, 9), (6, 11), (7, 4)])
def test_cubic_with_corners_reads_as_torch_does(length, size, corners):
    def forward(x):
        plane = x[:, :, None].expand(-1, -1, 6, -1)
        return functional.interpolate(plane, (6, size), mode="bicubic", align_corners=corners)[:, :, 3]

    _assert_reads(index_maps.resized("cubic", length, size, align_corners=corners), forward, length)


def test_a_given_scale_counts_where_it_is_not_the_ratio_of_the_sizes():
    # 5 · 1.5 = 7.5 → 7 places, read every 1/1.5 and not every 5/7.
    _assert_reads(
        index_maps.resized("linear", 5, 7, scale=1.5),
        lambda x: functional.interpolate(x, scale_factor=1.5, mode="linear"),
        5,
    )


@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 2, 1), (2, 3, 0), (4, 2, 2), (5, 3, 1), (1, 2, 0)])
def test_transposed_convolution_reads_as_torch_does(kernel, stride, padding, dilation):
    weight = torch.ones(1, 1, kernel, dtype=torch.float64)

    _assert_reads(
        index_maps.spread(kernel, stride, padding, dilation),
        lambda x: functional.conv_transpose1d(x, weight, stride=stride, padding=padding, dilation=dilation),
        9,
    )


@pytest.mark.parametrize(("length", "size"), [(5, 3), (8, 3), (7, 7), (10, 4), (3, 5)])
def test_adaptive_pooling_reads_as_torch_does(length, size):
    _assert_reads(index_maps.adapted(length, size), lambda x: functional.adaptive_avg_pool1d(x, size), length)
