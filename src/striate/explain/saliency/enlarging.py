"""A layer's map at the size of the input."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from striate.errors import ShapeError

_MODES = {1: "linear", 2: "bilinear", 3: "trilinear"}


def enlarged(saliency: NDArray[np.floating], sides: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a map (channels, axes…) at other sides, interpolated linearly; signs and scale stay.

    Raises:
        ShapeError: Another number of axes, or more than three.

    When it misleads:
        Each place of a layer's map stands for the middle of its share of the image, which is right for layers whose padding
        is even; the field it really sees is larger.

    Example:
        >>> enlarged(np.array([[0.0, 4.0]]), (4,)).tolist()
        [[0.0, 1.0, 3.0, 4.0]]
    """
    rank = saliency.ndim - 1
    if rank != len(sides) or rank not in _MODES:
        raise ShapeError("a map must have as many axes as the input, one to three", got=rank)
    if saliency.shape[1:] == sides:
        return saliency.astype(np.float32)
    values = torch.from_numpy(np.ascontiguousarray(saliency, dtype=np.float32))[None]
    made: NDArray[np.float32] = functional.interpolate(values, size=list(sides), mode=_MODES[rank])[0].numpy()
    return made
