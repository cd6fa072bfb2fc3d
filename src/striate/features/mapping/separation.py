"""How far classes, labels or values are apart among the vectors themselves, beside chance and beside the pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from striate.features.mapping.overlapping import overlapping_classes
from striate.features.mapping.silhouette import silhouettes
from striate.features.space import Numbers, Points, winners
from striate.observe.scoreboard import wilson
from striate.records import Separation, Share, Truth

Reals = npt.NDArray[np.float64]

NEIGHBOURS = 10
DRAWS = 1000
# Labels shuffled so many times: the largest silhouette among them is the 95 % limit of chance.
SHUFFLES = 19
_NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """What is known of each point.

    Attributes:
        truth: What the targets are.
        targets: "classes": (n,) int64; "labels": (n, l) of 0 and 1; "values": (n, v) float64.
        rows: (m,) int64: the points of which it is known.
    """

    truth: Truth
    targets: npt.NDArray[np.generic]
    rows: Numbers


def separation_of(
    points: Points,
    neighbours: Numbers,
    known: Known,
    *,
    pixels: tuple[Points, Numbers] | None = None,
    seed: int = 0,
) -> Separation:
    """Return how far apart what is known lies in the space; the plane is not looked at.

    A point is judged by its nearest other points. Classes: their vote (a tie goes to the nearest), and the share of votes that
    are right, averaged over classes, so that large classes do not outweigh small ones; labels: the mean, over labels, of
    balanced accuracy; values: R² of their mean.

    Args:
        points: (n, f) of the known points alone, as they are compared.
        neighbours: (n, k) among them, nearest first.
        known: Of all points; those of `rows` are the n.
        pixels: The same of the pictures' pixels, to compare with: points and neighbours.
        seed: Of the bootstrap and of shuffled labels.

    When it misleads:
        Copies, and several pictures of one thing, vote for each other: both figures are then too high, and their intervals
        too narrow. Points seen in training are farther apart than new ones will be: filter the split.

    Source:
        Wu et al., "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", CVPR 2018 (k-NN accuracy of
        features); Rousseeuw, "Silhouettes", Journal of Computational and Applied Mathematics 1987; Ojala and Garriga,
        "Permutation Tests for Studying Classifier Performance", JMLR 2010.
    """
    counted = _counted(neighbours, known)
    score = _score(counted.sum(0, keepdims=True), known, len(counted))[0]
    others = None if pixels is None else _counted(pixels[1], known)
    drawn, gains = _drawn(counted, others, known, seed)
    beside = None if others is None else float(_score(others.sum(0, keepdims=True), known, len(others))[0])
    interval = _quantiles(drawn)
    accuracy = None
    by_class: tuple[float, ...] = ()
    if known.truth == "classes":
        by_class, interval, chance = _by_class(counted, score)
        accuracy = Share(value=float(score), interval=interval, chance=chance)
    elif known.truth == "labels":
        by_class = tuple(_label_scores(counted.sum(0, keepdims=True))[0].tolist())
        accuracy = Share(value=float(score), interval=interval, chance=0.5)
    return Separation(
        neighbours=neighbours.shape[1],
        truth=known.truth,
        accuracy=accuracy,
        by_class=by_class,
        explained=float(score) if known.truth == "values" else None,
        explained_interval=interval if known.truth == "values" else None,
        pixels=beside,
        gain=None if beside is None else float(score) - beside,
        gain_interval=_quantiles(gains) if others is not None else None,
        points=len(points),
        **(_silhouette(points, known, pixels, seed) if known.truth == "classes" else {}),  # type: ignore[arg-type]
    )


def with_overlaps(found: Separation, neighbours: Numbers, known: Known) -> Separation:
    """Return the separation with the pairs of classes that mix; rows are those of all points."""
    from dataclasses import replace

    if known.truth != "classes":
        return found
    return replace(found, overlaps=overlapping_classes(neighbours, np.asarray(known.targets, np.int64), known.rows))


def _counted(neighbours: Numbers, known: Known) -> Reals:
    """Return for each point what it adds to the sums that the score is made of."""
    if known.truth == "classes":
        targets = np.asarray(known.targets, np.int64)
        member = np.eye(int(targets.max()) + 1)[targets]
        is_right = winners(neighbours, targets) == targets
        return np.hstack([member * is_right[:, None], member])
    if known.truth == "labels":
        held = np.asarray(known.targets, np.float64) > 0.5
        told = held[neighbours].mean(1) > 0.5
        return np.hstack([held & told, held, ~held & ~told, ~held]).astype(np.float64)
    values = np.asarray(known.targets, np.float64)
    values = values - values.mean(0)
    return np.hstack([(values[neighbours].mean(1) - values) ** 2, values, values**2])


def _score(sums: Reals, known: Known, count: int) -> Reals:
    """Return the score of each row of sums."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if known.truth == "classes":
            right, there = np.split(sums, 2, axis=1)
            shares = np.where(there > 0, right / there, np.nan)
            return np.asarray(np.nansum(shares, 1) / np.maximum((there > 0).sum(1), 1))
        if known.truth == "labels":
            scores = _label_scores(sums)
            return np.asarray(np.nansum(scores, 1) / np.maximum((~np.isnan(scores)).sum(1), 1))
        error, total, squares = np.split(sums, 3, axis=1)
        spread = squares - total**2 / count
        return np.asarray(np.where(spread > 0, 1 - error / spread, 0.0).mean(1))


