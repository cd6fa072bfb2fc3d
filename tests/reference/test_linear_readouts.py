"""Linear read-outs against scikit-learn's, fold by fold and penalty by penalty."""

import numpy as np
import pytest
import torch

from striate.errors import InputError
from striate.features.linear import MOST_STEPS, fit_readouts, scaled

pytestmark = pytest.mark.reference
TIGHT = 1e-9


def drawn(n, f, outputs, *, seed=0, scale=1.0):
    """Features with a shift and sizes of their own, and classes, labels and values that depend on them with noise."""
    draw = np.random.default_rng(seed)
    x = scale * (draw.normal(size=(n, f)) * draw.uniform(0.3, 2.0, f) + draw.normal(size=f) * 3)
    scores = (x / scale) @ draw.normal(size=(f, outputs)) / np.sqrt(f) + draw.normal(size=(n, outputs))
    scores -= np.median(scores, 0)
    return torch.tensor(x), {
        "classes": torch.tensor(scores.argmax(1)),
        "labels": torch.tensor((scores > 0).astype(np.int64)),
        "values": torch.tensor(scores * 5 + 20),
    }


def folds(n, count, *, seed=1):
    own = np.random.default_rng(seed).integers(0, count, n)
    return torch.stack([torch.tensor(own != fold) for fold in range(count)])


def logistic(x, y, penalty):
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-10, max_iter=200)
    return model.fit(x, y)


def theirs(kind, x, targets, part, penalty, outputs):
    """Return scikit-learn's weights (outputs, f) and biases on scaled features."""
    from sklearn.linear_model import Ridge

    rows, asked = x[part].numpy(), targets[part].numpy()
    if kind == "values":
        model = Ridge(alpha=penalty, solver="svd").fit(rows, asked)
        return np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    if kind == "labels":
        models = [logistic(rows, asked[:, output], penalty) for output in range(outputs)]
        return np.concatenate([m.coef_ for m in models]), np.concatenate([m.intercept_ for m in models])
    model = logistic(rows, asked, penalty)
    if outputs > 2:
        return model.coef_, model.intercept_
    raise AssertionError("of two classes it holds one row, the difference: see below")


def compare(kind, x, targets, parts, penalties, outputs, *, tolerance=3e-5):
    problems = [(part, penalty) for part in parts for penalty in penalties]
    found = fit_readouts(
        x,
        targets,
        torch.stack([part for part, _ in problems]),
        torch.tensor([penalty for _, penalty in problems]),
        kind,
        outputs=outputs,
        tolerance=TIGHT,
    )
    scaled_x, centre, scale = scaled(x)
    for number, (part, penalty) in enumerate(problems):
        weights, biases = theirs(kind, scaled_x, targets, part, penalty, outputs)
        mine = found.weights[number].numpy() * float(scale)
        # Back to scaled features: b' = b + w·c. Of classes a shift common to all changes no probability.
        shift = found.biases[number].numpy() + found.weights[number].numpy() @ centre.numpy()
        if kind == "classes":
            shift, biases = shift - shift.mean(), biases - biases.mean()
        size = np.abs(weights).max()
        assert mine == pytest.approx(weights, abs=tolerance * size), (number, penalty)
        assert shift == pytest.approx(biases, abs=tolerance * max(np.abs(biases).max(), 1.0))
    return found


@pytest.mark.parametrize("kind", ["classes", "labels", "values"])
@pytest.mark.parametrize(("n", "f"), [(120, 12), (40, 90)], ids=["more samples", "more features"])
def test_every_fold_and_penalty_is_scikit_learns(kind, n, f):
    x, targets = drawn(n, f, 4)

    # At the smallest penalty 400 steps come as near as this.
    compare(kind, x, targets[kind], folds(n, 3), (300.0, 30.0, 3.0, 0.3), 4, tolerance=2e-4)


@pytest.mark.parametrize("kind", ["classes", "labels", "values"])
@pytest.mark.parametrize("scale", [1e6, 1e-6])
def test_the_size_of_features_does_not_matter(kind, scale):
    x, targets = drawn(90, 10, 3, scale=scale)
    found = compare(kind, x, targets[kind], folds(90, 2), (30.0, 0.3), 3)
    plain = fit_readouts(
        x / scale, targets[kind], folds(90, 2), torch.tensor([3.0, 3.0]), kind, outputs=3, tolerance=TIGHT
    )
    again = fit_readouts(x, targets[kind], folds(90, 2), torch.tensor([3.0, 3.0]), kind, outputs=3, tolerance=TIGHT)

    assert found.is_solved
    assert again.scores(x, 1).numpy() == pytest.approx(plain.scores(x / scale, 1).numpy(), abs=1e-5)


def test_two_classes_have_the_probabilities_of_scikit_learn():
    x, targets = drawn(100, 8, 2)
    parts = folds(100, 2)
    found = fit_readouts(x, targets["classes"], parts, torch.tensor([3.0, 3.0]), "classes", outputs=2, tolerance=TIGHT)
    scaled_x, _, _ = scaled(x)
    for number, part in enumerate(parts):
        # w₁ = −w₀ at the minimum, so that λ/2 (|w₀|² + |w₁|²) = λ/4 |w₁ − w₀|²: half the penalty on the difference.
        model = logistic(scaled_x[part].numpy(), targets["classes"][part].numpy(), 1.5)

        assert found.scores(x, number).softmax(1).numpy() == pytest.approx(
            model.predict_proba(scaled_x.numpy()), abs=1e-6
        )


