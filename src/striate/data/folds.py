"""Folds: every sample held out once, groups whole, classes in proportion."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise

from striate.data.sample import Sample
from striate.data.units import Unit, connected, joined, stratum_totals
from striate.errors import DataError, Quoted
from striate.numbers import listed, plural
from striate.records import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Folds:
    """Parts of a data set, each to be held out once, as ascending indices into its samples.

    * A group is never divided, and neither are samples with the same content.
    * Classes are in every fold in proportion, as far as groups allow: without groups to one sample.
    * Which fold a sample belongs to depends on the seed and the samples' contents, targets and groupings. One more
      sample without a group moves at most folds − 1 others.

    Attributes:
        parts: The folds.
        seed: The seed they were drawn with.
        told: What could not be kept, a sentence each.
    """

    parts: tuple[tuple[int, ...], ...]
    seed: int
    told: tuple[str, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Which fold each sample is in, from 0, in the order of the samples."""
        fold_of = {index: number for number, part in enumerate(self.parts) for index in part}
        return tuple(fold_of[index] for index in range(len(fold_of)))

    def training(self, fold: int) -> tuple[int, ...]:
        """Return the indices to learn from while a fold is held out, ascending."""
        return tuple(sorted(index for number, part in enumerate(self.parts) if number != fold for index in part))


def fold_at_most(samples: tuple[Sample, ...], output: Output, *, most: int, seed: int, where: str = "") -> Folds:
    """Return so many folds, or as many as the smallest class has groups and single samples, which is told first.

    Args:
        samples: With contents, targets and groups.
        output: What the targets are.
        most: Folds that are wanted.
        seed: As of `fold_samples`.
        where: Name of the data, for errors.

    Raises:
        DataError: One class; a class that is one group or one sample; fewer than two groups and single samples.

    Example:
        >>> samples = tuple(Sample(id=str(n), target=n % 2, group=f"g{n % 6}", place="") for n in range(12))
        >>> made = fold_at_most(samples, Output(kind="classes", names=("a", "b")), most=5, seed=0)
        >>> len(made.parts), made.told
        (3, ('3 folds instead of 5: the smallest class has no more samples or groups.',))
    """
    count = min(most, _fewest(samples, output, where))
    made = fold_samples(samples, output, count=count, seed=seed)
    if count == most:
        return made
    whose = "the smallest class has" if output.kind == "classes" else "there are"
    fewer = f"{plural(count, 'fold')} instead of {most}: {whose} no more samples or groups."
    return replace(made, told=(fewer, *made.told))


def _fewest(samples: tuple[Sample, ...], output: Output, where: str) -> int:
    """Return the groups and single samples of the smallest class, or of all where no classes are answered."""
    units = connected([[sample.content for sample in samples], [sample.group for sample in samples]])
    if output.kind != "classes":
        return len(units)
    counts = Counter(sample.target for sample in samples)
    if len(counts) < 2:
        raise DataError(
            "data must have at least two classes to learn from",
            got=Quoted(plural(len(counts), "class", "classes")),
            where=where,
            hint="One folder a class.",
        )
    held = Counter(target for unit in units for target in {samples[index].target for index in unit})
    smallest = min(range(output.count), key=lambda number: held[number])
    if held[smallest] < 2:
        raise DataError(
            "a class must have at least two samples or groups, one to learn from and one to be held out",
            got=Quoted(f"{counts[smallest]} in {plural(held[smallest], 'group')}"),
            where=f"class {output.names[smallest]!r}",
            hint="Add samples, or leave the class out.",
        )
    return held[smallest]


def fold_samples(samples: tuple[Sample, ...], output: Output, *, count: int, seed: int) -> Folds:
    """Return the folds; see `Folds` for what is promised.

    Groups are placed first, large ones before small ones, each where its classes are rarest so far. Then the single
    samples of each class, in the order the seed draws them, are cut into consecutive runs that fill every fold up to its
    share: one sample more moves each cut by at most one place.

    Raises:
        DataError: Fewer than 2 folds, or fewer groups and single samples than folds.
    """
    units = joined(samples, output, seed=seed)
    if count < 2 or len(units) < count:
        raise DataError(
            "folds must be at least 2, and at most as many as there are samples that may be divided",
            got=Quoted(f"{count} folds of {plural(len(units), 'group')} and single samples together"),
        )
    filled = [Counter[str]() for _ in range(count)]
    parts: list[list[int]] = [[] for _ in range(count)]
    _place_groups([unit for unit in units if len(unit.indices) > 1], filled, parts)
    _place_singles([unit for unit in units if len(unit.indices) == 1], stratum_totals(units), filled, parts)
    return Folds(
        parts=tuple(tuple(sorted(part)) for part in parts), seed=seed, told=_told(units, output, filled, len(samples))
    )


