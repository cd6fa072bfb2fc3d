import pytest
import torch

from striate.records import Recipe
from striate.train.schedule import rate_at


@pytest.mark.parametrize("steps", [4, 10, 97])
def test_one_cycle_is_that_of_torch(steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.3, total_steps=steps, cycle_momentum=False)
    recipe = Recipe(rate=0.3, schedule="one-cycle")
    for step in range(steps):
        assert rate_at(recipe, step, steps) == pytest.approx(theirs.get_last_lr()[0], rel=1e-9)
        optimizer.step()
        if step < steps - 1:
            theirs.step()


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_one_cycle_of_a_few_steps_stays_between_nothing_and_the_rate(steps):
    rates = [rate_at(Recipe(rate=0.3), step, steps) for step in range(steps)]
    assert all(0 < rate <= 0.3 for rate in rates)


def test_cosine_falls_from_the_rate_to_nearly_nothing():
    rates = [rate_at(Recipe(rate=2.0, schedule="cosine"), step, 100) for step in range(100)]
    assert rates[0] == 2.0
    assert rates[50] == pytest.approx(1.0)
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 0.001


def test_constant_is_constant():
    assert {rate_at(Recipe(rate=0.5, schedule="constant"), step, 9) for step in range(9)} == {0.5}


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine", "constant"])
def test_warm_up_leads_in_a_straight_line_to_where_the_schedule_begins(schedule):
    recipe = Recipe(rate=0.3, schedule=schedule, warm_up=0.2)
    bare = Recipe(rate=0.3, schedule=schedule)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate_at(bare, 0, 40))
    theirs = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / 11, total_iters=10)
    for step in range(10):
        assert rate_at(recipe, step, 50) == pytest.approx(theirs.get_last_lr()[0], rel=1e-9)
        optimizer.step()
        theirs.step()
    assert [rate_at(recipe, step, 50) for step in range(10, 50)] == [rate_at(bare, step, 40) for step in range(40)]


def test_warm_up_of_next_to_everything_leaves_the_schedule_a_step():
    assert rate_at(Recipe(rate=0.3, schedule="constant", warm_up=0.99), 9, 10) == 0.3
