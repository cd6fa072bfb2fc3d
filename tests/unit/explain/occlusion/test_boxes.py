import numpy as np
import pytest
import torch

from striate.explain.occlusion.boxes import SlidAxis, regrouped, slid


def brute_force(start, size, axis):
    """Places whose window reads any of an interval."""
    reads = [
        {place * axis.stride - axis.before + tap for tap in range(axis.span)} & set(range(start, start + size))
        for place in range(axis.places)
    ]
    return [place for place, read in enumerate(reads) if read]


@pytest.mark.parametrize("case", range(60))
def test_a_slid_interval_is_all_that_reads_it_and_no_more(case):
    random = np.random.default_rng(case)
    span, stride = int(random.integers(1, 8)), int(random.integers(1, 5))
    before = int(random.integers(0, span))
    length = int(random.integers(max(1, span - before), 30))
    places = (length + 2 * before - span) // stride + 1
    if places < 1:
        before, places = span, (length + span) // stride + 1
    axis = SlidAxis(span=span, stride=stride, before=before, length=length, places=places)
    size = int(random.integers(1, length + 1))
    starts = random.integers(0, length - size + 1, 6)
    for start in starts:
        expected = brute_force(start, size, axis)
        [first], longest = slid(np.array([start]), size, axis)
        if expected:
            assert list(range(first, first + longest)) == expected
        else:
            assert longest == 1
    # Together each interval is as long as the longest, within the map, and still holds what reads it.
    firsts, longest = slid(starts, size, axis)
    for start, first in zip(starts, firsts, strict=True):
        assert 0 <= first <= places - longest
        assert set(brute_force(start, size, axis)) <= set(range(first, first + longest))


@pytest.mark.parametrize(
    ("source", "shape", "axes", "expected"),
    [
        ((1, 48, 12, 12), (1, 2, 24, 12, 12), (2, 3), (3, 4)),
        ((1, 2, 24, 12, 10), (1, 48, 12, 10), (3, 4), (2, 3)),
        ((1, 8, 5), (1, 8, 5, 1), (2,), (2,)),
        ((1, 8, 4, 4), (1, 8, 16), (2, 3), None),
        ((1, 8, 4, 4), (1, 128), (2, 3), None),
        ((1, 8, 4, 4), (1, 8, 4, 2, 2), (2, 3), None),
    ],
)
def test_axes_are_found_again_under_another_shape(source, shape, axes, expected):
    assert regrouped(source, shape, axes) == expected


def test_axes_found_again_hold_the_same_places():
    values = torch.arange(2 * 3 * 4 * 5).view(1, 6, 4, 5)
    rows, columns = regrouped((1, 6, 4, 5), (1, 2, 3, 4, 5), (2, 3))
    part = values.view(1, 2, 3, 4, 5).narrow(rows, 1, 2).narrow(columns, 3, 1)
    assert part.flatten().tolist() == values[:, :, 1:3, 3].flatten().tolist()
