"""The tasks: real pictures as arrays, small enough for a training of seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from striate.data import Dataset, load_data

EACH = 140
TILE_PX = 32
# Photographs and micrographs in which every tile shows the same kind of thing.
PHOTOGRAPHS = ("brick", "gravel", "immunohistochemistry", "retina", "coffee", "hubble_deep_field")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pictures:
    """Pictures with their classes.

    Attributes:
        images: uint8 (n, channels, height, width).
        targets: int64 (n,), 0 … k − 1.
    """

    images: NDArray[np.uint8]
    targets: NDArray[np.int64]

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.targets.max()) + 1

    def dataset(self) -> Dataset:
        """Return them as Striate takes them; the classes keep their order also beyond nine."""
        return load_data((self.images, np.array([f"{target:02}" for target in self.targets])))


def digits(seed: int) -> Pictures:
    """Return 140 MNIST digits of each class, 1×28×28, drawn by the seed."""
    images, targets = _mnist()
    kept = _drawn(targets, EACH, np.random.default_rng(seed))
    return Pictures(images=images[kept], targets=targets[kept])


def small(seed: int) -> Pictures:
    """Return 140 digits of each class of scikit-learn's, 1×8×8, of seventeen grey values, drawn by the seed."""
    from sklearn.datasets import load_digits

    stored = load_digits()
    images = np.round(stored.images * (255 / 16)).astype(np.uint8)[:, None]
    targets = stored.target.astype(np.int64)
    kept = _drawn(targets, EACH, np.random.default_rng(seed))
    return Pictures(images=images[kept], targets=targets[kept])


def coloured(seed: int) -> Pictures:
    """Return MNIST digits, white on a plain ground of random colour, 3×28×28: the ground says nothing of the class."""
    plain = digits(seed)
    draw = np.random.default_rng([seed, 1])
    colours = draw.integers(0, 120, size=(len(plain.images), 3))
    return Pictures(images=on_ground(plain.images, colours), targets=plain.targets)


def tiles(seed: int) -> Pictures:
    """Return tiles of six photographs, 3×32×32, the photograph being the class; no two tiles share a pixel."""
    draw = np.random.default_rng(seed)
    parts = [_tiles_of(name) for name in PHOTOGRAPHS]
    parts = [part[draw.permutation(len(part))[:EACH]] for part in parts]
    targets = np.concatenate([np.full(len(part), number) for number, part in enumerate(parts)]).astype(np.int64)
    return Pictures(images=np.concatenate(parts), targets=targets)


def on_ground(images: NDArray[np.uint8], colours: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return grey pictures (n, 1, h, w) laid as white ink over a plain ground of a colour (n, 3) each."""
    ink = images.astype(np.float64) / 255
    ground = colours[:, :, None, None]
    return np.round(ink * 255 + (1 - ink) * ground).astype(np.uint8)


def negative(pictures: Pictures) -> Pictures:
    """Return pictures with black for white."""
    return Pictures(images=255 - pictures.images, targets=pictures.targets)


TASKS: dict[str, Callable[[int], Pictures]] = {"digits": digits, "small": small, "coloured": coloured, "tiles": tiles}


def _drawn(targets: NDArray[np.int64], each: int, draw: np.random.Generator) -> NDArray[np.int64]:
    kept = [draw.permutation(np.flatnonzero(targets == number))[:each] for number in range(int(targets.max()) + 1)]
    return np.sort(np.concatenate(kept))


@lru_cache(maxsize=1)
def _mnist() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    whole = load_data("digits")
    images = np.stack([whole.read(index).numpy() for index in range(len(whole))])
    return images, whole.targets().numpy()


@lru_cache(maxsize=len(PHOTOGRAPHS))
def _tiles_of(name: str) -> NDArray[np.uint8]:
    """Return the tiles of a photograph, (n, 3, 32, 32); of a round picture its middle alone."""
    import skimage.data

    pixels = getattr(skimage.data, name)()
    pixels = np.stack([pixels] * 3, axis=-1) if pixels.ndim == 2 else pixels[..., :3]
    if name == "retina":
        pixels = pixels[350:1050, 350:1050]
    rows, columns = (length // TILE_PX for length in pixels.shape[:2])
    cut = pixels[: rows * TILE_PX, : columns * TILE_PX].reshape(rows, TILE_PX, columns, TILE_PX, 3)
    return np.ascontiguousarray(cut.transpose(0, 2, 4, 1, 3).reshape(-1, 3, TILE_PX, TILE_PX))
