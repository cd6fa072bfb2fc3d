"""The comparison: rows, differences, what is left out, and folds that divide nothing they must not."""

import numpy as np
import pytest

from striate.data import Sample
from striate.errors import DataError, InputError
from striate.records import Output
from striate.transfer.downstream import Asked, ask, compare_features, nested, told_seconds
from striate.transfer.downstream.comparing import constant_gains
from striate.transfer.downstream.families import families_of

TWO = Output(kind="classes", names=("a", "b"))


@pytest.fixture(scope="module")
def digits():
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(2).permutation(len(x))[:200]
    asked = Asked(kind="classes", outputs=10, targets=y[order].astype(float), folds=np.arange(200) % 4)
    return x[order].astype(np.float32), asked


@pytest.fixture(scope="module")
def found(digits):
    x, asked = digits
    noise = np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32)
    return compare_features(
        {"pixels": x, "noise": noise}, asked, hand_made={"sums": x[:, ::4]}, families=["ridge", "k-NN, cosine"], draws=0
    )


def test_rows_are_all_families_on_all_features_the_best_first(found):
    assert len(found.rows) == 6
    assert {(row.features, row.source) for row in found.rows} == {
        ("pixels", "network"),
        ("noise", "network"),
        ("sums", "hand-made"),
    }
    means = [row.estimate.mean for row in found.rows]
    assert means == sorted(means, reverse=True)
    assert found.rows[0].features == "pixels"
    assert found.rows[-1].features == "noise"
    assert found.rows[-1].estimate.mean < 0.25


def test_differences_are_taken_sample_by_sample(digits, found):
    x, asked = digits
    [ridge, near] = families_of("classes", ["ridge", "k-NN, cosine"])
    own = {
        family.name: nested(x.astype(float), asked, family).scores.argmax(1) == asked.targets
        for family in (ridge, near)
    }
    best = found.rows[0]
    other = next(row for row in found.rows if row.features == "pixels" and row is not best)
    apart = own[other.family].astype(float) - own[best.family]

    assert best.to_best.mean == best.to_best.error == 0
    assert other.to_best.mean == pytest.approx(apart.mean())
    assert other.to_best.error == pytest.approx(apart.std(ddof=1) / np.sqrt(200))
    made = found.best("hand-made")
    assert found.to_hand_made.mean == pytest.approx(best.estimate.mean - made.estimate.mean)


def test_the_constant_answer_is_that_of_the_training_folds():
    # Held out, fold 0 hears of b only, fold 1 of a only: wrong both times.
    asked = Asked(kind="classes", outputs=2, targets=np.array([0.0, 0, 1, 1]), folds=np.array([0, 0, 1, 1]))
    assert constant_gains(asked).tolist() == [0, 0, 0, 0]

    labels = np.array([[1.0, 0], [1, 0], [1, 1], [0, 1]])
    asked = Asked(kind="labels", outputs=2, targets=labels, folds=np.array([0, 0, 1, 1]))
    # Fold 1 says (1, 1) half the time, so not above 1/2: no and yes; fold 0 says yes and no.
    assert constant_gains(asked).tolist() == [0.0, 0.0, 0.5, 0.0]


def test_what_is_too_dear_is_left_out_and_said(digits):
    x, asked = digits
    found = compare_features({"pixels": x}, asked, families=["ridge", "RBF SVM", "MLP"], most_s=0.5, draws=0)

    assert {row.family for row in found.rows} == {"ridge", "RBF SVM"}
    [left] = found.left_out
    assert (left.features, left.family) == ("pixels", "MLP")
    # 6 pairs of folds at 2 settings and 4 folds: 16 fits, of 0.15 s + 150 · (64 + 10) · 64 · 30 ns each.
    assert left.reason == "about 2.7 s for 200 samples of 64 numbers; a family may take 0.50 s"
    assert told_seconds([64], asked, families=["MLP"], most_s=0.5, draws=0) == 0
    told = told_seconds([64], asked, families=["MLP"], most_s=60, draws=0)
    assert told == pytest.approx(16 * (0.15 + 150 * 74 * 64 * 30e-9))
    with pytest.raises(InputError, match="--most"):
        compare_features({"pixels": x}, asked, most_s=1e-9)


