"""The search for the nearest rung, against trying all."""

import random

import pytest

from striate.analyse.budget.searching import nearest


def tried_all(costs, wanted, at_most):
    """The nearest cost, and those on both sides of it; None where the budget lies outside."""
    known = sorted({cost for cost in costs if cost is not None})
    if not known or not known[0] <= wanted <= known[-1]:
        return None
    best = min((c for c in known if not at_most or c <= wanted), key=lambda c: (abs(c - wanted), c))
    return best, max((c for c in known if c < best), default=None), min((c for c in known if c > best), default=None)


@pytest.mark.parametrize("seed", range(200))
def test_rising_costs_with_plateaus_and_gaps(seed):
    draw = random.Random(seed)
    count = draw.choice([5, 60, 700, 5000])
    every = draw.choice([1, 1, 3, 32])
    first = draw.randint(0, count // 4)
    costs, cost = [], draw.randint(1, 50)
    for rung in range(count):
        cost += draw.choice([0, 1, 5, 40]) if draw.random() < 0.9 else 0
        # What is too small fits nothing; of the others, every so many.
        costs.append(cost if rung >= first and (rung - first) % every == 0 else None)
    asked = []
    known = [c for c in costs if c is not None]
    for at_most in (False, True):
        wanted = draw.randint(known[0] - 2, known[-1] + 2)
        found = nearest(
            lambda rung: asked.append(rung) or costs[rung],
            count=count, start=draw.randrange(first, count), wanted=wanted, at_most=at_most,
        )  # fmt: skip

        expected = tried_all(costs, wanted, at_most)
        if expected is None:
            assert found.rung is None
            assert {found.costs[found.least], found.costs[found.most]} & {known[0], known[-1]}
        else:
            assert (costs[found.rung], found.smaller, found.larger) == expected
    if count == 5000 and every == 1 and not first:
        assert len(set(asked)) < 200


def test_costs_in_any_order_are_all_tried():
    costs = [9, None, 4, 25, 16, 1]

    found = nearest(costs.__getitem__, count=6, start=0, wanted=18, rises=False)

    assert (found.rung, found.smaller, found.larger) == (4, 9, 25)


def test_where_nothing_fits_there_is_nothing():
    assert nearest(lambda _: None, count=1000, start=500, wanted=7) is None
