from __future__ import annotations

import numpy as np

from striate.observe import choose, judge, mistakes
from striate.records import Output, Predictions


def answers(kind, truth, scores, samples=None):
    scores = np.array(scores, np.float32)
    return Predictions(
        output=Output(kind=kind, names=tuple(str(i) for i in range(scores.shape[1]))),
        samples=np.arange(len(scores)) if samples is None else np.array(samples),
        truth=np.array(truth),
        scores=scores,
    )


def two(*shares):
    return [[share, 1 - share] for share in shares]


def rules(found):
    return [(chosen.rule, chosen.sample) for chosen in found]


def test_the_surest_and_the_barest_right_and_the_surest_wrong_are_chosen():
    found = choose(answers("classes", [0, 0, 0, 1, 1], two(0.9, 0.55, 0.7, 0.6, 0.8), [10, 11, 12, 13, 14]))
    assert rules(found) == [("right, surely", 10), ("right, barely", 11), ("wrong, surely", 14)]
    assert [(c.position, c.truth, c.answer) for c in found] == [(0, 0, 0), (1, 0, 0), (4, 1, 0)]
    np.testing.assert_allclose([c.probability for c in found], [0.9, 0.55, 0.8], rtol=1e-6)


def test_as_good_as_equal_probabilities_go_by_the_lowest_index():
    found = choose(answers("classes", [0, 0, 0], two(0.99999, 0.99995, 0.6), [9, 4, 5]))
    assert rules(found) == [("right, surely", 4), ("right, barely", 5)]


def test_rules_that_no_image_fits_are_left_out():
    assert rules(choose(answers("classes", [1, 1], two(0.9, 0.8)))) == [("wrong, surely", 0)]
    assert rules(choose(answers("classes", [0], two(0.9)))) == [("right, surely", 0)]
    assert choose(answers("classes", [], np.zeros((0, 2)))) == ()


def test_an_image_with_labels_is_right_if_all_its_labels_are():
    found = answers("labels", [[1, 0], [1, 1]], [[0.9, 0.2], [0.9, 0.2]])
    assert judge(found).right.tolist() == [True, False]
    np.testing.assert_allclose(judge(found).probability, [0.72, 0.72], rtol=1e-6)
    assert rules(choose(found)) == [("right, surely", 0), ("wrong, surely", 1)]
    assert mistakes(found).tolist() == [1]


def test_values_are_chosen_by_their_error():
    found = choose(answers("values", [[0.0], [0.0], [0.0], [0.0]], [[3.0], [-1.0], [2.0], [-9.0]]))
    assert rules(found) == [("closest", 1), ("typical", 2), ("farthest", 3)]
    assert [chosen.probability for chosen in found] == [1.0, 2.0, 9.0]
    assert {(chosen.truth, chosen.answer) for chosen in found} == {(-1, -1)}


def test_mistakes_come_surest_first_and_equal_ones_by_index():
    found = answers("classes", [1, 1, 0, 1, 1], two(0.6, 0.9, 0.9, 0.9, 0.2), [7, 6, 5, 4, 3])
    assert mistakes(found).tolist() == [3, 1, 0]


def test_without_mistakes_there_are_none():
    assert mistakes(answers("classes", [0], two(0.9))).tolist() == []


def test_for_values_all_rows_come_by_falling_error():
    assert mistakes(answers("values", [[0.0], [0.0]], [[1.0], [-2.0]])).tolist() == [1, 0]
