"""Where the objects are, as somebody said: mask images beside the data, or boxes in a manifest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from striate.data.dataset import Dataset
from striate.data.decoding import SUFFIXES as PICTURES
from striate.data.decoding import UnreadableError, decode, opened, read_bytes
from striate.data.files import unreadable
from striate.data.table import SUFFIXES as TABLES
from striate.data.table import Row, read_table
from striate.errors import DataError, InputError, Quoted
from striate.graph import times

Mask = NDArray[np.bool_]
# Stored values above this are the object.
_HALF = 127
_COLUMNS = {"mask", "box"}


def read_mask(path: Path | str, size: tuple[int, ...] | None = None) -> Mask:
    """Return the mask in an image file: what is brighter than half, in any channel, is the object.

    In an image that is transparent somewhere it is what is more than half opaque, whatever its colour.

    Args:
        path: Of any kind of picture `load_data` reads; decoded within the same bounds.
        size: Height and width it must have; None for any.

    Returns:
        bool, (h, w).

    Raises:
        DataError: A file that cannot be read, of another size, or that covers nothing.
    """
    path = Path(path)
    try:
        data = read_bytes(path)
        pixels = decode(data).numpy()
    except UnreadableError as error:
        raise unreadable(path.name, error.reason, where=str(path)) from None
    cut_out = _opaque(data)
    return _checked(np.asarray((pixels > _HALF).any(axis=0)) if cut_out is None else cut_out, size, str(path))


def box_mask(text: str, size: tuple[int, ...], *, where: str = "") -> Mask:
    """Return the mask of a box, "x0,y0,x1,y1" in pixels of the stored image; x1 and y1 are the first outside.

    Raises:
        InputError: Not four whole numbers; a box that is empty or leaves the image.

    Example:
        >>> box_mask("1,0,3,1", (2, 3)).astype(int).tolist()
        [[0, 1, 1], [0, 0, 0]]
    """
    numbers = (
        [int(part) for part in re.findall(r"\d+", text)] if re.fullmatch(r"\s*\d+(\s*[,; ]\s*\d+){3}\s*", text) else []
    )
    if len(numbers) != 4:
        raise InputError("a box must be x0,y0,x1,y1 in pixels", got=text, where=where)
    left, top, right, bottom = numbers
    if not (left < right <= size[1] and top < bottom <= size[0]):
        raise InputError(
            f"a box must lie in its image, {size[1]} wide and {size[0]} high, and cover something",
            got=text,
            where=where,
        )
    mask = np.zeros(tuple(size), dtype=np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def read_masks(dataset: Dataset, source: Path | str, indices: Iterable[int]) -> dict[int, Mask]:
    """Return the objects of samples by index; those without one are left out.

    Args:
        dataset: Whose samples are meant.
        source: A folder with a mask image for each sample, at the sample's own path but for the ending ("cats/tom.png" for
            "cats/tom.jpg"; endings in either case), or a CSV or Parquet table with a column `path` as in the data, and `mask`
            (a mask image, relative to the table) or `box` (x0,y0,x1,y1 in pixels). Several rows of one path are several
            objects of its image.
        indices: Which samples.

    Returns:
        bool masks, each of its stored image's size.

    Raises:
        DataError: A mask that cannot be read, of another size than its image, or none for any of the samples.
        InputError: A box that is none, or leaves its image; neither a folder nor a table.
    """
    source = Path(source)
    if source.is_dir():
        found = _from_folder(dataset, source, indices)
    elif source.suffix.lower() in TABLES and source.exists():
        found = _from_table(dataset, source, indices)
    else:
        raise InputError("masks must be a folder of images or a CSV or Parquet table", got=str(source))
    if not found:
        raise DataError("masks must name objects of some of the samples", got=Quoted("none"), where=str(source))
    return found


def has_masks(table: Path) -> bool:
    """Return whether a CSV or Parquet table has a column `mask` or `box`.

    Raises:
        DataError: Not a table.
    """
    return bool(_COLUMNS & set(read_table(table).columns))


def _from_folder(dataset: Dataset, folder: Path, indices: Iterable[int]) -> dict[int, Mask]:
    found, listed = {}, {}
    for index in indices:
        base = folder / Path(dataset.samples[index].place)
        if base.parent not in listed:
            listed[base.parent] = _pictures(base.parent)
        path = listed[base.parent].get(base.stem)
        if path is not None and path.resolve().is_relative_to(folder.resolve()):
            found[index] = read_mask(path, _size(dataset, index))
    return found


def _pictures(folder: Path) -> dict[str, Path]:
    """Return the image files of a folder by name without ending; of two that differ in it the first by the alphabet."""
    if not folder.is_dir():
        return {}
    files = (path for path in folder.iterdir() if path.suffix.lower() in PICTURES and path.is_file())
    return {path.stem: path for path in sorted(files, key=lambda path: (path.suffix.lower(), path.name), reverse=True)}


def _from_table(dataset: Dataset, table: Path, indices: Iterable[int]) -> dict[int, Mask]:
    read = read_table(table)
    if "path" not in read.columns or not _COLUMNS & set(read.columns):
        raise DataError(
            "a table of objects must have the columns 'path' and 'mask' or 'box'",
            got=Quoted(", ".join(map(repr, read.columns)) or "none"),
            where=str(table),
        )
    rows: dict[str, list[Row]] = {}
    for row in read.rows:
        if not row.fault:
            rows.setdefault(str(row.cells.get("path")), []).append(row)
    found = {}
    for index in indices:
        of_sample = rows.get(dataset.samples[index].place, [])
        masks = [_of_row(row, table, _size(dataset, index)) for row in of_sample]
        given = [mask for mask in masks if mask is not None]
        if given:
            found[index] = np.logical_or.reduce(given)
    return found


def _of_row(row: Row, table: Path, size: tuple[int, ...]) -> Mask | None:
    where = f"{row.place} of {table}"
    if row.cells.get("mask"):
        path = (table.parent / str(row.cells["mask"])).resolve()
        if not path.is_relative_to(table.parent.resolve()):
            raise DataError("a mask must lie in the folder of its table", got=str(row.cells["mask"]), where=where)
        return read_mask(path, size)
    box = row.cells.get("box")
    if box is None or box == "":
        return None
    return box_mask(",".join(map(str, box)) if isinstance(box, list) else str(box), size, where=where)


def _opaque(data: bytes) -> Mask | None:
    """Return what is more than half opaque in an image that can be decoded; None if all of it is."""
    from PIL import ImageOps

    picture = opened(data)
    if not picture.has_transparency_data:
        return None
    alpha = np.asarray(ImageOps.exif_transpose(picture).convert("RGBA"))[..., 3]
    found: Mask = alpha > _HALF
    return None if found.all() else found


def _size(dataset: Dataset, index: int) -> tuple[int, ...]:
    return tuple(dataset.read(index).shape[1:])


def _checked(mask: Mask, size: tuple[int, ...] | None, where: str) -> Mask:
    if size is not None and mask.shape != tuple(size):
        raise DataError(
            f"a mask must have the size of its image, {times(size)}", got=Quoted(times(mask.shape)), where=where
        )
    if not mask.any():
        raise DataError("a mask must cover something", got=Quoted("nothing brighter than half"), where=where)
    return mask
