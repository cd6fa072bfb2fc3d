"""Every family on every set of features, judged by the same folds."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from striate.errors import InputError, Quoted
from striate.events import SILENT, Events, track
from striate.numbers import count, duration
from striate.records.adapting import Estimate
from striate.records.downstream import Downstream, DownstreamRow, FewShotCurve, NotMeasured, Source
from striate.transfer.downstream.families import Family, families_of
from striate.transfer.downstream.few_shot import DRAWS, few_seconds, few_shot_curves
from striate.transfer.downstream.nesting import Asked, Nested, nested
from striate.transfer.estimating import Gains, difference, estimate

Features = Mapping[str, npt.NDArray[np.float32]]
# Seconds that one family on one set of features may take, by its formula.
MOST_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    name: str
    source: Source
    width: int
    family: Family
    found: Nested


def compare_features(  # noqa: PLR0913 - features of two sorts, what is asked of them, and their names
    features: Features,
    asked: Asked,
    *,
    hand_made: Features | None = None,
    families: Sequence[str] = (),
    most_s: float = MOST_S,
    draws: int = DRAWS,
    data: str = "",
    network: str = "",
    told: Sequence[str] = (),
    events: Events = SILENT,
) -> Downstream:
    """Return what families of classifiers reach on every set of features, under the same folds.

    Settings are chosen and features scaled within the training folds (`nested`).

    Args:
        features: The network's, (n, f) by layer.
        asked: Targets and folds, in the order of the rows; see `ask`.
        hand_made: Descriptors, likewise (`striate.features.descriptors`).
        families: Names; all that can answer if none.
        most_s: What one family on one set of features may take, by a formula in n, f and outputs; what takes more is left
            out, and said.
        draws: Of few labels; 0 leaves those curves out.
        data: Name of the data.
        network: Name of the network.
        told: What a reader should know already.
        events: Hears "classifiers" and "few labels"; may cancel between them.

    Raises:
        InputError: Features that do not have a row for each sample; numbers that are not finite.
        UnknownNameError: A family there is not.

    When it misleads:
        The best of many scores is a little too good: what is level with it may be as good. Intervals take samples for
        independent; where they come in groups, they are too narrow.

    Source:
        Razavian et al., "CNN Features off-the-shelf", CVPRW 2014. Differs: cross-validated with intervals, settings nested.

    Example:
        >>> classes = np.repeat([0.0, 1.0], 12)
        >>> asked = Asked(kind="classes", outputs=2, targets=classes, folds=np.arange(24) % 4)
        >>> conv1, conv2 = np.arange(24, dtype=np.float32) % 2, classes.astype(np.float32)
        >>> rows = {"conv1": conv1[:, None], "conv2": conv2[:, None]}
        >>> found = compare_features(rows, asked, families=["ridge"], draws=0)
        >>> [(row.features, row.family, row.estimate.mean) for row in found.rows]
        [('conv2', 'ridge', 1.0), ('conv1', 'ridge', 0.5)]
    """
    from threadpoolctl import threadpool_limits

    began = time.monotonic()
    every: list[tuple[str, Source, npt.NDArray[np.float32]]] = [
        *((name, "network", rows) for name, rows in features.items()),
        *((name, "hand-made", rows) for name, rows in (hand_made or {}).items()),
    ]
    _check(every, asked)
    # Many small products: a second BLAS thread waits longer than it works, above all where others use the machine.
    with threadpool_limits(1, user_api="blas"):
        cells, left_out = _measured(every, families_of(asked.kind, families), asked, most_s, events)
        if not cells:
            raise InputError(
                "at least one family must be cheap enough to be measured",
                got=Quoted(f"none within {duration(most_s)}"),
                hint="Give it more time: --most.",
            )
        curves: tuple[FewShotCurve, ...] = ()
        if asked.kind == "classes" and draws:
            sources = {name: source for name, source, _ in every}
            curves = few_shot_curves(
                {name: rows for name, _, rows in every}, sources, asked, draws=draws, most_s=most_s, events=events
            )
    constant = constant_gains(asked)
    cells.sort(key=lambda cell: -float(cell.found.gains.mean()))
    unsolved = [f"{cell.family.name} on {cell.name}" for cell in cells if not cell.found.is_solved]
    short = _ended_early(curves)
    more = (f"Stopped before the end of their solvers: {', '.join(unsolved)}.",) if unsolved else ()
    return Downstream(
        data=data,
        network=network,
        layers=tuple(features),
        output=asked.kind,
        samples=len(asked.folds),
        folds=asked.fold_count,
        constant=estimate(asked.kind, constant),
        rows=tuple(_row(cell, cells[0].found.gains, constant, asked) for cell in cells),
        to_hand_made=_to_hand_made(cells),
        left_out=tuple(left_out),
        curves=curves,
        told=(*told, *more, *short),
        seconds=time.monotonic() - began,
    )


def told_seconds(
    widths: Sequence[int],
    asked: Asked,
    *,
    families: Sequence[str] = (),
    most_s: float = MOST_S,
    draws: int = DRAWS,
) -> float:
    """Return about how long a comparison takes on one core, by the families' formulas; what is left out takes nothing."""
    every = families_of(asked.kind, families)
    costs = [_cost(family, width, asked) for width in widths for family in every]
    few = few_seconds(widths, asked, draws=draws, most_s=most_s) if asked.kind == "classes" and draws else 0.0
    return sum(cost for cost in costs if cost <= most_s) + few


