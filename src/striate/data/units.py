"""What a split moves as one: a group, or all samples of one content."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from striate.data.sample import Sample
from striate.records import Output


@dataclass(frozen=True, slots=True)
class Unit:
    """Samples that stay together.

    Attributes:
        indices: Their positions.
        strata: How many of each stratum, by name: of each class; or of each label, and in all.
        key: The seed's drawing, which depends on their contents only.
    """

    indices: tuple[int, ...]
    strata: tuple[tuple[str, int], ...]
    key: bytes


def joined(samples: Sequence[Sample], output: Output, *, seed: int) -> list[Unit]:
    """Return the samples joined by a common group or a common content."""
    groups = connected([[sample.content for sample in samples], [sample.group for sample in samples]])
    return [_unit(indices, samples, output, seed) for indices in groups]


def stratum_totals(units: list[Unit]) -> Counter[str]:
    """Return the number of samples of each stratum."""
    totals: Counter[str] = Counter()
    for unit in units:
        totals.update(dict(unit.strata))
    return totals


def _unit(indices: list[int], samples: Sequence[Sample], output: Output, seed: int) -> Unit:
    strata: Counter[str] = Counter()
    for index in indices:
        target = samples[index].target
        if isinstance(target, int):
            strata[output.names[target]] += 1
            continue
        strata["all"] += 1
        if output.kind == "labels":
            flags = zip(output.names, target, strict=True)
            strata.update(f"label {name}" for name, flag in flags if flag)
    contents = " ".join(sorted(samples[index].content for index in indices))
    key = hashlib.sha256(f"split {seed} {contents}".encode()).digest()
    return Unit(tuple(indices), tuple(sorted(strata.items())), key)


def connected(labelings: Sequence[Sequence[str | None]]) -> list[list[int]]:
    """Return positions that share a label in some labelling, or are linked by others that do.

    Example:
        >>> connected([["a", "b", "a", None], [None, "x", "x", None]])
        [[0, 1, 2], [3]]
    """
    parent = list(range(len(labelings[0])))
    first: dict[tuple[int, str], int] = {}
    for number, labels in enumerate(labelings):
        for index, label in enumerate(labels):
            if label is not None:
                here, there = _root(parent, index), _root(parent, first.setdefault((number, label), index))
                parent[max(here, there)] = min(here, there)
    members: defaultdict[int, list[int]] = defaultdict(list)
    for index in range(len(parent)):
        members[_root(parent, index)].append(index)
    return list(members.values())


def _root(parent: list[int], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = parent[index]
    return index
