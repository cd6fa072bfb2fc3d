"""The sections on invariance and on what enters say what their records hold, and the work they may cost is bounded."""

import pytest

from striate.records import Accord, Invariance, LayerInvariance, MethodPair, Stability, Steadiness
from striate.report.figures.accord_table import accord_table
from striate.report.figures.invariance import answers_table, depth_figure
from striate.report.gathering.entering import _change_passes, _some


def layer(name, distance, moved):
    return LayerInvariance(
        layer=name, shape=(4, 8, 8), stride_px=1.0, distance=distance, cosine=(0.9,) * len(distance), moved=moved,
        is_interpolated=(False,) * len(distance), same_class=0.8, scale=2.0,
    )  # fmt: skip


FOUND = Invariance(
    images=40,
    changes=("shift by 1 px", "mirrored", "brightness ±0.1"),
    layers=(
        layer("pixels", (0.6, 0.9, 0.3), (0.0, 0.0, None)),
        layer("conv1", (0.5, 0.8, 0.2), (0.1, 0.7, None)),
        layer("fc1", (0.2, 0.7, 0.1), (None, None, None)),
    ),
)


def test_each_kind_of_change_has_a_chart_over_depth():
    figure = depth_figure(FOUND)

    drawn = {chart.title: [(curve.label, curve.y) for curve in chart.curves] for chart in figure.charts}
    assert drawn == {
        "Shifted": [("shift by 1 px", [0.6, 0.5, 0.2])],
        "Turned, mirrored, scaled": [("mirrored", [0.9, 0.8, 0.7])],
        "Light": [("brightness ±0.1", [0.3, 0.2, 0.1])],
        # Layers without a map are left out where maps are moved along.
        "Shifted, maps moved along": [("shift by 1 px", [0.0, 0.1])],
    }
    assert figure.charts[0].names == [(0.0, "pixels"), (1.0, "conv1"), (2.0, "fc1")]


def test_the_table_has_all_that_is_drawn_and_more():
    rows = depth_figure(FOUND).table.rows

    assert rows[0] == ["pixels", "distance", 0.6, 0.9, 0.3, 0.8]
    assert ["conv1", "map moved along", 0.1, 0.7, None, None] in rows
    assert [row[1] for row in rows if row[0] == "fc1"] == ["distance", "cosine"]


def test_a_chart_without_curves_is_left_out():
    dark = Invariance(images=2, changes=("brightness ±0.1",), layers=(layer("fc1", (0.2,), (None,)),))

    assert [chart.title for chart in depth_figure(dark).charts] == ["Light"]


def test_answers_are_told_in_percent():
    row = Steadiness(
        change="mirrored", images=50, directions=1, changed=10, interval=(0.11, 0.33), mean_changed=0.2, accuracy=0.7,
        probability_shift=0.25,
    )  # fmt: skip
    table = answers_table(Stability(images=50, accuracy=0.9, side_px=28, rows=(row,)))

    assert table.rows == [["mirrored", 10, pytest.approx(11.0), pytest.approx(33.0), 20.0, 70.0, 0.25]]


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [((0.2, 0.4), "beyond chance"), ((0.0, 0.1), "no more than chance"), ((0.1, 0.2), "open")],
)
def test_what_methods_agree_about_is_beside_chance(interval, verdict):
    pair = MethodPair(methods=("a", "b"), correlation=0.1, interval=interval, chance=0.15)
    found = accord_table(
        Accord(images=8, methods=("a", "b"), pairs=(pair,), with_itself=(0.9, 0.8), noise=0.05, seed=0)
    )

    assert found.rows[0][-1] == verdict
    assert found.rows[1][:2] == ["a and itself, 5 % noise", 0.9]


@pytest.mark.parametrize(
    ("samples", "macs", "chosen"),
    [
        (range(100), 1, 50),
        (range(30), 1, 30),
        (range(100), 10**11, 0),  # 30 images are affordable: too few to judge by
        (range(100), 9 * 10**10, 33),
        (range(3), 1, 0),
    ],
)
def test_as_many_images_as_the_work_permits_or_none(samples, macs, chosen):
    found = _some(list(samples), macs, 50)

    assert len(found) == len(set(found)) == chosen
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("sides", "passes"),
    # The image itself; eight neighbours for each shift that fits; both ways of turns, scale, light and contrast; one mirror.
    [((28, 28), 1 + 3 * 8 + 1 + 6 * 2), ((28, 30), 1 + 3 * 8 + 1 + 5 * 2), ((8, 8), 1 + 8 + 1 + 6 * 2)],
)
def test_the_work_of_changes_is_that_of_their_directions(sides, passes):
    assert _change_passes(sides) == passes


def test_the_table_says_what_each_figure_is_held_against():
    caption = depth_figure(FOUND).table.caption

    assert "distance: 0 the same image, 1 another one" in caption
    assert "cosine: 1 the same direction" in caption
    assert "map moved along: 0 goes with the image" in caption
