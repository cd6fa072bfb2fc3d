import math

import pytest

from striate.train.divergence import Watch


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_finite_number_is_noticed_at_once(loss):
    assert "finite" in Watch(of_ignorance=1.0).follow(loss)


def test_one_bad_batch_is_forgiven():
    watch = Watch(of_ignorance=1.0)
    assert [watch.follow(loss) for loss in (1.0, 150.0, 1.0, 1.0)] == [""] * 4


def test_running_away_is_noticed_within_a_few_steps():
    watch = Watch(of_ignorance=1.0)
    watch.follow(1.0)
    verdicts = [bool(watch.follow(50.0)) for _ in range(10)]
    # 1 + 49·(1 − 0.95ⁿ) passes 10 at n = 4
    assert verdicts[:4] == [False, False, False, True]


def test_a_good_start_is_not_held_against_a_network():
    watch = Watch(of_ignorance=2.3)
    watch.follow(0.001)
    assert not any(watch.follow(2.0) for _ in range(200))


def test_a_watch_can_be_taken_up_again():
    whole, first = Watch(of_ignorance=1.0), Watch(of_ignorance=1.0)
    for loss in (1.0, 3.0):
        whole.follow(loss)
        first.follow(loss)
    second = Watch(of_ignorance=1.0, start=first.start, smoothed=first.smoothed)
    whole.follow(7.0)
    second.follow(7.0)
    assert (second.start, second.smoothed) == (whole.start, whole.smoothed)
