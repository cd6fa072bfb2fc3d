"""One image, the windows that cover it, and what they show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.explain.fills import Fill, fill_values
from striate.explain.occlusion.inpainting import Inpainting
from striate.explain.occlusion.patches import Places, Sheet
from striate.nets import Network

# From where windows begin, (n, axes), to what the boxes show that they change, (n, c, …).
Show: TypeAlias = Callable[[Places], Tensor]


@runtime_checkable
class Scene(Protocol):
    """An image, and what stands where it is covered: by windows, or by regions. Each has a number."""

    @property
    def image(self) -> Tensor:
        """(c, …), as the network takes it."""

    def images(self, numbers: NDArray[np.int64]) -> Tensor:
        """Return whole images (n, c, …), each with one part covered."""

    def inside(self, numbers: NDArray[np.int64]) -> Places:
        """Return where the boxes begin that are changed, (n, axes); all of them lie on the image."""

    def size(self, numbers: NDArray[np.int64]) -> tuple[int, ...]:
        """Return the sides of these boxes, which are the same for all that go together."""

    def covers(self, numbers: NDArray[np.int64]) -> tuple[Tensor, Places]:
        """Return what stands in the boxes (n, c, …), and where these begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """An image, and what stands where a window covers it.

    Attributes:
        image: (c, …), as the network takes it.
        show: What the boxes show that windows change.
        starts: (windows, axes), where each window begins.
        window: Its sides.
    """

    image: Tensor
    show: Show
    starts: Places
    window: tuple[int, ...]

    def images(self, numbers: NDArray[np.int64]) -> Tensor:
        """Return whole images (n, c, …), each with one of the windows covered."""
        covers, inside = self.covers(numbers)
        images = self.image.repeat(len(numbers), *(1,) * self.image.ndim)
        for image, cover, start in zip(images, covers, inside.tolist(), strict=True):
            image[(slice(None), *(slice(at, at + side) for at, side in zip(start, self.window, strict=True)))] = cover
        return images

    def inside(self, numbers: NDArray[np.int64]) -> Places:
        """Return where the boxes begin that windows change: those cut at the border are moved into the image."""
        return np.minimum(self.starts[numbers], np.array(self.image.shape[1:]) - self.window)

    def size(self, _numbers: NDArray[np.int64]) -> tuple[int, ...]:
        """Return the window's sides."""
        return self.window

    def covers(self, numbers: NDArray[np.int64]) -> tuple[Tensor, Places]:
        """Return what stands in the boxes (n, c, …) that windows change, and where these begin.

        All are as large as the window: where it is cut at the border its box is moved into the image, and holds some of it.
        """
        starts, inside = self.starts[numbers], self.inside(numbers)
        shown = self.show(starts)
        if np.array_equal(inside, starts):
            return shown, inside
        image = Sheet(self.image[None], tuple(range(2, self.image.ndim + 1))).cut(inside, self.window)
        is_shown = torch.ones((), dtype=torch.bool, device=image.device)
        for axis, side in enumerate(self.window):
            first = torch.from_numpy(starts[:, axis] - inside[:, axis]).to(image.device)
            along = torch.arange(side, device=image.device) >= first[:, None]
            is_shown = is_shown & along.view(
                len(starts), 1, *(-1 if other == axis else 1 for other in range(len(self.window)))
            )
        return torch.where(is_shown, shown, image), inside


def scene_of(network: Network, image: Tensor, fill: Fill, starts: Places, window: tuple[int, ...]) -> Windows:
    """Return an image (c, …) with windows that show a fill.

    Raises:
        UnknownNameError: A fill nobody knows.
        InputError: Another number of values than channels.
        MissingExtraError: "inpainted" without scikit-image.
    """
    if fill == "inpainted":
        show: Show = Inpainting(image, window)
    else:
        picture = fill_values(network, image, fill).expand_as(image)
        sheet = Sheet(picture[None], tuple(range(2, image.ndim + 1)))

        def show(starts: Places) -> Tensor:
            return sheet.cut(np.minimum(starts, np.array(image.shape[1:]) - window), window)

    return Windows(image=image, show=show, starts=starts, window=window)


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


def middle_second(scene: Scene, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return windows in their order, but one near the middle of the image as the second: the first stands in a corner.

    What is tried on two windows is then tried where all that lies around a window is the border, and where nothing is. Taken is
    the one nearest to the middle of those that agree with the first on the layers' steps, so that they can go together; on
    smaller steps if none of them covers the middle or ends at it. Of regions the order stays.
    """
    if not isinstance(scene, Windows) or len(order) < 3:
        return order
    starts, half = scene.inside(order), np.array(scene.window) / 2
    off = (np.abs(starts + half - np.array(scene.image.shape[1:]) / 2) / half).max(1)
    chosen = 0
    for step in (32, 16, 8, 4, 2, 1):
        agree = np.flatnonzero(((starts - starts[0]) % step == 0).all(1))
        chosen = int(agree[off[agree].argmin()])
        if off[chosen] <= 1:
            break
    if chosen < 1:
        return order
    return np.concatenate([order[:1], order[chosen : chosen + 1], np.delete(order, [0, chosen])])
