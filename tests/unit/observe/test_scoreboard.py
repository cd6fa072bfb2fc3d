from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from striate.errors import InputError
from striate.observe import scoreboard, wilson
from striate.records import Output, Predictions

RNG = np.random.default_rng(4)


def predictions(kind, truth, scores):
    names = tuple(str(number) for number in range(np.shape(scores)[1]))
    samples = np.arange(len(truth))
    return Predictions(output=Output(kind=kind, names=names), samples=samples, truth=truth, scores=scores)


@pytest.mark.parametrize(("hits", "count"), [(0, 7), (7, 7), (3, 10), (950, 1000)])
def test_wilsons_interval_is_scipys(hits, count):
    exact = binomtest(hits, count).proportion_ci(method="wilson")
    np.testing.assert_allclose(wilson(hits / count, count), (exact.low, exact.high), atol=1e-12)


def test_classes_are_scored_as_scikit_learn_scores_them():
    from sklearn.metrics import accuracy_score, confusion_matrix

    truth, scores = RNG.integers(0, 4, 90), RNG.random((90, 5)).astype(np.float32)
    board = scoreboard(predictions("classes", truth, scores))
    assert board.main_name == "accuracy"
    assert board.main == accuracy_score(truth, scores.argmax(1))
    np.testing.assert_array_equal(board.confusion, confusion_matrix(truth, scores.argmax(1), labels=range(5)))
    assert board.confusion.sum() == board.count == 90
    assert board.chance == max(np.bincount(truth)) / 90
    assert board.mae is None


def test_labels_are_scored_by_the_mean_over_labels():
    from sklearn.metrics import accuracy_score

    truth, scores = RNG.integers(0, 2, (30, 3)).astype(np.uint8), RNG.random((30, 3)).astype(np.float32)
    board = scoreboard(predictions("labels", truth, scores))
    expected = np.mean([accuracy_score(truth[:, i], scores[:, i] >= 0.5) for i in range(3)])
    np.testing.assert_allclose(board.main, expected)
    assert board.interval == wilson(board.main, 30)
    held = truth.mean(0)
    np.testing.assert_allclose(board.chance, np.mean(np.maximum(held, 1 - held)))


def test_values_are_scored_as_scikit_learn_scores_them_draw_by_draw():
    from sklearn.metrics import mean_absolute_error, r2_score

    truth = RNG.normal(100, 3, (40, 2)).astype(np.float32)
    scores = (truth + RNG.normal(0, 2, truth.shape)).astype(np.float32)
    board = scoreboard(predictions("values", truth, scores), seed=9)
    truth, scores = truth.astype(np.float64), scores.astype(np.float64)
    np.testing.assert_allclose(board.main, r2_score(truth, scores))
    np.testing.assert_allclose(board.mae, mean_absolute_error(truth, scores))
    rng = np.random.default_rng(9)
    drawn = []
    for _ in range(2000):
        rows = rng.integers(40, size=40)
        drawn.append(r2_score(truth[rows], scores[rows]))
    np.testing.assert_allclose(board.interval, np.quantile(drawn, (0.025, 0.975)), atol=1e-8)
    assert board.interval[0] < board.main < board.interval[1]


def test_the_bootstrap_is_seeded():
    truth = RNG.normal(size=(20, 1)).astype(np.float32)
    answers = predictions("values", truth, (truth * 0.7).astype(np.float32))
    assert scoreboard(answers) == scoreboard(answers)
    assert scoreboard(answers).interval != scoreboard(answers, seed=1).interval


def test_values_that_are_all_the_same_have_a_scoreboard():
    truth = np.full((6, 1), 2.0, np.float32)
    board = scoreboard(predictions("values", truth, truth))
    assert (board.main, board.interval, board.mae) == (1.0, (1.0, 1.0), 0.0)


@pytest.mark.parametrize(("kind", "count"), [("classes", 0), ("labels", 0), ("values", 1)])
def test_too_few_answers_are_refused(kind, count):
    truth = np.zeros(count, np.int64) if kind == "classes" else np.zeros((count, 2), np.float32)
    with pytest.raises(InputError, match="rest on answers"):
        scoreboard(predictions(kind, truth, np.zeros((count, 2), np.float32)))
