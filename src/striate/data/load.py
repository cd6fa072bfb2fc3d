"""A reference to a data set."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from striate.data.arrays import load_arrays
from striate.data.dataset import Dataset
from striate.data.digits import digits, digits_ink
from striate.data.folder import load_folder
from striate.data.manifest import load_manifest
from striate.data.read_as import ReadAs
from striate.data.table import SUFFIXES
from striate.errors import DataError, InputError, UnknownNameError
from striate.events import SILENT, Events

BUILT_IN = {"digits": digits, "digits:ink": digits_ink}
KNOWN = (
    f"Known: {', '.join(BUILT_IN)}, a folder with one sub-folder per class, "
    f"a manifest ({', '.join(SUFFIXES)}), or in Python (samples, targets)."
)
PLAIN = ReadAs()


def load_data(
    reference: str | Path | tuple[object, object], *, read_as: ReadAs = PLAIN, events: Events = SILENT
) -> Dataset:
    """Return the data set a reference means, after every sample was decoded once.

    * `"digits"`: 5,000 real MNIST digits, 1×28×28, ten classes. `"digits:ink"`: the same, with one
      value each, the share of pixels that carry ink. (A folder of that name is `"./digits"`.)
    * A folder with one sub-folder per class.
    * A manifest, CSV (UTF-8, commas) or Parquet: a column `path`, and either `label`, or `labels`
      (several, between `;` or `|`), or `value`, or several `value:<name>`; `group` if some rows
      must not be divided. Paths are relative to the manifest and stay in its folder; those that
      lead elsewhere are written absolute. A column `split` is not used: parts are made by
      `Dataset.split`.
    * In Python `(samples, targets)`: numbers, (n, length) for signals, (n, h, w) or (n, c, h, w) for
      images, (n, c, d, h, w) for volumes, and what `read_as` says they are, like (n, c, length);
      whole numbers or words (n,) for classes, 0 and 1 (n, k) for labels, floats (n,) or (n, k) for
      values.

    A sample's file is a picture (JPEG, PNG, BMP, GIF, TIFF, WebP, PNM), a sound (WAV, FLAC, OGG; needs
    `striate[audio]`), an array (`.npy`: one sample; its axes as `read_as` says) or a volume (NIfTI;
    needs `striate[volumes]`). All of a data set are of one sort; bytes and other numbers are two
    sorts. What cannot be read, is of another sort than most, or has other channels, and rows that
    cannot be used, are in `Dataset.set_aside` with the reason.

    Args:
        reference: One of the above.
        read_as: What the numbers mean where files leave it open.
        events: Hears "reading", one sample at a time, and a line for what was set aside, and of
            sounds for their rates, channels and lengths; may cancel.

    Returns:
        The data set. Decoded samples stay in memory while all together are below 512 MiB; otherwise
        each is decoded again when it is read.

    Raises:
        UnknownNameError: Neither a built-in name nor a path that exists.
        DataError: Nothing usable there: see the message.
        MissingExtraError: `digits` without the package that holds them; sounds or volumes without the
            one that reads them.
        Cancelled: The watcher asked to stop.

    Example:
        >>> load_data("digits:ink").output.names
        ('ink',)
    """
    if isinstance(reference, tuple):
        if len(reference) != 2:
            raise DataError("arrays must be given as (samples, targets)", got=len(reference))
        return load_arrays(*reference, read_as=read_as)
    if not isinstance(reference, str | Path):
        raise InputError(
            "a data reference must be text, a path or (samples, targets)",
            got=type(reference).__name__,
            hint=KNOWN,
        )
    text = os.fspath(reference)
    if isinstance(reference, str) and reference in BUILT_IN:
        return replace(BUILT_IN[reference](), read_as=replace(read_as, axes=0))
    path = Path(text)
    if not text or not os.path.exists(text):  # noqa: PTH110 - never raises, whatever the text
        raise UnknownNameError("a data reference must be a known name or an existing path", got=text[:200], hint=KNOWN)
    if path.is_dir():
        return load_folder(path, reference=text, events=events, read_as=read_as)
    if path.suffix.lower() in SUFFIXES:
        return load_manifest(path, reference=text, events=events, read_as=read_as)
    raise DataError("a data file must be a manifest", got=text, hint=KNOWN)


def absolute_reference(reference: str) -> str:
    """Return a reference to data or a network that means the same in another working directory."""
    return str(Path(reference).absolute()) if reference not in BUILT_IN and Path(reference).exists() else reference
