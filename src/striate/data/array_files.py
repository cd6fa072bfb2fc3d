"""A `.npy` file of one sample, its header read and bounded before its numbers."""

from __future__ import annotations

import io
import math

import numpy as np
import torch
from torch import Tensor

from striate.data.decoding import MAX_PIXELS, UnreadableError

SUFFIXES = frozenset({".npy"})
# What so many axes of a sample are taken for, if nobody says.
AXES_OF = {1: 1, 2: 2, 3: 2, 4: 3}
_FLOAT32_MAX = float(np.finfo(np.float32).max)


class ArrayError(UnreadableError):
    """An array file that cannot be read as it is; `reason` says why in words."""

    what = "an array file"


def decode_array(data: bytes, axes: int = 0) -> Tensor:
    """Return one sample's numbers with their channels first.

    Args:
        data: The bytes of a `.npy` file.
        axes: Axes of space, as in `ReadAs.axes`; an array with one axis more has channels, one with as many gets one channel.

    Returns:
        uint8 as stored, everything else as float32; shape (channels, axes of space).

    Raises:
        ArrayError: Not a `.npy`; objects; a header that does not fit what follows; more than 64,000,000 numbers, or none;
            numbers that are not finite as float32; other axes.

    Example:
        >>> stored = io.BytesIO()
        >>> np.save(stored, np.arange(6.0).reshape(2, 3))
        >>> decode_array(stored.getvalue()).shape, decode_array(stored.getvalue(), axes=1).shape
        (torch.Size([1, 2, 3]), torch.Size([2, 3]))
    """
    stream = io.BytesIO(data)
    shape, fortran, dtype = _header(stream)
    if dtype.kind not in "fiu":
        raise ArrayError(f"holds {'objects' if dtype.hasobject else dtype}, not numbers")
    count = math.prod(shape)
    if count > MAX_PIXELS:
        raise ArrayError(f"larger than {MAX_PIXELS:,} numbers ({'×'.join(map(str, shape))})")
    if min(shape, default=1) < 1:
        raise ArrayError(f"without numbers ({'×'.join(map(str, shape))})")
    asked, there = count * dtype.itemsize, len(data) - stream.tell()
    if there < asked:
        raise ArrayError(f"truncated: the header says {asked:,} bytes of numbers, {there:,} are there")
    flat = np.frombuffer(data, dtype=dtype, count=count, offset=stream.tell())
    return with_channels_first(flat.reshape(shape, order="F" if fortran else "C"), axes)


def with_channels_first(values: np.ndarray, axes: int = 0) -> Tensor:
    """Return one sample as uint8 or float32 (channels, axes of space).

    Raises:
        ArrayError: Other axes than asked for; numbers that are not finite as float32.
    """
    wanted = axes or AXES_OF.get(values.ndim, 0)
    if values.ndim not in {wanted, wanted + 1} or not wanted:
        words = "1 to 4" if not axes else f"{axes} or {axes + 1}"
        raise ArrayError(f"has {values.ndim} axes ({'×'.join(map(str, values.shape)) or 'one number'}), not {words}")
    if values.dtype != np.uint8:
        with np.errstate(over="ignore"):
            values = values.astype(np.float32)
        if not np.isfinite(values).all():
            raise ArrayError("holds numbers that are not finite")
    whole = values if values.ndim > wanted else values[None]
    return torch.from_numpy(np.array(whole, order="C"))


def _header(stream: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    try:
        version = np.lib.format.read_magic(stream)
        # Version 3 is for named columns alone, which are no sample.
        reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, fortran, dtype = reader(stream)
    except Exception as error:  # noqa: BLE001 - a broken header makes its parser raise anything
        words = " ".join(str(error).split())[:120] or type(error).__name__
        raise ArrayError(f"not a .npy file ({words})") from None
    return tuple(shape), bool(fortran), dtype
