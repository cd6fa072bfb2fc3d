"""Filters from a NumPy file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from striate import fingerprint
from striate.errors import InputError, Quoted, ShapeError
from striate.graph import times
from striate.nets.beginnings.bank import first_convolution
from striate.nets.beginnings.beginning import Beginning, Ground, register
from striate.nets.beginnings.weighted import begin_he, weight_of

MOST_BYTES = 64 * 2**20


@register
class File(Beginning):
    """First-layer filters are those of a `.npy` file, as they stand there; the rest of the network begins as He.

    `file:filters.npy` holds one array of the shape of the first convolution's weights. At most 64 MiB; objects in it are refused.

    When it misleads:
        Scale and signs are the file's: filters for images in 0 … 255 are far too strong for prepared ones.

    Source:
        None: they are yours.
    """

    name = "file"
    argument_name = "PATH"

    def begin(self, ground: Ground) -> tuple[str, ...]:
        begin_he(ground.module, ground.generator)
        name, layer = first_convolution(ground, self.name)
        weight = weight_of(layer)
        found = read_bank(Path(ground.argument))
        if found.shape != tuple(weight.shape):
            raise ShapeError(
                f"a bank must have the shape of the first convolution, {times(tuple(weight.shape))}",
                got=Quoted(times(found.shape)),
                where=f"{ground.argument}, for {name}",
                hint="Make the bank as large, or the convolution.",
            )
        with torch.no_grad():
            weight.copy_(torch.from_numpy(found))
        return (f"{name}: {len(found)} filters of {Path(ground.argument).name}, key {self.identity(ground.argument)}.",)

    def identity(self, argument: str) -> str:
        path = Path(argument)
        return fingerprint.short(fingerprint.of_file(path)) if path.is_file() else ""


def read_bank(path: Path) -> NDArray[np.float32]:
    """Return the array of a `.npy` file as float32.

    Raises:
        InputError: No such file; too large; not a plain array of finite numbers.
    """
    if not path.is_file():
        raise InputError("a bank of filters must be a file that exists", got=str(path), hint="numpy.save writes one.")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise InputError("a bank of filters must be at most 64 MiB", got=Quoted(f"{size} bytes"), where=str(path))
    try:
        # Mapped, so that a header which claims more than there is takes no memory.
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as cause:
        raise InputError(
            "a bank of filters must be a .npy file of numbers",
            got=Quoted("another kind of file, or a broken one"),
            where=str(path),
            hint="numpy.save writes one.",
        ) from cause
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiu":
        kind = found.dtype if isinstance(found, np.ndarray) else type(found).__name__
        raise InputError("a bank of filters must hold numbers", got=str(kind), where=str(path))
    with np.errstate(over="ignore"):  # said below
        made = np.array(found, dtype=np.float32)
    if not np.isfinite(made).all():
        raise InputError("a bank of filters must be finite", got=Quoted("a number that is not"), where=str(path))
    return made
