"""The preprocessing a data set asks for."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from striate.data.dataset import Dataset
from striate.data.preparing import check_shape, fit
from striate.errors import DataError
from striate.events import SILENT, Events, track
from striate.records import Preprocessing

FLAT = 0.1 / 255


def measure_preprocessing(
    dataset: Dataset,
    indices: tuple[int, ...],
    shape: tuple[int, ...] | None = None,
    *,
    events: Events = SILENT,
) -> Preprocessing:
    """Return the preprocessing that gives these samples mean 0 and std 1 per channel.

    Measured on the images as they enter the network (right channels, right size), summed in
    float64, rounded to 8 decimals so that the number of processors cannot be seen in it. A channel
    that varies by less than a tenth of a grey level, and a value that does not vary at all, get std
    1.0: nothing would be gained by dividing.

    Args:
        dataset: Where the samples are.
        indices: Which samples: those one trains on, never those one tests on.
        shape: The input's shape (1 or 3, h, w); the data set's own if it is None.
        events: Hears "measuring", one image at a time.

    Returns:
        Mean and population std per channel, on the scale 0 … 1; per value for regression, in the
        value's own unit.

    Raises:
        DataError: No indices, or indices outside the data set.
        ShapeError: A shape that is not (1 or 3, h, w).

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
    total = torch.zeros(shape[0], dtype=torch.float64)
    squares = torch.zeros(shape[0], dtype=torch.float64)
    for index in track(indices, "measuring", total=len(indices), unit="image", events=events):
        pixels = fit(dataset.read(index)[None], shape)[0].to(torch.float64)
        total += pixels.sum((1, 2))
        squares += pixels.square().sum((1, 2))
    count = len(indices) * shape[1] * shape[2]
    average = total / count
    spread = (squares / count - average.square()).clamp_min(0).sqrt()
    values: list[tuple[float, float]] = []
    if dataset.output.kind == "values":
        targets = [dataset.samples[index].target for index in indices]
        columns = zip(*(target for target in targets if isinstance(target, tuple)), strict=True)
        values = [_mean_and_std(column) for column in columns]
    return Preprocessing(
        shape=shape,
        mean=_rounded(average),
        std=_rounded(spread, flat=FLAT),
        value_mean=tuple(mean for mean, _ in values),
        value_std=tuple(std for _, std in values),
    )


def _rounded(numbers: Tensor, *, flat: float | None = None) -> tuple[float, ...]:
    """Return floats with 8 decimals; below `flat`, 1.0."""
    return tuple(1.0 if flat is not None and number < flat else round(number, 8) for number in numbers.tolist())


def _mean_and_std(values: tuple[float, ...]) -> tuple[float, float]:
    """Return mean and population std, summed exactly; a std that is rounding only becomes 1.0."""
    mean = math.fsum(values) / len(values)
    std = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    return mean, std if std > 1e-12 * abs(mean) else 1.0
