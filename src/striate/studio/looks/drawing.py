"""Drawings as inputs: grey pixels, centred as the digits were that a network was trained on."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

# MNIST: the digit's longer side is 20 of 28 pixels, its centre of mass in the middle.
DIGIT_PX, SIDE_PX = 20, 28


def centred(pixels: NDArray[np.uint8]) -> tuple[Tensor, str]:
    """Return a drawing as MNIST's digits were made, with what was done in words.

    The strokes' box is scaled so that its longer side is 20 pixels (areas averaged), then moved so that its centre of mass lies
    in the middle of 28 × 28.

    Args:
        pixels: (h, w) uint8, black is 0.

    Returns:
        uint8 (1, 28, 28), and a sentence.

    When it misleads:
        A digit drawn small is made large, and one at the border is moved: the network does not see where it was drawn.

    Source:
        LeCun, Cortes and Burges, "The MNIST database of handwritten digits": the description of the files.

    Example:
        >>> import numpy as np
        >>> drawn = np.zeros((56, 56), np.uint8)
        >>> drawn[0:40, 0:8] = 255
        >>> image, words = centred(drawn)
        >>> image[0].nonzero().min(0).values.tolist(), words
        ([4, 12], 'Centred: the strokes, 8×40 pixels, were made 4×20 and moved to the middle.')
    """
    rows, columns = np.flatnonzero(pixels.any(1)), np.flatnonzero(pixels.any(0))
    out = torch.zeros(1, SIDE_PX, SIDE_PX, dtype=torch.uint8)
    if not len(rows):
        return out, "Nothing is drawn yet."
    cut = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = cut.shape
    scale = DIGIT_PX / max(height, width)
    sides = (max(1, round(height * scale)), max(1, round(width * scale)))
    small = functional.interpolate(
        torch.from_numpy(cut.astype(np.float32))[None, None],
        size=sides,
        mode="area" if scale < 1 else "bilinear",
        **({} if scale < 1 else {"align_corners": False}),
    )[0, 0]
    top, left = (_placed(small, axis) for axis in (0, 1))
    out[0, top : top + sides[0], left : left + sides[1]] = small.round().clamp(0, 255).to(torch.uint8)
    shown = f"{width}×{height} pixels, were made {sides[1]}×{sides[0]}"
    return out, f"Centred: the strokes, {shown} and moved to the middle."


def _placed(picture: Tensor, axis: int) -> int:
    """Return where a picture begins along an axis so that its centre of mass is in the middle, within the input."""
    mass = picture.sum(1 - axis)
    length = len(mass)
    centre = float((mass * (torch.arange(length) + 0.5)).sum() / mass.sum().clamp(min=1e-9))
    return min(max(0, round(SIDE_PX / 2 - centre)), SIDE_PX - length)
