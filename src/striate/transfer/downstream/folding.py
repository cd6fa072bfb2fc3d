"""What is asked of all features alike: targets, and folds that divide neither groups nor equal contents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from striate.data import Sample
from striate.data.folds import fold_samples
from striate.data.units import connected
from striate.errors import DataError, Quoted
from striate.numbers import plural
from striate.records.output import Output
from striate.transfer.downstream.nesting import Asked

FOLDS = 5
# Fewer than these leave nothing to choose a setting by.
_LEAST = 3


def ask(samples: Sequence[Sample], output: Output, *, folds: int = FOLDS) -> tuple[Asked, tuple[str, ...]]:
    """Return what is asked, in the order of the samples, and what a reader should know of the folds.

    Args:
        samples: With ids, targets and groups.
        output: What the targets are.
        folds: At most; no more than the smallest class has groups and single samples.

    Raises:
        DataError: One class; a class that is one group or one sample; fewer than two groups and single samples.

    Example:
        >>> samples = [Sample(id=str(n), target=n % 2, group=None, place="") for n in range(20)]
        >>> asked, told = ask(samples, Output(kind="classes", names=("a", "b")))
        >>> asked.fold_count, asked.targets.shape, told
        (5, (20,), ())
    """
    count = min(folds, _fewest(samples, output))
    made = fold_samples(tuple(samples), output, count=count, seed=0)
    numbers = np.zeros(len(samples), np.int64)
    for number, part in enumerate(made.parts):
        numbers[list(part)] = number
    told = list(made.told)
    if count < folds:
        whose = "the smallest class has" if output.kind == "classes" else "there are"
        told.insert(0, f"{plural(count, 'fold')} instead of {folds}: {whose} no more samples or groups.")
    if count < _LEAST:
        told.append("With two folds no setting can be chosen within the training fold: the one in the middle is taken.")
    targets = np.asarray([sample.target for sample in samples], np.float64)
    if output.kind != "classes":
        targets = targets.reshape(len(samples), output.count)
    return Asked(kind=output.kind, outputs=output.count, targets=targets, folds=numbers), tuple(told)


def _fewest(samples: Sequence[Sample], output: Output) -> int:
    """Return the groups and single samples of the smallest class, or of all where no classes are asked."""
    units = connected([[sample.content for sample in samples], [sample.group for sample in samples]])
    if output.kind != "classes":
        return len(units)
    held: defaultdict[object, int] = defaultdict(int)
    for unit in units:
        for target in {samples[index].target for index in unit}:
            held[target] += 1
    if len(held) < 2:
        raise DataError(
            "features must be compared on at least two classes",
            got=Quoted(plural(len(held), "class", "classes")),
            hint="One folder a class.",
        )
    smallest = min(range(output.count), key=lambda number: held[number])
    if held[smallest] < 2:
        raise DataError(
            "a class must have at least two samples or groups, one to learn from and one to be held out",
            got=Quoted(str(held[smallest])),
            where=f"class {output.names[smallest]!r}",
            hint="Add samples, or leave the class out.",
        )
    return held[smallest]
