"""Nested cross-validation: nothing that is judged has a say."""

import numpy as np
import pytest

from striate.transfer.downstream.families import FAMILIES, families_of
from striate.transfer.downstream.nesting import Asked, fit, nested, settled

QUICK = ("ridge", "logistic", "k-NN, cosine")


@pytest.fixture(scope="module")
def digits():
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(1).permutation(len(x))[:200]
    return x[order], Asked(kind="classes", outputs=10, targets=y[order].astype(float), folds=np.arange(200) % 4)


@pytest.mark.parametrize("name", QUICK)
def test_targets_of_a_held_out_fold_change_neither_its_answers_nor_its_setting(digits, name):
    x, asked = digits
    [family] = families_of("classes", [name])
    own = asked.folds == 0
    turned = asked.targets.copy()
    turned[own] = np.random.default_rng(0).permutation(turned[own])
    before, after = (
        nested(x, asked, family),
        nested(x, Asked(kind="classes", outputs=10, targets=turned, folds=asked.folds), family),
    )

    assert after.scores[own] == pytest.approx(before.scores[own], rel=1e-9)
    assert after.settings[0] == before.settings[0]
    # Right before, chance afterwards.
    assert before.gains[own].mean() > 0.8
    assert after.gains[own].mean() < 0.3


@pytest.mark.parametrize("name", QUICK)
def test_features_of_a_held_out_fold_change_nothing_but_its_answers(digits, name):
    x, asked = digits
    [family] = families_of("classes", [name])
    own = asked.folds == 2
    moved = x.copy()
    moved[own] = 100 - 7 * moved[own][::-1]
    before, after = nested(x, asked, family), nested(moved, asked, family)
    learned = fit(x, asked, family, ~own, before.settings[2:3])[0]

    assert after.settings[2] == before.settings[2]
    assert after.scores[own].tolist() == learned.scores(moved[own]).tolist()
    assert not np.allclose(after.scores[own], before.scores[own])


@pytest.mark.reference
@pytest.mark.parametrize("name", ["k-NN, Euclidean", "ridge"])
def test_the_choice_is_that_of_scikit_learns_grid_search(digits, name):
    from sklearn.linear_model import RidgeClassifier
    from sklearn.model_selection import GridSearchCV, PredefinedSplit
    from sklearn.neighbors import KNeighborsClassifier

    x, asked = digits
    [family] = families_of("classes", [name])
    found = nested(x, asked, family)
    for fold in range(4):
        rest = asked.folds != fold
        # One scale for all training samples, as where the last fit is made; distances and rankings do not know it.
        scale = np.sqrt(np.square(x[rest] - x[rest].mean(0)).mean()) if name == "ridge" else 1.0
        model, grid = (
            (RidgeClassifier(), {"alpha": list(family.settings)})
            if name == "ridge"
            else (KNeighborsClassifier(algorithm="brute"), {"n_neighbors": list(family.settings)})
        )
        search = GridSearchCV(model, grid, cv=PredefinedSplit(asked.folds[rest]), scoring="accuracy")
        search.fit(x[rest] / scale, asked.targets[rest])
        own = asked.folds == fold
        mine = found.scores[own].argmax(1) == asked.targets[own]

        assert search.best_params_ == {next(iter(grid)): found.settings[fold]}
        assert mine.mean() == pytest.approx(search.score(x[own] / scale, asked.targets[own]))


def test_r_squared_is_worked_out_over_all_held_out_samples():
    # Held out, each fold is answered with the mean of the other; by hand: (0, 2 | 4, 6), means 5 and 1, overall 3.
    asked = Asked(
        kind="values", outputs=1, targets=np.array([[0.0], [2.0], [4.0], [6.0]]), folds=np.array([0, 0, 1, 1])
    )
    [family] = families_of("values", ["ridge"])
    found = nested(np.zeros((4, 3)), asked, family)

    assert found.scores.ravel().tolist() == [5.0, 5.0, 1.0, 1.0]
    # Errors 25, 9, 9, 25 beside a spread of (9 + 1 + 1 + 9) / 4 = 5: 1 − 68 / 4 / 5.
    assert found.gains.mean() == pytest.approx(1 - 17 / 5)


def test_with_two_folds_the_setting_in_the_middle_is_taken(digits):
    x, asked = digits
    [family] = families_of("classes", ["ridge"])
    found = nested(x, Asked(kind="classes", outputs=10, targets=asked.targets, folds=asked.folds % 2), family)

    assert found.settings == (30.0, 30.0)


def test_the_setting_for_everything_is_the_best_over_all_folds(digits):
    from sklearn.model_selection import PredefinedSplit, cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    x, asked = digits
    [family] = families_of("classes", ["k-NN, Euclidean"])
    scores = [
        cross_val_score(
            KNeighborsClassifier(count, algorithm="brute"), x, asked.targets, cv=PredefinedSplit(asked.folds)
        ).mean()
        for count in family.settings
    ]

    assert settled(x, asked, family) == family.settings[int(np.argmax(scores))]


def test_fits_are_counted(digits, monkeypatch):
    x, asked = digits
    from dataclasses import replace

    for family in FAMILIES[1:4]:
        counted = []

        def fit(rows, targets, kind, outputs, settings, family=family, counted=counted):
            counted.extend(settings)
            return family.fit(rows, targets, kind, outputs, settings)

        nested(x[:, :8], asked, replace(family, fit=fit))

        assert len(counted) == family.fits(4) == 6 * len(family.settings) + 4
