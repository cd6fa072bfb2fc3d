"""Real pictures as folders that every tool can read: handwritten digits, and patches of photographs by their source.

The photographs are those that scikit-image and scikit-learn carry with them; every class has four sources or more, so that whole
photographs can be held out.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from striate.data import load_data

PHOTOGRAPHS = {
    "surface": ("brick.png", "grass.png", "gravel.png", "page.png", "text.png"),
    "tissue": ("cell.png", "ihc.png", "retina.jpg", "microaneurysms.png"),
    "far": ("moon.png", "hubble_deep_field.jpg", "rocket.jpg", "china.jpg"),
    "thing": ("coffee.png", "coins.png", "motorcycle_left.png", "clock_motion.png"),
    "living": ("astronaut.png", "camera.png", "chelsea.png", "flower.jpg"),
}
PATCH_PX = 200
# Of the shorter side of a small photograph, so that its patches differ.
_MOST = 2 / 3


def write_digits(folder: Path, draw: np.random.Generator, *, train: int, test: int = 0) -> None:
    """Write digits, classes in equal numbers, into folder/train/CLASS and folder/test/CLASS, as grey PNG of 28 × 28."""
    from PIL import Image

    digits = load_data("digits")
    targets = digits.targets().numpy()
    for number in range(10):
        own = draw.permutation(np.flatnonzero(targets == number))
        for part, chosen in (("train", own[: train // 10]), ("test", own[train // 10 :][: test // 10])):
            place = folder / part / str(number)
            place.mkdir(parents=True, exist_ok=True)
            for index in chosen:
                Image.fromarray(digits.read(int(index))[0].numpy()).save(place / f"{index}.png")


def write_patches(folder: Path, draw: np.random.Generator, *, each: int, test_each: int = 0) -> None:
    """Write patches of the photographs into folder/train/CLASS/SOURCE, and of one held-out source a class into folder/test.

    Args:
        folder: Where to.
        draw: Draws places, and which source of each class is held out.
        each: Patches of a source.
        test_each: Patches of a held-out source; none is held out if 0.
    """
    for name, files in PHOTOGRAPHS.items():
        held_out = draw.choice(files) if test_each else None
        for file in files:
            part, count = ("test", test_each) if file == held_out else ("train", each)
            place = folder / part / name / Path(file).stem
            place.mkdir(parents=True, exist_ok=True)
            for number, patch in enumerate(_patches(file, count, draw)):
                patch.save(place / f"{number:03}.png")


def _patches(file: str, count: int, draw: np.random.Generator) -> Iterator:
    import skimage
    import sklearn
    from PIL import Image

    homes = (Path(skimage.__file__).parent / "data", Path(sklearn.__file__).parent / "datasets" / "images")
    image = Image.open(next(home / file for home in homes if (home / file).is_file())).convert("RGB")
    side = min(PATCH_PX, int(min(image.size) * _MOST))
    for _ in range(count):
        left, top = (int(draw.integers(0, length - side + 1)) for length in image.size)
        yield image.crop((left, top, left + side, top + side))
