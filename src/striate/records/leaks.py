"""Held-out samples that a training has as good as seen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakPair:
    """A held-out sample and the sample nearest to it among those a training may look at.

    Attributes:
        held_out: Index into the data set.
        seen: Index into the data set.
        similarity: Cosine of their features, −1 … 1; 1 for equal content.
        held_out_place: Where it came from, for people.
        seen_place: The same of the other.
    """

    held_out: int
    seen: int
    similarity: float
    held_out_place: str
    seen_place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNeighbours:
    """How often the nearest seen sample of its own class comes from a held-out sample's own source.

    Attributes:
        near: Held-out samples for which it does.
        judged: Held-out samples whose source is known and whose class was seen.
        chance: Share expected if the nearest were drawn evenly from their class, 0 … 1.
        interval: 95 % interval of near / judged (Wilson).
        pairs: Some of them, alikest first.
    """

    near: int
    judged: int
    chance: float
    interval: tuple[float, float]
    pairs: tuple[LeakPair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaks:
    """What of the held-out part is also, or nearly, in the other parts.

    Attributes:
        features: What was compared, in words: "32×32 grey pixels", or a layer of a network.
        limit: Cosine from which two samples are near-duplicates.
        limit_from: How it was found, in words.
        held_out_count: Samples held out.
        pairs: One for each held-out sample with a near-duplicate or its own content among the seen, alikest first.
        sources: About known sources (groups, folders) that the split divides; None if it divides none.
    """

    features: str
    limit: float
    limit_from: str
    held_out_count: int
    pairs: tuple[LeakPair, ...] = ()
    sources: SourceNeighbours | None = None