def test_the_time_told_has_the_curves_of_few_labels():
    asked = Asked(kind="classes", outputs=2, targets=np.arange(40) % 2 * 1.0, folds=np.arange(40) // 2 % 4)
    before, after = (told_seconds([64, 64], asked, families=["MLP"], draws=draws) for draws in (0, 3))
    # 1, 2, 5 and 10 labels of each of 2 classes, on 64 numbers: the decomposition and ten steps of 10 ns each.
    by_hand = sum(0.03 + n * 64 * min(n, 64) * 0.1e-9 + n * 64 * 2 * 10e-9 for n in (2, 4, 10, 20))

    assert after - before == pytest.approx(2 * 3 * by_hand)
    values = Asked(kind="values", outputs=1, targets=np.arange(40.0)[:, None], folds=asked.folds)
    assert told_seconds([64], values, families=["MLP"], draws=3) == told_seconds(
        [64], values, families=["MLP"], draws=0
    )


def test_one_blas_thread_serves_the_whole_comparison(digits, monkeypatch):
    from threadpoolctl import threadpool_info, threadpool_limits

    from striate.transfer.downstream import few_shot

    x, asked = digits
    seen = []

    def threads():
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    def learner(rows, targets, outputs):
        seen.append(threads())
        return few_shot.class_means(rows, targets, outputs)

    monkeypatch.setitem(few_shot.LEARNERS, "nearest class mean", learner)
    with threadpool_limits(2, user_api="blas"):
        compare_features({"pixels": x}, asked, families=["ridge"], draws=1)
        after = threads()

    assert seen
    assert {count for counts in seen for count in counts} == {1}
    assert set(after) == {2}


def test_layers_keep_the_order_they_are_stored_in(digits):
    x, asked = digits
    noise = np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32)
    found = compare_features({"a": noise, "b": x}, asked, hand_made={"sums": x[:, ::4]}, families=["ridge"], draws=0)

    assert [row.features for row in found.rows] != ["a", "b"]
    assert found.layers == ("a", "b")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (np.zeros((3, 4), np.float32), "row for each of the 200 samples"),
        (np.full((200, 4), np.nan, np.float32), "finite"),
    ],
)
def test_features_that_do_not_fit_are_refused(digits, rows, words):
    with pytest.raises(InputError, match=words):
        compare_features({"pixels": rows}, digits[1])
    with pytest.raises(InputError, match="names of their own"):
        compare_features({"pixels": digits[0]}, digits[1], hand_made={"pixels": digits[0]})


def test_values_and_labels_are_compared_too(digits):
    x, asked = digits
    values = Asked(kind="values", outputs=1, targets=asked.targets[:, None], folds=asked.folds)
    labels = Asked(
        kind="labels", outputs=2, targets=np.stack([asked.targets % 2, asked.targets > 4], 1), folds=asked.folds
    )
    by_value = compare_features({"pixels": x}, values, families=["ridge", "k-NN, Euclidean"])
    by_label = compare_features({"pixels": x}, labels, families=["ridge"])

    assert (by_value.score_name, by_value.curves) == ("R²", ())
    assert by_value.rows[0].family == "k-NN, Euclidean"
    assert by_value.rows[0].estimate.mean > 0.6
    assert by_value.constant.mean < 0.01
    assert by_label.rows[0].estimate.mean > by_label.constant.mean + 0.2


def test_groups_and_equal_contents_are_never_divided():
    samples = [Sample(id=f"{n % 30}.{n}", target=n % 2, group=f"g{n % 15}", place="") for n in range(60)]
    asked, told = ask(samples, TWO)

    assert asked.fold_count == 5
    assert told == ()
    for names in ([sample.group for sample in samples], [sample.content for sample in samples]):
        for name in set(names):
            assert len({int(asked.folds[n]) for n, other in enumerate(names) if other == name}) == 1


def test_samples_that_name_their_group_are_answered_by_chance():
    # Five copies of each of 24 vectors, with classes of their own: known only to who learned from a copy.
    draw = np.random.default_rng(0)
    x = np.repeat(draw.normal(size=(24, 16)), 5, 0).astype(np.float32)
    y = np.repeat(draw.permutation(24) % 2, 5)
    grouped = [Sample(id=str(n), target=int(y[n]), group=f"g{n // 5}", place="") for n in range(120)]
    alone = [Sample(id=str(n), target=int(y[n]), group=None, place="") for n in range(120)]
    [family] = families_of("classes", ["k-NN, Euclidean"])

    assert nested(x.astype(float), ask(alone, TWO)[0], family).gains.mean() == 1.0
    assert nested(x.astype(float), ask(grouped, TWO)[0], family).gains.mean() < 0.75


def test_few_groups_make_few_folds_and_that_is_said():
    samples = [Sample(id=str(n), target=n % 2, group=f"g{n % 4}", place="") for n in range(20)]
    asked, told = ask(samples, TWO)

    assert asked.fold_count == 2
    assert told[0] == "2 folds instead of 5: the smallest class has no more samples or groups."
    assert "the one in the middle" in told[-1]


@pytest.mark.parametrize(
    ("targets", "groups", "words"),
    [([0] * 8, [None] * 8, "two classes"), ([0] * 4 + [1] * 4, [None] * 4 + ["g"] * 4, "class 'b'")],
)
def test_one_class_and_one_group_of_a_class_are_refused(targets, groups, words):
    samples = [
        Sample(id=str(n), target=t, group=g, place="") for n, (t, g) in enumerate(zip(targets, groups, strict=True))
    ]
    with pytest.raises(DataError, match=words):
        ask(samples, TWO)
