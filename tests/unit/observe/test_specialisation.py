import numpy as np
import pytest
import torch
from torch import nn

from striate.data import load_data, prepare
from striate.nets import Network, Origin
from striate.observe import SpecialisationCollector, observe
from striate.observe.active import threshold
from striate.records import Output, Preprocessing

INDICES = tuple(range(0, 5000, 50))


def network(activation):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Sequential(
            nn.Conv2d(1, 6, 5, stride=2), activation, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 10)
        )
    return Network(
        module=module,
        preprocessing=Preprocessing(shape=(1, 28, 28), mean=(0.13,), std=(0.31,)),
        output=Output(kind="classes", names=tuple("0123456789")),
        origin=Origin(kind="module", text="toy"),
    )


def seen(net, digits, **given):
    collector = SpecialisationCollector(["0"], with_classes=True)
    observe(net, digits, INDICES, [collector], batch_size=33, **given)
    [row] = collector.result()
    with torch.no_grad():
        images = torch.stack([prepare(digits.read(index), net.preprocessing) for index in INDICES])
        return row, net.module[:2](images)


@pytest.fixture(scope="module")
def digits():
    return load_data("digits")


def test_what_classes_explain_is_what_an_analysis_of_variance_says(digits):
    from sklearn.feature_selection import f_classif

    row, values = seen(network(nn.ReLU()), digits)
    classes = digits.targets()[list(INDICES)].numpy()
    ratio, _ = f_classif(values.mean((2, 3)).double().numpy(), classes)
    explained = ratio * 9 / (ratio * 9 + len(INDICES) - 10)

    assert row.explained == pytest.approx(np.nanmean(explained), rel=1e-5)
    assert row.chance_explained == pytest.approx(9 / 99)


def test_sparsity_behind_a_relu_counts_every_place(digits):
    row, values = seen(network(nn.ReLU()), digits)
    means = values.mean((2, 3)).double()

    assert row.active_share == pytest.approx(float((values > 0).float().mean()), rel=1e-5)
    assert row.effective_units == pytest.approx(float((means.sum(1) ** 2 / means.square().sum(1)).mean()), rel=1e-5)
    assert (row.units, row.images, row.dead) == (6, 100, int((values > 0).sum((0, 2, 3)).eq(0).sum()))


def test_elsewhere_four_places_of_each_map_are_read(digits):
    row, values = seen(network(nn.Tanh()), digits)
    at = [0, 48, 95, 143]  # of 12 × 12
    kept = values.flatten(2)[:, :, at]
    limit = threshold(kept)

    assert row.active_share == pytest.approx(float((kept > limit).float().mean()), rel=1e-5)
    assert "over 100 images" in row.definition


def test_sixteen_of_a_hundred_normal_values_are_active():
    values = torch.randn(200_000, generator=torch.Generator().manual_seed(0)) * 3 - 5

    assert float((values > threshold(values)).float().mean()) == pytest.approx(0.1587, abs=0.005)


def test_without_classes_nothing_is_explained(digits):
    collector = SpecialisationCollector(with_classes=False)
    observe(network(nn.ReLU()), digits, INDICES[:10], [collector])

    assert [row.layer for row in collector.result()] == ["0", "4"]
    assert all(row.explained is None for row in collector.result())
