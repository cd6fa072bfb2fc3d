"""The picture that is asked about, and its vector by the store's own network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from striate.data import list_data
from striate.data.files import SUFFIXES, Decoded, suffix_of, unreadable
from striate.data.reading import Entry
from striate.errors import DataError, InputError, Quoted, ShapeError
from striate.features.extraction import Lane
from striate.features.extraction.loading import Loaded, load_file, load_stored
from striate.features.store.asking import quoted
from striate.features.store.store import VectorStore, as_array
from striate.nets import Network, load_network
from striate.nets.weights import weights_key
from striate.records.neighbours import StoredImage
from striate.records.vectors import VectorLayer, VectorSpec

IMAGE_COLUMNS = ("id", "content", "place", "path", "label", "split", "prediction")
# Letters of a weights key that people are shown.
_SHOWN = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Query:
    """What is asked about.

    Attributes:
        image: The picture; its id is empty where it is no row of the store.
        layer: Whose vector it is.
        vector: (size,) float32.
        inputs: (views, *shape), what the vector was made of; None where it was there already.
        network: The store's, checked; None where it was not needed.
    """

    image: StoredImage
    layer: VectorLayer
    vector: npt.NDArray[np.float32]
    inputs: Tensor | None = None
    network: Network | None = None


def query_of(reference: str, store: VectorStore, *, layer: str = "", network: Network | str | None = None) -> Query:
    """Return a picture as a query, its vector made as the store's own were, or read from the store.

    Args:
        reference: A file; a sample of a data set (`digits:17`, `folder:3`); or the id of a row of the store.
        store: The store.
        layer: One of its layers; the first for no name.
        network: The store's network or where it is now; None loads it from where the store says. It is not needed for a row.

    Raises:
        InputError: Nothing of that name; a network with other weights than the store's.
        UnknownNameError: A layer the store has not.
        DataError: A picture that cannot be read; a row without a vector.
    """
    chosen = store.layer(layer)
    is_file, is_sample = Path(reference).is_file(), _is_sample(reference)
    if not is_file:
        row = stored_row(store, reference, chosen)
        if row is not None:
            return row
        if not is_sample and suffix_of(reference) in SUFFIXES:
            raise unreadable(reference, "the file does not exist", where=reference)
        if not is_sample:
            raise InputError(
                "a query must be a file, a sample of a data set, or a row of the store",
                got=reference,
                where=store.address,
                hint="For example photo.jpg, digits:17, or an id that striate similar prints.",
            )
    found = load_reference(reference, store.spec)
    owner, inputs = checked_network(store, network), _inputs(found, reference)
    vector = Vectoriser(owner, store.spec, chosen)(inputs[None])[0]
    return Query(image=_image(found), layer=chosen, vector=vector, inputs=inputs, network=owner)


def vector_query(vector: npt.NDArray[np.floating], store: VectorStore, *, layer: str = "") -> Query:
    """Return a vector of your own as a query.

    Raises:
        ShapeError: Not as many numbers as the store's vectors have.
        UnknownNameError: A layer the store has not.
    """
    chosen = store.layer(layer)
    if vector.shape != (chosen.size,):
        raise ShapeError(
            f"a query's vector must have the {chosen.size} numbers of {chosen.name}",
            got=Quoted("×".join(map(str, vector.shape)) or "one number"),
            where=store.address,
        )
    return Query(
        image=StoredImage(id="", content="", place="a vector", path=""),
        layer=chosen,
        vector=np.asarray(vector, np.float32),
    )


class Vectoriser:
    """Makes vectors of one layer from inputs, in batches, as an extraction does."""

    def __init__(self, network: Network, spec: VectorSpec, layer: VectorLayer) -> None:
        self._lane, self._size, self._name = Lane(network, spec, None), spec.batch_size, layer.name

    def __call__(self, inputs: Tensor) -> npt.NDArray[np.float32]:
        """Return vectors (n, size) of inputs (n, views, *shape)."""
        parts = [
            self._lane.averaged(inputs[start : start + self._size])[0][self._name]
            for start in range(0, len(inputs), self._size)
        ]
        return torch.cat(parts).numpy()


def checked_network(store: VectorStore, network: Network | str | None = None) -> Network:
    """Return the network whose vectors a store holds.

    Raises:
        InputError: It is not where the store says; its weights are others.
    """
    if network is None:
        try:
            loaded = load_network(store.spec.network)
        except InputError as cause:
            raise InputError(
                "the store's network must be found",
                got=Quoted(f"{store.spec.network}: {cause.rule}"),
                where=store.address,
                hint="Say where it is now: --net RUN.",
            ) from cause
    else:
        loaded = load_network(network)
    own = weights_key(loaded.module)
    if own != store.spec.weights_key:
        raise InputError(
            f"the network must be the one whose vectors the store holds, {store.spec.network} with weights "
            f"{store.spec.weights_key[:_SHOWN]}",
            got=Quoted(f"{_called(network, loaded)} with weights {own[:_SHOWN]}"),
            where=store.address,
            hint="Extract the data with this network into another store, or name the other network with --net.",
        )
    return loaded


def _called(network: Network | str | None, loaded: Network) -> str:
    """Return what people call a network: as they named it; a blueprint's own text is too long."""
    if isinstance(network, str):
        return network
    return "a blueprint's network" if loaded.origin.kind == "blueprint" else loaded.origin.text or "a network"


