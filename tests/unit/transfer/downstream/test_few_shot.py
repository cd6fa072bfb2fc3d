"""Few labels: draws, and the curve by hand."""

import numpy as np
import pytest

from striate.data import Sample
from striate.records import Output
from striate.transfer.downstream.few_shot import draw_few, few_shot_curves
from striate.transfer.downstream.folding import ask
from striate.transfer.downstream.nesting import Asked


def asked(per_class=12, classes=3, folds=4):
    targets = np.repeat(np.arange(classes), per_class).astype(float)
    return Asked(kind="classes", outputs=classes, targets=targets, folds=np.arange(len(targets)) % folds)


def test_a_draw_is_balanced_held_apart_from_its_judges_and_repeats():
    made = asked()
    for draw in range(6):
        rows, fold = draw_few(made, 5, draw)

        assert np.bincount(made.targets[rows].astype(int)).tolist() == [5, 5, 5]
        assert fold == draw % 4
        assert not (made.folds[rows] == fold).any()
        assert len(set(rows.tolist())) == 15
        assert rows.tolist() == draw_few(made, 5, draw)[0].tolist()


def test_more_labels_hold_the_fewer_ones_and_another_draw_takes_others():
    made = asked()
    few, more = (set(draw_few(made, count, 1)[0].tolist()) for count in (2, 5))

    assert few < more
    assert few != set(draw_few(made, 2, 5)[0].tolist())


def test_a_draw_needs_enough_of_every_class_outside_the_judging_fold():
    assert draw_few(asked(per_class=12, folds=4), 9, 0) is not None
    assert draw_few(asked(per_class=12, folds=4), 10, 0) is None


def test_groups_are_not_divided():
    samples = [Sample(id=f"{n}", target=n % 2, group=f"g{n // 8}", place="") for n in range(64)]
    made, _ = ask(samples, Output(kind="classes", names=("a", "b")), folds=4)
    for draw in range(4):
        rows, fold = draw_few(made, 5, draw)
        learned = {samples[row].group for row in rows}
        judged = {samples[row].group for row in np.flatnonzero(made.folds == fold)}

        assert learned
        assert judged
        assert not learned & judged


def test_the_nearest_class_mean_by_hand():
    from sklearn.neighbors import NearestCentroid

    made = asked(per_class=20)
    draw = np.random.default_rng(0)
    x = (draw.normal(size=(3, 6))[made.targets.astype(int)] + draw.normal(size=(60, 6))).astype(np.float32)
    [curve] = few_shot_curves({"a": x}, {"a": "network"}, made, learners=("nearest class mean",), draws=3)
    by_hand = []
    for number in range(3):
        rows, fold = draw_few(made, 5, number)
        judged = made.folds == fold
        by_hand.append(NearestCentroid().fit(x[rows], made.targets[rows]).score(x[judged], made.targets[judged]))
    point = next(point for point in curve.points if point.per_class == 5)

    assert [one.per_class for one in curve.points] == [1, 2, 5, 10]
    assert point.mean == pytest.approx(np.mean(by_hand))
    # Student's t with 2 degrees of freedom.
    half = 4.3027 * np.std(by_hand, ddof=1) / np.sqrt(3)
    assert point.interval == pytest.approx((np.mean(by_hand) - half, np.mean(by_hand) + half))


def test_more_labels_help_on_real_digits():
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    made = Asked(kind="classes", outputs=10, targets=y[:300].astype(float), folds=np.arange(300) % 5)
    curves = few_shot_curves({"pixels": x[:300].astype(np.float32)}, {"pixels": "hand-made"}, made)

    assert [curve.family for curve in curves] == ["logistic", "k-NN", "nearest class mean"]
    for curve in curves:
        means = [point.mean for point in curve.points]
        assert means[-1] > means[0] + 0.1
        assert means[-1] > 0.8


def test_logistic_curves_end_where_more_labels_are_too_dear():
    made = asked(per_class=20)
    x = np.random.default_rng(0).normal(size=(60, 400)).astype(np.float32)
    # A draw of 5 labels for 3 classes takes 0.03 s + 15² · 400 · 0.1 ns + 15 · 400 · 3 · 10 ns, about 0.0302 s; five, 0.151 s.
    curves = few_shot_curves({"a": x}, {"a": "network"}, made, learners=("logistic", "k-NN"), most_s=0.1512)
    ends = {curve.family: curve.points[-1].per_class for curve in curves}

    assert ends == {"logistic": 5, "k-NN": 10}
    # With two draws the same labels take two fifths of that.
    [curve] = few_shot_curves({"a": x}, {"a": "network"}, made, learners=("logistic",), draws=2, most_s=0.0605)
    assert curve.points[-1].per_class == 5
