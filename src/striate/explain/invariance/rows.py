"""What is summed of one layer while its images change."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.errors import InputError, Quoted
from striate.explain.invariance.changes import Change
from striate.explain.invariance.moving import moved_map
from striate.records import LayerInvariance


class Row:
    """Sums of one layer, batch by batch; values that are not finite are refused with an InputError.

    Args:
        op: Whose values they are; "" for the pixels.
        name: Of the layer.
        shape: Of its values, without the batch.
        stride_px: Input pixels between places; 0 where there is no map, or nobody knows.
        changes: How many are tried.
    """

    def __init__(self, *, op: str, name: str, shape: tuple[int, ...], stride_px: float, changes: int) -> None:
        self.op, self._name, self._shape, self._stride_px = op, name, shape, stride_px
        self._distance, self._cosine = [0.0] * changes, [0.0] * changes
        self._moved, self._moved_scale, self._moved_count = [0.0] * changes, [0.0] * changes, [0] * changes
        self._is_between = [False] * changes
        self._count, self._scale, self._same, self._with_same = 0, 0.0, 0.0, 0
        self._first = self._apart = torch.zeros(0)

    def begin(self, first: Tensor, apart: Tensor) -> None:
        """Take in the values of some images, and of others of another class."""
        self._check(first, apart)
        self._first, self._apart = first, apart
        self._count += len(first)
        self._scale += float(_length(apart - first).sum())

    def beside(self, alike: Tensor, has_same: Tensor) -> None:
        """Take in the values of others of the same class, where there are some."""
        self._check(alike)
        self._same += float(_length(alike - self._first)[has_same].sum())
        self._with_same += int(has_same.sum())

    def forget(self) -> None:
        """Let go of one batch's values."""
        self._first = self._apart = torch.zeros(0)

    def add(self, number: int, change: Change, turns: Tensor, after: Tensor) -> None:
        """Take in the values after a change, `turns` its direction for each image."""
        self._check(after)
        self._distance[number] += float(_length(after - self._first).sum())
        self._cosine[number] += float(
            torch.cosine_similarity(after.flatten(1).double(), self._first.flatten(1).double()).sum()
        )
        if self._stride_px <= 0 or 1 in after.shape[-2:]:
            return
        for turn in sorted(set(turns.tolist())):
            chosen = turns == turn
            found = moved_map(self._first[chosen], change, turn, self._stride_px)
            if found is None or not bool(found[1].any()):
                continue
            expected, inside, is_between = found
            self._moved[number] += float(_length((after[chosen] - expected)[..., inside]).sum())
            self._moved_scale[number] += float(_length((self._apart - self._first)[chosen][..., inside]).sum())
            self._moved_count[number] += int(chosen.sum())
            self._is_between[number] |= is_between

    def _check(self, *values: Tensor) -> None:
        if not all(bool(part.isfinite().all()) for part in values):
            raise InputError("values of a layer must be finite", got=Quoted("NaN or infinity"), where=self._name)

    def result(self) -> LayerInvariance:
        """Return the figures over all images."""
        same = self._same / self._with_same if self._with_same else None
        mean = self._scale / self._count
        return LayerInvariance(
            layer=self._name,
            shape=self._shape,
            stride_px=self._stride_px,
            distance=tuple(_over(total, self._scale) for total in self._distance),
            cosine=tuple(total / self._count for total in self._cosine),
            moved=tuple(
                _over(total, scale) if count else None
                for total, scale, count in zip(self._moved, self._moved_scale, self._moved_count, strict=True)
            ),
            is_interpolated=tuple(self._is_between),
            same_class=None if same is None else _over(same, mean),
            scale=mean,
        )


def _length(differences: Tensor) -> Tensor:
    return differences.flatten(1).double().square().sum(1).sqrt()


def _over(total: float, scale: float) -> float:
    """Return a distance over the yardstick; 0 where all images are alike."""
    return total / scale if scale > 0 else 0.0
