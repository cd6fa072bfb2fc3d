from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from striate.data import batches
from striate.errors import UnknownNameError
from striate.observe import ActivityCollector, observe


@pytest.mark.parametrize("batch_size", [7, 11, 60])
def test_activity_is_that_of_all_stored_activations(network, dataset, batch_size):
    found = observe(network, dataset, range(60), [ActivityCollector()], batch_size=batch_size)["activity"]
    assert [layer.layer for layer in found] == ["0", "4", "8"]
    batch = next(iter(batches(dataset, tuple(range(60)), network.preprocessing, batch_size=60)))
    module = network.module.eval()
    with torch.no_grad():
        values = [module[:3](batch.images), module[:6](batch.images), module(batch.images)]
    for layer, value in zip(found, values, strict=True):
        above = value.numpy() > 0
        axes = (0, *range(2, above.ndim))
        assert layer.units == above.shape[1]
        assert layer.active_share == above.mean()
        assert layer.dead == tuple(np.flatnonzero(~above.any(axes)))
        assert layer.always_on == tuple(np.flatnonzero(above.all(axes)))
        np.testing.assert_allclose(layer.maximum, value.max(), rtol=1e-5)  # sums differ with the batch
    assert [layer.is_rectified for layer in found] == [True, True, False]


def test_units_that_never_and_that_always_fire_are_found(dataset, wrapped):
    module = nn.Sequential(nn.Conv2d(1, 3, 1), nn.ReLU(), nn.Flatten(), nn.Linear(432, 3))
    with torch.no_grad():
        module[0].weight[:] = torch.tensor([0.0, 1.0, 0.0]).reshape(3, 1, 1, 1)
        module[0].bias[:] = torch.tensor([-1.0, 0.0, 2.0])
    layer = observe(wrapped(module), dataset, range(20), [ActivityCollector(["0"])])["activity"][0]
    assert (layer.dead, layer.always_on) == ((0,), (2,))


def test_a_layer_nobody_knows_is_refused(network, dataset):
    with pytest.raises(UnknownNameError, match="'conv9'"):
        observe(network, dataset, range(2), [ActivityCollector(["conv9"])])
