from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from striate.data import batches, load_data
from striate.errors import InputError
from striate.observe import PixelCollector, PooledCollector, observe
from striate.observe.pooled import _pooled
from striate.records import Preprocessing


@pytest.mark.parametrize("batch_size", [3, 9, 20])
def test_maps_are_averaged_and_vectors_kept(network, dataset, batch_size):
    layers = ["0", "6", "8"]
    found = observe(network, dataset, range(20), [PooledCollector(layers)], batch_size=batch_size)["pooled"]
    images = next(iter(batches(dataset, tuple(range(20)), network.preprocessing, batch_size=20))).images
    module = network.module.eval()
    with torch.no_grad():
        expected = [module[:3](images).mean((2, 3)), module[:6](images).flatten(1), module(images)]
    assert list(found) == layers
    for name, value in zip(layers, expected, strict=True):
        assert found[name].dtype == np.float32
        np.testing.assert_allclose(found[name], value.numpy(), atol=1e-5)  # sums differ with the batch


def test_maps_may_keep_a_coarse_grid_of_places(network, dataset):
    found = observe(network, dataset, range(6), [PooledCollector(["0", "8"], side=2)])["pooled"]
    images = next(iter(batches(dataset, tuple(range(6)), network.preprocessing, batch_size=6))).images
    with torch.no_grad():
        module = network.module.eval()
        value, answer = module[:3](images), module(images)
    top, left = -(-value.shape[2] // 2), -(-value.shape[3] // 2)
    corner = value[:, :, :top, :left].mean((2, 3)).numpy()
    np.testing.assert_allclose(found["0"].reshape(6, -1, 4)[:, :, 0], corner, atol=1e-5)
    np.testing.assert_allclose(found["8"], answer.numpy(), atol=1e-5)


def test_a_row_that_would_grow_too_long_gets_a_coarser_grid():
    # 300 channels: 4 × 4 cells would be 4,800 features, 3 × 3 are 2,700
    assert _pooled(torch.zeros(2, 300, 8, 8), 4).shape == (2, 2700)
    assert _pooled(torch.zeros(2, 200, 8, 8), 4).shape == (2, 3200)
    assert _pooled(torch.zeros(2, 5000, 8, 8), 4).shape == (2, 5000)


@pytest.mark.parametrize("layers", [[], ["0", "0"]])
def test_layers_must_be_named_each_once(layers):
    with pytest.raises(InputError, match="each once"):
        PooledCollector(layers)


def test_pixels_are_the_stored_ones(network, dataset):
    found = observe(network, dataset, (4, 2), [PixelCollector(network.preprocessing)])["pixels"]
    stored = np.stack([dataset.read(index).flatten().numpy() for index in (4, 2)]) / 255
    np.testing.assert_allclose(found, stored, atol=1e-6)


def test_large_images_are_averaged_to_32_pixels(wrapped):
    images = np.random.default_rng(0).integers(0, 256, (3, 3, 64, 96), np.uint8)
    how = Preprocessing(shape=(3, 64, 96), mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7))
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 96, 3))
    network = wrapped(module, shape=(3, 64, 96))
    network = type(network)(module=module, preprocessing=how, output=network.output, origin=network.origin)
    data = load_data((images, np.arange(3)))
    found = observe(network, data, range(3), [PixelCollector(how)])["pixels"]
    expected = images.reshape(3, 3, 32, 2, 32, 3).mean((3, 5)).reshape(3, -1) / 255
    np.testing.assert_allclose(found, expected, atol=1e-6)