def constant_gains(asked: Asked) -> Gains:
    """Return what the best constant answer of each fold's training samples adds, sample by sample, (n,).

    The commonest class, the commoner side of each label, or the mean.
    """
    scores = np.zeros((len(asked.folds), asked.outputs))
    for fold in range(asked.fold_count):
        own, rest = asked.folds == fold, asked.targets[asked.folds != fold]
        if asked.kind == "classes":
            scores[own] = np.bincount(rest.astype(np.int64), minlength=asked.outputs)
        else:
            scores[own] = rest.mean(0) - (0.5 if asked.kind == "labels" else 0.0)
    everything = np.ones(len(asked.folds), np.bool_)
    return asked.gains(scores, everything, everything)


def _measured(
    every: Sequence[tuple[str, Source, npt.NDArray[np.float32]]],
    families: Sequence[Family],
    asked: Asked,
    most_s: float,
    events: Events,
) -> tuple[list[_Cell], list[NotMeasured]]:
    cells, left_out = [], []
    pairs = [(one, family) for one in every for family in families]
    for (name, source, rows), family in track(pairs, "classifiers", total=len(pairs), unit="classifier", events=events):
        cost = _cost(family, rows.shape[1], asked)
        if cost > most_s:
            reason = (
                f"about {duration(cost)} for {count(len(rows))} samples of {count(rows.shape[1])} numbers; "
                f"a family may take {duration(most_s)}"
            )
            left_out.append(NotMeasured(features=name, family=family.name, reason=reason))
            continue
        found = nested(np.asarray(rows, np.float64), asked, family)
        cells.append(_Cell(name=name, source=source, width=rows.shape[1], family=family, found=found))
    return cells, left_out


def _cost(family: Family, width: int, asked: Asked) -> float:
    learned = len(asked.folds) * (asked.fold_count - 1) // asked.fold_count
    return family.fits(asked.fold_count) * family.cost.seconds(learned, width, asked.outputs, asked.kind)


def _row(cell: _Cell, best: Gains, constant: Gains, asked: Asked) -> DownstreamRow:
    own = cell.found.gains
    return DownstreamRow(
        features=cell.name,
        source=cell.source,
        width=cell.width,
        family=cell.family.name,
        estimate=estimate(asked.kind, own),
        to_best=difference(own, best),
        to_constant=difference(own, constant),
        setting_name=cell.family.setting_name,
        settings=cell.found.settings if cell.family.setting_name else (),
        fit_s=cell.found.fit_s,
    )


def _to_hand_made(cells: Sequence[_Cell]) -> Estimate | None:
    """Return the best of the network's minus the best hand-made, on the same samples; the cells are in order."""
    best = {cell.source: cell.found.gains for cell in reversed(cells)}
    if len(best) < 2:
        return None
    return difference(best["network"], best["hand-made"])


def _ended_early(curves: Sequence[FewShotCurve]) -> tuple[str, ...]:
    """Return a sentence on logistic curves that end before the others because more labels would be too dear."""
    longest = max((curve.points[-1].per_class for curve in curves), default=0)
    early = [
        f"{curve.features} ({curve.points[-1].per_class})" for curve in curves if curve.points[-1].per_class < longest
    ]
    return (f"Few labels with logistic end early, more would be too dear: {', '.join(early)}.",) if early else ()


def _check(every: Sequence[tuple[str, Source, npt.NDArray[np.float32]]], asked: Asked) -> None:
    if len({name for name, _, _ in every}) < len(every) or not every:
        raise InputError(
            "features must have names of their own", got=Quoted(", ".join(one[0] for one in every) or "none")
        )
    for name, _, rows in every:
        if rows.ndim != 2 or len(rows) != len(asked.folds):
            shape = "×".join(map(str, rows.shape))
            raise InputError(
                f"features must have a row for each of the {len(asked.folds)} samples", got=shape, where=name
            )
        if not np.isfinite(rows).all():
            raise InputError("features must be finite numbers", got=Quoted("NaN or infinity"), where=name)
