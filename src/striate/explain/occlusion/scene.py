"""One image and the windows that cover it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.explain.cover import covered
from striate.explain.occlusion.patches import Places, Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """An image, and what stands where it is covered.

    Attributes:
        image: (c, …), as the network takes it.
        fill: What covered places show, (c, …), of size 1 along axes where it is the same everywhere.
        starts: (windows, axes), where each window begins.
        window: Its sides.
    """

    image: Tensor
    fill: Tensor
    starts: Places
    window: tuple[int, ...]

    def images(self, numbers: NDArray[np.int64]) -> Tensor:
        """Return whole images (n, c, …), each with one of the windows covered."""
        return covered(self.image, self.fill, self.starts[numbers], self.window)

    def inside(self, numbers: NDArray[np.int64]) -> Places:
        """Return where the boxes begin that windows change: those cut at the border are moved into the image."""
        return np.minimum(self.starts[numbers], np.array(self.image.shape[1:]) - self.window)

    def covers(self, numbers: NDArray[np.int64]) -> tuple[Tensor, Places]:
        """Return what stands in the boxes (n, c, …) that windows change, and where these begin.

        All are as large as the window: where it is cut at the border its box is moved into the image, and holds some of it.
        """
        starts, inside = self.starts[numbers], self.inside(numbers)
        axes = tuple(range(2, self.image.ndim + 1))
        fill = Sheet(self.fill.expand_as(self.image)[None], axes).cut(inside, self.window)
        if np.array_equal(inside, starts):
            return fill, inside
        image = Sheet(self.image[None], axes).cut(inside, self.window)
        return covered_tails(image, fill, starts - inside), inside


def covered_tails(image: Tensor, fill: Tensor, starts: Places) -> Tensor:
    """Return boxes (n, c, …) that show `fill` from `starts` (n, axes) on, along all axes, and the image before."""
    is_filled = torch.ones((), dtype=torch.bool, device=image.device)
    for axis in range(starts.shape[1]):
        places = torch.arange(image.shape[2 + axis], device=image.device)
        first = torch.from_numpy(starts[:, axis].copy()).to(image.device)
        shape = [len(starts), 1, *(-1 if other == axis else 1 for other in range(starts.shape[1]))]
        is_filled = is_filled & (places >= first[:, None]).view(shape)
    return torch.where(is_filled, fill, image)


def by_phase(starts: Places) -> NDArray[np.int64]:
    """Return the order in which windows stand together whose steps agree: on a grid of 32 first, then those between.

    A window's box in a deep layer depends on how its place sits on the layer's steps, which are mostly powers of two. Windows
    that agree there go together, and their boxes need not be made larger for each other. Who stops early has a coarse map.

    Example:
        >>> by_phase(np.array([[0], [8], [16], [24], [32]])).tolist()
        [0, 4, 2, 1, 3]
    """
    keys = [starts[:, axis] % step for step in (2, 4, 8, 16, 32) for axis in range(starts.shape[1])]
    return np.asarray(np.lexsort(keys[::-1]), dtype=np.int64)
