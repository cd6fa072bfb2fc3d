"""Stored bytes of a sound to samples, within bounds.

The header is read before anything is decoded: how many samples there are, in how many channels and at what rate.
"""

from __future__ import annotations

import io
import struct

import numpy as np
import torch
from torch import Tensor

from striate.data.decoding import MAX_PIXELS, UnreadableError
from striate.errors import MissingExtraError

SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".oga"})
FORMATS = ("WAV", "WAVEX", "FLAC", "OGG")
# Telephones begin at 8 kHz and converters end at 768 kHz; what lies outside is a broken header, or no sound one hears.
LEAST_RATE_HZ, MOST_RATE_HZ = 1_000, 768_000
# Written by programs that did not yet know how long the sound would be.
_UNKNOWN_SIZE = 0xFFFFFFFF
_UNKNOWN_FRAMES = 2**62


class SoundError(UnreadableError):
    """A sound that cannot be read as it is; `reason` says why in words."""

    what = "a sound"


def decode_sound(data: bytes) -> tuple[Tensor, int]:
    """Return the samples of one stored sound and its sample rate in Hz.

    WAV, FLAC and OGG (Vorbis, Opus) are read, by what the bytes are and not by the file's name. Whole numbers become fractions
    of full scale; fractions stay as they are.

    Args:
        data: The file's bytes.

    Returns:
        float32 (channels, samples), full scale at −1 and 1; the rate.

    Raises:
        SoundError: Not a sound; truncated, or with a header that does not fit what follows; empty; more than 64,000,000 values;
            a rate outside 1,000 … 768,000 Hz; samples that are not finite.
        MissingExtraError: The package soundfile is not installed.

    Example:
        >>> import numpy as np, soundfile
        >>> stored = io.BytesIO()
        >>> soundfile.write(stored, np.array([0.0, 0.5, -1.0]), 8000, format="WAV")
        >>> values, rate_hz = decode_sound(stored.getvalue())
        >>> values.tolist(), rate_hz
        ([[0.0, 0.5, -1.0]], 8000)
    """
    try:
        import soundfile
    except (ImportError, OSError):
        raise MissingExtraError(
            "sounds must have the package soundfile, which reads them", hint="Run: pip install 'striate[audio]'"
        ) from None
    _check_riff(data)
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            frames, channels, rate_hz = file.frames, file.channels, file.samplerate
            if file.format not in FORMATS:
                raise SoundError("not a sound of a known kind (WAV, FLAC, OGG)")
            _check_header(frames, channels, rate_hz)
            values = file.read(frames, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        words = " ".join(str(error).split()).partition("object at")[2].partition(": ")[2] or str(error)
        raise SoundError(f"broken or truncated ({words.strip()[:120]})") from None
    except MemoryError:
        raise SoundError("too large for the free memory") from None
    if len(values) < frames:
        raise SoundError(f"truncated: the header says {frames:,} samples, {len(values):,} are there")
    if not np.isfinite(values).all():
        raise SoundError("holds samples that are not finite")
    return torch.from_numpy(np.ascontiguousarray(values.T)), int(rate_hz)


def _check_header(frames: int, channels: int, rate_hz: int) -> None:
    if frames < 1:
        raise SoundError("without a sample")
    if frames > _UNKNOWN_FRAMES:
        raise SoundError("does not say how long it is")
    if frames * channels > MAX_PIXELS:
        raise SoundError(f"larger than {MAX_PIXELS:,} values ({frames:,} samples of {channels} channels)")
    if not LEAST_RATE_HZ <= rate_hz <= MOST_RATE_HZ:
        raise SoundError(f"a sample rate of {rate_hz:,} Hz; {LEAST_RATE_HZ:,} … {MOST_RATE_HZ:,} are read")


def _check_riff(data: bytes) -> None:
    """Refuse a WAV whose header says more bytes of sound than there are: its reader would take the rest for all."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        if name == b"data":
            there = len(data) - at - 8
            if there < size != _UNKNOWN_SIZE:
                raise SoundError(f"truncated: the header says {size:,} bytes of sound, {there:,} are there")
            return
        at += 8 + size + size % 2
