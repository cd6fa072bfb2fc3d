"""One input by name: a file of a sample, a sample of a data set, an array of numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from striate.data.decoding import MAX_PIXELS, UnreadableError, read_bytes
from striate.data.entering import said_entering
from striate.data.files import SUFFIXES, decode_file, suffix_of, unreadable
from striate.data.load import load_data
from striate.data.preparing import prepare
from striate.data.read_as import ReadAs
from striate.errors import DataError, InputError, Quoted, ShapeError
from striate.events import SILENT, Events
from striate.graph import times
from striate.records import Preprocessing

ARRAYS = (".npy",)
_KNOWN = (
    "Known: a file of an image, a sound or a volume, data:index (digits:17, folder:3), and .npy with an input as the network "
    "takes it."
)


def read_input(reference: str, preprocessing: Preprocessing, *, events: Events = SILENT) -> Tensor:
    """Return one input of a network, prepared.

    Args:
        reference: A file of an image, a sound or a volume; `data:index`, a sample of anything `load_data` takes; or a `.npy`
            file with a prepared input.
        preprocessing: Of the network.
        events: Hears a data set being read.

    Returns:
        float32 of shape `preprocessing.shape`.

    Raises:
        DataError: A file that cannot be read; an index outside the data set.
        InputError: Nothing of that name.
        ShapeError: An array of another shape; a sample of other axes than the network's.

    Example:
        >>> how = Preprocessing(shape=(1, 28, 28), mean=(0.0,), std=(1.0,))
        >>> read_input("digits:17", how).shape
        torch.Size([1, 28, 28])
    """
    return read_noted(reference, preprocessing, events=events)[0]


def read_noted(reference: str, preprocessing: Preprocessing, *, events: Events = SILENT) -> tuple[Tensor, str]:
    """Return the same, and what was done to it on its way in one line; "" if it enters whole and as it is.

    Args:
        reference: As for `read_input`.
        preprocessing: Of the network.
        events: Hears a data set being read.

    Example:
        >>> how = Preprocessing(shape=(3, 28, 28), mean=(0.0,) * 3, std=(1.0,) * 3)
        >>> read_noted("digits:17", how)[1].replace("\u202f", " ")
        '28×28×1 → 28×28×3: grey in all channels; 100 % of it seen'
    """
    if suffix_of(Path(reference).name) in ARRAYS:
        return _array(Path(reference), preprocessing), ""
    stored, rate = read_stored(reference, preprocessing, events=events)
    return prepare(stored, preprocessing, sample_rate_hz=rate), said_entering(tuple(stored.shape), preprocessing)


def read_stored(reference: str, preprocessing: Preprocessing, *, events: Events = SILENT) -> tuple[Tensor, int]:
    """Return one sample as it is stored, and the sample rate of a sound, 0 of everything else.

    Args:
        reference: As for `read_input`, but no `.npy`.
        preprocessing: Of the network: it says how many axes a sample has.
        events: Hears a data set being read.

    Raises:
        DataError: A file that cannot be read; an index outside the data set.
        InputError: Nothing of that name.

    Example:
        >>> read_stored("digits:17", Preprocessing(shape=(1, 28, 28), mean=(0.0,), std=(1.0,)))[0].shape
        torch.Size([1, 28, 28])
    """
    path = Path(reference)
    if suffix_of(path.name) in SUFFIXES:
        try:
            decoded = decode_file(path.name, read_bytes(path))
        except UnreadableError as error:
            raise unreadable(path.name, error.reason, where=str(path)) from None
        return decoded.values, decoded.sample_rate_hz
    data, colon, index = reference.rpartition(":")
    if data and index[:1] in {"-", "+"} and index[1:].isdecimal():
        raise DataError("a sample's index must be 0 or more", got=index, where=data, hint="The first is 0.")
    if not colon or not index.isdecimal():
        raise InputError("an input must name something", got=reference, hint=_KNOWN)
    dataset = load_data(data, read_as=ReadAs(axes=preprocessing.stored_axes), events=events)
    stored = dataset.read(int(index))
    return stored, dataset.samples[int(index)].sample_rate_hz


def _array(path: Path, preprocessing: Preprocessing) -> Tensor:
    try:
        # Mapped first: the header tells the size before anything is read.
        values = np.load(path, allow_pickle=False, mmap_mode="r")
    except (OSError, ValueError) as cause:
        raise DataError(
            "an array file must be a whole .npy of numbers", got=Quoted(str(cause)), where=str(path)
        ) from cause
    if values.size > MAX_PIXELS or values.dtype.kind not in "fiu":
        raise DataError(
            f"an array must hold at most {MAX_PIXELS:,} numbers",
            got=Quoted(f"{values.size:,} of type {values.dtype}"),
            where=str(path),
        )
    if tuple(values.shape) != preprocessing.shape:
        raise ShapeError(
            f"an array must have the network's input shape, {times(preprocessing.shape)}",
            got=Quoted(times(tuple(values.shape))),
            where=str(path),
            hint="It enters as it is. A stored sample is prepared if it is named by its data: folder:3.",
        )
    return torch.from_numpy(np.array(values, dtype=np.float32))
