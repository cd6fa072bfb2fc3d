"""Who is alike in a store of feature vectors: a search, the index it went through, near-duplicates, and the part that matters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from striate.records.array import Array

Metric = Literal["cosine", "l2"]
IndexKind = Literal["ivf-flat", "ivf-pq", "ivf-hnsw-sq"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """One row of a store, without its vectors.

    Attributes:
        id: As in the store.
        content: Key of the stored bytes: two rows with one content are one picture.
        place: Where it came from.
        path: The file; empty for arrays.
        label: Class, or labels between ";"; None where nobody said.
        split: The part of the data; None where nobody said.
        prediction: The network's answer; None where it gave none.
        thumbnail: JPEG or PNG; None of what is no picture.
    """

    id: str
    content: str
    place: str
    path: str
    label: str | None = None
    split: str | None = None
    prediction: str | None = None
    thumbnail: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A row of the store as seen from the query.

    Attributes:
        image: The row.
        distance: From the query's vector: 1 − cosine (0 … 2), or the Euclidean distance (≥ 0). Of equal ones the smaller id is
            nearer.
        is_copy: Whether it has the query's content: the same picture, no neighbour.
    """

    image: StoredImage
    distance: float
    is_copy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchIndex:
    """An index over the vectors of one layer, with what was measured when it was built.

    Attributes:
        layer: Whose vectors.
        metric: The distance.
        kind: "ivf-flat": vectors in partitions; "ivf-pq": their codes in partitions; "ivf-hnsw-sq": a graph in each partition.
        rows: Vectors it was built over.
        version: Of the table, from which on it holds.
        partitions: How many.
        probes: Partitions that a search looks into: the fewest that reached the recall.
        refine: Of the codes' candidates, refine · k are compared again by their vectors; 1 where nothing is coded.
        wished: The recall asked for.
        recall: Share of the true nearest `k` that it found, mean over the queries (0 … 1).
        interval: 95 % of it, bootstrap over the queries.
        k: Neighbours for which recall was measured.
        queries: Rows that were asked, drawn at random; each was left out of its own answer.
        told_s: Seconds that were told beforehand.
        build_s: Seconds of building.
        told_bytes: Peak of memory that was told beforehand.
        peak_bytes: Growth of the process's peak of memory while it was built.
        search_s: Seconds of a search through it for `k` rows with their pictures, median of five of the queries.
        exact_s: Of an exact search for the same, median of the same five.
    """

    layer: str
    metric: Metric
    kind: IndexKind
    rows: int
    version: int
    partitions: int
    probes: int
    refine: int
    wished: float
    recall: float
    interval: tuple[float, float]
    k: int
    queries: int
    told_s: float
    build_s: float
    told_bytes: int
    peak_bytes: int
    search_s: float
    exact_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The rows of a store that are most alike to one picture.

    Attributes:
        address: Of the store.
        version: Of the store.
        network: Reference of the network whose vectors they are.
        layer: Whose vectors.
        size: Numbers in a vector.
        metric: The distance.
        query: The picture; `id` is empty where it is no row of the store.
        where: SQL that every neighbour satisfies, from --label, --split and --where; empty for none.
        asked: How many neighbours were asked for.
        searched: Rows that could have been neighbours.
        copies: Rows with the query's content, itself among them if it is in the store; at most 100.
        copy_count: How many there are.
        neighbours: The others, nearest first.
        has_index: Whether the store has an index of this layer and metric whose recall is known.
        index: What the search went through; None if it was exact.
        unindexed: Rows added after the index was built, that were searched exactly.
        seconds: What the search took, without reading the picture and running the network.
    """

    address: str
    version: int
    network: str
    layer: str
    size: int
    metric: Metric
    query: StoredImage
    where: str
    asked: int
    searched: int
    copies: tuple[Neighbour, ...]
    copy_count: int
    neighbours: tuple[Neighbour, ...]
    has_index: bool
    index: SearchIndex | None
    unindexed: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicatePair:
    """Two rows so alike that they may be one picture.

    Attributes:
        first: The row with the smaller id.
        second: The other.
        cosine: Of their centred vectors, −1 … 1.
        is_copy: Whether their stored bytes are equal.
        is_apart: Whether their labels differ, where both have one.
    """

    first: StoredImage
    second: StoredImage
    cosine: float
    is_copy: bool
    is_apart: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDuplicates:
    """The near-duplicates of a store.

    Attributes:
        address: Of the store.
        layer: Whose vectors were compared.
        rows: How many.
        limit: Cosine of the centred vectors from which two count.
        limit_from: How it was found, in words.
        pairs: At most 1,000: first those whose labels differ, then the alikest; a copy is paired with the first row of its bytes.
        pair_count: All pairs of different stored bytes.
        copies: Rows whose stored bytes another row before them has.
        differing: Pairs, copies among them, whose labels differ.
        groups: Groups of rows that are linked by pairs, also through others.
        held: Rows in those groups.
    """

    address: str
    layer: str
    rows: int
    limit: float
    limit_from: str
    pairs: tuple[DuplicatePair, ...]
    pair_count: int
    copies: int
    differing: int
    groups: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarityMap:
    """Which part of a picture makes it similar to another: what covering it takes from their similarity.

    Attributes:
        window_px: (height, width) of the window.
        stride_px: (down, right).
        clean: The similarity with nothing covered: the cosine, or the negative Euclidean distance.
        grid: (rows, columns) float32: the similarity with the window at each position.
        drop: (height, width) float32: clean − grid, each pixel the mean over the windows that cover it. Above zero where the
            similarity needs what was covered.
        few: Number of windows in a tenth of the positions, at least 1.
        share: Of all that windows take away, the share that the `few` strongest take (0 … 1); None if none takes anything.
        share_elsewhere: The share that those `few` windows take which are strongest in other pictures, compared with the same
            one, mean over these; None where no other picture was asked.
        others: How many other pictures were asked.
    """

    window_px: tuple[int, ...]
    stride_px: tuple[int, ...]
    clean: float
    grid: Array
    drop: Array
    few: int
    share: float | None
    share_elsewhere: float | None = None
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarParts:
    """Which parts make two pictures similar, seen from both sides.

    Attributes:
        query: The picture that was asked about.
        neighbour: The other.
        metric: The distance that similarity means.
        layer: Whose vectors.
        fill: What covers ("background", "grey", "mean").
        query_image: (h, w) or (h, w, 3) uint8: what the network saw of the query, on the stored scale.
        neighbour_image: Of the neighbour likewise.
        on_query: Windows over the query, the neighbour left as it is.
        on_neighbour: Windows over the neighbour, the query left as it is.
    """

    query: StoredImage
    neighbour: StoredImage
    metric: Metric
    layer: str
    fill: str
    query_image: Array
    neighbour_image: Array
    on_query: SimilarityMap
    on_neighbour: SimilarityMap