def test_the_default_tolerance_gives_the_probabilities_to_the_third_digit():
    x, targets = drawn(200, 40, 5)
    parts = torch.ones(1, 200, dtype=torch.bool)
    scaled_x, _, _ = scaled(x)
    for penalty in (300.0, 30.0, 3.0, 0.3):
        found = fit_readouts(x, targets["classes"], parts, torch.tensor([penalty]), "classes", outputs=5)
        model = logistic(scaled_x.numpy(), targets["classes"].numpy(), penalty)

        assert found.scores(x, 0).softmax(1).numpy() == pytest.approx(model.predict_proba(scaled_x.numpy()), abs=1e-3)


@pytest.mark.parametrize("kind", ["classes", "labels", "values"])
def test_constant_features_get_no_weight(kind):
    x, targets = drawn(60, 6, 3)
    x[:, 2] = 7.25
    found = compare(kind, x, targets[kind], folds(60, 2), (3.0,), 3)

    assert found.weights[:, :, 2].abs().max() <= 1e-9 * found.weights.abs().max()


@pytest.mark.parametrize("kind", ["classes", "labels", "values"])
def test_features_that_are_all_constant_leave_the_shares(kind):
    _, targets = drawn(60, 6, 3)
    x = torch.full((60, 6), 1e5)
    found = fit_readouts(
        x, targets[kind], torch.ones(1, 60, dtype=torch.bool), torch.ones(1), kind, outputs=3, tolerance=TIGHT
    )
    answered = found.scores(x, 0)[0]
    asked = targets[kind]
    expected = {
        "classes": lambda: asked.bincount(minlength=3) / 60,
        "labels": lambda: asked.double().mean(0),
        "values": lambda: asked.mean(0),
    }[kind]()
    told = {"classes": answered.softmax(0), "labels": answered.sigmoid(), "values": answered}[kind]

    assert found.is_solved
    assert told.numpy() == pytest.approx(expected.numpy(), rel=1e-6)


def test_one_sample_a_class_is_enough():
    x, _ = drawn(4, 50, 4)
    targets = torch.arange(4)
    compare("classes", x, targets, torch.ones(1, 4, dtype=torch.bool), (30.0, 0.3), 4)


@pytest.mark.parametrize("kind", ["classes", "labels", "values"])
def test_problems_of_very_different_sizes_are_each_solved(kind):
    x, targets = drawn(200, 10, 3)
    parts = torch.zeros(3, 200, dtype=torch.bool)
    parts[0, :190], parts[1, :12], parts[2, 60:120] = True, True, True

    compare(kind, x, targets[kind], parts, (30.0, 0.3), 3)


def test_a_class_that_a_fold_lacks_is_its_least_likely_answer():
    x, targets = drawn(80, 6, 3)
    part = targets["classes"] != 2
    found = fit_readouts(x, targets["classes"], part[None], torch.tensor([1.0]), "classes", outputs=3)

    assert found.scores(x[part], 0).argmin(1).eq(2).all()


@pytest.mark.parametrize("kind", ["classes", "labels"])
def test_a_separable_problem_with_hardly_any_penalty_ends(kind):
    x = torch.cat([torch.randn(40, 5) - 20, torch.randn(40, 5) + 20])
    classes = torch.tensor([0] * 40 + [1] * 40)
    targets = classes if kind == "classes" else torch.stack([classes, 1 - classes], 1)
    found = fit_readouts(x, targets, torch.ones(1, 80, dtype=torch.bool), torch.tensor([1e-6]), kind, outputs=2)
    answers = found.scores(x, 0)

    assert found.steps <= MOST_STEPS
    assert bool(torch.isfinite(found.weights).all())
    if kind == "classes":
        assert torch.equal(answers.argmax(1), classes)
    else:
        assert torch.equal((answers > 0).long(), targets)


def test_the_same_problem_has_the_same_solution_bit_for_bit_also_in_company():
    x, targets = drawn(120, 30, 4)
    parts = folds(120, 3)
    penalties = torch.tensor([30.0, 3.0, 0.3])
    first, second = (fit_readouts(x, targets["classes"], parts, penalties, "classes", outputs=4) for _ in range(2))
    alone = fit_readouts(x, targets["classes"], parts[1:2], penalties[1:2], "classes", outputs=4)

    assert torch.equal(first.weights, second.weights)
    assert torch.equal(first.biases, second.biases)
    assert alone.scores(x, 0).numpy() == pytest.approx(first.scores(x, 1).numpy(), abs=1e-9)


def test_float_features_of_a_network_are_solved_in_double():
    x, targets = drawn(60, 10, 3)
    parts = torch.ones(1, 60, dtype=torch.bool)
    found = fit_readouts(x.float(), targets["values"], parts, torch.tensor([1.0]), "values", outputs=3)

    assert found.weights.dtype == torch.float64


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_features_that_are_no_numbers_are_refused(wrong):
    x, targets = drawn(20, 4, 3)
    x[3, 2] = wrong

    with pytest.raises(InputError, match="features must be finite numbers; got 'NaN or infinity'"):
        fit_readouts(x, targets["classes"], folds(20, 2), torch.ones(2), "classes", outputs=3)


def test_a_problem_without_samples_is_refused():
    x, targets = drawn(20, 4, 3)
    parts = folds(20, 2)
    parts[1] = False

    with pytest.raises(InputError, match="a read-out must have samples to learn from; got 0"):
        fit_readouts(x, targets["classes"], parts, torch.ones(2), "classes", outputs=3)
