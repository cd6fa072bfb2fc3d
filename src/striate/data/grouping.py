"""Groups from several sources, joined: what any of them holds together is never divided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from striate.data.dataset import Dataset
from striate.data.units import connected
from striate.errors import DataError


def with_groups(dataset: Dataset, labelings: Mapping[str, Sequence[str | None]]) -> Dataset:
    """Return the data set with more groups: samples that share a label in any labelling, or a group already.

    Everything that divides samples (`Dataset.split`, `Dataset.folds`, a training) then keeps them together. Samples
    linked through others are one group, too.

    Args:
        dataset: Stays as it is.
        labelings: One label for each sample, None for a sample that stands alone, by the labelling's name
            ("folder", "like"). The group takes the first label it has, own groups first.

    Raises:
        DataError: A labelling without exactly one label for each sample.

    Example:
        >>> from striate.data import load_data
        >>> digits = load_data("digits")
        >>> tied = with_groups(digits, {"writer": ["w1", "w1", *[None] * 4998]})
        >>> tied.samples[1].group, tied.samples[2].group
        ('writer w1', None)
    """
    for name, labels in labelings.items():
        if len(labels) != len(dataset):
            raise DataError(
                f"a labelling must have one label for each of the {len(dataset)} samples", got=len(labels), where=name
            )
    own = [sample.group for sample in dataset.samples]
    every = [own, *labelings.values()]
    samples = list(dataset.samples)
    for members in connected(every):
        names = [
            f"{name} {label}" if name else str(label)
            for name, labels in zip(("", *labelings), every, strict=True)
            for label in sorted({str(labels[index]) for index in members if labels[index] is not None})
        ]
        for index in members if names else ():
            samples[index] = replace(samples[index], group=names[0])
    return replace(dataset, samples=tuple(samples))


def folder_labels(dataset: Dataset) -> tuple[str | None, ...]:
    """Return for each sample the folder its image lies in, as a label; None where the folder tells nothing.

    In a folder of class folders that is the sub-folder below the class ("cats/tom" of "cats/tom/7.png"); images right in
    the class folder stand alone. In a manifest it is the folder of the path. Built-in data and arrays have none.

    When it misleads:
        Sub-folders that are no sources ("a-m", "n-z") hold together what might be divided.
    """
    reference = Path(dataset.reference)
    if reference.is_dir():
        deep = 2
    elif reference.is_file():
        deep = 1
    else:
        return (None,) * len(dataset)
    found = [sample.place.split("/")[:-1] for sample in dataset.samples]
    return tuple("/".join(folders) if len(folders) >= deep else None for folders in found)


def group_words(dataset: Dataset) -> tuple[str, ...]:
    """Return what people should know about the groups, a sentence each."""
    sizes = Counter(sample.group for sample in dataset.samples)
    alone = sizes.pop(None, 0)
    words = []
    if sizes and alone:
        words.append(f"{alone} of {len(dataset)} samples are in no group; each of them stands alone.")
    return tuple(words)