def stored_row(store: VectorStore, row: str, layer: VectorLayer) -> Query | None:
    """Return a row of the store as a query; None if there is none of that id.

    Raises:
        DataError: It has an error instead of a vector.
    """
    found = store.rows((*IMAGE_COLUMNS, "thumbnail", "error", layer.column), f"id = {quoted(row)}")
    if not found.num_rows:
        return None
    error = found["error"][0].as_py()
    if error:
        raise DataError("a row must have a vector to be asked about", got=Quoted(error), where=row)
    [image] = images_of(found.slice(0, 1))
    return Query(image=image, layer=layer, vector=as_array(found[layer.column], layer.size)[0])


def images_of(rows: Any) -> list[StoredImage]:  # noqa: ANN401 - pyarrow ships no types
    """Return rows (a pyarrow.Table with `IMAGE_COLUMNS`, and "thumbnail" if it was asked for) as records."""
    return [
        StoredImage(**row) for row in rows.select([name for name in rows.column_names if name in _FIELDS]).to_pylist()
    ]


_FIELDS = frozenset((*IMAGE_COLUMNS, "thumbnail"))


def load_reference(reference: str, spec: VectorSpec) -> Loaded:
    """Return a file, or a sample of data as `extract` lists them, prepared as the store's were."""
    if Path(reference).is_file():
        return load_file(Entry(path=Path(reference), place=reference, target=None), spec)
    data, _, number = reference.rpartition(":")
    listing, index = list_data(data), int(number)
    if index >= len(listing):
        raise DataError(f"a sample's index must be 0 … {len(listing) - 1}", got=index, where=data)
    entry, dataset = listing.entries[index], listing.dataset
    if dataset is None:
        return load_file(entry, spec)
    sample = dataset.samples[index]
    return load_stored(entry, Decoded(dataset.read(index), sample.sample_rate_hz), sample.content, spec)


def _is_sample(reference: str) -> bool:
    data, colon, index = reference.rpartition(":")
    return bool(data and colon) and index.isdecimal()


def _inputs(found: Loaded, reference: str) -> Tensor:
    if found.inputs is None:
        raise DataError("a picture must be readable", got=Quoted(found.error), where=reference)
    return found.inputs


def _image(found: Loaded) -> StoredImage:
    return StoredImage(
        id="",
        content=found.content,
        place=found.entry.place,
        path="" if found.entry.path == Path() else str(found.entry.path.absolute()),
        thumbnail=found.thumbnail,
    )
