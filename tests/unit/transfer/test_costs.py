"""What trainings will take, added up by hand."""

import pytest

from striate.records.adapting import Regime
from striate.transfer.costs import Costs, kept

REGIME = Regime(name="a", title="a", lecture="", cut="the end", hidden=(), trained="all", start="new")


def costs(**changes):
    made = {"image_s": 0.01, "batch": 16, "count": 32, "held": 8, "depth": lambda _: (0.5, 0.2)} | changes
    return Costs(**made)


@pytest.mark.parametrize(("count", "steps"), [(32, 2), (33, 2), (34, 3), (10, 1), (1, 1), (16, 1)])
def test_a_last_batch_of_one_image_is_left_out(count, steps):
    assert costs(count=count).steps_per_epoch == steps


def test_rungs_are_whole_epochs():
    # 20, 60 and 180 steps of two an epoch.
    assert [costs().epochs(rung) for rung in range(3)] == [10, 30, 90]
    assert [costs(ladder=0.25).epochs(rung) for rung in range(3)] == [3, 8, 23]
    assert [costs(count=16_000).epochs(rung) for rung in range(3)] == [1, 1, 1]


def test_an_attempt_by_hand_and_by_what_others_took():
    found = costs(ladder=0.25)

    # Three epochs of 32 images there and back, half the network, a fifth of that with gradients, then 8 images.
    expected = 0.01 * 0.5 * (96 * (1 + 2.6 * 0.2) + 8)
    assert found.expected_s(REGIME, 0) == pytest.approx(expected)
    assert found.attempt_s(REGIME, 0) == pytest.approx(1.1 * expected)
    for times in (2.0, 9.0, 3.0):
        found.note(REGIME, 0, times * expected)
    assert found.attempt_s(REGIME, 0) == pytest.approx(1.1 * 3 * expected)


def test_a_reserve_is_never_below_three_seconds():
    assert costs(image_s=1e-9).reserve_s(REGIME) == 3.0
    # 90 epochs of 32 images and 8, with both margins.
    assert costs(image_s=1.0).reserve_s(REGIME) == pytest.approx(1.3 * 1.1 * 0.5 * (90 * 32 * 1.52 + 8))


@pytest.mark.parametrize(
    ("image_s", "budget_s", "ladder"),
    [
        # Six steps an epoch, so 30 epochs at a ladder of 1 and no more.
        (1e-6, 600, 1.0),
        # 0.5 · 1.1 · (15 · 96 · 1.52 + 8) s · image_s = 1208 image_s at 1/2; twice that, 2412, at 1; 604 at 1/4.
        (0.02, 210, 0.5),
        (0.02, 200, 0.5),
        # The lowest stays, whatever it takes.
        (50.0, 1, 0.5),
    ],
)
def test_the_ladder_is_the_largest_whose_last_rung_takes_an_eighth_of_the_time(image_s, budget_s, ladder):
    found = costs(image_s=image_s, count=96)
    found.climb(REGIME, budget_s)

    assert found.ladder == ladder


@pytest.mark.parametrize(("count", "left"), [(1, 1), (2, 2), (3, 2), (6, 2), (7, 3), (9, 3), (10, 4), (27, 9)])
def test_a_third_goes_on_and_two_at_least(count, left):
    assert kept(count) == left


@pytest.fixture
def plain(monkeypatch):
    """Attempts of one, three and nine seconds."""
    monkeypatch.setattr(Costs, "attempt_s", lambda _self, _regime, rung: (1.0, 3.0, 9.0)[rung])
    return costs()


@pytest.mark.parametrize(("count", "seconds"), [(1, 13), (2, 26), (4, 28), (9, 36), (27, 27 + 27 + 27)])
def test_a_bracket_by_hand(plain, count, seconds):
    # Nine: 9 · 1 + 3 · 3 + 2 · 9.
    assert plain.bracket_s([REGIME] * count) == pytest.approx(seconds)


@pytest.mark.parametrize(("left", "count"), [(60.001, 9), (59, 8), (50.001, 6), (22, 1), (21, 0), (0, 0)])
def test_as_many_fit_as_take_three_fifths_of_the_time(plain, left, count):
    assert plain.fitting([REGIME] * 9, left) == count


@pytest.mark.parametrize(
    ("regimes", "left", "folds", "seconds"),
    [
        # One bracket of 36 s, then two finalists on three more folds of 18 s each; a fourth would be 108.
        (9, 100, 5, 90),
        (9, 100, 2, 54),
        # All folds are answered.
        (9, 1000, 5, 36 + 4 * 18),
        # No bracket fits.
        (9, 20, 5, 0),
        # Six fit first (30 s), then one of the rest in 0.6 · 25 s; what remains is no fold.
        (9, 55, 5, 30 + 13),
        (0, 100, 5, 0),
    ],
)
def test_a_plan_by_hand(plain, regimes, left, folds, seconds):
    assert plain.plan_s([REGIME] * regimes, left, folds) == pytest.approx(seconds)
