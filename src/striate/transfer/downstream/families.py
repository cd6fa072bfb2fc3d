"""Which families of classifiers are compared, what is chosen for each, and what a fit costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from striate.errors import unknown_name
from striate.records.output import OutputKind
from striate.transfer.downstream.classifier import Classifier, Rows
from striate.transfer.downstream.curved_families import HIDDEN, mlp, nearest, rbf_svm
from striate.transfer.downstream.linear_families import least_squares, linear_svm, logistic, ridge

Fit = Callable[[Rows, Rows, OutputKind, int, Sequence[float]], list[Classifier]]
PENALTIES = (3000.0, 300.0, 30.0, 3.0, 0.3)
_ALL: frozenset[OutputKind] = frozenset({"classes", "labels", "values"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a fit for n samples of f numbers and so many outputs takes, about, on one core of a 2020s processor: nanoseconds.

    Attributes:
        fixed_s: Seconds whatever the size.
        decomposition: For each of n · f · min(n, f).
        output: For each of n · f · outputs.
        pair: For each of n² · f.
        machine: For each of n² · f and machine: one for all classes, one for each label or value.
        hidden: For each of n · (f + outputs) · hidden units, over all epochs.
    """

    fixed_s: float = 0.0
    decomposition: float = 0.0
    output: float = 0.0
    pair: float = 0.0
    machine: float = 0.0
    hidden: float = 0.0

    def seconds(self, n: int, f: int, outputs: int, kind: OutputKind) -> float:
        """Return them in seconds.

        Example:
            >>> Cost(machine=0.5).seconds(1000, 1280, 10, "classes"), Cost(machine=0.5).seconds(1000, 1280, 10, "labels")
            (0.64, 6.4)
        """
        machines = 1 if kind == "classes" else outputs
        return self.fixed_s + 1e-9 * (
            self.decomposition * n * f * min(n, f)
            + self.output * n * f * outputs
            + (self.pair + self.machine * machines) * n * n * f
            + self.hidden * n * (f + outputs) * HIDDEN
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One sort of classifier.

    Attributes:
        name: As in tables.
        fit: From features (n, f) as they are, targets, their kind, outputs and settings to a classifier for each setting.
        setting_name: What is chosen within the training folds; "" if nothing.
        settings: Of these; the strictest first, which is taken where several are level.
        cost: Of a fit: to leave out what is too dear, and to tell the time beforehand.
        hidden: Widths of hidden layers where it is fully connected layers; None where it is none.
        kinds: What it can answer.
    """

    name: str
    fit: Fit
    setting_name: str
    settings: tuple[float, ...]
    cost: Cost
    hidden: tuple[int, ...] | None = None
    kinds: frozenset[OutputKind] = _ALL

    def fits(self, folds: int) -> int:
        """Return how many fits a nested cross-validation takes: one a pair of folds and setting, one a fold."""
        pairs = folds * (folds - 1) // 2 if len(self.settings) > 1 and folds > 2 else 0
        return pairs * len(self.settings) + folds


FAMILIES: tuple[Family, ...] = (
    Family(
        name="linear", fit=least_squares, setting_name="", settings=(0.0,),
        cost=Cost(decomposition=0.1), hidden=(),
    ),
    Family(
        name="ridge", fit=ridge, setting_name="penalty", settings=PENALTIES,
        cost=Cost(decomposition=0.15), hidden=(),
    ),
    Family(
        name="logistic", fit=logistic, setting_name="penalty", settings=PENALTIES,
        cost=Cost(fixed_s=0.03, decomposition=0.1, output=10.0), hidden=(), kinds=frozenset({"classes", "labels"}),
    ),
    Family(
        name="k-NN, cosine", fit=partial(nearest, metric="cosine"), setting_name="neighbours", settings=(20, 10, 5, 1),
        cost=Cost(pair=0.01),
    ),
    Family(
        name="k-NN, Euclidean", fit=partial(nearest, metric="euclidean"), setting_name="neighbours", settings=(20, 10, 5, 1),
        cost=Cost(pair=0.01),
    ),
    Family(
        name="linear SVM", fit=linear_svm, setting_name="penalty", settings=(1000.0, 100.0, 10.0, 1.0),
        cost=Cost(fixed_s=0.01, output=50.0), hidden=(),
    ),
    Family(
        name="RBF SVM", fit=rbf_svm, setting_name="penalty", settings=(1.0, 0.1),
        cost=Cost(machine=0.5),
    ),
    Family(
        name="MLP", fit=mlp, setting_name="penalty", settings=(1.0, 0.01),
        cost=Cost(fixed_s=0.15, hidden=30.0), hidden=(HIDDEN,),
    ),
)  # fmt: skip


def families_of(kind: OutputKind, names: Iterable[str] = ()) -> tuple[Family, ...]:
    """Return the families that can answer so, or those of them that are named.

    Raises:
        UnknownNameError: A name no family has.

    Example:
        >>> [family.name for family in families_of("values", ["ridge", "MLP"])]
        ['ridge', 'MLP']
    """
    asked = tuple(names)
    for name in asked:
        if name not in {family.name for family in FAMILIES}:
            raise unknown_name("family", name, [family.name for family in FAMILIES])
    return tuple(family for family in FAMILIES if kind in family.kinds and (not asked or family.name in asked))
