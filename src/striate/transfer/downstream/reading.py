"""What a store says of its samples, as features, targets and folds; and their pictures, for hand-made descriptors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from striate.data import Dataset, Sample
from striate.data.decoding import UnreadableError, read_bytes
from striate.data.files import decode_file
from striate.data.pixels import content_key
from striate.errors import DataError, Quoted
from striate.events import SILENT, Events, track
from striate.features.store import VectorStore
from striate.features.store.asking import without_error
from striate.features.store.truth import truth_of
from striate.numbers import plural
from striate.records.output import Output

_COLUMNS = ("id", "content", "place", "path", "label", "targets", "group")
# Hand-made descriptors look at no more: large JPEGs are decoded at a reduced size that is no smaller.
_AT_LEAST_PX = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFeatures:
    """The labelled rows of a store.

    Attributes:
        layers: (n, f) float32 by layer.
        samples: With targets and groups, in the order of the rows.
        paths: Their files; "" of arrays.
        output: What the targets are.
        told: What a reader should know.
    """

    layers: dict[str, npt.NDArray[np.float32]]
    samples: tuple[Sample, ...]
    paths: tuple[str, ...]
    output: Output
    told: tuple[str, ...]


def read_features(store: VectorStore, *, layers: Sequence[str] = (), where: str = "") -> StoredFeatures:
    """Return features, targets and groups of the rows that have a vector and a target.

    Args:
        store: The store.
        layers: Names; all if none.
        where: SQL over its columns, to take a part of the rows.

    Raises:
        DataError: No row with a vector; none with a target; rows that contradict each other, see `truth_of`.
        UnknownNameError: A layer the store does not keep.

    When it misleads:
        Samples are taken for classes where every row has a label and a single target, for several labels where a label is
        there beside them, and for values where there are targets without a label.
    """
    names = tuple(layers) or tuple(layer.name for layer in store.spec.layers)
    valid = without_error(where)
    labelled = f"targets IS NOT NULL AND {valid}"
    total = store.count(valid)
    if total and not store.count(labelled):
        raise DataError(
            "rows must have targets to compare features by",
            got=Quoted(f"none of {plural(total, 'row')}"),
            where=store.address,
            hint="Extract from class folders or a manifest.",
        )
    first = store.vectors(names[0], labelled, columns=_COLUMNS)
    rows = first.rows.to_pylist()
    left = total - len(rows)
    told = (f"{plural(left, 'row')} without a target left out.",) if left else ()
    values = {names[0]: first.values}
    for name in names[1:]:
        other = store.vectors(name, labelled, columns=("place",))
        order = {place: number for number, place in enumerate(other.column("place"))}
        values[name] = other.values[[order[row["place"]] for row in rows]]
    output, targets = truth_of([row["label"] for row in rows], [row["targets"] for row in rows], where=store.address)
    own = store.spec.output
    if own.kind == output.kind == "values" and own.count == output.count:
        output = own
    samples = tuple(
        Sample(id=row["id"], target=target, group=row["group"] or None, place=row["place"])
        for row, target in zip(rows, targets, strict=True)
    )
    paths = tuple(row["path"] for row in rows)
    return StoredFeatures(layers=values, samples=samples, paths=paths, output=output, told=told)


def pictures(found: StoredFeatures, dataset: Dataset | None = None, *, events: Events = SILENT) -> Iterator[Any]:
    """Yield the stored pictures of the rows, in their order: (channels, h, w).

    Args:
        found: The rows.
        dataset: Where those are that have no file; may be None if all have one.
        events: Hears "pictures".

    Raises:
        DataError: A picture that is nowhere, cannot be read, or is no longer the one whose vector is stored.
    """
    places = {} if dataset is None else {sample.content: index for index, sample in enumerate(dataset.samples)}
    both = list(zip(found.samples, found.paths, strict=True))
    for sample, path in track(both, "pictures", total=len(both), unit="picture", events=events):
        if sample.content in places and dataset is not None:
            yield dataset.read(places[sample.content])
        elif path:
            yield _read(Path(path), sample.content)
        else:
            raise DataError(
                "hand-made descriptors must have the pictures",
                got=Quoted("a row without a file"),
                where=sample.place,
                hint="Give the data the store was extracted from.",
            )


def _read(path: Path, content: str) -> Any:  # noqa: ANN401 - a tensor
    try:
        data = read_bytes(path)
        values = decode_file(path.name, data, at_least_px=_AT_LEAST_PX).values
    except UnreadableError as cause:
        raise _not_there(path, cause.reason) from cause
    if content_key(data) != content:
        raise _not_there(path, "it changed since its vector was stored")
    return values


def _not_there(path: Path, reason: str) -> DataError:
    return DataError(
        "a picture must be the one whose vector is stored", got=Quoted(reason), where=str(path), hint="Extract again."
    )