def _label_scores(sums: Reals) -> Reals:
    """Return balanced accuracy of each label; NaN for one that all or none hold."""
    found, held, refused, free = np.split(sums, 4, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where((held > 0) & (free > 0), (found / held + refused / free) / 2, np.nan))


def _drawn(counted: Reals, others: Reals | None, known: Known, seed: int) -> tuple[Reals, Reals]:
    """Return the score, and what it is above the pixels', over bootstrap draws of the points."""
    generator = np.random.default_rng(seed)
    count = len(counted)
    scores, gains = np.empty(DRAWS), np.zeros(DRAWS)
    for draw in range(DRAWS):
        times = np.bincount(generator.integers(count, size=count), minlength=count).astype(np.float64)
        scores[draw] = _score((times @ counted)[None], known, count)[0]
        if others is not None:
            gains[draw] = scores[draw] - _score((times @ others)[None], known, count)[0]
    return scores, gains


def _by_class(counted: Reals, score: float) -> tuple[tuple[float, ...], tuple[float, float], float]:
    """Return the share of each class, Wilson's interval of their mean, and what guessing would reach."""
    right, there = np.split(counted.sum(0), 2)
    filled = there > 0
    shares = np.full(len(there), np.nan)
    shares[filled] = right[filled] / there[filled]
    # The mean over classes is as uncertain as that of so many points: the variance of a mean of means.
    effective = filled.sum() ** 2 / (1 / there[filled]).sum()
    return tuple(shares.tolist()), wilson(float(score), max(int(effective), 1)), float(1 / filled.sum())


def _silhouette(points: Points, known: Known, pixels: tuple[Points, Numbers] | None, seed: int) -> dict[str, object]:
    labels = np.asarray(known.targets, np.int64)
    if len(np.unique(labels)) < 2:
        return {}
    generator = np.random.default_rng(seed)
    shuffled = np.stack([generator.permutation(labels) for _ in range(SHUFFLES)])
    own, by_chance = silhouettes(points, labels, shuffled=shuffled, seed=seed)
    found: dict[str, object] = {
        "silhouette": float(own.mean()),
        "silhouette_by_chance": float(by_chance.max()),
    }
    if pixels is not None:
        beside, _ = silhouettes(pixels[0], labels, seed=seed)
        apart = own - beside
        half = _NORMAL_95 * float(apart.std()) / np.sqrt(len(apart))
        found |= {
            "silhouette_of_pixels": float(beside.mean()),
            "silhouette_gain_interval": (float(apart.mean() - half), float(apart.mean() + half)),
        }
    return found


def _quantiles(drawn: Reals) -> tuple[float, float]:
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)
