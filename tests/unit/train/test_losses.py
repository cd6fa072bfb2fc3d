import math

import pytest
import torch
from torch import nn

from striate.errors import ShapeError
from striate.records import Output, Preprocessing
from striate.train.losses import Loss, scores_of

HOW = Preprocessing(shape=(1, 8, 8), mean=(0.0,), std=(1.0,))


def make(kind, names, smoothing=0.0, how=HOW):
    return Loss(Output(kind=kind, names=names), how, label_smoothing=smoothing)


def test_classes_pay_minus_the_log_of_the_true_class_probability():
    scores = torch.log(torch.tensor([[0.7, 0.2, 0.1], [0.25, 0.5, 0.25]]))
    expected = -(math.log(0.7) + math.log(0.25)) / 2
    assert make("classes", ("a", "b", "c"))(scores, torch.tensor([0, 2])).item() == pytest.approx(expected)


def test_smoothed_classes_pay_a_share_for_every_class():
    scores = torch.log(torch.tensor([[0.7, 0.2, 0.1]]))
    expected = -(0.7 + 0.1) * math.log(0.7) - 0.1 * math.log(0.2) - 0.1 * math.log(0.1)
    assert make("classes", ("a", "b", "c"), 0.3)(scores, torch.tensor([0])).item() == pytest.approx(expected)


def test_labels_pay_for_each_label_alone():
    chances = torch.tensor([[0.9, 0.4]])
    expected = -(math.log(0.9) + math.log(0.6)) / 2
    assert make("labels", ("a", "b"))(chances.logit(), torch.tensor([[1.0, 0.0]])).item() == pytest.approx(expected)


def test_smoothed_labels_are_pulled_to_the_middle():
    expected = -(0.9 * math.log(0.8) + 0.1 * math.log(0.2))
    loss = make("labels", ("a",), 0.2)(torch.tensor([[0.8]]).logit(), torch.tensor([[1.0]]))
    assert loss.item() == pytest.approx(expected)


def test_values_are_compared_after_standardising():
    how = Preprocessing(shape=(1, 8, 8), mean=(0.0,), std=(1.0,), value_mean=(10.0, 0.0), value_std=(2.0, 5.0))
    # (14 − 10) / 2 = 2 against 1; (5 − 0) / 5 = 1 against 4
    loss = make("values", ("a", "b"), how=how)(torch.tensor([[1.0, 4.0]]), torch.tensor([[14.0, 5.0]]))
    assert loss.item() == pytest.approx((1 + 9) / 2)


def test_ignorance_is_the_loss_of_answering_alike():
    assert make("classes", ("a", "b", "c")).of_ignorance == pytest.approx(math.log(3))
    assert make("labels", ("a", "b", "c")).of_ignorance == pytest.approx(math.log(2))
    assert make("values", ("a",)).of_ignorance == 1.0


@pytest.mark.parametrize("module", [nn.Linear(4, 5), nn.Conv1d(4, 3, 1), nn.LSTM(4, 3)])
def test_an_answer_of_another_shape_is_refused(module):
    with pytest.raises(ShapeError, match="must answer with 2×3 numbers"):
        scores_of(module, torch.zeros(2, 4) if not isinstance(module, nn.Conv1d) else torch.zeros(2, 4, 6), 3)
