"""Leaks: what of the held-out part a training has as good as seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from striate.data import Dataset, Split, folder_labels
from striate.data.nearest import Numbers, Rows, nearest_of
from striate.errors import InputError
from striate.features.near_duplicates import Likeness
from striate.records import wilson
from striate.records.leaks import LeakPair, Leaks, SourceNeighbours

MOST_SOURCE_PAIRS = 20


def find_leaks(dataset: Dataset, split: Split, found: Likeness, sources: Sequence[str | None] | None = None) -> Leaks:
    """Return the near-duplicates between the held-out part and the others, and what known sources say.

    Args:
        dataset: The data.
        split: Its `test` is held out; `train` and `validation` are seen.
        found: Of the same data set.
        sources: Where each sample comes from, None where nobody knows: a person, a slide, a film. Left out: its group,
            else its folder (`folder_labels`).

    Raises:
        InputError: No held-out or no seen samples; another data set's likeness.

    When it misleads:
        Sources nobody wrote down are not found: patches of one photograph need not be near-duplicates. And where one
        source is a whole class, its neighbours are of the source whatever the split.

    Example:
        >>> from striate.data import load_data
        >>> from striate.features import find_leaks, likeness
        >>> digits = load_data("digits")
        >>> found = find_leaks(digits, digits.split(), likeness(digits))
        >>> found.held_out_count, found.pairs, found.sources
        (1000, (), None)
    """
    held_out = np.array(split.test, dtype=np.int64)
    seen = np.array(sorted((*split.train, *split.validation)), dtype=np.int64)
    if not len(held_out) or not len(seen) or len(found.rows) != len(dataset):
        raise InputError(
            "leaks must be looked for between a held-out part and others of the data that were compared",
            got=(len(held_out), len(seen), len(found.rows)),
        )
    place, cosine = nearest_of(found.rows[held_out], found.rows[seen])
    pairs = [
        _pair(dataset, int(held_out[row]), int(seen[place[row]]), float(cosine[row]))
        for row in np.flatnonzero(cosine >= found.limit)
    ]
    pairs += _copies(dataset, held_out, seen, {pair.held_out for pair in pairs})
    if sources is None:
        folders = folder_labels(dataset)
        sources = [sample.group or folder for sample, folder in zip(dataset.samples, folders, strict=True)]
    return Leaks(
        features=found.features,
        limit=found.limit,
        limit_from=found.limit_from,
        held_out_count=len(held_out),
        pairs=tuple(sorted(pairs, key=lambda pair: (-pair.similarity, pair.held_out))),
        sources=_sources(dataset, found.rows, held_out, seen, sources),
    )


def _pair(dataset: Dataset, held_out: int, seen: int, similarity: float) -> LeakPair:
    return LeakPair(
        held_out=held_out,
        seen=seen,
        similarity=min(similarity, 1.0),
        held_out_place=dataset.samples[held_out].place,
        seen_place=dataset.samples[seen].place,
    )


def _copies(dataset: Dataset, held_out: Numbers, seen: Numbers, known: set[int]) -> list[LeakPair]:
    """Return pairs of the same content that have no direction to compare (images of one brightness)."""
    by_content = {dataset.samples[index].content: index for index in seen.tolist()}
    return [
        _pair(dataset, index, by_content[content], 1.0)
        for index in held_out.tolist()
        if index not in known and (content := dataset.samples[index].content) in by_content
    ]


def _sources(
    dataset: Dataset, rows: Rows, held_out: Numbers, seen: Numbers, sources: Sequence[str | None]
) -> SourceNeighbours | None:
    """Return how often the nearest seen sample of the class is of the own source; None if no source is on both sides."""
    if not {sources[i] for i in held_out.tolist()} & {sources[i] for i in seen.tolist()} - {None}:
        return None
    classes = np.array([s.target if isinstance(s.target, int) else 0 for s in dataset.samples], dtype=np.int64)
    asked = np.array([index for index in held_out.tolist() if sources[index] is not None], dtype=np.int64)
    place, cosine = nearest_of(rows[asked], rows[seen], keys=(classes[asked], classes[seen]), want="same")
    of_class = Counter(classes[seen].tolist())
    of_source = Counter((int(classes[index]), sources[index]) for index in seen.tolist())
    near, chances = [], []
    for row in np.flatnonzero(place >= 0).tolist():
        index, other = int(asked[row]), int(seen[place[row]])
        own = int(classes[index])
        chances.append(of_source[own, sources[index]] / of_class[own])
        if sources[index] == sources[other]:
            near.append(_pair(dataset, index, other, float(cosine[row])))
    if not chances:
        return None
    near.sort(key=lambda pair: (-pair.similarity, pair.held_out))
    return SourceNeighbours(
        near=len(near),
        judged=len(chances),
        chance=float(np.mean(chances)),
        interval=wilson(len(near) / len(chances), len(chances)),
        pairs=tuple(near[:MOST_SOURCE_PAIRS]),
    )
