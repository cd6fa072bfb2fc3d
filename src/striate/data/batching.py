"""Batches in a stated order; chance belongs to samples, not to workers."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from striate.data.dataset import Dataset, as_targets
from striate.data.pixels import OnDemand
from striate.data.preparing import check_shape, needs_only_scale, prepare, prepare_stack
from striate.errors import InputError
from striate.records import Preprocessing

WORKERS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Some samples, ready for a network.

    Attributes:
        indices: int64 (n,): positions in the data set.
        images: float32 (n, *shape), preprocessed: images, signals or volumes.
        targets: Classes int64 (n,); labels float32 (n, labels); values float32 (n, values), not
            normalised.
        whole_targets: Those of the whole batch, of which another process may have a part; otherwise the same.
    """

    indices: Tensor
    images: Tensor
    targets: Tensor
    whole_targets: Tensor

    def __len__(self) -> int:
        return len(self.indices)


def batches(  # noqa: PLR0913 - which samples, how they become inputs, and whose part of them
    dataset: Dataset,
    indices: tuple[int, ...],
    preprocessing: Preprocessing,
    *,
    batch_size: int,
    shift_px: int = 0,
    seed: int | None = None,
    epoch: int = 0,
    rank: int = 0,
    world_size: int = 1,
) -> Iterator[Batch]:
    """Yield the samples in the order given, the last batch smaller if need be.

    With `shift_px`, each prepared input is moved by a whole number of pixels, −shift_px … shift_px
    along every axis of space; what becomes free repeats the edge. The offsets are drawn from (seed,
    epoch, sample id) alone.

    Args:
        dataset: Where the samples are.
        indices: Which samples, in which order; an index may come twice.
        preprocessing: How they become inputs.
        batch_size: Samples in a batch, at least 1.
        shift_px: Largest shift, pixels of the input; smaller than each of its sides.
        seed: What shifts are drawn with; needed with `shift_px`.
        epoch: The pass over the data, so that every pass shifts anew.
        rank: Which part of every batch to yield, 0 … world_size − 1; see `part_of`.
        world_size: Parts a batch is divided into.

    Returns:
        An iterator of batches; images are read as they are needed. Wrong arguments raise here, not
        at the first batch.

    Raises:
        InputError: A batch size below 1; a shift below 0, too large, or without a seed.
        DataError: Indices outside the data set; a file that changed since it was loaded.

    Example:
        >>> from striate.data import load_data, measure_preprocessing
        >>> digits = load_data("digits")
        >>> how = measure_preprocessing(digits, (0, 1, 2))
        >>> [tuple(batch.images.shape) for batch in batches(digits, (0, 1, 2), how, batch_size=2)]
        [(2, 1, 28, 28), (1, 1, 28, 28)]
    """
    if batch_size < 1:
        raise InputError("batch_size must be at least 1", got=batch_size)
    _, *sides = check_shape(preprocessing.shape)
    if not 0 <= shift_px < min(sides):
        raise InputError(f"shift_px must be 0 … {min(sides) - 1}", got=shift_px)
    if shift_px and seed is None:
        raise InputError("shift_px must come with a seed", got=None, hint="Pass seed=0.")
    dataset.check_indices(indices)
    still = (0,) * len(sides)
    offsets = [
        _offset(seed, epoch, dataset.samples[index].id, shift_px, len(sides)) if shift_px else still
        for index in indices
    ]
    return _run(dataset, indices, preprocessing, batch_size, offsets, (rank, world_size))


