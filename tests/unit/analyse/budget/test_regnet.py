"""What RegNet's rule refuses, and its smallest cases by hand."""

from math import inf, nan

import pytest

from striate.analyse.budget import regnet, regnet_stages, regnet_widths
from striate.errors import InputError


def test_widths_by_hand():
    # 16, 24, 32, 40 lie at 0, 0.58, 1, 1.32 doublings of 16: 16, 32, 32, 32.
    assert regnet_widths(8, 16, 2, 4) == (16, 32, 32, 32)
    # No slope, no steps; 20 is two and a half eights, and goes to the even two.
    assert regnet_widths(0, 20, 2, 3) == (16, 16, 16)
    assert regnet_widths(0, 20, 2, 2, q=4) == (20, 20)


def test_groups_are_no_wider_than_what_they_divide():
    (stage,) = regnet_stages(0, 16, 2, 3, group_width=64, bottleneck_ratio=0.5)

    assert (stage.width, stage.depth, stage.group_width, stage.inner) == (16, 3, 8, 8)
    assert (
        "bottleneck 16 expand 1 stride 2 inner 8; (bottleneck 16 expand 1 inner 8) x2"
        in regnet(0, 16, 2, 3, group_width=64, bottleneck_ratio=0.5).to_text()
    )


@pytest.mark.parametrize(
    "four",
    [(-1, 16, 2, 3), (1, 4, 2, 3), (1, 16, 1, 3), (1, 16, 2, 0), (nan, 16, 2, 3), (1, inf, 2, 3), (1, 16, inf, 3)],
)
def test_numbers_out_of_range_are_refused(four):
    with pytest.raises(InputError, match="a RegNet must have"):
        regnet_widths(*four)
    with pytest.raises(InputError, match="a RegNet must have"):
        regnet(*four, group_width=8)


@pytest.mark.parametrize(
    "given",
    [{"group_width": 0}, {"group_width": 8, "bottleneck_ratio": 0.0}, {"group_width": 8, "bottleneck_ratio": inf}],
)
def test_groups_and_ratio_out_of_range_are_refused(given):
    with pytest.raises(InputError, match="groups of at least 1 channel"):
        regnet_stages(8, 16, 2, 4, **given)
