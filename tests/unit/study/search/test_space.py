from collections import Counter
from itertools import product

import numpy as np
import pytest
from scipy import stats

from striate import Blueprint
from striate.analyse import cost
from striate.analyse.budget import cost_of
from striate.errors import InputError
from striate.study.search import Limits, space_of
from striate.study.search import space as drawing
from striate.study.search.limits import check_limits, passed
from striate.study.search.space import told_space

PLAN = Blueprint.from_text(
    "input 1x12x12; let w {2,3,4,6,8}; conv {3,5} w, relu; choose(maxpool 2 | conv {3,5} w stride 2, relu); "
    "(conv 3 w, relu) x{1,2,3}; globalavgpool; classes 3"
)
MOST = 20_000


def keeps(plan):
    return cost_of(plan, "macs") <= MOST


def test_every_design_within_the_limit_is_there_once():
    space = space_of(PLAN, keeps)
    names = list(PLAN.choices())
    by_hand = set()
    for values in product(*PLAN.choices().values()):
        plan = PLAN.chosen(dict(zip(names, values, strict=True)))
        if cost(plan.graph()).total.macs <= MOST:
            by_hand.add(plan.to_text())

    texts = [space.blueprint(design).to_text() for design in space.designs]
    assert len(texts) == len(set(texts))
    assert set(texts) == by_hand
    # The kernel of a branch that is not taken makes no other network: 5 · 2 · (1 + 2) · 3.
    assert space.whole == 5 * 2 * 2 * 2 * 3
    assert space.share == len(by_hand) / 90


def test_even_numbers_give_every_design_the_same_chance():
    space = space_of(PLAN, keeps)
    rng = np.random.default_rng(0)
    seen = Counter(space.at(place) for place in rng.random((100 * len(space.designs), len(space.choices))).tolist())

    assert set(seen) == set(space.designs)
    assert stats.chisquare([seen[design] for design in space.designs]).pvalue > 0.001


def test_choosing_option_by_option_without_counting_would_not():
    # The test above fails for the usual way: each option evenly among those that leave something.
    space = space_of(PLAN, keeps)
    rng = np.random.default_rng(0)
    seen = Counter()
    for _ in range(200 * len(space.designs)):
        left = list(space.designs)
        for level in range(len(space.choices)):
            option = rng.choice(sorted({design[level] for design in left}))
            left = [design for design in left if design[level] == option]
        seen[left[0]] += 1

    assert stats.chisquare([seen[design] for design in space.designs]).pvalue < 1e-9


def test_every_number_gives_a_design_and_its_place_leads_back():
    space = space_of(PLAN, keeps)
    ends = [space.at(place) for place in product((0.0, 0.999999, 1.0), repeat=len(space.choices))]

    assert set(ends) <= set(space.designs)
    assert [space.at(space.place(design)) for design in space.designs] == list(space.designs)
    with pytest.raises(InputError, match="a design must keep the limits"):
        space.place((4, 1, 1, 1, 2))


def test_of_a_large_space_designs_are_drawn_evenly(monkeypatch):
    plan = Blueprint.from_text(
        "input 1x8x8; let w {2,3}; choose(conv 1 w, relu | conv {1,3,5} w bias off); globalavgpool; classes 3"
    )
    every = {
        plan.chosen(dict(zip(plan.choices(), values, strict=True))).to_text()
        for values in product(*plan.choices().values())
    }
    monkeypatch.setattr(drawing, "MOST_WHOLE", 3)
    monkeypatch.setattr(drawing, "MOST_DRAWN", 1)
    seen = Counter()
    for seed in range(400):
        drawn = space_of(plan, lambda _: True, seed=seed)
        seen.update(drawn.blueprint(design).to_text() for design in drawn.designs)

    # Of 2 · 2 · 3 combinations, six are two networks: they must not come three times as often.
    assert set(seen) == every
    assert len(every) == 8
    assert drawn.is_drawn
    assert stats.chisquare(list(seen.values())).pvalue > 0.001


@pytest.mark.parametrize(
    ("limits", "passes"),
    [
        (Limits(macs=1000), "1154 MACs"),
        (Limits(params=20), "21 parameters"),
        (Limits(peak_bytes=100), "KiB"),
        (Limits(macs=2000, params=100), ""),
    ],
)
def test_limits_on_paper(limits, passes):
    # 64 places × 9 · 2, and 2 to the answer; 2 · 9 weights, and 2 + 1.
    plan = Blueprint.from_text("input 1x8x8; conv 3 2 bias off, relu; globalavgpool; values 1")

    assert cost_of(plan, "macs") == 1152 + 2
    found = passed(plan, limits, batch=2, optimizer="adam")
    assert passes in found
    assert bool(found) == bool(passes)


def test_limits_that_nothing_can_keep():
    with pytest.raises(InputError, match="macs must be above 0"):
        check_limits(Limits(macs=0))
    with pytest.raises(InputError, match=r"some design must keep the limits; got none of 90 looked at"):
        space_of(PLAN, lambda _: False)
    with pytest.raises(InputError, match="must have open choices"):
        space_of(Blueprint.from_text("input 1x8x8; conv 3 2, relu; globalavgpool; classes 2"), keeps)


def test_without_limits_too_layers_that_do_not_fit_are_no_design():
    plan = Blueprint.from_text("input 1x8x8; let w {2,3}; conv 3 w, relu; maxpool {2,16}; globalavgpool; classes 3")
    space = space_of(plan, lambda one: not passed(one, Limits(), batch=10, optimizer="adam"))

    # A window of 16 on a map of 8: of the four, those with a window of 2 are left.
    assert space.designs == ((0, 0), (1, 0))
    assert space.share == 0.5
    assert told_space(space).startswith(
        "4 combinations: 50.0\u202f% of those looked at fit together and keep the limits"
    )