def part_of(count: int, rank: int, world_size: int) -> slice:
    """Return which of the samples of a batch one of several processes takes: neighbours, sizes differing by one at most.

    Nobody gets a single sample, which a normalisation over the batch could not use: of three samples for two processes, the
    second gets none.

    Example:
        >>> [part_of(9, rank, 2) for rank in range(2)], [part_of(3, rank, 2) for rank in range(2)]
        ([slice(0, 5, None), slice(5, 9, None)], [slice(0, 3, None), slice(3, 3, None)])
    """
    parts = min(world_size, max(count // 2, 1))
    if rank >= parts:
        return slice(count, count)
    size, rest = divmod(count, parts)
    start = rank * size + min(rank, rest)
    return slice(start, start + size + (rank < rest))


def shuffled(indices: tuple[int, ...], *, seed: int, epoch: int) -> tuple[int, ...]:
    """Return the indices in the order for one pass over the data.

    The order depends on the seed, the epoch and the indices themselves; not on the order they came
    in.

    Args:
        indices: Positions in the data set.
        seed: Another seed, another order.
        epoch: Another pass, another order.

    Returns:
        The same indices.

    Example:
        >>> shuffled((0, 1, 2, 3), seed=0, epoch=0) == shuffled((3, 2, 1, 0), seed=0, epoch=0)
        True
    """
    words = {index: f"order {seed} {epoch} {index}".encode() for index in indices}
    return tuple(sorted(indices, key=lambda index: hashlib.sha256(words[index]).digest()))


def _run(
    dataset: Dataset,
    indices: tuple[int, ...],
    preprocessing: Preprocessing,
    batch_size: int,
    offsets: list[tuple[int, ...]],
    part: tuple[int, int],
) -> Iterator[Batch]:
    from_disk = isinstance(dataset.pixels, OnDemand)
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="striate-decoding") if from_disk else None
    # A pool begins with the next batch while this one is worked on; without one, reading costs nothing.
    waiting: deque[Iterator[Tensor]] = deque()
    slices = []
    for start in range(0, len(indices), batch_size):
        count = min(batch_size, len(indices) - start)
        own = part_of(count, *part)
        slices.append((slice(start, start + count), slice(start + own.start, start + own.stop)))
    try:
        for number, (whole, own) in enumerate(slices):
            for _, ahead in slices[number + len(waiting) : number + 1 + bool(pool)]:
                waiting.append((pool.map if pool else map)(dataset.read, indices[ahead]))
            rates = [dataset.samples[index].sample_rate_hz for index in indices[own]]
            images = _prepared(list(waiting.popleft()), preprocessing, rates)
            if any(any(offset) for offset in offsets[own]):
                images = _shifted(images, offsets[own])
            targets = as_targets([dataset.samples[index].target for index in indices[whole]], dataset.output)
            yield Batch(
                indices=torch.tensor(indices[own], dtype=torch.int64),
                images=images,
                targets=targets[own.start - whole.start : own.stop - whole.start],
                whole_targets=targets,
            )
    finally:
        if pool:
            pool.shutdown(cancel_futures=True)


def _prepared(stored: list[Tensor], preprocessing: Preprocessing, rates_hz: list[int]) -> Tensor:
    """Return prepared samples; those of one kind of number that need their scale only at once: the same numbers, faster."""
    if not stored:
        return torch.empty(0, *preprocessing.shape)
    whole = list(zip(stored, rates_hz, strict=True))
    if all(needs_only_scale(sample, preprocessing, rate) for sample, rate in whole) and _are_as_trained(
        stored, preprocessing
    ):
        return prepare_stack(torch.stack(stored), preprocessing)
    return torch.stack([prepare(sample, preprocessing, sample_rate_hz=rate) for sample, rate in whole])


def _are_as_trained(stored: list[Tensor], preprocessing: Preprocessing) -> bool:
    return all((sample.dtype == torch.uint8) != bool(preprocessing.scale) for sample in stored)


def _offset(seed: int | None, epoch: int, sample_id: str, shift_px: int, axes: int) -> tuple[int, ...]:
    """Return how far a sample moves along each axis of space: of an image, down and to the right."""
    digest = hashlib.sha256(f"shift {seed} {epoch} {sample_id}".encode()).digest()
    drawn = (int.from_bytes(digest[8 * axis : 8 * axis + 8], "little") for axis in range(axes))
    return tuple(number % (2 * shift_px + 1) - shift_px for number in drawn)


def _shifted(images: Tensor, offsets: list[tuple[int, ...]]) -> Tensor:
    """Return the inputs (n, c, axes of space), each moved; the edge is repeated into what becomes free."""
    sides = images.shape[2:]
    most = max(abs(step) for offset in offsets for step in offset)
    padded = functional.pad(images, (most,) * (2 * len(sides)), mode="replicate")
    moved = torch.empty_like(images)
    for row, offset in enumerate(offsets):
        window = padded[row]
        for axis, (step, side) in enumerate(zip(offset, sides, strict=True), start=1):
            window = window.narrow(axis, most - step, side)
        moved[row] = window
    return moved
