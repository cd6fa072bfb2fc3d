"""Fewer training samples: a part of them that is the same for every network and seed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import replace

from striate.data import Dataset, Split
from striate.errors import InputError


def fewer(dataset: Dataset, split: Split, count: int) -> Split:
    """Return a division whose training part has so many samples; the other parts stay.

    Classes keep their proportions, a smaller part lies within a larger one, and which samples are taken depends on their
    contents alone: not on names, order or seed.

    Args:
        dataset: The data.
        split: Of them.
        count: Training samples; 0 for all.

    Raises:
        InputError: More than there are, or fewer than one a class.

    Example:
        >>> from striate.data import load_data
        >>> data = load_data("digits")
        >>> split = fewer(data, data.split(), 200)
        >>> len(split.train), len(split.test), set(fewer(data, data.split(), 50).train) < set(split.train)
        (200, 1000, True)
    """
    if not count:
        return split
    groups = defaultdict(list)
    for index in split.train:
        target = dataset.samples[index].target
        groups[target if dataset.output.kind == "classes" else None].append(index)
    if not len(groups) <= count <= len(split.train):
        raise InputError(
            f"images must be from {len(groups)}, one a class, to the {len(split.train)} there are to train on",
            got=count,
            where="recipe",
        )
    placed = []
    for members in groups.values():
        ordered = sorted((_order(dataset.samples[index].content), index) for index in members)
        # The middle of its share of the class; the first of every class come before any second.
        placed += [
            (number > 0, (number + 0.5) / len(ordered), order, index) for number, (order, index) in enumerate(ordered)
        ]
    return replace(split, train=tuple(sorted(index for *_, index in sorted(placed)[:count])))


def _order(content: str) -> bytes:
    return hashlib.sha256(f"fewer {content}".encode()).digest()
