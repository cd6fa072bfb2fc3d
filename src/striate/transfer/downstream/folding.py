"""What is asked of all features alike: targets, and folds that divide neither groups nor equal contents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from striate.data import Sample
from striate.data.folds import fold_at_most
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
    made = fold_at_most(tuple(samples), output, most=folds, seed=0)
    told = list(made.told)
    if len(made.parts) < _LEAST:
        told.append("With two folds no setting can be chosen within the training fold: the one in the middle is taken.")
    targets = np.asarray([sample.target for sample in samples], np.float64)
    if output.kind != "classes":
        targets = targets.reshape(len(samples), output.count)
    numbers = np.asarray(made.numbers, np.int64)
    return Asked(kind=output.kind, outputs=output.count, targets=targets, folds=numbers), tuple(told)
