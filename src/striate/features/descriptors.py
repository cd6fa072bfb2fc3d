"""Descriptors made by hand: what pictures were told apart by before networks, to hold features against."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.errors import DataError, MissingExtraError, Quoted, unknown_name

Picture = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float32]
RAW_PX, HOG_PX, MOST_PX = 32, 64, 128
BINS = 8
# Radius in pixels and points on the circle.
RINGS = ((1, 8), (2, 16), (3, 24))


def raw_pixels(picture: Picture) -> Numbers:
    """Return the pixels of a picture (h, w, 3) brought to 32 × 32, 0 … 1: 3,072 numbers.

    Example:
        >>> raw_pixels(np.full((40, 50, 3), 255, np.uint8)).shape
        (3072,)
    """
    return np.asarray(_resized(picture, RAW_PX).ravel() / np.float32(255), np.float32)


def colour_histogram(picture: Picture) -> Numbers:
    """Return the share of pixels in each of 8 × 8 × 8 equal boxes of RGB: 512 numbers.

    When it misleads:
        Grey pictures fall into 8 of the boxes.

    Source:
        Swain and Ballard, "Color Indexing", IJCV 7, 1991. Differs: RGB itself, not opponent colours.

    Example:
        >>> found = colour_histogram(np.zeros((4, 4, 3), np.uint8))
        >>> float(found[0]), float(found.sum())
        (1.0, 1.0)
    """
    boxes = (_shrunk(picture) // (256 // BINS)).astype(np.int64)
    places = (boxes[..., 0] * BINS + boxes[..., 1]) * BINS + boxes[..., 2]
    return (np.bincount(places.ravel(), minlength=BINS**3) / places.size).astype(np.float32)


def hog(picture: Picture) -> Numbers:
    """Return histograms of oriented gradients of the grey picture at 64 × 64, 1,764 numbers: 9 angles, cells of 8, blocks of 2.

    Source:
        Dalal and Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005, as `skimage.feature.hog` has it.

    Raises:
        MissingExtraError: scikit-image is not installed.
    """
    found = _skimage().hog(
        _grey(_resized(picture, HOG_PX)), orientations=9, pixels_per_cell=(8, 8), cells_per_block=(2, 2)
    )
    return np.asarray(found, np.float32)


def lbp(picture: Picture) -> Numbers:
    """Return the shares of uniform local binary patterns on circles of 1, 2 and 3 pixels of the grey picture: 54 numbers.

    Pictures with a side above 128 are shrunk to it before.

    Source:
        Ojala, Pietikäinen and Mäenpää, "Multiresolution Gray-Scale and Rotation Invariant Texture Classification with Local
        Binary Patterns", TPAMI 24, 2002, as `skimage.feature.local_binary_pattern(…, method="uniform")` has it.

    Raises:
        MissingExtraError: scikit-image is not installed.
    """
    grey = _grey(_shrunk(picture))
    shares = []
    for radius, points in RINGS:
        codes = _skimage().local_binary_pattern(grey, points, radius, method="uniform").astype(np.int64)
        shares.append(np.bincount(codes.ravel(), minlength=points + 2) / codes.size)
    return np.concatenate(shares).astype(np.float32)


DESCRIPTORS: Mapping[str, Callable[[Picture], Numbers]] = MappingProxyType(
    {"raw pixels": raw_pixels, "colour histogram": colour_histogram, "HOG": hog, "LBP": lbp}
)


def describe(pictures: Iterable[Any], names: Sequence[str] = tuple(DESCRIPTORS)) -> dict[str, Numbers]:
    """Return hand-made descriptors of pictures, by name: (n, f) float32 each, in one pass.

    Args:
        pictures: As `Dataset.read` returns them, (channels, h, w) of bytes, grey or colour; arrays or tensors.
        names: Of `DESCRIPTORS`.

    Raises:
        DataError: What is no picture of bytes; none at all.
        UnknownNameError: A name there is not.
        MissingExtraError: scikit-image is not installed, and HOG or LBP is asked for.

    Source:
        The comparison: Razavian et al., "CNN Features off-the-shelf: an Astounding Baseline for Recognition", CVPRW 2014.

    Example:
        >>> found = describe([np.zeros((3, 40, 50), np.uint8)], ["raw pixels", "colour histogram"])
        >>> [(name, rows.shape) for name, rows in found.items()]
        [('raw pixels', (1, 3072)), ('colour histogram', (1, 512))]
    """
    for name in names:
        if name not in DESCRIPTORS:
            raise unknown_name("descriptor", name, list(DESCRIPTORS))
    found: dict[str, list[Numbers]] = {name: [] for name in names}
    for stored in pictures:
        picture = as_picture(stored)
        for name in names:
            found[name].append(DESCRIPTORS[name](picture))
    if any(not rows for rows in found.values()):
        raise DataError("descriptors must have pictures to describe", got=0)
    return {name: np.stack(rows) for name, rows in found.items()}


def as_picture(stored: Any) -> Picture:  # noqa: ANN401 - an array or a tensor
    """Return a stored sample (1 or 3, h, w) of bytes as (h, w, 3).

    Raises:
        DataError: It is something else.
    """
    values = np.asarray(stored)
    if values.ndim != 3 or values.shape[0] not in {1, 3} or values.dtype != np.uint8:
        shape = "×".join(map(str, values.shape))
        raise DataError(
            "hand-made descriptors must be of grey or colour pictures of bytes",
            got=Quoted(f"{shape} of {values.dtype}"),
            hint="Leave them out.",
        )
    return np.ascontiguousarray(np.broadcast_to(values, (3, *values.shape[1:])).transpose(1, 2, 0))


def _resized(picture: Picture, side: int) -> Picture:
    from PIL import Image

    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR))


def _shrunk(picture: Picture) -> Picture:
    from PIL import Image

    image = Image.fromarray(picture)
    image.thumbnail((MOST_PX, MOST_PX), Image.Resampling.BILINEAR)
    return np.asarray(image)


def _grey(picture: Picture) -> Picture:
    from PIL import Image

    return np.asarray(Image.fromarray(picture).convert("L"))


def _skimage() -> Any:  # noqa: ANN401 - a module
    try:
        from skimage import feature
    except ImportError as cause:
        raise MissingExtraError(
            "HOG and LBP must have scikit-image", hint="Install it: pip install 'striate[descriptors]'."
        ) from cause
    return feature