def _place_groups(units: list[Unit], filled: list[Counter[str]], parts: list[list[int]]) -> None:
    """Put each group where it raises the sum of squares least; single samples have no say, so that they move none."""
    totals = stratum_totals(units)
    for unit in sorted(units, key=lambda unit: (-len(unit.indices), unit.key)):
        costs = [
            (sum(number * (2 * have[name] + number) / totals[name] for name, number in unit.strata), len(part), fold)
            for fold, (have, part) in enumerate(zip(filled, parts, strict=True))
        ]
        fold = min(costs)[2]
        filled[fold].update(dict(unit.strata))
        parts[fold].extend(unit.indices)


def _place_singles(units: list[Unit], totals: Counter[str], filled: list[Counter[str]], parts: list[list[int]]) -> None:
    """Fill each stratum up in runs of the drawn order; a sample with several labels goes with its rarest."""
    by_stratum: defaultdict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        by_stratum[min((name for name, _ in unit.strata), key=lambda name: (totals[name], name))].append(unit)
    for name in sorted(by_stratum):
        drawn = sorted(by_stratum[name], key=lambda unit: unit.key)
        # Each stratum begins at another fold, or what rounding leaves over would always fall to the same ones.
        first = hashlib.sha256(name.encode()).digest()[0] % len(filled)
        order = [*range(first, len(filled)), *range(first)]
        sizes = _shares([filled[fold][name] for fold in order], len(drawn))
        begin = 0
        for fold, size in zip(order, sizes, strict=True):
            for unit in drawn[begin : begin + size]:
                filled[fold].update(dict(unit.strata))
                parts[fold].extend(unit.indices)
            begin += size


def _shares(have: list[int], more: int) -> list[int]:
    """Return how many of `more` each fold gets so that all come as near to one level as they can.

    Example:
        >>> _shares([0, 0, 5], 7), _shares([0, 0, 0], 7)
        ([4, 3, 0], [2, 3, 2])
    """
    order = sorted(range(len(have)), key=lambda fold: have[fold])
    open_folds = len(order)
    # Folds that hold more than the common level get nothing.
    while open_folds > 1:
        level = (more + sum(have[fold] for fold in order[:open_folds])) / open_folds
        if have[order[open_folds - 1]] <= level:
            break
        open_folds -= 1
    wanted = [0.0] * len(have)
    level = (more + sum(have[fold] for fold in order[:open_folds])) / open_folds
    for fold in order[:open_folds]:
        wanted[fold] = level - have[fold]
    # Rounded where the runs are cut, so that they sum to what there is.
    cuts, reached = [0], 0.0
    for number in wanted:
        reached += number
        cuts.append(round(reached))
    cuts[-1] = more
    return [end - begin for begin, end in pairwise(cuts)]


def _told(units: list[Unit], output: Output, filled: list[Counter[str]], total: int) -> tuple[str, ...]:
    words = []
    large = [unit for unit in units if len(unit.indices) > total / len(filled)]
    if large:
        sizes = listed([str(len(unit.indices)) for unit in large])
        words.append(
            f"{plural(len(large), 'group')} larger than a fold of {total / len(filled):.0f} samples: {sizes}. "
            "The folds differ in size."
        )
    if output.kind != "classes":
        return tuple(words)
    apart = Counter(name for unit in units for name, _ in unit.strata)
    for name in output.names:
        without = sum(not have[name] for have in filled)
        if without:
            words.append(
                f"Class {name} is not in {without} of {len(filled)} folds: {plural(apart[name], 'group')} or single "
                "samples hold it."
            )
        if apart[name] == 1:
            words.append(f"Class {name} is held out with nothing of it to learn from once: it is one group.")
    return tuple(words)
