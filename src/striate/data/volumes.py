"""Stored bytes of a NIfTI volume to numbers, within bounds.

The header is decompressed first, by itself: it says how much there is to come, and no more than that is decompressed.
"""

from __future__ import annotations

import io
import math
import zlib
from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate.data.decoding import MAX_BYTES, MAX_PIXELS, UnreadableError
from striate.errors import MissingExtraError

SUFFIXES = frozenset({".nii", ".nii.gz"})
# NIfTI-2's header is the longer one.
_HEADER_BYTES = 540
_GZIP = b"\x1f\x8b"


class VolumeError(UnreadableError):
    """A volume that cannot be read as it is; `reason` says why in words."""

    what = "a volume"


def decode_volume(data: bytes) -> Tensor:
    """Return the numbers of one NIfTI volume, in the header's own unit (its slope and intercept applied).

    Axes are turned to the scanner's directions as far as whole quarter turns and mirrors do it (nearest to RAS+), and the last
    of them comes first: (from feet to head, from back to front, from left to right). The size of a voxel is not looked at.

    Args:
        data: The file's bytes, plain or compressed by gzip; NIfTI-1 or NIfTI-2.

    Returns:
        float32 (1, d, h, w).

    Raises:
        VolumeError: Not NIfTI; truncated; more than 64,000,000 voxels or 512 MiB, or none; a fourth axis; colours or complex
            numbers; values that are not finite.
        MissingExtraError: The package nibabel is not installed.

    When it misleads:
        Two scanners with voxels of other sizes give the same thing other proportions: resample them beforehand.

    Example:
        >>> import nibabel
        >>> made = nibabel.Nifti1Image(np.arange(6, dtype=np.int16).reshape(1, 2, 3), np.eye(4))
        >>> decode_volume(made.to_bytes()).tolist()
        [[[[0.0], [3.0]], [[1.0], [4.0]], [[2.0], [5.0]]]]
    """
    try:
        import nibabel
    except ImportError:
        raise MissingExtraError(
            "volumes must have the package nibabel, which reads NIfTI", hint="Run: pip install 'striate[volumes]'"
        ) from None
    try:
        head, _ = _unpacked(data, _HEADER_BYTES)
        kind: Any = {348: nibabel.Nifti1Image, 540: nibabel.Nifti2Image}[_header_size(head)]
        size = _size(kind.header_class.from_fileobj(io.BytesIO(head), check=False))
        turned: Any = nibabel.as_closest_canonical
        image = turned(kind.from_bytes(_whole(data, size)))
        values = np.asarray(image.dataobj, dtype=np.float32)
    except UnreadableError:
        raise
    except MemoryError:
        raise VolumeError("too large for the free memory") from None
    except Exception as error:  # noqa: BLE001 - a broken header makes its reader raise anything
        words = " ".join(str(error).split())[:120] or type(error).__name__
        raise VolumeError(f"broken or truncated ({words})") from None
    if not np.isfinite(values).all():
        raise VolumeError("holds values that are not finite")
    axes = values.reshape(values.shape[:3] + (1,) * (3 - values.ndim))
    return torch.from_numpy(np.ascontiguousarray(axes.transpose(2, 1, 0)))[None]


def _header_size(head: bytes) -> int:
    """Return what the first four bytes say in either order of bytes."""
    for size in (int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big")):
        if size in {348, 540}:
            return size
    raise VolumeError("not a NIfTI volume")


def _size(header: Any) -> int:  # noqa: ANN401 - nibabel's headers are untyped
    """Return how many bytes a volume of this header has, header included; refuse what is not one bounded volume."""
    shape = tuple(int(length) for length in header.get_data_shape())
    if len(shape) > 3 and math.prod(shape[3:]) != 1:
        raise VolumeError(f"has a fourth axis ({'×'.join(map(str, shape))}); one volume is needed")
    if len(shape) < 3:
        raise VolumeError(f"has {len(shape)} axes, not 3")
    count, dtype = math.prod(shape), header.get_data_dtype()
    if min(shape) < 1:
        raise VolumeError(f"without voxels ({'×'.join(map(str, shape))})")
    if dtype.kind not in "fiu":
        raise VolumeError(f"holds {'colours' if dtype.names else dtype}, not numbers")
    size = int(header.get_data_offset() + count * dtype.itemsize)
    if count > MAX_PIXELS or not 0 < size <= MAX_BYTES:
        raise VolumeError(
            f"larger than {MAX_PIXELS:,} voxels or {MAX_BYTES // 2**20} MiB ({'×'.join(map(str, shape))})"
        )
    return size


def _whole(data: bytes, size: int) -> bytes:
    found, is_more = _unpacked(data, size)
    if len(found) < size:
        raise VolumeError(f"truncated: the header says {size:,} bytes, {len(found):,} are there")
    if is_more:
        raise VolumeError(f"longer than its header says ({size:,} bytes)")
    return found


def _unpacked(data: bytes, most: int) -> tuple[bytes, bool]:
    """Return at most so many bytes, decompressed if need be, and whether compressed ones would go on."""
    if data[:2] != _GZIP:
        return data[:most], False
    stream = zlib.decompressobj(wbits=31)
    try:
        found = stream.decompress(data, most)
        return found, len(found) == most and not stream.eof and bool(stream.decompress(stream.unconsumed_tail, 1))
    except zlib.error as error:
        raise VolumeError(f"broken or truncated ({error})") from None
