"""Which rows of features are alike: pairs above a limit that is measured on them, and the clusters these make."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from striate.data.nearest import NONE, Numbers, Rows, clusters, nearest_of, pairs_above
from striate.numbers import measure

# Near-duplicates are at most this share as far apart as the alikest images of different classes are.
SHARE = 1 / 20
# Of the samples, those nearest to another class, so that a few wrong labels do not decide.
QUANTILE = 0.01
# Samples whose distances are measured for the limit.
MEASURED = 2000
# Closer than this, float32 products are no longer told apart.
LEAST_DISTANCE = 1e-5
# Where classes are far apart a twentieth is too much: two ones of the digits are 0.0099 apart, and are no copies.
MOST_DISTANCE = 0.008
MOST_PAIRS = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contents:
    """Which of n samples have the same content.

    Attributes:
        first: (m,) the first sample of each content, in order.
        of: (n,) for each sample the position of its content in `first`.
        copies: The other samples.
    """

    first: Numbers
    of: Numbers
    copies: Numbers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alike:
    """How alike n samples are.

    Attributes:
        limit: Cosine from which two samples count as near-duplicates.
        limit_from: How the limit was found, in words.
        clusters: (n,): samples with one number are near-duplicates or have the same content, also through others.
        one: (p,) of each kept pair a sample, at most 1,000 pairs.
        other: (p,) the other one.
        cosine: (p,) float32.
        is_apart: (p,) whether their labels differ.
        pair_count: How many pairs of different content there are.
        differing: How many pairs have labels that differ, of those that could have been kept.
    """

    limit: float
    limit_from: str
    clusters: Numbers
    one: Numbers
    other: Numbers
    cosine: Rows
    is_apart: npt.NDArray[np.bool_]
    pair_count: int
    differing: int


def contents_of(contents: Sequence[str]) -> Contents:
    """Return which samples have the same content.

    Example:
        >>> found = contents_of(["b", "a", "b"])
        >>> found.first.tolist(), found.of.tolist(), found.copies.tolist()
        ([0, 1], [0, 1, 0], [2])
    """
    of = numbered(contents)
    first: list[int] = []
    copies: list[int] = []
    for place, number in enumerate(of.tolist()):
        (first if number == len(first) else copies).append(place)
    return Contents(first=np.array(first, np.int64), of=of, copies=np.array(copies, np.int64))


def numbered(names: Sequence[Hashable | None]) -> Numbers:
    """Return a number for each name, counted from 0 as they come; −1 for None.

    Example:
        >>> numbered(["b", None, "a", "b"]).tolist()
        [0, -1, 1, 0]
    """
    known: dict[Hashable, int] = {}
    return np.array([-1 if name is None else known.setdefault(name, len(known)) for name in names], np.int64)


def alike(
    rows: Rows,
    contents: Contents,
    labels: Numbers,
    *,
    has_classes: bool,
    limit: float | None = None,
    with_copies: bool = False,
) -> Alike:
    """Return which samples are near-duplicates, see `likeness`.

    Args:
        rows: (m, f) float32 of length 1, one for each content, as `feature_rows` makes them.
        contents: Of the n samples.
        labels: (n,) a number for each sample's label, −1 for none; see `numbered`.
        has_classes: Whether labels are classes, of which each sample has one.
        limit: A cosine in place of the measured one.
        with_copies: Samples of the same content are pairs too, each with its first one; and pairs whose labels differ come first.
    """
    first = contents.first
    found, words = (
        (limit, "given") if limit is not None else measured_limit(rows, labels[first] if has_classes else None)
    )
    tally = _Tally(labels, is_apart_first=with_copies)
    if with_copies:
        tally.take(first[contents.of[contents.copies]], contents.copies, np.ones(len(contents.copies), np.float32))
    ties = clusters(len(rows), tally.through(pairs_above(rows, found), first))
    return Alike(
        limit=found,
        limit_from=words,
        clusters=ties[contents.of],
        one=tally.one,
        other=tally.other,
        cosine=tally.cosine,
        is_apart=tally.is_apart(tally.one, tally.other),
        pair_count=tally.count,
        differing=tally.differing,
    )


def measured_limit(rows: Rows, classes: Numbers | None) -> tuple[float, str]:
    """Return the cosine from which two rows are near-duplicates, see `likeness`, and how it was found, in words.

    Args:
        rows: (n, f) float32 of length 1, as `feature_rows` makes them, no two of the same content.
        classes: (n,) of each; None if there are none.
    """
    count = len(rows)
    asked = np.unique(np.linspace(0, count - 1, min(MEASURED, count)).round().astype(np.int64))
    # A row without a direction has the cosine 0 with everything, and tells nothing of distances.
    asked = asked[np.abs(rows[asked]).max(1) > 0]
    if classes is not None:
        keys = classes
        quantile, whom = QUANTILE, "the alikest 1 % keep from another class"
    else:
        keys = np.arange(count, dtype=np.int64)
        quantile, whom = 0.5, "half of the samples keep from every other"
    _, cosines = nearest_of(rows[asked], rows, keys=(keys[asked], keys), want="different")
    cosines = cosines[cosines > NONE]
    if not len(cosines):
        return 1 - LEAST_DISTANCE, "too few different images to measure it"
    distance = float(np.quantile(1 - cosines.astype(np.float64), quantile))
    if distance * SHARE > MOST_DISTANCE:
        return 1 - MOST_DISTANCE, f"the least allowed; a twentieth of the distance {whom}, {measure(distance)}, is more"
    found = max(distance * SHARE, LEAST_DISTANCE)
    return 1 - found, f"a twentieth of the distance {whom}, {measure(distance)}"


class _Tally:
    """Counts pairs as they come, and keeps those to be shown."""

    def __init__(self, labels: Numbers, *, is_apart_first: bool) -> None:
        self._labels, self._is_apart_first = labels, is_apart_first
        self.count = self.differing = 0
        self.one = self.other = np.zeros(0, np.int64)
        self.cosine: Rows = np.zeros(0, np.float32)

    def through(
        self, pairs: Iterator[tuple[Numbers, Numbers, Rows]], first: Numbers
    ) -> Iterator[tuple[Numbers, Numbers, Rows]]:
        for one, other, cosine in pairs:
            self.count += len(one)
            self.take(first[one], first[other], cosine)
            yield one, other, cosine

    def take(self, one: Numbers, other: Numbers, cosine: Rows) -> None:
        self.differing += int(self.is_apart(one, other).sum())
        one, other = np.concatenate([self.one, one]), np.concatenate([self.other, other])
        cosine = np.concatenate([self.cosine, np.minimum(cosine, 1)])
        keys = (other, one, -cosine)
        order = np.lexsort((*keys, ~self.is_apart(one, other)) if self._is_apart_first else keys)[:MOST_PAIRS]
        self.one, self.other, self.cosine = one[order], other[order], cosine[order]

    def is_apart(self, one: Numbers, other: Numbers) -> npt.NDArray[np.bool_]:
        """Return which pairs have two labels that differ."""
        here, there = self._labels[one], self._labels[other]
        apart: npt.NDArray[np.bool_] = (here >= 0) & (there >= 0) & (here != there)
        return apart
