"""Sounds as images: the log-mel spectrogram."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from striate.errors import InputError, Quoted
from striate.records import Mel, Sound

# Slaney's scale: straight below 1,000 Hz, 200/3 Hz a mel; above, 27 mels for every factor of 6.4.
_BREAK_HZ, _STRAIGHT_HZ, _LOG_MELS = 1000.0, 200 / 3, 27 / math.log(6.4)
_LONGEST = 16


def log_mel(sound: Tensor, mel: Mel, sample_rate_hz: int) -> Tensor:
    """Return the log-mel spectrogram of a sound, in decibels: 10 log₁₀ max(power, floor).

    The sound is cut into frames of `mel.fft` samples, `mel.hop` apart, without padding; each is weighted by a periodic Hann
    window of `mel.window` samples in its middle, and the squared magnitudes of its Fourier transform are summed in triangular
    bands of equal area that are evenly spread on the mel scale.

    Args:
        sound: float32 (channels, samples), at least `mel.fft` samples.
        mel: The bands and the frames.
        sample_rate_hz: Of the sound.

    Returns:
        float32 (channels, bands, frames), the lowest band first, −100 and above for the usual floor.

    Raises:
        InputError: Bands outside 0 … half the sample rate, or too narrow to hold one frequency of the transform.

    When it misleads:
        Low bands are narrower than the transform can tell apart: neighbours then say nearly the same. A louder copy is the same
        image, some decibels brighter.

    Source:
        Slaney, "Auditory Toolbox", Interval Research 1998-010, with the area normalisation; the numbers are those of librosa's
        melspectrogram (center=False) and power_to_db (ref 1.0, no top_db). Differs: in torch, without librosa.

    Example:
        >>> mel = Mel(fft=256, window=256, hop=128, bands=8, low_hz=0.0, high_hz=4000.0)
        >>> tone = torch.sin(torch.arange(1024) * 2 * torch.pi * 1000 / 8000)[None]
        >>> found = log_mel(tone, mel, 8000)
        >>> found.shape, found[0, :, 3].argmax().item()   # the bands' middles: 257, 513, 770, 1043 Hz …
        (torch.Size([1, 8, 7]), 3)
    """
    bands = mel_filters(mel, sample_rate_hz)
    spectrum = torch.stft(
        sound,
        n_fft=mel.fft,
        hop_length=mel.hop,
        win_length=mel.window,
        window=torch.hann_window(mel.window, periodic=True, dtype=sound.dtype),
        center=False,
        return_complex=True,
    )
    power = bands.to(sound.dtype) @ spectrum.abs().square()
    return 10 * power.clamp_min(mel.floor).log10()


@lru_cache(maxsize=8)
def mel_filters(mel: Mel, sample_rate_hz: int) -> Tensor:
    """Return the weight of every frequency of the transform in every band, float64 (bands, fft // 2 + 1).

    Raises:
        InputError: As `log_mel` does.
    """
    if not 0 <= mel.low_hz < mel.high_hz <= sample_rate_hz / 2:
        raise InputError(
            "mel bands must rise from 0 Hz or more to at most half the sample rate",
            got=Quoted(f"{mel.low_hz:g} … {mel.high_hz:g} Hz of {sample_rate_hz} Hz"),
        )
    if not 1 <= mel.window <= mel.fft or mel.hop < 1 or mel.bands < 1:
        raise InputError("a window must have 1 to fft samples, and hop and bands be at least 1", got=mel)
    found = _triangles(mel, sample_rate_hz)
    empty = int((found.amax(1) == 0).sum())
    if empty:
        raise InputError(
            "every mel band must hold a frequency of the transform",
            got=Quoted(f"{empty} of {mel.bands} bands too narrow for {mel.fft} samples at {sample_rate_hz} Hz"),
            hint="Ask for fewer bands, a longer window or a higher lowest frequency.",
        )
    return found


def mel_for(shape: tuple[int, ...], sample_rate_hz: int, sound: Sound, *, median_length: int) -> Mel:
    """Return the spectrogram that fills an input (channels, bands, frames), as asked for and as far as it was left open.

    Args:
        shape: Of the input.
        sample_rate_hz: Of the sound as it enters.
        sound: What was asked for.
        median_length: Samples of the median sound at that rate; a hop that was left open is chosen so that the frames span it,
            at most half a window and at least an eighth of one.

    Raises:
        InputError: More bands than the transform can tell apart.

    Example:
        >>> found = mel_for((1, 64, 64), 16000, Sound(), median_length=16000)
        >>> found.fft, found.window, found.hop, found.length(64)
        (512, 400, 200, 13112)
    """
    _, bands, frames = shape
    window = max(16, round(sound.window_ms * sample_rate_hz / 1000))
    high = sound.high_hz or sample_rate_hz / 2
    fft = 1 << (window - 1).bit_length()
    asked = Mel(fft=fft, window=window, hop=1, bands=bands, low_hz=sound.low_hz, high_hz=high)
    while fft < _LONGEST * window and _has_empty_band(asked, sample_rate_hz):
        fft *= 2
        asked = Mel(fft=fft, window=window, hop=1, bands=bands, low_hz=sound.low_hz, high_hz=high)
    mel_filters(asked, sample_rate_hz)
    hop = round(sound.hop_ms * sample_rate_hz / 1000)
    if not hop:
        spanning = (median_length - fft) // max(frames - 1, 1)
        hop = min(max(spanning, window // 8), window // 2)
    return Mel(fft=fft, window=window, hop=hop, bands=bands, low_hz=sound.low_hz, high_hz=high)


def _has_empty_band(mel: Mel, sample_rate_hz: int) -> bool:
    if not 0 <= mel.low_hz < mel.high_hz <= sample_rate_hz / 2:
        return False
    return bool((_triangles(mel, sample_rate_hz).amax(1) == 0).any())


def _triangles(mel: Mel, sample_rate_hz: int) -> Tensor:
    frequencies = torch.arange(mel.fft // 2 + 1, dtype=torch.float64) * sample_rate_hz / mel.fft
    mels = torch.linspace(_mel(mel.low_hz), _mel(mel.high_hz), mel.bands + 2, dtype=torch.float64)
    corners = torch.tensor([_hz(value) for value in mels.tolist()], dtype=torch.float64)
    low, middle, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising, falling = (frequencies - low) / (middle - low), (high - frequencies) / (high - middle)
    return torch.minimum(rising, falling).clamp_min(0) * 2 / (high - low)


def _mel(hz: float) -> float:
    straight = hz / _STRAIGHT_HZ
    return straight if hz < _BREAK_HZ else _BREAK_HZ / _STRAIGHT_HZ + _LOG_MELS * math.log(hz / _BREAK_HZ)


def _hz(mel: float) -> float:
    at_break = _BREAK_HZ / _STRAIGHT_HZ
    return mel * _STRAIGHT_HZ if mel < at_break else _BREAK_HZ * math.exp((mel - at_break) / _LOG_MELS)
