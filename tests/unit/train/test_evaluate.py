import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, r2_score  # noqa: TID253 - the other library
from torch import nn

from striate.data import batches, load_data
from striate.errors import RunError
from striate.records import Preprocessing
from striate.train.device import accelerated
from striate.train.evaluate import evaluate
from striate.train.losses import Loss

HOW = Preprocessing(shape=(1, 8, 8), mean=(0.3,), std=(0.2,), value_mean=(4.0, 1.0), value_std=(2.0, 0.5))


class Net(nn.Module):
    """Answers with so many numbers; above so many images it runs out of memory, and it counts how often it is asked."""

    def __init__(self, outputs, *, most=99):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(2)
            self.net = nn.Sequential(nn.Flatten(), nn.Linear(64, outputs), nn.Dropout(0.5))
        self.most, self.sizes = most, []

    def forward(self, images):
        self.sizes.append(len(images))
        if len(images) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self.net(images)


def measured(net, data, *, batch_size=8, weights=None, indices=tuple(range(21))):
    with accelerated() as device:
        return evaluate(
            net,
            data,
            indices,
            HOW,
            loss=Loss(data.output, HOW, class_weights=weights),
            device=device,
            batch_size=batch_size,
            check=lambda: None,
        )


def answers(net, data):
    images = next(batches(data, tuple(range(21)), HOW, batch_size=21)).images
    with torch.no_grad():
        return net.eval().net(images)


@pytest.mark.parametrize(("batch_size", "most"), [(21, 99), (8, 99), (8, 3), (1, 1)])
def test_classes_are_scored_as_scikit_learn_scores_them_however_they_are_batched(pictures, batch_size, most):
    truth = [index % 3 for index in range(21)]
    data = load_data((pictures(21), truth))
    weights = (0.5, 1.0, 2.0)
    plain = measured(Net(3, most=most), data, batch_size=batch_size)
    weighted = measured(Net(3, most=most), data, batch_size=batch_size, weights=weights)
    scores = answers(Net(3), data)

    assert plain.samples == 21
    assert plain.score == accuracy_score(truth, scores.argmax(1))
    chances = scores.double().softmax(1)
    assert plain.loss == pytest.approx(log_loss(truth, chances), abs=1e-6)
    each = [weights[number] for number in truth]
    assert weighted.loss == pytest.approx(log_loss(truth, chances, sample_weight=each), abs=1e-6)


def test_values_are_scored_as_scikit_learn_scores_them(pictures):
    truth = [(float(index), 1.0 + index % 4) for index in range(21)]
    data = load_data((pictures(21), truth))
    found = measured(Net(2), data)
    scores = answers(Net(2), data).double()
    scaled = (torch.tensor(truth).double() - torch.tensor([4.0, 1.0])) / torch.tensor([2.0, 0.5])

    assert found.score == pytest.approx(r2_score(scaled, scores), rel=1e-6)
    assert found.loss == pytest.approx(mean_squared_error(scaled, scores), rel=1e-6)


def test_memory_that_runs_out_means_fewer_images_at_once(pictures):
    data = load_data((pictures(21), [index % 3 for index in range(21)]))
    net = Net(3, most=3)
    measured(net, data)

    assert net.sizes == [8, 4, *[2] * 10, 1]
    with pytest.raises(RunError, match="evaluating must fit into memory with one image at once"):
        measured(Net(3, most=0), data)


def test_modes_are_put_back_part_by_part_also_after_an_error(pictures):
    data = load_data((pictures(21), [index % 3 for index in range(21)]))
    for net in (Net(3), Net(3, most=0)):
        net.train()
        net.net[2].eval()
        modes = [child.training for child in net.modules()]
        if net.most:
            measured(net, data)
        else:
            with pytest.raises(RunError):
                measured(net, data)

        assert [child.training for child in net.modules()] == modes
