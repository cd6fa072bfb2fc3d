"""Maps put together from blocks: what is kept of each, which output wins, and where each is strongest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import InputError, unknown_name
from striate.nets.dense import DenseNetwork
from striate.nets.dense.network import Box
from striate.numbers import storage
from striate.records.dense import CropDeviation, PredictionMaps, Strongest, Unit

# Maps of more are kept for named classes only.
MOST_BYTES = 2 * 2**30


@dataclass(slots=True, kw_only=True)
class MapSum:
    """Maps of one image as they grow; `over` begins one.

    Attributes:
        names: Name of each output.
        kept: Outputs whose maps are kept.
        maps: (kept, rows, columns) float32.
        winner: (rows, columns) int32.
        winner_value: (rows, columns) float32.
        best: (outputs,) float32: the largest value of each so far, and `place` its position.
    """

    names: tuple[str, ...]
    kept: tuple[int, ...]
    maps: NDArray[np.float32]
    winner: NDArray[np.int32]
    winner_value: NDArray[np.float32]
    best: NDArray[np.float32]
    place: NDArray[np.int64] = field(repr=False)

    @classmethod
    def over(cls, names: tuple[str, ...], counts: tuple[int, ...], classes: Sequence[int] | None) -> MapSum:
        """Return empty maps of so many positions.

        Raises:
            InputError: Maps of all outputs would take more than 2 GiB.
            UnknownNameError: There is no such output.
        """
        kept = tuple(range(len(names))) if classes is None else tuple(dict.fromkeys(classes))
        for number in kept:
            if not 0 <= number < len(names):
                raise unknown_name("output", str(number), [str(n) for n in range(len(names))])
        size = 4 * len(kept) * counts[0] * counts[1]
        if size > MOST_BYTES:
            raise InputError(
                f"maps must fit into {storage(MOST_BYTES)}",
                got=storage(size),
                hint=f"Name the classes whose maps you need; there are {len(names)}.",
            )
        return cls(
            names=names,
            kept=kept,
            maps=np.zeros((len(kept), *counts), np.float32),
            winner=np.zeros(counts, np.int32),
            winner_value=np.zeros(counts, np.float32),
            best=np.full(len(names), -np.inf, np.float32),
            place=np.zeros((len(names), 2), np.int64),
        )

    @property
    def held_bytes(self) -> int:
        """Memory they take."""
        return self.maps.nbytes + self.winner.nbytes + self.winner_value.nbytes

    def add(self, box: Box, block: Tensor) -> None:
        """Put in the values (outputs, rows, columns) of a box of positions."""
        (top, bottom), (left, right) = box
        values: NDArray[np.float32] = block.float().cpu().numpy()
        self.maps[:, top:bottom, left:right] = values[list(self.kept)]
        self.winner[top:bottom, left:right] = values.argmax(0)
        self.winner_value[top:bottom, left:right] = values.max(0)
        flat = values.reshape(len(values), -1)
        at, most = flat.argmax(1), flat.max(1)
        better = most > self.best
        self.best[better] = most[better]
        rows, columns = np.divmod(at, right - left)
        self.place[better] = np.stack([rows + top, columns + left], 1)[better]

    def record(
        self,
        wide: DenseNetwork,
        size_px: tuple[int, int],
        *,
        unit: Unit,
        scaled: Any,  # noqa: ANN401 - an array
        deviation: CropDeviation | None,
        way: str,
    ) -> PredictionMaps:
        """Return what was found."""
        order = np.argsort(-self.best, kind="stable")
        places = [(int(row), int(column)) for row, column in self.place]
        strongest = tuple(
            Strongest(
                output=int(number),
                name=self.names[number],
                value=float(self.best[number]),
                position=places[number],
                centre_px=wide.centre_px(places[number]),
            )
            for number in order
        )
        down, right = wide.stride_px
        first = wide.centre_px((0, 0))
        return PredictionMaps(
            names=self.names, unit=unit, size_px=size_px, stride_px=(float(down), float(right)),
            centre_px=(first[0], first[1]), kept=self.kept, maps=self.maps, winner=self.winner,
            winner_value=self.winner_value, strongest=strongest, scaled=scaled, deviation=deviation, way=way,
        )  # fmt: skip


def segmentation(maps: PredictionMaps, size_px: tuple[int, int] | None = None) -> NDArray[np.int32]:
    """Return the winning output of every pixel: that of the position whose field is centred nearest to it.

    Args:
        maps: Prediction maps.
        size_px: Height and width wanted; the image's own if None.

    Returns:
        (height, width) int32.

    When it misleads:
        Positions lie a stride apart: edges are no finer than that, and pixels beyond the outermost centres take the nearest.

    Example:
        >>> import numpy as np
        >>> from striate.records.dense import PredictionMaps
        >>> found = PredictionMaps(
        ...     names=("a", "b"), unit="score", size_px=(1, 6), stride_px=(2.0, 2.0), centre_px=(0.0, 1.0), kept=(),
        ...     maps=np.zeros((0, 1, 2)), winner=np.array([[0, 1]]), winner_value=np.zeros((1, 2)), strongest=(),
        ... )
        >>> segmentation(found).tolist()   # centres at columns 1 and 3
        [[0, 0, 0, 1, 1, 1]]
    """
    wanted = size_px or maps.size_px
    chosen = []
    for axis in range(2):
        pixels = (np.arange(wanted[axis]) + 0.5) * maps.size_px[axis] / wanted[axis] - 0.5
        place = np.ceil((pixels - maps.centre_px[axis]) / maps.stride_px[axis] - 0.5).astype(np.int64)
        chosen.append(place.clip(0, maps.winner.shape[axis] - 1))
    return np.asarray(maps.winner[np.ix_(*chosen)], dtype=np.int32)
