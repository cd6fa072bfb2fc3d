"""Who gets whose pixels: classes as asked, nobody twice, nobody their own."""

import numpy as np
import pytest

from striate.explain.shortcuts.pairing import from_class, from_others, within_class

LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])


@pytest.mark.parametrize("target", [0, 1, 2])
def test_donors_are_of_the_class_and_recipients_of_others_once_each(target):
    pairs = from_class(LABELS, target, 100, np.random.default_rng(0))

    assert sorted(pairs[:, 0]) == np.flatnonzero(target != LABELS).tolist()
    assert (LABELS[pairs[:, 1]] == target).all()
    assert set(pairs[:, 1]) == set(np.flatnonzero(target == LABELS))


def test_no_more_pairs_than_asked_for():
    assert len(from_class(LABELS, 0, 2, np.random.default_rng(0))) == 2
    assert len(within_class(LABELS, 2, 3, np.random.default_rng(0))) == 3


def test_within_a_class_nobody_gets_their_own_pixels():
    pairs = within_class(LABELS, 2, 100, np.random.default_rng(0))

    assert sorted(pairs[:, 0]) == sorted(pairs[:, 1]) == [5, 6, 7, 8]
    assert (pairs[:, 0] != pairs[:, 1]).all()


def test_a_single_image_has_nobody_of_its_class():
    assert within_class(np.array([0, 1]), 0, 5, np.random.default_rng(0)).shape == (0, 2)


def test_everybody_gets_somebody_of_another_class_and_all_classes_are_as_likely():
    rng = np.random.default_rng(0)
    donors = np.concatenate([from_others(LABELS, rng)[:3, 1] for _ in range(300)])
    pairs = from_others(LABELS, rng)

    assert pairs[:, 0].tolist() == list(range(9))
    assert (LABELS[pairs[:, 0]] != LABELS[pairs[:, 1]]).all()
    assert np.mean(LABELS[donors] == 1) == pytest.approx(0.5, abs=0.06)
