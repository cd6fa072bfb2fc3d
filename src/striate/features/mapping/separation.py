"""How far classes, labels or values are apart among the vectors themselves, beside chance and beside the pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.features.mapping.neighbours import nearest_rows
from striate.features.mapping.overlapping import overlapping_classes
from striate.features.mapping.silhouette import silhouettes
from striate.features.space import NEIGHBOURS, Numbers, Points, winners
from striate.numbers import plural
from striate.records import Separation, Share, Truth, wilson

Reals = npt.NDArray[np.float64]

DRAWS = 1000
# Labels shuffled so many times: the largest silhouette among them is the 95 % limit of chance.
SHUFFLES = 19
# From weights of the points (n,) to the sums (columns,) that a score is made of.
_Sums = Callable[[Reals], Reals]


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PixelScore:
    """How well the pictures' pixels tell what is known: measured once, to compare every layer with.

    Attributes:
        places: (p,) int64: places in `Known.rows` of the points that have a picture.
        score: Of neighbours by pixels among these.
        drawn: (1000,) the same over bootstrap draws of these points.
        silhouette: By pixels; None where there are no classes.
    """

    places: Numbers
    score: float
    drawn: Reals
    silhouette: float | None


def pixel_score(pixels: Points, places: Numbers, known: Known, *, seed: int = 0) -> PixelScore | None:
    """Return how well pixels tell what is known; None where too few points have a picture.

    Args:
        pixels: (p, f): the pictures as vectors, as they are compared.
        places: (p,): places in `known.rows` of their points.
        known: Of all points.
        seed: As for `separation_of`.
    """
    part = known_part(known, places)
    if too_little(part):
        return None
    sums = _counting(nearest_rows(pixels, NEIGHBOURS)[0], part)
    silhouette = None
    if known.truth == "classes":
        silhouette = float(silhouettes(pixels, np.asarray(part.targets, np.int64), seed=seed)[0].mean())
    return PixelScore(
        places=places,
        score=_whole(sums, part),
        drawn=_drawn(sums, part, seed),
        silhouette=silhouette,
    )


def known_part(known: Known, places: Numbers) -> Known:
    """Return what is known of some of the known points."""
    return replace(known, targets=known.targets[places], rows=known.rows[places])


def too_little(known: Known) -> str:
    """Return why what is known does not suffice to measure separation; empty if it does."""
    count = len(known.rows)
    if count <= NEIGHBOURS:
        return f"Only {plural(count, 'point')} with a label: {NEIGHBOURS + 1} are needed for {NEIGHBOURS} neighbours."
    if known.truth == "classes" and len(np.unique(known.targets)) < 2:
        return "There is one class only: nothing to separate."
    spread = np.ptp(np.asarray(known.targets, np.float64), axis=0)
    if known.truth == "values" and not np.all(spread > 0):
        return "All values are the same: nothing to explain."
    if known.truth == "labels" and not np.any(spread > 0):
        return "Every label holds for all points or for none: nothing to separate."
    return ""


def separation_of(
    points: Points,
    neighbours: Numbers,
    known: Known,
    *,
    pixels: PixelScore | None = None,
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
        pixels: Of their pictures, to compare with: on the points that have one, drawn by the same seed.
        seed: Of the bootstrap and of shuffled labels.

    When it misleads:
        Copies, and several pictures of one thing, vote for each other: both figures are then too high, and their intervals
        too narrow. Points seen in training are farther apart than new ones will be: filter the split.

    Source:
        Wu et al., "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", CVPR 2018 (k-NN accuracy of
        features); Rousseeuw, "Silhouettes", Journal of Computational and Applied Mathematics 1987; Ojala and Garriga,
        "Permutation Tests for Studying Classifier Performance", JMLR 2010.
    """
    sums = _counting(neighbours, known)
    found = Separation(neighbours=neighbours.shape[1], truth=known.truth, accuracy=None, points=len(points))
    score = _whole(sums, known)
    whole = sums(np.ones(len(points)))
    # The interval over classes is Wilson's: their draws are needed beside the pixels only.
    drawn = np.zeros(0) if known.truth == "classes" and pixels is None else _drawn(sums, known, seed)
    if known.truth == "classes":
        by_class, interval, chance = _by_class(whole, score)
        found = replace(
            found,
            accuracy=Share(value=score, interval=interval, chance=chance),
            by_class=by_class,
            **_silhouette(points, known, seed),
        )
    elif known.truth == "labels":
        interval = _quantiles(drawn)
        found = replace(
            found,
            accuracy=Share(value=score, interval=interval, chance=0.5),
            by_class=tuple(_label_scores(whole[None])[0].tolist()),
        )
    else:
        found = replace(found, explained=score, explained_interval=_quantiles(drawn))
    return found if pixels is None else _beside(found, points, sums, known, pixels, drawn, seed)


