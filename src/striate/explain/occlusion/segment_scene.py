"""One image, the segments that are covered, and what they show: a segment changes the box around it."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.explain.occlusion.label_maps import LabelMap
from striate.explain.occlusion.patches import Places, Sheet


class Segments:
    """An image, and what stands where one of its segments is covered.

    Args:
        image: (c, …), as the network takes it.
        fill: What is shown, as large as the image or of size 1 along any axis of space.
        segments: Which segment each place is in.
    """

    def __init__(self, image: Tensor, fill: Tensor, segments: LabelMap) -> None:
        self._image, self._segments = image, segments
        axes = tuple(range(2, image.ndim + 1))
        self._labels = torch.from_numpy(segments.labels).to(image.device)[None]
        self._fill = fill.expand_as(image)
        self._shown, self._clean = Sheet(self._fill[None], axes), Sheet(image[None], axes)
        self._parts = Sheet(self._labels[None], axes)

    @property
    def image(self) -> Tensor:
        """(c, …), as the network takes it."""
        return self._image

    def images(self, numbers: NDArray[np.int64]) -> Tensor:
        """Return whole images (n, c, …), each with one segment covered."""
        return torch.where(self._labels == self._numbered(numbers), self._fill, self._image)

    def inside(self, numbers: NDArray[np.int64]) -> Places:
        """Return where the boxes around segments begin; they are as large as the largest, and are moved into the image."""
        return np.minimum(self._segments.starts[numbers], np.array(self._image.shape[1:]) - self.size(numbers))

    def size(self, numbers: NDArray[np.int64]) -> tuple[int, ...]:
        """Return the sides of the largest of these boxes, axis by axis."""
        sides = self._segments.ends[numbers] - self._segments.starts[numbers]
        return tuple(int(side) for side in sides.max(axis=0))

    def covers(self, numbers: NDArray[np.int64]) -> tuple[Tensor, Places]:
        """Return what stands in the boxes (n, c, …), which is the image beside the segment, and where they begin."""
        starts, size = self.inside(numbers), self.size(numbers)
        is_covered = self._parts.cut(starts, size) == self._numbered(numbers)
        return torch.where(is_covered, self._shown.cut(starts, size), self._clean.cut(starts, size)), starts

    def _numbered(self, numbers: NDArray[np.int64]) -> Tensor:
        wide = torch.from_numpy(numbers).to(self._image.device)
        return wide.view(-1, *(1,) * self._image.ndim)


def by_size(segments: LabelMap) -> NDArray[np.int64]:
    """Return the order in which segments with boxes of like size stand together: the middling first, then smaller, then larger.

    A box is made as large as the largest that goes with it. Who tries a few tries some of usual size.

    Example:
        >>> from striate.explain.occlusion.label_maps import label_map
        >>> by_size(label_map(np.array([0, 1, 1, 1, 1, 2, 2, 2, 3, 3]), (10,))).tolist()
        [2, 3, 0, 1]
    """
    sides = segments.ends - segments.starts
    order = np.lexsort((sides[:, 0], sides.prod(axis=1)))[::-1]
    begin = len(order) // 2
    middling = order[max(0, begin - 1) :]
    return np.asarray(np.concatenate([middling, order[: max(0, begin - 1)]]), dtype=np.int64)
