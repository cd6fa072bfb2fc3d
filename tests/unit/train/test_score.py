import pytest
import torch

from striate.train.score import score_of


def random(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3))


def test_accuracy_is_that_of_scikit_learn():
    from sklearn.metrics import accuracy_score

    scores, targets = random(50, 3), random(50, 3).argmax(1)
    assert score_of("classes", scores, targets) == pytest.approx(accuracy_score(targets, scores.argmax(1)))


def test_labels_count_each_label_of_each_image():
    scores = torch.tensor([[1.0, -1.0], [-0.5, 2.0]])
    targets = torch.tensor([[1.0, 1.0], [0.0, 1.0]])
    assert score_of("labels", scores, targets) == 0.75


def test_r2_is_that_of_scikit_learn():
    from sklearn.metrics import r2_score

    targets, scores = random(40, 3), random(40, 3) * 0.5
    assert score_of("values", scores, targets) == pytest.approx(r2_score(targets.double(), scores.double()), rel=1e-9)


def test_answering_the_mean_scores_nothing():
    targets = torch.tensor([[1.0], [2.0], [6.0]])
    assert score_of("values", torch.full((3, 1), 3.0), targets) == pytest.approx(0.0)


@pytest.mark.parametrize(("answer", "score"), [(2.0, 1.0), (2.5, 0.0)])
def test_a_value_that_does_not_vary_is_right_or_wrong(answer, score):
    assert score_of("values", torch.full((3, 1), answer), torch.full((3, 1), 2.0)) == score
