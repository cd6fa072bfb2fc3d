"""Samples of the data as small pictures to choose from."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from striate.data import prepare
from striate.errors import InputError, Quoted
from striate.report.arrays import ArrayStore
from striate.report.pictures.inputs import as_shown
from striate.report.pictures.shrinking import shrunk
from striate.studio.looks.pictures import MOST_VALUES
from striate.studio.subject import Subject


def sample_pictures(subject: Subject, first: int, count: int, *, side: int) -> bytes:
    """Return samples as the network receives them, as safetensors: `pictures` uint8 (n, h, w[, 3]), `numbers`, `targets`.

    A target is −1 where the data's classes are not the network's.

    Args:
        subject: With data.
        first: Number of the first sample.
        count: How many; fewer at the end of the data.
        side: Longest side of a picture, less where an answer would be too long.

    Raises:
        InputError: There are no data, or none so far along.
    """
    dataset = subject.dataset
    if dataset is None or first >= len(dataset):
        raise InputError("samples must be of the data that the studio was opened with", got=Quoted(f"from {first}"))
    numbers = range(first, min(first + count, len(dataset)))
    side = min(side, math.isqrt(MOST_VALUES // (3 * len(numbers))))
    found: list[NDArray[np.uint8]] = []
    for number in numbers:
        rate = dataset.samples[number].sample_rate_hz
        inputs = prepare(dataset.read(number), subject.network.preprocessing, sample_rate_hz=rate)
        found.append(shrunk(as_shown(inputs, subject.network.preprocessing, side), side))
    store = ArrayStore()
    store.images("pictures", np.stack(found))
    store.numbers("numbers", np.asarray(numbers, np.int32))
    has_targets = subject.shares_classes and dataset.output.kind == "classes"
    targets = dataset.targets()[list(numbers)].numpy() if has_targets else np.full(len(found), -1, np.int32)
    store.numbers("targets", targets)
    return store.to_safetensors()
