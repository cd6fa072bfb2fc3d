"""Samples as rows to compare without a network: small, of one channel, and without their mean."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from striate.data.dataset import Dataset
from striate.data.hearing import middle, resampled_middle
from striate.data.mel import log_mel
from striate.data.nearest import Rows, unit_rows
from striate.events import SILENT, Events, Task
from striate.records import Mel

SIDE_PX = 32
SIDE_VOXELS = 10
RATE_HZ = 8000
RANGE_DB = 80.0
_MEL = Mel(fft=512, window=400, hop=160, bands=SIDE_PX, low_hz=0.0, high_hz=RATE_HZ / 2)


def grey_rows(dataset: Dataset, indices: tuple[int, ...], *, events: Events = SILENT) -> Rows:
    """Return each sample as one row: made small by averaging, its channels' mean, its own mean taken off, length 1.

    Images are brought to 32×32, volumes to 10×10×10, signals to 1,024 places. Of sounds it is the log-mel spectrogram that is
    brought to 32×32 (the whole sound at 8 kHz, 32 bands, 50 ms every 20 ms, the upper 80 dB): in their waves even a copy with a
    little silence before it would be another sound.

    The cosine of two rows is the correlation of the two small pictures. Brightness and contrast do not matter to it, nor the
    loudness of a sound; size and compression hardly. A crop of a few pixels does.

    Args:
        dataset: Where the samples are.
        indices: Which of them.
        events: Hears "comparing the samples"; may cancel.

    Returns:
        (n, features) float32; a sample of one value is all zeros, and like no other.

    When it misleads:
        A picture turned over, or cut by a tenth, is another picture here: see `striate.features.likeness` with a network.

    Example:
        >>> from striate.data import load_data
        >>> rows = grey_rows(load_data("digits"), (0, 1, 500))
        >>> rows.shape, bool(rows[0] @ rows[1] > rows[0] @ rows[2])   # two zeros, and a one
        ((3, 1024), True)
    """
    task = Task("comparing the samples", total=len(indices), unit="sample", events=events)
    rows: list[Rows] = []
    for index in indices:
        stored = dataset.read(index)
        small = _small(stored.float(), dataset.samples[index].sample_rate_hz).flatten()
        # The mean of equal values is not always that value: what is left is no picture.
        least = 1e-3 if stored.dtype == torch.uint8 else 1e-6 * float(small.abs().max())
        rest = (small - small.mean()).numpy()
        rows.append(rest if np.abs(rest).max() > least else np.zeros_like(rest))
        task.advance()
    return unit_rows(np.stack(rows))


def small_words(dataset: Dataset) -> str:
    """Return what `grey_rows` compares, in words."""
    if dataset.axes == 3:
        return "×".join([str(SIDE_VOXELS)] * 3) + " voxels"
    if dataset.axes == 1:
        is_sound = dataset.samples[0].sample_rate_hz
        return f"{SIDE_PX}×{SIDE_PX} log-mel spectrograms" if is_sound else f"{SIDE_PX * SIDE_PX} places of the signals"
    return f"{SIDE_PX}×{SIDE_PX} grey pixels"


def _small(stored: Tensor, sample_rate_hz: int) -> Tensor:
    one = stored.mean(0, keepdim=True)
    if one.ndim == 3:
        return functional.adaptive_avg_pool2d(one, SIDE_PX)
    if one.ndim == 4:
        return functional.adaptive_avg_pool3d(one, SIDE_VOXELS)
    if not sample_rate_hz:
        return functional.adaptive_avg_pool1d(one, SIDE_PX * SIDE_PX)
    if sample_rate_hz != RATE_HZ:
        one = resampled_middle(one, sample_rate_hz, RATE_HZ, -(-one.shape[1] * RATE_HZ // sample_rate_hz))
    heard = log_mel(middle(one, max(one.shape[1], _MEL.fft)), _MEL, RATE_HZ)
    # Silence is far below everything that sounds, and how far says nothing.
    return functional.adaptive_avg_pool2d(heard.clamp_min(float(heard.max()) - RANGE_DB), SIDE_PX)
