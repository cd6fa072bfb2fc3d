import numpy as np
import pytest
import torch
from torch import nn

from striate.data import batches
from striate.nets import from_blueprint
from striate.records import Preprocessing
from striate.train.blocks import blocks, parameters_by_block
from striate.train.probe import Probe, ridge_answers, sample_scores
from striate.train.score import score_of


def test_the_read_out_is_the_ridge_regression_that_leaves_one_out_best():
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(0)
    features, other = rng.normal(size=(20, 6)) * [1, 5, 0.1, 2, 1, 1] + 4, rng.normal(size=(7, 6)) + 4
    targets = features[:, :2] @ [[1.0, 0.2], [0.5, -1.0]] + rng.normal(size=(20, 2))
    mean, std = features.mean(0), features.std(0)
    scaled = (features - mean) / std
    # The penalties are shares of the mean eigenvalue, which is that of the trace.
    penalties = [share * np.trace(scaled @ scaled.T) / 20 for share in (1e-3, 1e-2, 1e-1, 1.0, 10.0)]
    errors = []
    for penalty in penalties:
        # Leaving one out of the centred problem, by brute force.
        centred = targets - targets.mean(0)
        left = [
            centred[n] - Ridge(penalty, fit_intercept=False).fit(np.delete(scaled, n, 0), np.delete(centred, n, 0)).predict(scaled[n : n + 1])[0]
            for n in range(20)
        ]  # fmt: skip
        errors.append(np.square(left).mean())
    best = Ridge(penalties[int(np.argmin(errors))], fit_intercept=False).fit(scaled, targets - targets.mean(0))
    expected = best.predict((other - mean) / std) + targets.mean(0)
    found = ridge_answers(torch.tensor(features), torch.tensor(targets), torch.tensor(other))

    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("kind", ["classes", "labels", "values"])
def test_the_mean_of_the_samples_scores_is_the_score(kind):
    generator = torch.Generator().manual_seed(0)
    answers = torch.randn(30, 4, generator=generator).double()
    truth = {
        "classes": torch.randint(0, 4, (30,), generator=generator),
        "labels": torch.randint(0, 2, (30, 4), generator=generator).float(),
        "values": answers + torch.randn(30, 4, generator=generator),
    }[kind]
    scale = truth.double().var(0, unbiased=False) if kind == "values" else torch.ones(1)
    found = sample_scores(kind, answers, truth, scale)

    assert found.mean().item() == pytest.approx(score_of(kind, answers, truth), rel=1e-9)


def test_a_look_reads_stages_last_features_and_answers_and_leaves_the_network_as_it_was(plan, data):
    given = from_blueprint(plan, seed=3)
    module = given.module.train()
    module.dropout1.eval()
    split = data.split()
    probe = Probe(module, data, split, given.preprocessing, batch_size=7, check=lambda: None)
    found = probe.read(module, torch.device("cpu"))
    modes = {name: part.training for name, part in module.named_modules()}

    assert probe.images == 63 + 9
    assert modes.pop("dropout1") is False
    assert all(modes.values())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())
    assert list(found.stages) == ["conv1", "relu1", "maxpool1", "flatten1", "relu2", "dropout1"]
    module.eval()
    (batch,) = batches(data, split.validation, given.preprocessing, batch_size=99)
    right = (module(batch.images).argmax(1) == batch.targets).double().mean()
    assert found.own.mean() == pytest.approx(right.item())
    assert found.stages["relu1"].shape == (63, 4)


class Broken(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(64, 3)

    def forward(self, x):
        raise RuntimeError("no")


def test_hooks_and_modes_come_back_also_after_an_exception(data):
    module = Broken()
    how = Preprocessing(shape=(1, 8, 8), mean=(0.0,), std=(1.0,))
    with pytest.raises(RuntimeError, match="no"):
        Probe(module, data, data.split(), how, batch_size=9, check=lambda: None).read(module, torch.device("cpu"))

    assert module.training
    assert not module.layer._forward_pre_hooks


def test_blocks_are_those_of_resnet_s_table():
    import torchvision

    module = torchvision.models.resnet18()

    assert blocks(module) == (
        "conv1", "bn1", "relu", "maxpool", "layer1.0", "layer1.1", "layer2.0", "layer2.1", "layer3.0", "layer3.1",
        "layer4.0", "layer4.1", "avgpool", "fc",
    )  # fmt: skip
    found = parameters_by_block(module)
    assert sum(len(own) for own in found.values()) == 62
    assert len(found["layer2.0"]) == 9
