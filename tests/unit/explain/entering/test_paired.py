"""McNemar's exact test against SciPy's binomial test."""

import pytest
import torch
from scipy.stats import binomtest

from striate.explain.entering.paired import mcnemar, rival


@pytest.mark.parametrize(("gained", "lost"), [(1, 0), (9, 1), (1, 9), (40, 20), (350, 150), (5, 5), (700, 2)])
def test_it_is_the_binomial_test_with_one_half(gained, lost):
    assert mcnemar(gained, lost) == pytest.approx(binomtest(gained, gained + lost, 0.5).pvalue, rel=1e-9)


def test_ways_that_never_differ_are_equal():
    assert mcnemar(0, 0) == 1.0


def test_a_rival_counts_what_only_one_way_gets_right():
    as_used = torch.tensor([True, True, False, False, False])
    other = torch.tensor([True, False, True, True, False])

    found = rival("other", other, as_used)

    assert (found.gained, found.lost, found.accuracy) == (2, 1, 0.6)
    assert found.p_value == 1.0  # 2 · (1 + 3) / 8
