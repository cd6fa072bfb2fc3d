"""One stored file to one sample, by its name's ending: a picture, a sound, an array or a volume."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from striate.data import array_files, decoding, sounds, volumes

SUFFIXES = decoding.SUFFIXES | sounds.SUFFIXES | array_files.SUFFIXES | volumes.SUFFIXES


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a file held.

    Attributes:
        values: uint8 or float32, (channels, axes of space).
        sample_rate_hz: Of a sound; 0 of everything else.
    """

    values: Tensor
    sample_rate_hz: int = 0

    @property
    def sort(self) -> str:
        """What it is, in words, for telling samples that do not go together."""
        if self.sample_rate_hz:
            return "a sound"
        word = {2: "a signal", 3: "an image", 4: "a volume"}[self.values.ndim]
        return word if self.values.dtype == torch.uint8 else f"{word} of numbers"


def suffix_of(name: str) -> str:
    """Return the ending that says what a file is, in small letters.

    Example:
        >>> suffix_of("a.b/Head.NII.gz"), suffix_of("tom.PNG"), suffix_of("a.b/tom")
        ('.nii.gz', '.png', '')
    """
    bare = name.rpartition("/")[2].lower()
    if bare.endswith(".nii.gz"):
        return ".nii.gz"
    stem, dot, ending = bare.rpartition(".")
    return f".{ending}" if dot and stem else ""


def unreadable(name: str, reason: str, *, where: str) -> decoding.UnreadableError:
    """Return the error for a file of this name: of an image, a sound, an array or a volume."""
    suffix = suffix_of(name)
    for part, error in (
        (sounds, sounds.SoundError),
        (array_files, array_files.ArrayError),
        (volumes, volumes.VolumeError),
    ):
        if suffix in part.SUFFIXES:
            return error(reason, where=where)
    return decoding.ImageError(reason, where=where)


def decode_file(name: str, data: bytes, axes: int = 0, *, at_least_px: int = 0) -> Decoded:
    """Return the sample that a file's bytes hold; what its name does not say is taken for a picture.

    Args:
        name: Of the file.
        data: Its bytes.
        axes: As in `ReadAs.axes`; asked of arrays only.
        at_least_px: As for `decode`; asked of pictures only.

    Raises:
        UnreadableError: It cannot be read as a whole, or is not what its name says.
        MissingExtraError: The package that reads such files is not installed.

    Example:
        >>> decode_file("a.pgm", b"P5 2 1 255 " + bytes([0, 9])).values.tolist()
        [[[0, 9]]]
    """
    suffix = suffix_of(name)
    if suffix in sounds.SUFFIXES:
        return Decoded(*sounds.decode_sound(data))
    if suffix in array_files.SUFFIXES:
        return Decoded(array_files.decode_array(data, axes))
    if suffix in volumes.SUFFIXES:
        return Decoded(volumes.decode_volume(data))
    return Decoded(decoding.decode(data, at_least_px=at_least_px))
