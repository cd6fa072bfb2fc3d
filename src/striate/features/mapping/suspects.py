"""Points to look at: labels that all neighbours contradict, and points that lie where nobody else does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from striate.features.mapping.neighbours import Distances
from striate.features.space import Numbers, votes, winners
from striate.records import DoubtfulLabel, OddOne

# Of the neighbours, so many must say the same other class.
AGREED = 0.8
MOST_NAMED = 200
# Beyond the upper quartile by so many times the distance of the quartiles: Tukey's "far out".
_FENCE = 3.0


def doubtful_labels(neighbours: Numbers, labels: Numbers, rows: Numbers) -> tuple[DoubtfulLabel, ...]:
    """Return the points whose neighbours agree on another class than theirs: likely label errors, surest first.

    At least 8 of 10 neighbours must be of one other class, and none of the point's own.

    Args:
        neighbours: (n, k), nearest first.
        labels: (n,) classes from 0.
        rows: (n,): the number of each point among all.

    When it misleads:
        An unusual picture, rightly labelled, is named as well: look before you change. Where a whole group is wrongly
        labelled its points agree with each other, and are not named. A network trained on the wrong label may have learned
        it by heart: its vector then lies with the wrong class.

    Source:
        Wilson, "Asymptotic Properties of Nearest Neighbor Rules Using Edited Data", IEEE Transactions on Systems, Man, and
        Cybernetics 1972. Differs: a plain majority is not enough.

    Example:
        >>> near = np.array([[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]])
        >>> [(one.row, one.label, one.neighbours_say) for one in doubtful_labels(near, np.array([0, 0, 0, 1]), np.arange(4))]
        [(3, 1, 0)]
    """
    said = winners(neighbours, labels)
    share = votes(neighbours, labels).max(1) / neighbours.shape[1]
    own = (labels[neighbours] == labels[:, None]).sum(1)
    chosen = np.flatnonzero((said != labels) & (share >= AGREED - 1e-9) & (own == 0))
    chosen = chosen[np.argsort(-share[chosen], kind="stable")][:MOST_NAMED]
    return tuple(
        DoubtfulLabel(
            row=int(rows[one]), label=int(labels[one]), neighbours_say=int(said[one]), share=float(share[one])
        )
        for one in chosen
    )


def doubtful_held(neighbours: Numbers, held: npt.NDArray[np.generic], rows: Numbers) -> tuple[DoubtfulLabel, ...]:
    """Return the same for several labels: a label that is set, or not, where all neighbours have it the other way.

    Args:
        neighbours: (n, k), nearest first.
        held: (n, l) of 0 and 1.
        rows: (n,): the number of each point among all.
    """
    is_held = np.asarray(held, np.float64) > 0.5
    share = is_held[neighbours].mean(1)
    against = np.where(is_held, 1 - share, share)
    points, labels = np.nonzero(against > 1 - 1e-9)
    return tuple(
        DoubtfulLabel(row=int(rows[one]), label=int(label), neighbours_say=int(label), share=float(against[one, label]))
        for one, label in list(zip(points, labels, strict=True))[:MOST_NAMED]
    )


def outlier_factors(neighbours: Numbers, distances: Distances) -> npt.NDArray[np.float64]:
    """Return the local outlier factor of each point: how many times sparser it lies than its neighbours do.

    Args:
        neighbours: (n, k), nearest first.
        distances: (n, k) of them.

    Source:
        Breunig et al., "LOF: Identifying Density-Based Local Outliers", SIGMOD 2000, definitions 5 to 7; as in scikit-learn,
        10⁻¹⁰ is added to distances, for copies.

    Example:
        >>> near = np.array([[1, 2], [0, 2], [1, 0], [2, 1]])
        >>> far = np.array([[1, 2], [1, 1], [1, 2], [8, 9]], np.float32)
        >>> outlier_factors(near, far).round(1).tolist()
        [0.9, 1.3, 0.9, 5.0]
    """
    apart = distances.astype(np.float64)
    reached = np.maximum(apart, apart[neighbours, -1])
    density = 1 / (reached.mean(1) + 1e-10)
    return np.asarray(density[neighbours].mean(1) / density)


def odd_ones(neighbours: Numbers, distances: Distances, rows: Numbers) -> tuple[OddOne, ...]:
    """Return the points that lie where nobody else does, oddest first.

    Odd are those whose factor is above the upper quartile by three times the distance of the quartiles (Tukey's "far out"),
    and above 1.2.

    Args:
        neighbours: (n, k), nearest first.
        distances: (n, k) of them.
        rows: (n,): the number of each point among all.

    When it misleads:
        Odd pictures that are alike, and as many as the neighbours, are each other's neighbours, and not odd. Of ordinary
        pictures some 2 to 4 % are named, the unusual ones: on 2,500 digits among which 25 pieces of photographs were planted,
        all 25 were named by the vectors of a trained network, and 98 digits.
    """
    factors = outlier_factors(neighbours, distances)
    low, high = np.quantile(factors, (0.25, 0.75))
    chosen = np.flatnonzero(factors > max(high + _FENCE * (high - low), 1.2))
    chosen = chosen[np.argsort(-factors[chosen], kind="stable")][:MOST_NAMED]
    return tuple(OddOne(row=int(rows[one]), factor=float(factors[one])) for one in chosen)
