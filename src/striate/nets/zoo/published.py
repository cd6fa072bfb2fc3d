"""What images were prepared with when a zoo's weights were made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import nn

from striate.errors import InputError
from striate.records.output import Crop, Interpolation, Preprocessing

# Pictures of a clip, where torchvision's video networks were trained on as many.
_CLIP = 16
# What ImageNet networks were trained with, where a zoo entry does not say otherwise.
IMAGENET = Preprocessing(shape=(3, 224, 224), mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
_CROPS: dict[str, Crop] = {"center": "centre", "squash": "squash", "border": "border"}
_INTERPOLATIONS: dict[str, Interpolation] = {"bilinear": "bilinear", "bicubic": "bicubic"}


def published_preprocessing(kind: str, name: str, module: nn.Module, *, file: str = "") -> Preprocessing:
    """Return the preprocessing that a zoo states for a network's weights.

    Args:
        kind: "timm", "torchvision" or another; of another it is ImageNet's usual one.
        name: The network's name there.
        module: The network; timm's carry their configuration.
        file: Name of the weight file; where torchvision publishes several, the one of that name is meant, else the default.
    """
    config = getattr(module, "pretrained_cfg", None)
    if isinstance(config, Mapping) and "input_size" in config:
        return from_timm(config)
    return _from_torchvision(name, file) if kind == "torchvision" else IMAGENET


def from_timm(config: Mapping[str, Any]) -> Preprocessing:
    """Return timm's configuration of a network's weights as preprocessing.

    Raises:
        InputError: A crop or an interpolation nobody knows.

    Source:
        timm.data.transforms_factory.transforms_imagenet_eval: the image is scaled to floor(side / crop_pct).
    """
    from timm.data.config import resolve_data_config

    said: dict[str, Any] = resolve_data_config({}, pretrained_cfg=dict(config))  # type: ignore[no-untyped-call]
    shape = tuple(said["input_size"])
    crop, interpolation = _CROPS.get(said["crop_mode"]), _INTERPOLATIONS.get(said["interpolation"])
    if crop is None or interpolation is None:
        raise InputError(
            "a crop must be center, squash or border, and an interpolation bilinear or bicubic",
            got=f"{said['crop_mode']}, {said['interpolation']}",
        )
    return Preprocessing(
        shape=shape,
        mean=tuple(map(float, said["mean"])),
        std=tuple(map(float, said["std"])),
        scaled_px=tuple(math.floor(side / said["crop_pct"]) for side in shape[1:]),
        crop=crop,
        interpolation=interpolation,
    )


def _from_torchvision(name: str, file: str) -> Preprocessing:
    """Return what torchvision prepares images with for a network's published weights."""
    from pathlib import Path

    from torchvision.models import get_model_weights

    published = get_model_weights(name)
    found = next((entry for entry in published if Path(entry.url).name == Path(file).name), published.DEFAULT)
    preset = found.transforms()
    if not hasattr(preset, "crop_size"):
        return IMAGENET
    side = preset.crop_size[0]
    mean, std = tuple(preset.mean), tuple(preset.std)
    if len(preset.crop_size) != 1:
        # A preset for clips states two sides, and leaves the number of pictures to whoever loads them.
        return Preprocessing(shape=(3, _CLIP, *preset.crop_size), mean=mean, std=std)
    return Preprocessing(
        shape=(3, side, side),
        mean=mean,
        std=std,
        scaled_px=(preset.resize_size[0],) * 2,
        interpolation=_INTERPOLATIONS[preset.interpolation.value],
    )
