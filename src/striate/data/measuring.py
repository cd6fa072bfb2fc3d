"""The preprocessing a data set asks for."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import torch
from torch import Tensor

from striate.data.batching import batches
from striate.data.dataset import Dataset
from striate.data.hearing import hearing_words
from striate.data.mel import mel_for
from striate.data.preparing import check_shape, prepare
from striate.errors import DataError, ShapeError
from striate.events import SILENT, Events, Task
from striate.graph import times
from striate.records import Preprocessing

# A tenth of a grey level; other numbers have no levels, and their scale is only as good as their outliers.
FLAT, FLAT_NUMBERS = 0.1 / 255, 1e-6
_AT_ONCE = 50


def measure_preprocessing(
    dataset: Dataset,
    indices: tuple[int, ...],
    shape: tuple[int, ...] | None = None,
    *,
    events: Events = SILENT,
) -> Preprocessing:
    """Return the preprocessing that gives these samples mean 0 and std 1 per channel.

    Measured on the samples as they enter the network (right channels, right size), summed in
    float64, rounded to 8 decimals so that the number of processors cannot be seen in it. A channel
    that varies by less than a tenth of a grey level (a millionth of the scale, of other numbers than
    bytes), and a value that does not vary at all, get std 1.0: nothing would be gained by dividing.

    The scale of numbers that are no bytes is the data set's; where nobody stated one, 0 and 1 are the
    least and the largest of these samples. Sounds enter at `Sound.sample_rate_hz`, or at the
    commonest rate of these samples; for an input of two axes of space they become log-mel
    spectrograms (`mel_for`), whose 0 is the floor and whose 1 the loudest value of these samples.

    Args:
        dataset: Where the samples are.
        indices: Which samples: those one trains on, never those one tests on.
        shape: The input's shape, (c, axes of space); the data set's own if it is None.
        events: Hears "measuring", fifty samples at a time, and how sounds are heard.

    Returns:
        Mean and population std per channel, on the scale 0 … 1; per value for regression, in the
        value's own unit.

    Raises:
        DataError: No indices, or indices outside the data set; another scale for bytes.
        ShapeError: A shape with other axes of space than the samples; a spectrogram of signals whose
            sample rate nobody knows.

    Example:
        >>> from striate.data import load_data
        >>> digits = load_data("digits")
        >>> how = measure_preprocessing(digits, digits.split().train)
        >>> how.shape, round(how.mean[0], 2), round(how.std[0], 2)
        ((1, 28, 28), 0.13, 0.31)
    """
    if not indices:
        raise DataError("preprocessing must be measured on at least one sample", got=0, where=dataset.name)
    dataset.check_indices(indices)
    shape = check_shape(dataset.shape if shape is None else shape)
    plain = _scaled(dataset, indices, _heard(dataset, indices, shape))
    if words := hearing_words(plain):
        events.log(words)
    total = torch.zeros(shape[0], dtype=torch.float64)
    squares = torch.zeros(shape[0], dtype=torch.float64)
    task = Task("measuring", total=len(indices), unit="sample", events=events)
    for batch in batches(dataset, indices, plain, batch_size=_AT_ONCE):
        entering = batch.images.flatten(2).to(torch.float64)
        total += entering.sum((0, 2))
        squares += entering.square().sum((0, 2))
        task.advance(len(batch))
    count = len(indices) * math.prod(shape[1:])
    average = total / count
    spread = (squares / count - average.square()).clamp_min(0).sqrt()
    values: list[tuple[float, float]] = []
    if dataset.output.kind == "values":
        targets = [dataset.samples[index].target for index in indices]
        columns = zip(*(target for target in targets if isinstance(target, tuple)), strict=True)
        values = [_mean_and_std(column) for column in columns]
    return replace(
        plain,
        mean=_rounded(average),
        std=_rounded(spread, flat=FLAT_NUMBERS if plain.scale else FLAT),
        value_mean=tuple(mean for mean, _ in values),
        value_std=tuple(std for _, std in values),
    )


def _entering(dataset: Dataset, index: int, how: Preprocessing) -> Tensor:
    return prepare(dataset.read(index), how, sample_rate_hz=dataset.samples[index].sample_rate_hz)


def _heard(dataset: Dataset, indices: tuple[int, ...], shape: tuple[int, ...]) -> Preprocessing:
    """Return a preprocessing that changes no value, with the rate and the spectrogram of sounds."""
    plain = Preprocessing(shape=shape, mean=(0.0,) * shape[0], std=(1.0,) * shape[0])
    axes = len(shape) - 1
    if dataset.axes != 1:
        if axes != dataset.axes:
            raise ShapeError(
                f"an input must have the samples' {dataset.axes} axes of space", got=times(shape), where=dataset.name
            )
        return plain
    sound = dataset.read_as.sound
    stored = [dataset.samples[index].sample_rate_hz for index in indices]
    rate = sound.sample_rate_hz or (statistics.mode(sorted(stored, reverse=True)) if any(stored) else 0)
    plain = replace(plain, sample_rate_hz=rate)
    if axes == 1:
        return plain
    if axes != 2 or not rate:
        raise ShapeError(
            "an input of signals must have one axis of space, or two for a spectrogram of sounds with a sample rate",
            got=times(shape),
            where=dataset.name,
            hint="Arrays have the rate that read_as=ReadAs(sound=Sound(sample_rate_hz=…)) says." if axes == 2 else "",
        )
    lengths = [
        dataset.read(index).shape[1] * rate / (dataset.samples[index].sample_rate_hz or rate) for index in indices
    ]
    return replace(plain, mel=mel_for(shape, rate, sound, median_length=round(statistics.median(lengths))))


def _scaled(dataset: Dataset, indices: tuple[int, ...], how: Preprocessing) -> Preprocessing:
    """Return the preprocessing with the scale of numbers that are no bytes."""
    if dataset.read(indices[0]).dtype == torch.uint8 and how.mel is None:
        if dataset.read_as.scale:
            raise DataError("bytes must have the scale 0 … 255", got=dataset.read_as.scale, where=dataset.name)
        return how
    if dataset.scale and how.mel is None:
        return replace(how, scale=dataset.scale)
    # Through a scale that changes nothing.
    same = replace(how, scale=(0.0, 1.0))
    low, high = math.inf, -math.inf
    for index in indices:
        entering = dataset.read(index) if how.mel is None else _entering(dataset, index, same)
        low, high = min(low, float(entering.min())), max(high, float(entering.max()))
    if how.mel:
        low = 10 * math.log10(how.mel.floor)
    return replace(how, scale=(low, high if high > low else low + 1))


def _rounded(numbers: Tensor, *, flat: float | None = None) -> tuple[float, ...]:
    """Return floats with 8 decimals; below `flat`, 1.0."""
    return tuple(1.0 if flat is not None and number < flat else round(number, 8) for number in numbers.tolist())


def _mean_and_std(values: tuple[float, ...]) -> tuple[float, float]:
    """Return mean and population std, summed exactly; a std that is rounding only becomes 1.0."""
    mean = math.fsum(values) / len(values)
    std = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    return mean, std if std > 1e-12 * abs(mean) else 1.0
