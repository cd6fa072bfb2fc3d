"""One sample from its file to inputs, with what is known of it; what cannot be read has a reason instead."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from striate.data.decoding import UnreadableError, read_bytes
from striate.data.files import Decoded, decode_file
from striate.data.pixels import content_key
from striate.data.reading import Entry
from striate.errors import InputError, MissingExtraError, StriateError
from striate.features.extraction.views import needed_px, views_of
from striate.records.vectors import VectorSpec

# Longer side of a thumbnail.
THUMBNAIL_PX = 64
_QUALITY = 80


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loaded:
    """A sample as it was found.

    Attributes:
        entry: What was asked for.
        content: Key of the stored bytes; empty if they could not be read.
        size_bytes: Of the file; 0 for arrays.
        modified_ns: Of the file; 0 for arrays.
        inputs: (views, *shape) float32; None where there is an error.
        thumbnail: JPEG or PNG; None of what is no picture.
        error: Why there are no inputs; empty if there are.
    """

    entry: Entry
    content: str = ""
    size_bytes: int = 0
    modified_ns: int = 0
    inputs: Tensor | None = None
    thumbnail: bytes | None = None
    error: str = ""


def load_file(entry: Entry, spec: VectorSpec) -> Loaded:
    """Return a file's sample as inputs; never raises for what is wrong with the file.

    Raises:
        MissingExtraError: The package that reads such files is not installed.
    """
    try:
        status = entry.path.stat()
        size, modified = status.st_size, status.st_mtime_ns
    except OSError:
        size = modified = 0
    content = ""
    try:
        data = read_bytes(entry.path)
        content = content_key(data)
        decoded = decode_file(
            entry.path.name,
            data,
            spec.preprocessing.stored_axes,
            at_least_px=needed_px(spec.preprocessing, spec.views) if spec.is_reduced else 0,
        )
        return _prepared(entry, decoded, spec, content, size, modified)
    except UnreadableError as error:
        reason = error.reason
    except MissingExtraError:
        raise
    except StriateError as error:
        reason = str(error)
    return Loaded(entry=entry, content=content, size_bytes=size, modified_ns=modified, error=reason)


def load_stored(entry: Entry, stored: Decoded, content: str, spec: VectorSpec) -> Loaded:
    """Return a sample that is in memory as inputs."""
    try:
        return _prepared(entry, stored, spec, content, 0, 0)
    except InputError as error:
        return Loaded(entry=entry, content=content, error=str(error))


def _prepared(
    entry: Entry, decoded: Decoded, spec: VectorSpec, content: str, size_bytes: int, modified_ns: int
) -> Loaded:
    return Loaded(
        entry=entry,
        content=content,
        size_bytes=size_bytes,
        modified_ns=modified_ns,
        inputs=views_of(decoded.values, spec.preprocessing, spec.views, sample_rate_hz=decoded.sample_rate_hz),
        thumbnail=thumbnail(decoded.values),
    )


def thumbnail(stored: Tensor) -> bytes | None:
    """Return a small picture of a stored sample: JPEG, or PNG if it is small anyway; None of a signal.

    A volume's is its middle slice. Floats are stretched from their least to their largest value.
    """
    from PIL import Image

    if stored.ndim == 2 or stored.shape[0] not in {1, 3}:
        return None
    if stored.ndim == 4:
        stored = stored[:, stored.shape[1] // 2]
    if stored.dtype != torch.uint8:
        low, high = float(stored.min()), float(stored.max())
        stored = ((stored - low) / max(high - low, 1e-12) * 255).nan_to_num().to(torch.uint8)
    is_small = max(stored.shape[1:]) <= THUMBNAIL_PX
    # Plane by plane: bringing a large picture's channels together first takes four times as long, for the same bytes.
    planes = [Image.fromarray(np.ascontiguousarray(plane)) for plane in stored.numpy()]
    if not is_small:
        for plane in planes:
            plane.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BILINEAR, reducing_gap=2.0)
    picture = planes[0] if len(planes) == 1 else Image.merge("RGB", planes)
    buffer = io.BytesIO()
    if is_small:
        picture.save(buffer, "PNG")
    else:
        picture.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def absolute(path: Path) -> str:
    """Return a file's absolute path; empty for what is no file. Bytes that are no UTF-8 become escapes, as in `place`."""
    return "" if path == Path() else os.fsencode(path.absolute()).decode("utf-8", "backslashreplace")
