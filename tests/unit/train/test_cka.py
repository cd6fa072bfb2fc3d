from itertools import permutations
from math import sqrt

import pytest
import torch

from striate.errors import InputError
from striate.train.cka import linear_cka


def independence(one, other):
    """The definition: over all ordered quadruples of different images, kᵢⱼ(lᵢⱼ + l_qr − 2 l_iq) on average."""
    count, total = 0, 0.0
    for i, j, q, r in permutations(range(len(one)), 4):
        total += float(one[i, j]) * (float(other[i, j]) + float(other[q, r]) - 2 * float(other[i, q]))
        count += 1
    return total / count


def by_definition(first, second):
    one, other = first.double() @ first.double().T, second.double() @ second.double().T
    return independence(one, other) / sqrt(independence(one, one) * independence(other, other))


def features(count, width, seed):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("count", "width", "other"), [(5, 3, 4), (7, 20, 2), (8, 2, 2)])
def test_it_is_the_definition(count, width, other):
    first = features(count, width, 0) + 3
    second = torch.cat([features(count, other, 1), first[:, :1] ** 2], 1)

    assert linear_cka(first, second) == pytest.approx(by_definition(first, second), rel=1e-9)


def test_unrelated_features_are_near_0_however_wide():
    values = [linear_cka(features(40, 500, seed), features(40, 500, seed + 100)) for seed in range(20)]

    # The biased estimate would be near 0.93 here.
    assert abs(sum(values) / 20) < 0.02


def test_turning_scale_and_shift_change_nothing():
    first = features(12, 6, 0)
    turn = torch.linalg.qr(features(6, 6, 1).double())[0]

    assert linear_cka(first, 5 * first.double() @ turn - 2) == pytest.approx(1.0, abs=1e-9)


def test_features_that_tell_nothing_apart_have_no_value():
    assert linear_cka(torch.ones(6, 3), features(6, 3, 0)) != linear_cka(torch.ones(6, 3), features(6, 3, 0))


def test_too_few_images_are_refused():
    with pytest.raises(InputError, match="4 or more"):
        linear_cka(features(3, 2, 0), features(3, 2, 1))
    with pytest.raises(InputError, match="same"):
        linear_cka(features(5, 2, 0), features(4, 2, 1))
