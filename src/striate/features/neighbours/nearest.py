"""The nearest of many vectors to some, exactly, while the many come by block after block."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from striate.errors import InputError, Quoted, ShapeError
from striate.records.neighbours import Metric

Rows = npt.NDArray[np.float32]
Exact = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
METRICS: tuple[Metric, ...] = ("cosine", "l2")

# Half a unit in the last place of float32.
_UNIT = 2.0**-24
# Squares of float32 outside of these lose their digits.
SMALL, LARGE = 1e-24, 1e30


def distances(rows: npt.NDArray[np.floating], query: npt.NDArray[np.floating], metric: Metric) -> Exact:
    """Return the distance of each row (n, f) from a query (f,), in float64; equal rows have equal bits.

    "cosine": 1 − cosine, 0 … 2; a row of zeros has no direction, and the cosine 0. "l2": the Euclidean distance.

    Example:
        >>> points = np.array([[3.0, 4.0], [0.0, 0.0]])
        >>> distances(points, np.array([4.0, 3.0]), "cosine").round(2).tolist(), distances(points, points[0], "l2").tolist()
        ([0.04, 1.0], [0.0, 5.0])
    """
    # Row after row in memory: numpy then sums each row by itself, in the same order wherever it stands.
    held, asked = np.ascontiguousarray(rows, np.float64), np.asarray(query, np.float64)
    if metric == "l2":
        far: Exact = np.sqrt(np.square(held - asked).sum(1))
        return far
    lengths = np.sqrt(np.square(held).sum(1)) * np.sqrt(np.square(asked).sum())
    products = (held * asked).sum(1)
    cosines = np.divide(products, lengths, out=np.zeros(len(held)), where=lengths > 0)
    apart: Exact = 1 - np.clip(cosines, -1, 1)
    return apart


class Nearest:
    """Keeps the nearest rows to each of some queries, of all rows that were added.

    Products in float32 say who may be among the nearest, with the largest error they can have; those are measured again in
    float64. So the answer is exact, and does not depend on the blocks.

    Args:
        queries: (q, f), finite.
        metric: The distance, see `distances`.
        count: How many are kept for each query.

    Raises:
        ShapeError: Queries that are no table.
        InputError: Queries that are not finite, or without a direction under cosine; fewer than one to keep.

    Example:
        >>> kept = Nearest(np.array([[0.0, 1.0]]), "l2", 2)
        >>> kept.add(np.array([[0.0, 3.0], [0.0, 1.0], [0.0, -1.0]], np.float32), lambda places: ["cab"[p] for p in places])
        >>> kept.found
        [[('a', 0.0), ('b', 2.0)]]
    """

    def __init__(self, queries: npt.NDArray[np.floating], metric: Metric, count: int) -> None:
        check_queries(queries, metric)
        if count < 1:
            raise InputError("at least one neighbour must be asked for", got=count)
        self.found: list[list[tuple[str, float]]] = [[] for _ in queries]
        self._queries = np.asarray(queries, np.float64)
        self._metric, self._count = metric, count
        lengths = np.sqrt(np.square(self._queries).sum(1))
        self._lengths = lengths
        scaled = self._queries / lengths[:, None] if metric == "cosine" else self._queries
        self._products = np.ascontiguousarray(scaled.astype(np.float32).T)

    def add(self, rows: Rows, names: Callable[[Sequence[int]], Sequence[str]]) -> None:
        """Take in a block of rows (n, f), finite; `names` gives the ids of some of its places."""
        rough, error = self._rough(np.ascontiguousarray(rows, np.float32))
        for number, held in enumerate(self.found):
            near, may = rough[:, number], error[:, number]
            limit = np.inf
            if len(rows) > self._count:
                # Whoever is farther, at the least, than the count-th is at the most, is none of them.
                limit = np.partition(near + may, self._count - 1)[self._count - 1]
            if len(held) == self._count:
                limit = min(limit, self._square(held[-1][1]))
            places = np.flatnonzero(near - may <= limit)
            if len(places):
                exact = distances(rows[places], self._queries[number], self._metric).tolist()
                fresh = zip(names(places.tolist()), exact, strict=True)
                self.found[number] = sorted((*held, *fresh), key=lambda row: (row[1], row[0]))[: self._count]

    def _square(self, distance: float) -> float:
        """Return a distance on the scale of the rough ones, a hair more."""
        return (distance**2 if self._metric == "l2" else distance) * (1 + 1e-12) + 1e-300

    def _rough(self, rows: Rows) -> tuple[Exact, Exact]:
        """Return (n, q) distances (l2: squared) from products in float32, and how far off each may be."""
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            products = (rows @ self._products).astype(np.float64)
            squares = np.einsum("nf,nf->n", rows, rows)
        is_odd = ~((squares > SMALL) & (squares < LARGE))
        lengths = np.sqrt(squares.astype(np.float64))[:, None]
        bound = rounding_of(rows.shape[1])
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            if self._metric == "cosine":
                rough = 1 - products / lengths
                error = np.full(rough.shape, bound)
            else:
                rough = np.square(lengths) + np.square(self._lengths) - 2 * products
                error = bound * np.square(lengths + self._lengths)
        is_odd |= ~np.isfinite(rough).all(1)
        for number, query in enumerate(self._queries):
            if is_odd.any():
                exact = distances(rows[is_odd], query, self._metric)
                rough[is_odd, number] = np.square(exact) if self._metric == "l2" else exact
                error[is_odd, number] = 1e-9 * np.abs(rough[is_odd, number]) + 1e-12
        return rough, error


def rounding_of(size: int) -> float:
    """Return how far off a product of unit vectors of a size may be in float32, whatever the order of its sums; and more."""
    return 4 * (size + 4) * _UNIT


def check_queries(queries: npt.NDArray[np.floating], metric: Metric) -> None:
    """Refuse what has no distances.

    Raises:
        ShapeError, InputError: As `Nearest`.
    """
    if metric not in METRICS:
        raise InputError("a metric must be cosine or l2", got=metric)
    if queries.ndim != 2 or not queries.size:
        raise ShapeError("queries must be a table, one vector a row", got=Quoted(str(queries.shape)))
    if not np.isfinite(queries).all():
        raise InputError(
            "a query's vector must hold finite numbers",
            got=Quoted("NaN or infinity"),
            hint="Is the picture an ordinary one, and the network sound? See striate check.",
        )
    if metric == "cosine" and not np.square(queries.astype(np.float64)).sum(1).all():
        raise InputError(
            "a query's vector must have a direction under cosine",
            got=Quoted("zeros only"),
            hint="Ask with --metric l2, or of another layer.",
        )