def _beside(
    found: Separation, points: Points, sums: _Sums, known: Known, pixels: PixelScore, drawn: Reals, seed: int
) -> Separation:
    """Return the separation with what it is above the pixels', on the points that have a picture."""
    if len(pixels.places) < len(points):
        known = known_part(known, pixels.places)
        sums = _counting(nearest_rows(points[pixels.places], found.neighbours)[0], known)
        drawn = _drawn(sums, known, seed)
    return replace(
        found,
        pixels=pixels.score,
        gain=_whole(sums, known) - pixels.score,
        gain_interval=_quantiles(drawn - pixels.drawn),
        silhouette_of_pixels=pixels.silhouette,
    )


def with_overlaps(found: Separation, neighbours: Numbers, known: Known) -> Separation:
    """Return the separation with the pairs of classes that mix; rows are those of all points."""
    if known.truth != "classes":
        return found
    return replace(found, overlaps=overlapping_classes(neighbours, np.asarray(known.targets, np.int64), known.rows))


def _counting(neighbours: Numbers, known: Known) -> _Sums:
    """Return what tells, for so many times each point, the sums that the score is made of."""
    if known.truth == "classes":
        targets = np.asarray(known.targets, np.int64)
        classes = int(targets.max()) + 1
        is_right = winners(neighbours, targets) == targets
        return lambda times: np.concatenate(
            [np.bincount(targets, times * is_right, classes), np.bincount(targets, times, classes)]
        )
    if known.truth == "labels":
        held = np.asarray(known.targets, np.float64) > 0.5
        told = held[neighbours].mean(1) > 0.5
        columns = np.hstack([held & told, held, ~held & ~told, ~held]).astype(np.float64)
    else:
        values = np.asarray(known.targets, np.float64)
        values = values - values.mean(0)
        columns = np.hstack([(values[neighbours].mean(1) - values) ** 2, values, values**2])
    return lambda times: times @ columns


def _whole(sums: _Sums, known: Known) -> float:
    """Return the score of each point taken once."""
    return float(_score(sums(np.ones(len(known.rows)))[None], known, len(known.rows))[0])


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


def _drawn(sums: _Sums, known: Known, seed: int) -> Reals:
    """Return the score over bootstrap draws of the points: for one seed and count always the same draws."""
    generator = np.random.default_rng(seed)
    count = len(known.rows)
    scores = np.empty(DRAWS)
    for draw in range(DRAWS):
        times = np.bincount(generator.integers(count, size=count), minlength=count).astype(np.float64)
        scores[draw] = _score(sums(times)[None], known, count)[0]
    return scores


def _by_class(whole: Reals, score: float) -> tuple[tuple[float, ...], tuple[float, float], float]:
    """Return the share of each class, Wilson's interval of their mean, and what guessing would reach."""
    right, there = np.split(whole, 2)
    filled = there > 0
    shares = np.full(len(there), np.nan)
    shares[filled] = right[filled] / there[filled]
    # The mean over classes is as uncertain as that of so many points: the variance of a mean of means.
    effective = filled.sum() ** 2 / (1 / there[filled]).sum()
    return tuple(shares.tolist()), wilson(score, max(int(effective), 1)), float(1 / filled.sum())


def _silhouette(points: Points, known: Known, seed: int) -> dict[str, Any]:
    labels = np.asarray(known.targets, np.int64)
    if len(np.unique(labels)) < 2:
        return {}
    generator = np.random.default_rng(seed)
    shuffled = np.stack([generator.permutation(labels) for _ in range(SHUFFLES)])
    own, by_chance = silhouettes(points, labels, shuffled=shuffled, seed=seed)
    return {"silhouette": float(own.mean()), "silhouette_by_chance": float(by_chance.max())}


def _quantiles(drawn: Reals) -> tuple[float, float]:
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)
