"""A stored sound as a network hears it: its channels, its rate, its length."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from striate.data.mel import log_mel
from striate.errors import ShapeError
from striate.numbers import count, plural
from striate.records import Preprocessing


def heard(sound: Tensor, preprocessing: Preprocessing, sample_rate_hz: int) -> Tensor:
    """Return a sound as it enters, still on its stored scale: mixed, resampled, cut, and as a spectrogram if that is read.

    Args:
        sound: float32 or uint8 (channels, samples).
        preprocessing: What the network reads.
        sample_rate_hz: Of the sound; 0 takes it to be the network's.

    Returns:
        Floats of the input's shape; of a spectrogram one channel, in decibels, if the input's channels are others than the
        sound's.

    Raises:
        ShapeError: Channels that are not the input's, of signals that are no sounds.
    """
    rate = preprocessing.sample_rate_hz
    channels, length = preprocessing.shape[0], preprocessing.shape[1]
    mixed = sound.to(torch.float32)
    if len(mixed) != channels:
        if not (sample_rate_hz or preprocessing.mel):
            raise ShapeError(f"signals must have the input's {plural(channels, 'channel')}", got=len(mixed))
        mixed = mixed.mean(0, keepdim=True)
    if preprocessing.mel:
        length = preprocessing.mel.length(preprocessing.shape[2])
    if rate and sample_rate_hz and rate != sample_rate_hz:
        mixed = resampled_middle(mixed, sample_rate_hz, rate, length)
    mixed = middle(mixed, length)
    return log_mel(mixed, preprocessing.mel, rate) if preprocessing.mel else mixed.expand(channels, -1)


def middle(values: Tensor, length: int, *, fill: float = 0.0) -> Tensor:
    """Return the middle of (…, samples), or all of it between equal parts of `fill`; an odd rest goes to the end.

    Example:
        >>> middle(torch.arange(5.0), 2).tolist(), middle(torch.ones(2), 5).tolist()
        ([1.0, 2.0], [0.0, 1.0, 1.0, 0.0, 0.0])
    """
    have = values.shape[-1]
    if have >= length:
        begin = (have - length) // 2
        return values[..., begin : begin + length]
    before = (length - have) // 2
    return functional.pad(values, (before, length - have - before), value=fill)


def resampled_middle(sound: Tensor, rate_hz: int, to_hz: int, length: int) -> Tensor:
    """Return the middle of a sound at another rate, at most so many samples of it; only what they depend on is resampled.

    Args:
        sound: float32 (channels, samples).
        rate_hz: Its rate.
        to_hz: The rate wanted.
        length: Most samples wanted, at that rate.

    Source:
        scipy.signal.resample_poly with its own filter (Kaiser, β 5); the middle of its result, without the rest.

    Example:
        >>> resampled_middle(torch.ones(1, 8000), 8000, 4000, 3).tolist()
        [[1.0, 1.0, 1.0]]
    """
    from scipy.signal import resample_poly

    shared = math.gcd(rate_hz, to_hz)
    up, down = to_hz // shared, rate_hz // shared
    have = sound.shape[-1]
    total = -(-have * up // down)
    first = max(0, (total - length) // 2)
    last = min(total, first + length)
    # The filter reaches ten samples of the lower rate to either side; a whole number of periods keeps its phase.
    reach = 10 * max(up, down) // up + 2
    begin = max(0, first * down // up - reach) // down * down
    end = min(have, -(-last * down // up) + reach)
    part = resample_poly(sound[:, begin:end].numpy().astype(np.float64), up, down, axis=1)
    offset = first - begin // down * up
    return torch.from_numpy(part[:, offset : offset + last - first].astype(np.float32))


def hearing_words(preprocessing: Preprocessing) -> str:
    """Return how sounds are heard, in a sentence; empty for a network that hears none.

    Example:
        >>> hearing_words(Preprocessing(shape=(1, 8000), mean=(0.5,), std=(0.1,), scale=(-1.0, 1.0), sample_rate_hz=8000))
        'Sounds are heard at 8000 Hz: 1 s of each, its middle.'
    """
    rate, mel = preprocessing.sample_rate_hz, preprocessing.mel
    if not rate:
        return ""
    if mel is None:
        return f"Sounds are heard at {count(rate)} Hz: {preprocessing.shape[1] / rate:.3g} s of each, its middle."
    channels, _, frames = preprocessing.shape
    repeated = f", the same in all {channels} channels" if channels > 1 else ""
    return (
        f"Sounds are heard at {count(rate)} Hz as {mel.bands} mel bands, {mel.low_hz:g} to {mel.high_hz:g} Hz, in "
        f"{frames} frames of {1000 * mel.window / rate:.3g} ms every {1000 * mel.hop / rate:.3g} ms: "
        f"{mel.length(frames) / rate:.3g} s of each, its middle{repeated}."
    )
