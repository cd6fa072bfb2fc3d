"""Some of a data set's samples, as a data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from striate.data.dataset import Dataset, data_fingerprint
from striate.errors import DataError, Quoted


def evenly_spread(count: int, most: int) -> tuple[int, ...]:
    """Return at most so many of the numbers 0 … count − 1, evenly spread from the first.

    Data sets lie class by class, so that this takes of every class its share, and the same samples every time.

    Example:
        >>> evenly_spread(10, 4), evenly_spread(3, 4)
        ((0, 2, 5, 7), (0, 1, 2))
    """
    some = min(count, most)
    return tuple(number * count // some for number in range(some))


def subset(dataset: Dataset, indices: Sequence[int]) -> Dataset:
    """Return the data set of some samples, with their ids; nothing is decoded or copied.

    All classes stay, also those of which no sample is left.

    Args:
        dataset: The data.
        indices: Which of its samples, in which order; none twice.

    Raises:
        DataError: No sample, one twice, or one that is not there.

    Example:
        >>> from striate.data import load_data
        >>> some = subset(load_data("digits"), [4999, 17])
        >>> some, some.samples[1].place
        (<Dataset digits: 2 samples of 1×28×28, 10 classes>, 'digits/17')
    """
    chosen = tuple(indices)
    dataset.check_indices(chosen)
    if not chosen:
        raise DataError("a subset must have a sample", got=Quoted("none"), where=dataset.name)
    number, times = Counter(chosen).most_common(1)[0]
    if times > 1:
        raise DataError(
            "a subset must name each sample once", got=Quoted(f"{number}, {times} times"), where=dataset.name
        )
    samples = tuple(dataset.samples[index] for index in chosen)
    return replace(
        dataset,
        samples=samples,
        pixels=dataset.pixels.subset(chosen),
        fingerprint=data_fingerprint(samples, dataset.output),
    )
