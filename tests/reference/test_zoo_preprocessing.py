"""Photographs prepared as timm and torchvision prepare them, pixel by pixel."""

import numpy as np
import pytest
import torch
from PIL import Image  # noqa: TID253 - tests use the zoos' own transforms, which take Pillow's images

from striate.data import prepare
from striate.nets.zoo.published import from_timm, published_preprocessing

pytestmark = pytest.mark.reference


def photograph(name):
    import skimage.data

    pixels = getattr(skimage.data, name)()
    return pixels if pixels.ndim == 3 else np.stack([pixels] * 3, 2)


def as_tensor(pixels):
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)


def levels_apart(found, expected, how):
    """Largest and mean difference in grey levels."""
    std = torch.tensor(how.std)[:, None, None]
    gap = ((found - expected) * std).abs() * 255
    return gap.max(), gap.mean()


# Sides 451 × 300, 600 × 400, 640 × 427, 512 × 512: odd and even remainders, scaled down and, by the last crop, up.
PHOTOGRAPHS = ("chelsea", "coffee", "rocket", "camera")
TIMM = {
    "center, bicubic, crop 0.875": {},
    "center, bilinear, crop 0.95": {"interpolation": "bilinear", "crop_pct": 0.95},
    "squash": {"crop_mode": "squash", "crop_pct": 1.0},
    "squash with a crop": {"crop_mode": "squash", "crop_pct": 0.9},
    "border": {"crop_mode": "border", "crop_pct": 1.0},
    "border with a crop": {"crop_mode": "border", "crop_pct": 0.8},
    "not square": {"input_size": (3, 160, 224), "crop_pct": 0.9},
    "enlarged": {"input_size": (3, 448, 448), "crop_pct": 1.0},
    "another mean": {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.3, 0.4)},
}


@pytest.mark.parametrize("config", TIMM.values(), ids=list(TIMM))
@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_photograph_enters_as_timm_prepares_it(name, config):
    from timm.data import create_transform, resolve_data_config

    config = {
        "input_size": (3, 224, 224),
        "interpolation": "bicubic",
        "crop_pct": 0.875,
        "crop_mode": "center",
    } | config
    pixels = photograph(name)
    expected = create_transform(**resolve_data_config({}, pretrained_cfg=config))(Image.fromarray(pixels))

    how = from_timm(config)
    largest, mean = levels_apart(prepare(as_tensor(pixels), how), expected, how)

    # Pillow rounds to whole levels after columns and after rows; its weights are rounded, too.
    assert largest <= 1.6
    assert mean <= 0.4


@pytest.mark.parametrize("network", ["resnet18", "resnet50", "efficientnet_b3", "inception_v3", "regnet_y_16gf"])
@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_photograph_enters_as_torchvision_prepares_it(name, network):
    from torch import nn
    from torchvision.models import get_model_weights

    pixels = photograph(name)
    expected = get_model_weights(network).DEFAULT.transforms()(Image.fromarray(pixels))

    how = published_preprocessing("torchvision", network, nn.Identity())
    largest, mean = levels_apart(prepare(as_tensor(pixels), how), expected, how)

    assert largest <= 1.6
    assert mean <= 0.4


def test_a_file_of_an_older_release_is_prepared_for_as_it_was_published():
    from torch import nn
    from torchvision.models import ResNet50_Weights

    first, second = (
        published_preprocessing("torchvision", "resnet50", nn.Identity(), file=entry.url)
        for entry in (ResNet50_Weights.IMAGENET1K_V1, ResNet50_Weights.IMAGENET1K_V2)
    )

    # torchvision's documentation of the two.
    assert (first.scaled_px, second.scaled_px) == ((256, 256), (232, 232))
