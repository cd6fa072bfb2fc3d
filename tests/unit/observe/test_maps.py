from __future__ import annotations

import numpy as np
import torch

from striate.data import batches
from striate.observe import activation_maps
from striate.trace import trace


def test_every_layers_activation_is_the_modules_own(network, dataset):
    network.module.train()
    found = activation_maps(network, trace(network.module, (1, 1, 12, 12)), dataset, 17)
    assert network.module.training
    image = next(iter(batches(dataset, (17,), network.preprocessing, batch_size=1))).images
    module = network.module.eval()
    assert [one.layer for one in found] == ["0", "3", "4", "8"]
    for one, depth in zip(found, (3, 4, 6, 9), strict=True):
        with torch.no_grad():
            value = module[:depth](image)[0].numpy()
        assert one.sample == 17
        assert one.maps.dtype == np.float32
        np.testing.assert_allclose(one.maps, value if value.ndim == 3 else value[:, None, None], atol=1e-6)
