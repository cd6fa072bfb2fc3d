"""Arrays on their way to the page, in the safetensors layout: each kind in the narrowest numbers that show it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from striate.errors import InputError


class ArrayStore:
    """Named arrays of one page; written once, at the end.

    Example:
        >>> store = ArrayStore()
        >>> store.maps("conv1", np.array([[[0.0, 2.54]]], dtype=np.float32))
        'conv1'
        >>> store.arrays["conv1"].tolist(), round(store.scales["conv1"], 4)
        ([[[0, 127]]], 0.02)
    """

    def __init__(self) -> None:
        self.arrays: dict[str, NDArray[np.generic]] = {}
        self.scales: dict[str, float] = {}

    def images(self, name: str, values: NDArray[np.uint8]) -> str:
        """Keep pictures as stored, (n, h, w) or (n, h, w, 3), and return their name."""
        return self._keep(name, np.ascontiguousarray(values, dtype=np.uint8))

    def maps(self, name: str, values: NDArray[np.floating]) -> str:
        """Keep maps (n, h, w) as int8 × scale, one scale for all of them, and return their name.

        The largest magnitude becomes 127, so that a value is off by at most 1/254 of it.
        """
        return self.maps_on(name, values, largest=float(np.abs(values).max(initial=0.0)))

    def maps_on(self, name: str, values: NDArray[np.floating], *, largest: float) -> str:
        """Keep maps as `maps` does, on a scale that others share: up to a magnitude that none exceeds."""
        if not np.isfinite(largest):
            raise InputError("maps must be finite to be drawn", got=str(largest), where=name)
        scale = largest / 127 if largest else 1.0
        self.scales[name] = scale
        return self._keep(name, np.clip(np.rint(values / scale), -127, 127).astype(np.int8))

    def places(self, name: str, points: NDArray[np.floating]) -> str:
        """Keep places (n, 2) within −1 … 1 as int16 × scale and return their name; NaN becomes −32768, "no place".

        A place is off by at most 1/65534: a hundredth of a pixel on a map as wide as a page.
        """
        largest = float(np.nanmax(np.abs(points), initial=0.0))
        if largest > 1 + 1e-6:
            raise InputError("places must lie within −1 … 1", got=str(largest), where=name)
        self.scales[name] = 1 / 32767
        whole = np.rint(np.nan_to_num(points, nan=0.0) * 32767)
        return self._keep(name, np.where(np.isnan(points), -32768, whole).astype(np.int16))

    def numbers(self, name: str, values: NDArray[np.generic]) -> str:
        """Keep numbers as float32 or int32 and return their name."""
        kind = np.float32 if np.issubdtype(values.dtype, np.floating) else np.int32
        return self._keep(name, np.ascontiguousarray(values, dtype=kind))

    def codes(self, name: str, values: NDArray[np.integer]) -> str:
        """Keep whole numbers as int8, int16 or int32, the narrowest that holds them, and return their name."""
        largest = int(np.abs(values).max(initial=0))
        kinds = (np.int8, np.int16, np.int32)
        return self._keep(name, values.astype(next(kind for kind in kinds if largest <= np.iinfo(kind).max)))

    def words(self, name: str, text: str) -> str:
        """Keep a text as its UTF-8 bytes and return its name."""
        return self._keep(name, np.frombuffer(text.encode(), np.uint8))

    def to_safetensors(self) -> bytes:
        """Return the file: arrays by name, `scale.<name>` in its metadata."""
        from safetensors.numpy import save

        metadata = {f"scale.{name}": repr(scale) for name, scale in self.scales.items()}
        return save(dict(self.arrays), metadata=metadata)

    def _keep(self, name: str, values: NDArray[np.generic]) -> str:
        if name in self.arrays:
            raise InputError("an array's name must be given once", got=name)
        self.arrays[name] = values
        return name
