"""The data set: samples with stable ids, what was set aside, and their pixels."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor

from striate import fingerprint
from striate.data.folds import Folds, fold_samples
from striate.data.pixels import Pixels
from striate.data.read_as import ReadAs
from striate.data.sample import Sample, SetAside, one_line
from striate.data.splits import Split, split_samples
from striate.errors import DataError, Quoted
from striate.records import Output


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """Images, sounds or volumes with targets, every one of which was decoded once when the data set was loaded.

    Attributes:
        name: For people ("digits").
        reference: What `load_data` was given; "arrays" for arrays, which cannot be loaded again by
            name.
        samples: In a fixed order: a folder's by class and path, a manifest's by row, arrays' by
            position.
        output: Whether targets are classes, labels or values, and their names.
        set_aside: Files and rows that are not in the data set, with the reason.
        shape: The commonest stored shape: (channels, h, w), (channels, length) or (channels, d, h, w); of equally
            common ones the one with most values.
        fingerprint: SHA-256 of the output's names and all ids and targets, in their order.
        read_as: What was said of the numbers when they were loaded.

    Example:
        >>> from striate.data import load_data
        >>> digits = load_data("digits")
        >>> digits
        <Dataset digits: 5000 samples of 1×28×28, 10 classes>
        >>> digits.read(0).shape, digits.samples[0].target
        (torch.Size([1, 28, 28]), 0)
    """

    name: str
    reference: str
    samples: tuple[Sample, ...]
    output: Output
    set_aside: tuple[SetAside, ...]
    shape: tuple[int, ...]
    fingerprint: str
    pixels: Pixels = field(repr=False)
    read_as: ReadAs = field(default_factory=ReadAs, repr=False)
    # Seconds of work for a hundred thousand samples, asked for by every training on them.
    _splits: dict[tuple[int, float, float], Split] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.samples)

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.shape))
        aside = f", {len(self.set_aside)} set aside" if self.set_aside else ""
        return f"<Dataset {self.name}: {len(self)} samples of {shape}, {self.output.count} {self.output.kind}{aside}>"

    @property
    def axes(self) -> int:
        """Axes of space of a sample: 1 of signals, 2 of images, 3 of volumes."""
        return len(self.shape) - 1

    @property
    def sample_rate_hz(self) -> int:
        """The commonest sample rate, of equally common ones the highest; for arrays the one they are said to have, or 0."""
        stored = Counter(sample.sample_rate_hz for sample in self.samples if sample.sample_rate_hz)
        return max(stored, key=lambda rate: (stored[rate], rate), default=self.read_as.sound.sample_rate_hz)

    @property
    def scale(self) -> tuple[float, ...]:
        """The two stored values that become 0 and 1, where they are known: of sounds −1 and 1; empty for bytes."""
        is_sound = any(sample.sample_rate_hz for sample in self.samples)
        return self.read_as.scale or ((-1.0, 1.0) if is_sound else ())

    def read(self, index: int) -> Tensor:
        """Return the stored values of one sample; the tensor is the caller's to change.

        Args:
            index: Position in `samples`, 0 … n − 1.

        Returns:
            uint8, 0 … 255, of pictures and of arrays of bytes, otherwise float32; shape (channels, axes of space). Samples
                may differ in shape.

        Raises:
            DataError: The index is outside; or the file changed since the data set was loaded.
        """
        self.check_indices((index,))
        return self.pixels.read(index)

    def targets(self) -> Tensor:
        """Return all targets, in the order of `samples`.

        Returns:
            Classes: int64 (n,). Labels: float32 (n, labels) of 0 and 1. Values: float32 (n,
                values), as they were given.
        """
        return as_targets([sample.target for sample in self.samples], self.output)

    def split(self, *, seed: int = 0, validation: float = 0.1, test: float = 0.2) -> Split:
        """Divide the samples into three parts; see `striate.data.Split` for what is promised.

        Args:
            seed: Another seed, another division.
            validation: Share of the samples, 0 … 1. 0 leaves the part empty.
            test: Share of the samples, 0 … 1. 0 leaves the part empty.

        Returns:
            Indices into `samples`.

        Raises:
            DataError: Shares that leave nothing to train on; a class with too few samples or groups
                for the parts.

        Example:
            >>> from striate.data import load_data
            >>> parts = load_data("digits").split()
            >>> len(parts.train), len(parts.validation), len(parts.test)
            (3500, 500, 1000)
        """
        key = seed, validation, test
        if key not in self._splits:
            self._splits[key] = split_samples(self.samples, self.output, seed=seed, validation=validation, test=test)
        return self._splits[key]

    def folds(self, count: int = 5, *, seed: int = 0) -> Folds:
        """Divide the samples into folds; see `striate.data.Folds` for what is promised and what is told.

        Raises:
            DataError: Fewer than 2 folds, or fewer groups and single samples than folds.

        Example:
            >>> from striate.data import load_data
            >>> [len(part) for part in load_data("digits").folds(5).parts]
            [1000, 1000, 1000, 1000, 1000]
        """
        return fold_samples(self.samples, self.output, count=count, seed=seed)

    def check_indices(self, indices: tuple[int, ...]) -> None:
        """Refuse indices that are not in the data set."""
        for index in indices:
            if not 0 <= index < len(self.samples):
                raise DataError(
                    f"a sample's index must be 0 … {len(self.samples) - 1}",
                    got=index,
                    where=self.name,
                )


def as_targets(targets: list[int | tuple[int, ...] | tuple[float, ...]], output: Output) -> Tensor:
    """Return targets as a tensor: int64 (n,) for classes, otherwise float32 (n, count)."""
    if output.kind == "classes":
        return torch.tensor(cast("list[int]", targets), dtype=torch.int64)
    return torch.tensor(targets, dtype=torch.float32).reshape(len(targets), output.count)


def commonest_shape(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Return the commonest shape; of equally common ones the one with most values a channel."""
    counts = Counter(shapes)
    return max(counts, key=lambda shape: (counts[shape], math.prod(shape[1:]), shape))


