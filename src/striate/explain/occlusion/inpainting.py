"""What a smooth surface through the surroundings of a window shows in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import MissingExtraError


class Inpainting:
    """Windows filled with the biharmonic surface that goes on from the pixels around them, each channel by itself.

    Only what lies within one more window's side is looked at.

    Args:
        image: (c, …).
        window: Sides.

    Raises:
        MissingExtraError: scikit-image is not installed.

    Source:
        Damelin & Hoang, "On Surface Completion and Image Inpainting by Biharmonic Functions", Int. J. Math. Math. Sci. 2018, as
        `skimage.restoration.inpaint_biharmonic` has it.
    """

    def __init__(self, image: Tensor, window: tuple[int, ...]) -> None:
        self._inpaint = _inpaint_biharmonic()
        self._image, self._window = image, window
        self._pixels = np.moveaxis(image.double().cpu().numpy(), 0, -1)

    def __call__(self, starts: NDArray[np.int64]) -> Tensor:
        """Return what windows (n, c, …) show that begin at `starts` (n, axes); of one cut at the border, its last pixels."""
        found = [self._one(tuple(start)) for start in starts.tolist()]
        return torch.from_numpy(np.stack(found)).to(self._image)

    def _one(self, start: tuple[int, ...]) -> NDArray[np.float64]:
        sides = self._pixels.shape[:-1]
        first = [max(0, at - side) for at, side in zip(start, self._window, strict=True)]
        end = [min(length, at + 2 * side) for at, side, length in zip(start, self._window, sides, strict=True)]
        around = self._pixels[tuple(slice(a, b) for a, b in zip(first, end, strict=True))]
        hole = tuple(slice(at - a, at - a + side) for at, a, side in zip(start, first, self._window, strict=True))
        mask = np.zeros(around.shape[:-1], dtype=np.bool_)
        mask[hole] = True
        shown = np.zeros((around.shape[-1], *self._window))
        if mask.all():
            return shown  # nothing around: the mean of the preprocessing
        surface = np.moveaxis(np.asarray(self._inpaint(around, mask, channel_axis=-1))[hole], -1, 0)
        shown[(slice(None), *(slice(-length, None) for length in surface.shape[1:]))] = surface
        return shown


def _inpaint_biharmonic() -> Any:  # noqa: ANN401 - a function of a library without types
    try:
        from skimage.restoration import inpaint_biharmonic
    except ImportError as cause:
        raise MissingExtraError(
            "inpainting must have scikit-image installed",
            hint="pip install 'striate[descriptors]', or take another fill.",
        ) from cause
    return inpaint_biharmonic
