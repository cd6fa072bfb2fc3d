"""Dividing samples into training, validation and test, the same way everywhere."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from striate.data.sample import Sample
from striate.data.units import Unit, joined, stratum_totals
from striate.errors import DataError, Quoted
from striate.records import Output

PARTS = ("training", "validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Three parts of a data set, as ascending indices into its samples.

    * A group is never divided, and neither are samples with the same content.
    * Classes are divided in proportion, each with at least one sample in every part that is not
      empty. Labels are divided in proportion as far as samples with several labels allow; values
      are divided at random.
    * Which part a sample belongs to depends on the seed, the shares and the samples' contents,
      targets and groupings: not on file names, their order, or the machine.

    Attributes:
        train: Indices to learn from.
        validation: Indices to choose by.
        test: Indices to report.
        seed: The seed it was drawn with.
    """

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    seed: int


def split_samples(samples: tuple[Sample, ...], output: Output, *, seed: int, validation: float, test: float) -> Split:
    """Return the division; see `Split` for what is promised.

    Units (a group, or all samples of one content) are placed one after the other: large ones first,
    then those of rare strata, then as the seed draws. Each goes where it brings the counts of its
    classes closest to the wanted ones by least squares, which meets them exactly for single
    samples; for labels, the rarest label decides first. A part that would otherwise stay without
    a class or label comes before all others.

    Raises:
        DataError: Shares that leave nothing to train on; a class with too few samples or groups for
            the parts.
    """
    _check_shares(validation, test)
    units = joined(samples, output, seed=seed)
    open_parts = [0, *([1] if validation else []), *([2] if test else [])]
    if output.kind == "classes":
        _check_units(units, output, [PARTS[part] for part in open_parts])
    totals = stratum_totals(units)
    wanted = {name: _wanted(total, validation, test) for name, total in totals.items()}
    placed, lacking = _placed(units, wanted, open_parts, by_rarest=output.kind == "labels")
    if output.kind == "classes":
        _check_placed(lacking)
    train, second, third = (tuple(sorted(part)) for part in placed)
    return Split(train=train, validation=second, test=third, seed=seed)


def part_counts(samples: tuple[Sample, ...], output: Output, part: tuple[int, ...]) -> list[int]:
    """Return how many samples of a part each class or label holds for; for values how many there are."""
    if output.kind == "values":
        return [len(part)]
    held: Counter[int] = Counter()
    for index in part:
        target = samples[index].target
        held.update([target] if isinstance(target, int) else [place for place, flag in enumerate(target) if flag])
    return [held[place] for place in range(output.count)]


def _check_shares(validation: float, test: float) -> None:
    for name, share in (("validation", validation), ("test", test)):
        if not (math.isfinite(share) and 0 <= share < 1):
            raise DataError(f"the {name} share must be at least 0 and below 1", got=share)
    if validation + test >= 1:
        raise DataError("the validation and test shares must leave something to train on", got=validation + test)


def _wanted(total: int, validation: float, test: float) -> list[int]:
    """Return the wanted number per part, rounded; what is left over is for training."""
    second, third = (math.floor(total * share + 0.5) for share in (validation, test))
    return [total - second - third, second, third]


def _placed(
    units: list[Unit], wanted: dict[str, list[int]], open_parts: list[int], *, by_rarest: bool
) -> tuple[list[list[int]], dict[str, set[int]]]:
    """Return the indices of each part, and for each stratum the parts that are without it."""
    totals = {name: sum(numbers) for name, numbers in wanted.items()}
    placed: list[list[int]] = [[], [], []]
    lacking = {name: set(open_parts) for name in wanted}
    left = Counter(name for unit in units for name, _ in unit.strata)
    rarest = {unit.key: min(totals[name] for name, _ in unit.strata) for unit in units}
    for unit in sorted(units, key=lambda unit: (-len(unit.indices), rarest[unit.key], unit.key)):
        strata = sorted(unit.strata, key=lambda stratum: (totals[stratum[0]], stratum[0]))
        preferences = []
        for part in open_parts:
            urgent = sum(part in lacking[name] for name, _ in strata if left[name] <= len(lacking[name]))
            gains = [count * (2 * wanted[name][part] - count) / totals[name] for name, count in strata]
            preferences.append((urgent, gains if by_rarest else [sum(gains)], -part))
        part = -max(preferences)[2]
        placed[part].extend(unit.indices)
        for name, count in strata:
            wanted[name][part] -= count
            lacking[name].discard(part)
            left[name] -= 1
    return placed, lacking


def _check_units(units: list[Unit], output: Output, parts: list[str]) -> None:
    """Refuse classes that cannot be in every part."""
    count = Counter(name for unit in units for name, _ in unit.strata)
    sizes = stratum_totals(units)
    for name in output.names:
        if count[name] < len(parts):
            raise DataError(
                f"a class must have at least {len(parts)} samples that may be divided, "
                f"one each for {' and '.join(parts)}",
                got=Quoted(f"{sizes[name]} in {count[name]} groups of their own"),
                where=f"class {name!r}",
                hint="Add samples, or ask for fewer parts (validation=0.0).",
            )


def _check_placed(lacking: dict[str, set[int]]) -> None:
    for name, parts in sorted(lacking.items()):
        if parts:
            raise DataError(
                "every class must be in every part",
                got=Quoted(f"no division with it in {PARTS[min(parts)]}"),
                where=f"class {name!r}",
                hint="Its groups hold too many classes: use smaller groups or another seed.",
            )