def data_fingerprint(samples: tuple[Sample, ...], output: Output) -> str:
    """Return the SHA-256 of the output's kind and names and of all ids and targets."""
    rows = [[sample.id, sample.target] for sample in samples]
    return fingerprint.of_json({"kind": output.kind, "names": output.names, "samples": rows})


def number_ids(keys: list[str]) -> list[str]:
    """Return ids: a content key, with ".2", ".3" … from its second appearance on.

    Example:
        >>> number_ids(["a", "b", "a", "a"])
        ['a', 'b', 'a.2', 'a.3']
    """
    seen: Counter[str] = Counter()
    ids = []
    for key in keys:
        seen[key] += 1
        ids.append(key if seen[key] == 1 else f"{key}.{seen[key]}")
    return ids


def check_classes(targets: list[int], names: tuple[str, ...], *, where: str, aside: Sequence[SetAside] = ()) -> None:
    """Refuse fewer than two classes, and classes without a single sample."""
    if len(names) < 2:
        raise DataError(
            "a data set must have at least two classes",
            got=Quoted(", ".join(map(repr, names)) or "none"),
            where=where,
            hint="A folder needs one sub-folder per class; a manifest two different labels.",
        )
    present = set(targets)
    for index, name in enumerate(names):
        if index in present:
            continue
        below = [row for row in aside if f"{row.place}/".startswith(f"{name}/")]
        why = f", {len(below)} set aside: {below[0].place}: {below[0].reason}" if below else ""
        raise DataError(
            "every class must have at least one readable sample",
            got=Quoted(one_line(f"none{why}")),
            where=f"class {name!r} of {where}",
            hint="Add samples, or remove the class.",
        )
