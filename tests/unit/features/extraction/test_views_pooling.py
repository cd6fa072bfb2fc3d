"""Pooled maps and averaged views, by hand and against torchvision."""

import numpy as np
import pytest
import torch

from striate.data import prepare
from striate.errors import InputError
from striate.features.extraction.pooling import pooled
from striate.features.extraction.views import enlarged, views_of
from striate.records import Preprocessing


def test_each_pooling_by_hand():
    maps = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 8.0]]]])

    assert pooled(maps, "flat").tolist() == [[1, 2, 3, 4, 0, 0, 0, 8]]
    assert pooled(maps, "average").tolist() == [[2.5, 2.0]]
    assert pooled(maps, "max").tolist() == [[4.0, 8.0]]
    np.testing.assert_allclose(pooled(maps, "generalised"), [[(100 / 4) ** (1 / 3), (512 / 4) ** (1 / 3)]], rtol=1e-5)


def test_channels_may_come_last():
    maps = torch.arange(12.0).reshape(1, 2, 2, 3)

    assert pooled(maps, "average", channels=3).tolist() == [[4.5, 5.5, 6.5]]


def test_ten_views_are_torchvisions_ten_crops():
    from torchvision.transforms.v2.functional import ten_crop

    how = Preprocessing(shape=(3, 21, 28), mean=(0.1, 0.2, 0.3), std=(1.0, 2.0, 0.5))
    image = torch.randint(0, 256, (3, 24, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    # 24 × 32 is the size from which 21 × 28 is cut, so nothing is scaled.
    assert enlarged(how).shape == (3, 24, 32)
    whole = prepare(image, enlarged(how))
    found = views_of(image, how, "crops")

    key = [view.numpy().tobytes() for view in found]
    assert sorted(key) == sorted(crop.contiguous().numpy().tobytes() for crop in ten_crop(whole, [21, 28]))


def test_two_views_are_a_picture_and_its_mirror():
    how = Preprocessing(shape=(1, 2, 3), mean=(0.0,), std=(1.0,))
    image = torch.tensor([[[0, 51, 255], [0, 0, 0]]], dtype=torch.uint8)

    seen = views_of(image, how, "flips")

    np.testing.assert_allclose(seen[:, 0, 0], [[0.0, 0.2, 1.0], [1.0, 0.2, 0.0]], atol=1e-6)


def test_a_sound_has_no_mirror():
    how = Preprocessing(shape=(1, 100), mean=(0.0,), std=(1.0,))

    with pytest.raises(InputError, match="views must be centre for what is no picture; got 'flips'"):
        views_of(torch.zeros(1, 100, dtype=torch.uint8), how, "flips")


def test_stages_come_by_depth_and_the_vector_stays_the_default(small_network):
    from striate.features.extraction import plan_vectors
    from striate.records.vectors import VectorChoice

    plan = plan_vectors(small_network, VectorChoice(is_staged=True, memory_format="plain"))

    assert [layer.name for layer in plan.layers] == ["maxpool1", "flatten1", "fc1"]
    assert plan.layer().name == "flatten1"
    assert [(layer.column, layer.size, layer.pooling) for layer in plan.layers] == [
        ("vector", 8, "average"),
        ("vector_2", 784, "flat"),
        ("vector_3", 32, "flat"),
    ]
