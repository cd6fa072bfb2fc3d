"""Each family against scikit-learn called by hand, on real digits."""

import numpy as np
import pytest

from striate.errors import InputError, UnknownNameError
from striate.transfer.downstream.curved_families import class_means, mlp, nearest, rbf_svm
from striate.transfer.downstream.families import FAMILIES, families_of
from striate.transfer.downstream.linear_families import least_squares, linear_svm, logistic, ridge


@pytest.fixture(scope="module")
def digits():
    """160 digits to learn from and 80 others, with classes; as features of 64 pixels."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))[:240]
    return x[order[:160]], y[order[:160]].astype(float), x[order[160:]], y[order[160:]].astype(float)


def brought(learned, other):
    """Centred, and divided by one number, as training samples say."""
    centre = learned.mean(0)
    scale = np.sqrt(np.square(learned - centre).mean())
    return (learned - centre) / scale, (other - centre) / scale


def one(fit, x, y, setting, kind="classes", outputs=10, **more):
    return fit(x, y, kind, outputs, (setting,), **more)[0]


def test_logistic_is_scikit_learns(digits):
    from sklearn.linear_model import LogisticRegression

    x, y, other, _ = digits
    theirs = LogisticRegression(C=1 / 3, tol=1e-8, max_iter=5000).fit(brought(x, other)[0], y)
    scores = one(logistic, x, y, 3.0).scores(other)
    mine = np.exp(scores - scores.max(1, keepdims=True))

    assert mine / mine.sum(1, keepdims=True) == pytest.approx(theirs.predict_proba(brought(x, other)[1]), abs=5e-3)


@pytest.mark.parametrize(("kind", "outputs"), [("classes", 10), ("values", 1)])
def test_ridge_is_scikit_learns(digits, kind, outputs):
    from sklearn.linear_model import Ridge

    x, y, other, _ = digits
    asked = 2 * np.eye(10)[y.astype(int)] - 1 if kind == "classes" else y[:, None]
    theirs = Ridge(alpha=30.0).fit(brought(x, other)[0], asked)
    targets = y if kind == "classes" else y[:, None]

    assert one(ridge, x, targets, 30.0, kind, outputs).scores(other) == pytest.approx(
        theirs.predict(brought(x, other)[1]).reshape(len(other), -1), abs=1e-6
    )


@pytest.mark.parametrize("count", [160, 40])
def test_linear_is_ordinary_least_squares_also_with_fewer_samples_than_features(digits, count):
    from sklearn.linear_model import LinearRegression

    x, y, other, _ = digits
    # Pixels that never change would be a matter of rounding.
    kept = x[:count].std(0) > 0.5
    theirs = LinearRegression().fit(x[:count, kept], 2 * np.eye(10)[y[:count].astype(int)] - 1)
    mine = one(least_squares, x[:count, kept], y[:count], 0.0)

    assert mine.scores(other[:, kept]) == pytest.approx(theirs.predict(other[:, kept]), abs=1e-5)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_neighbours_vote_as_scikit_learns(digits, metric):
    from sklearn.neighbors import KNeighborsClassifier

    x, y, other, _ = digits
    learned, asked = brought(x, other)
    theirs = KNeighborsClassifier(5, metric=metric, algorithm="brute").fit(learned, y)
    mine = one(nearest, x, y, 5, metric=metric).scores(other)

    assert (mine + 1) / 2 == pytest.approx(theirs.predict_proba(asked))
    assert mine.argmax(1).tolist() == theirs.predict(asked).tolist()


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_every_number_of_neighbours_is_scikit_learns_from_one_search(digits, metric, monkeypatch):
    from sklearn.neighbors import KNeighborsRegressor, NearestNeighbors

    x, y, other, _ = digits
    values = np.stack([y, -y], 1)
    learned, asked = brought(x, other)
    searches = []
    search = NearestNeighbors.kneighbors
    monkeypatch.setattr(NearestNeighbors, "kneighbors", lambda *a, **k: searches.append(1) or search(*a, **k))
    found = [one.scores(other) for one in nearest(x, values, "values", 2, (500, 20, 1), metric=metric)]

    assert len(searches) == 1
    for count, scores in zip((len(x), 20, 1), found, strict=True):
        theirs = KNeighborsRegressor(count, metric=metric, algorithm="brute").fit(learned, values).predict(asked)
        assert scores == pytest.approx(theirs)


def test_other_rows_are_searched_anew(digits):
    x, y, other, _ = digits
    both = nearest(x, y, "classes", 10, (5,), metric="euclidean")[0]
    first = both.scores(other).copy()
    changed = other.copy()
    both.scores(changed)
    changed[:] = x[: len(changed)]

    assert both.scores(changed).tolist() == one(nearest, x, y, 5, metric="euclidean").scores(x[: len(changed)]).tolist()
    assert both.scores(other).tolist() == first.tolist()


@pytest.mark.filterwarnings("ignore:self.within_class_std_dev_:UserWarning")
def test_the_nearest_class_mean_is_scikit_learns(digits):
    from sklearn.neighbors import NearestCentroid

    x, y, other, _ = digits

    assert class_means(x, y, 10).scores(other).argmax(1).tolist() == NearestCentroid().fit(x, y).predict(other).tolist()


def test_the_linear_machine_is_scikit_learns(digits):
    from sklearn.svm import LinearSVC

    x, y, other, _ = digits
    learned, asked = brought(x, other)
    theirs = LinearSVC(C=0.01, dual=False, tol=1e-8, max_iter=10_000).fit(learned, y)

    assert one(linear_svm, x, y, 100.0).scores(other) == pytest.approx(theirs.decision_function(asked), abs=2e-2)
    assert one(linear_svm, x, y, 100.0).scores(other).argmax(1).tolist() == theirs.predict(asked).tolist()


@pytest.mark.parametrize("classes", [2, 10])
def test_the_gaussian_machine_is_scikit_learns(digits, classes):
    from sklearn.svm import SVC

    x, y, other, _ = digits
    x, y = x[y < classes], y[y < classes]
    learned, asked = brought(x, other)
    theirs = SVC(C=10.0, gamma=1 / 64, break_ties=True).fit(learned, y)

    assert one(rbf_svm, x, y, 0.1).scores(other).argmax(1).tolist() == theirs.predict(asked).tolist()


@pytest.mark.parametrize(
    ("fit", "setting"), [(linear_svm, 100.0), (rbf_svm, 0.1), (ridge, 30.0), (mlp, 1.0), (logistic, 3.0)]
)
def test_labels_are_answered_one_by_one(digits, fit, setting):
    x, y, other, truth = digits
    labels = np.stack([y % 2, y > 4], 1)
    whole = one(fit, x, labels, setting, "labels", 2).scores(other) > 0

    assert (whole == np.stack([truth % 2, truth > 4], 1)).mean() > 0.8
    if fit is not mlp:
        alone = one(fit, x, labels[:, 1:], setting, "labels", 1).scores(other) > 0
        assert whole[:, 1:].tolist() == alone.tolist()


@pytest.mark.parametrize("classes", [2, 10])
def test_a_network_answers_as_scikit_learns_does(digits, classes):
    from sklearn.neural_network import MLPClassifier

    x, y, other, _ = digits
    x, y = x[y < classes], y[y < classes]
    learned, asked = brought(x, other)
    theirs = MLPClassifier((64,), alpha=0.01, max_iter=100, random_state=0)
    with pytest.warns(UserWarning, match="converged"):
        theirs.fit(learned.astype(np.float32), y.astype(int))
    scores = one(mlp, x, y, 0.01, outputs=classes).scores(other)
    mine = np.exp(scores - scores.max(1, keepdims=True))

    assert mine / mine.sum(1, keepdims=True) == pytest.approx(theirs.predict_proba(asked.astype(np.float32)), abs=1e-3)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_class_nobody_saw_never_wins(digits, family):
    x, y, other, _ = digits
    kept = y != 3
    found = family.fit(x[kept], y[kept], "classes", 10, family.settings[:1])[0].scores(other)

    assert not (found.argmax(1) == 3).any()
    assert len(set(found.argmax(1).tolist())) > 5


@pytest.mark.parametrize("family", [one for one in FAMILIES if "values" in one.kinds], ids=lambda family: family.name)
def test_values_have_a_column_each(digits, family):
    x, y, other, truth = digits
    asked = np.stack([y, -y], 1) / 3
    found = family.fit(x, asked, "values", 2, family.settings[-1:])[0].scores(other)

    assert found.shape == (len(other), 2)
    assert found[:, 0] == pytest.approx(-found[:, 1], abs=1.5)
    assert np.corrcoef(found[:, 0], truth)[0, 1] > 0.5


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_what_is_not_finite_is_refused(digits, family):
    x, y, _, _ = digits
    x = x.copy()
    x[3, 5] = np.nan

    with pytest.raises(InputError, match="finite"):
        family.fit(x, y, "classes", 10, family.settings[:1])


def test_families_are_those_that_can_answer():
    assert "logistic" not in {family.name for family in families_of("values")}
    assert [family.name for family in families_of("classes", ["ridge"])] == ["ridge"]
    with pytest.raises(UnknownNameError, match="logistic"):
        families_of("classes", ["logistics"])


def test_only_labels_and_values_take_a_gaussian_machine_each():
    [family] = families_of("classes", ["RBF SVM"])
    # 0.5 ns for each of 1000² · 64.
    assert family.cost.seconds(1000, 64, 3, "classes") == pytest.approx(0.032)
    assert family.cost.seconds(1000, 64, 3, "labels") == pytest.approx(3 * 0.032)
    assert family.cost.seconds(1000, 64, 3, "values") == pytest.approx(3 * 0.032)
    [near] = families_of("labels", ["k-NN, cosine"])
    assert near.cost.seconds(1000, 64, 3, "labels") == pytest.approx(0.00064)
