"""Probes fold by fold, and the learning curve, against scikit-learn and by counting."""

import numpy as np
import pytest
import torch

from striate.transfer.estimating import estimate
from striate.transfer.probing import PENALTIES, Ground, _curve, _drawn, learning_curve, probe_rows


def ground(counts, *, folds=5, kind="classes", seed=0):
    classes = torch.tensor([name for name, count in enumerate(counts) for _ in range(count)])
    held = torch.arange(len(classes)) % folds
    targets = classes if kind == "classes" else torch.nn.functional.one_hot(classes, len(counts)).float()
    return Ground(
        kind=kind, outputs=len(counts), targets=targets, folds=held, samples=tuple(range(100, 100 + len(classes)))
    )


def rows(made, width=6, noise=1.0, seed=0):
    classes = made.targets if made.targets.ndim == 1 else made.targets.argmax(1)
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(made.outputs, width, generator=generator)
    return centres[classes] + noise * torch.randn(len(classes), width, generator=generator)


def test_a_probe_answers_every_sample_while_it_is_held_out():
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    made = ground((40, 30, 30))
    x = rows(made)
    found = probe_rows(x, "layer1", made)
    spread = (x.double() - x.double().mean(0)).square().mean().sqrt()
    scaled = ((x.double() - x.double().mean(0)) / spread).numpy()
    told = {}
    for penalty in PENALTIES:
        answers = np.zeros((100, 3))
        for fold in range(5):
            part = (made.folds != fold).numpy()
            model = LogisticRegression(C=1 / penalty, max_iter=1000).fit(scaled[part], made.targets.numpy()[part])
            answers[~part] = model.predict_proba(scaled[~part])
        told[penalty] = (log_loss(made.targets.numpy(), answers), (answers.argmax(1) == made.targets.numpy()).mean())
    best = min(told, key=lambda penalty: told[penalty][0])

    assert found.probe.penalty == best
    # Probes are solved roughly: no answer changes but by chance.
    assert found.probe.loss == pytest.approx(told[best][0], abs=0.01)
    assert found.probe.estimate.mean == pytest.approx(told[best][1], abs=0.021)


def test_a_sample_that_is_its_own_class_cannot_be_answered():
    # Features that name the sample: known only to whoever learned from it.
    made = ground((25, 25))
    found = probe_rows(torch.eye(50), "the end", made)

    assert found.probe.estimate.mean <= 0.6


@pytest.mark.parametrize(("share", "counts"), [(1, (32, 16)), (2, (16, 8)), (4, (8, 4)), (8, (4, 2))])
def test_a_part_keeps_the_classes_proportion_and_leaves_the_fold_out(share, counts):
    made = ground((40, 20))
    for fold in range(5):
        part = _drawn(made, fold, share, seed=1)

        assert not bool((part & (made.folds == fold)).any())
        assert tuple(int((part & (made.targets == name)).sum()) for name in (0, 1)) == counts


def test_draws_differ_and_are_the_same_again():
    made = ground((40, 20))
    first, again, other = (_drawn(made, 0, 4, seed=seed) for seed in (0, 0, 1))

    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_rare_class_keeps_one_sample():
    made = ground((40, 5))

    assert int((_drawn(made, 0, 8, seed=0) & (made.targets == 1)).sum()) == 1


def test_a_curve_has_the_counts_it_learned_from_and_rises_to_the_probe():
    made = ground((80, 80, 80))
    x = rows(made, noise=1.5)
    found = learning_curve(x, "the end", 3.0, made)

    # Four fifths of 240 are 192.
    assert [point.samples for point in found.points] == [24, 48, 96, 192]
    means = [point.estimate.mean for point in found.points]
    assert means[0] < means[-1]
    assert found.last_gain.mean == pytest.approx(means[-1] - means[-2])


def test_values_and_labels_have_curves_too():
    made = ground((40, 40), kind="labels")
    assert len(learning_curve(rows(made), "the end", 3.0, made).points) == 4


def test_parts_that_teach_nothing_are_left_out():
    # Of two and two samples a fold's rest has one or two of a class; an eighth of it is one each, which is enough.
    made = ground((2, 2), folds=2)
    found = learning_curve(rows(made), "the end", 3.0, made)

    assert found.points[-1].samples == 2
    assert all(point.samples >= 2 for point in found.points)


def test_a_forecast_lets_the_error_shrink_as_it_shrank():
    def own(mean):
        return np.array([1.0] * round(1000 * mean) + [0.0] * round(1000 - 1000 * mean))

    found = _curve("a", [10, 20, 40], [own(0.5), own(0.7), own(0.8)], "classes")

    # The error went from 0.5 to 0.2 in two doublings, so by √0.4 in one: 0.2 · 0.6325.
    assert found.forecast == pytest.approx(0.8735, abs=1e-4)
    # The error of a share of 0.8 among 1000, and of a gain that 100 of 1000 made, joined.
    error = np.hypot(np.sqrt(0.8 * 0.2 / 999), np.sqrt(0.1 * 0.9 / 999))
    low, high = found.forecast_interval
    assert (high - low) / 2 == pytest.approx(1.9623 * error, rel=1e-3)
    # A curve that fell forecasts no gain, a perfect one stays perfect.
    assert _curve("a", [10, 20, 40], [own(0.7), own(0.6), own(0.6)], "classes").forecast == pytest.approx(0.6)
    assert _curve("a", [10, 20, 40], [own(0.5), own(0.6), own(1.0)], "classes").forecast == 1.0
    assert _curve("a", [10, 20, 40], [own(1.0), own(1.0), own(1.0)], "classes").forecast == 1.0


def test_two_points_make_no_forecast():
    half = np.array([1.0, 0.0])
    found = _curve("a", [10, 20], [half, half], "classes")

    assert found.forecast is None
    assert found.forecast_interval is None
    assert found.last_gain == estimate("values", half - half)
