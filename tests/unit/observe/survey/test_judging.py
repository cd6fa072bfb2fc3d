from __future__ import annotations

import numpy as np
import pytest

from striate.errors import InputError, UnknownNameError
from striate.observe.survey import judge_units
from striate.observe.survey.chance import (
    chance_coherence,
    chance_entropy_bits,
    coherence,
    directions,
    entropy_bits,
    two_groups,
)
from surveys import planted

DRAW = np.random.default_rng(7)


def test_coherence_is_the_mean_cosine_of_all_pairs():
    from sklearn.metrics.pairwise import cosine_similarity

    features = DRAW.normal(size=(9, 6))
    cosines = cosine_similarity(features - 0.3)
    expected = cosines[np.triu_indices(9, 1)].mean()
    assert coherence(directions(features, np.full(6, 0.3))[None])[0] == pytest.approx(expected)


def test_entropy_is_scipys():
    from scipy.stats import entropy

    counts = DRAW.integers(0, 5, (20, 7))
    counts[:, 0] += 1
    np.testing.assert_allclose(entropy_bits(counts), entropy(counts, axis=1, base=2), atol=1e-12)


def test_chance_is_what_drawing_by_hand_gives():
    targets = np.repeat([0, 1, 2], [60, 30, 10])
    drawn = []
    for _ in range(4000):
        chosen = DRAW.choice(targets, 12, replace=False)
        drawn.append(entropy_bits(np.bincount(chosen, minlength=3)))
    low, high = chance_entropy_bits(np.array([60, 30, 10]), 12, seed=0)
    assert low == pytest.approx(np.quantile(drawn, 0.025), abs=0.08)
    assert high == pytest.approx(np.quantile(drawn, 0.975), abs=0.05)


def test_random_sets_are_beyond_chance_as_often_as_said():
    features = DRAW.normal(size=(400, 8)) * np.arange(1, 9)
    directed = directions(features.astype(np.float32), features.mean(0))
    low, high = chance_coherence(directed, 20, seed=0)
    sets = np.stack([directed[DRAW.choice(400, 20, replace=False)] for _ in range(1000)])
    found = coherence(sets)
    assert 0.005 < (found > high).mean() < 0.05
    assert 0.005 < (found < low).mean() < 0.05


def test_what_two_groups_leave_is_what_scikit_learn_leaves():
    from sklearn.cluster import KMeans

    points = DRAW.normal(size=(60, 4)) + 5 * (np.arange(60) < 20)[:, None]
    found = two_groups(points, seed=0)
    inertia = KMeans(2, n_init=10, random_state=0).fit(points).inertia_
    assert found.left == pytest.approx(inertia / ((points - points.mean(0)) ** 2).sum(), rel=1e-9)
    assert found.groups.tolist() == [0] * 20 + [1] * 40
    assert found.p == 0.005


@pytest.mark.parametrize("spread", [np.ones(6), np.array([9.0, 3, 1, 1, 0.5, 0.1])])
def test_one_normal_cloud_is_seldom_two_groups(spread):
    ps = [two_groups(DRAW.normal(size=(40, 6)) * spread, seed=seed, draws=99).p for seed in range(150)]
    assert np.mean(np.array(ps) <= 0.05) < 0.1


def test_points_without_spread_have_no_groups():
    assert two_groups(np.ones((20, 3)), seed=0) is None


def planted_units():
    """600 images in three classes far apart; unit 0 answers to class b, 1 to anything, 2 to a and c, 3 never, 4 as 0."""
    targets = np.arange(600) % 3
    centres = np.array([[9.0, 0, 0, 0], [0, 9, 0, 0], [0, 0, 9, 0]])
    features = centres[targets] + DRAW.normal(size=(600, 4))
    by_class = [np.flatnonzero(targets == one) for one in range(3)]
    both = np.concatenate([by_class[0][:20], by_class[2][:20]])
    sets = np.stack([by_class[1][:40], DRAW.choice(600, 40, replace=False), both, np.arange(40), by_class[1][40:80]])
    values = np.tile(np.linspace(2, 1, 40, dtype=np.float32), (5, 1))
    values[3] = 0
    responses = DRAW.normal(size=(500, 5)).astype(np.float32)
    responses[:, 4] = 3 * responses[:, 0] + 0.1 * responses[:, 4]
    responses[:, 3] = 0
    return planted(sets, features, targets, values=values, responses=responses)


def test_planted_units_are_judged_as_they_were_planted():
    one_class, anything, two, dead, twin = judge_units(planted_units(), "late")
    assert one_class.coherence > one_class.chance_coherence[1]
    assert one_class.class_counts.tolist() == [0, 40, 0]
    assert (one_class.entropy_bits, one_class.two_groups_p > 0.01) == (0, True)
    assert [text.split(":")[0].split(" (")[0] for text in one_class.verdicts] == [
        "Its images are alike", "It picks classes", "They are one cloud", "Unit 4 answers to the same images",
    ]  # fmt: skip
    assert anything.chance_coherence[0] < anything.coherence < anything.chance_coherence[1]
    assert "no more alike than random" in anything.verdicts[0]
    assert anything.verdicts[1].startswith("It picks no class")
    assert two.two_groups_p == 0.005
    assert set(two.groups[:20].tolist()) != set(two.groups[20:].tolist())
    assert "They are two different things: 20 and 20 images" in " ".join(two.verdicts)
    assert dead.verdicts == ("It was never on: dead on these images.",)
    assert [unit for unit, _ in twin.twins] == [0]
    assert twin.twins[0][1] == pytest.approx(one_class.twins[0][1])


def test_twins_are_those_of_numpys_correlation():
    survey = planted_units()
    responses = survey.layers[0].statistics.responses
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.corrcoef(responses[:, [0, 4]].astype(np.float64).T)[0, 1]
    assert judge_units(survey, "late", [0])[0].twins[0][1] == pytest.approx(expected)


def test_a_unit_is_judged_alike_alone_and_among_others():
    survey = planted_units()
    alone = judge_units(survey, "late", [2])[0]
    among = judge_units(survey, "late")[2]
    assert (alone.verdicts, alone.coherence, alone.chance_coherence) == (
        among.verdicts,
        among.coherence,
        among.chance_coherence,
    )


def test_few_images_give_no_groups_and_never_more_than_a_tenth():
    survey = planted_units()
    cut = planted(survey.layers[0].samples % 60, survey.features[:60], survey.targets[:60])
    judged = judge_units(cut, "late", [0])[0]
    assert (judged.images, judged.two_groups) == (6, None)


@pytest.mark.parametrize(("layer", "units", "error"), [("late", [5], InputError), ("early", None, UnknownNameError)])
def test_what_is_not_there_cannot_be_judged(layer, units, error):
    with pytest.raises(error):
        judge_units(planted_units(), layer, units)


def test_random_sets_of_one_long_cloud_are_one_thing():
    features = DRAW.normal(size=(400, 6)) * (9, 3, 1, 1, 0.5, 0.1)
    sets = np.stack([DRAW.choice(400, 40, replace=False) for _ in range(100)])
    judged = judge_units(planted(sets, features, None), "late")

    # Divided by chance: one of a hundred; on the sphere they were all of them.
    assert sum(one.two_groups_p <= 0.01 for one in judged) <= 5
