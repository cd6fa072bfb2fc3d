"""The maps of an occlusion's outputs, made when they are asked for: of a thousand classes all together are some 200 MB."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from striate.explain.cover import mean_over_windows


class OutputMaps(NDArrayOperatorsMixin):
    """Float32 maps (k, axes…), one an output, to be read like an array; only those that are asked for are made.

    `maps[3]` and `maps[[0, 2]]` make what they name. Whatever else an array can do makes them all.

    Args:
        grid: (places…, k) float32, outputs with each window.
        clean: (k,) float32, those without.
        size: Sides of the image.
        window: Sides of the window.
        stride: Its steps.
        looked: (places…) bool, windows that were looked at; None: all.

    Example:
        >>> grid, clean = np.array([[[1, 5], [3, 5]]], np.float32), np.array([0, 5], np.float32)
        >>> maps = OutputMaps(grid, clean, (1, 3), (1, 2), (1, 1))
        >>> maps.shape, maps[0].tolist(), float(abs(maps).max())
        ((2, 1, 3), [[1.0, 2.0, 3.0]], 3.0)
    """

    def __init__(
        self,
        grid: NDArray[np.float32],
        clean: NDArray[np.float32],
        size: tuple[int, ...],
        window: tuple[int, ...],
        stride: tuple[int, ...],
        looked: NDArray[np.bool_] | None = None,
    ) -> None:
        self._grid, self._clean, self._looked = grid, clean, looked
        self._size, self._window, self._stride = size, window, stride
        self.shape = (len(clean), *size)
        self.dtype = np.dtype(np.float32)
        self.ndim = len(self.shape)

    def __len__(self) -> int:
        return len(self._clean)

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401 - whatever numpy takes
        first, rest = (index[0], index[1:]) if isinstance(index, tuple) and index else (index, ())
        if first is None or first is Ellipsis or (not isinstance(first, slice) and np.ndim(first) > 1):
            return self._made(np.arange(len(self)))[index]
        units = np.arange(len(self))[first]
        maps = self._made(np.atleast_1d(units))
        if not np.ndim(units):
            return maps[(0, *rest)]
        # Numpy pairs numbers with the numbers after them, and a slice with none.
        return maps[(slice(None) if isinstance(first, slice) else np.arange(len(maps)), *rest)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: ANN401, FBT001 - numpy's own
        made = self._made(np.arange(len(self)))
        return made if dtype is None else made.astype(dtype, copy=bool(copy))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **named: Any) -> Any:  # noqa: ANN401 - numpy's own
        plain = [np.asarray(one) if isinstance(one, OutputMaps) else one for one in inputs]
        return getattr(ufunc, method)(*plain, **named)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what an array has
        # Protocols are asked for by their names, and are not to make maps.
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(np.asarray(self), name)

    def _made(self, units: NDArray[np.int64]) -> NDArray[np.float32]:
        change = self._grid[..., units].astype(np.float64) - self._clean[units]
        return mean_over_windows(change, self._size, self._window, self._stride, self._looked)
