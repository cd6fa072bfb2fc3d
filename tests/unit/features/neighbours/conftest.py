"""Stores of vectors made up for the test, in a real LanceDB."""

from __future__ import annotations

import numpy as np
import pytest

from striate.features.store import VectorStore
from striate.features.store.columns import table_schema
from striate.features.store.lock import only_writer
from striate.records import Output, Preprocessing
from striate.records.vectors import VectorLayer, VectorSpec


def made_spec(size):
    return VectorSpec(
        network="nowhere",
        weights_key="0" * 64,
        layers=(VectorLayer(name="flatten1", column="vector", size=size, pooling="flat"),),
        views="centre",
        is_normalised=False,
        preprocessing=Preprocessing(shape=(1, 4, 4), mean=(0.0,), std=(1.0,)),
        output=Output(kind="classes", names=("a", "b")),
        is_reduced=False,
        batch_size=8,
        memory_format="plain",
    )


def made_rows(spec, vectors, **columns):
    """Rows of vectors; None is one with an error. Ids are row0, row1 … unless they are given."""
    import pyarrow as pa

    count = len(vectors)
    columns.setdefault("id", [f"row{number}" for number in range(count)])
    columns.setdefault("content", columns["id"])
    columns.setdefault("place", [f"made/{name}" for name in columns["id"]])
    columns.setdefault("path", [""] * count)
    columns["error"] = [None if vector is not None else "broken" for vector in vectors]
    schema = table_schema(spec)
    arrays = []
    for field in schema:
        if field.name == "vector":
            arrays.append(pa.array([None if v is None else np.asarray(v, np.float32) for v in vectors], field.type))
        elif field.name in columns:
            arrays.append(pa.array(columns[field.name], field.type))
        else:
            arrays.append(pa.nulls(count, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


@pytest.fixture
def stored(tmp_path):
    """Write a store; stored.more appends to it."""

    def write(vectors, *, size=None, name="store", **columns):
        spec = made_spec(size or len(next(v for v in vectors if v is not None)))
        store = VectorStore.create(tmp_path / name, spec)
        if len(vectors):
            with only_writer(store.address):
                store.append(made_rows(spec, vectors, **columns))
        return store

    def more(store, vectors, **columns):
        with only_writer(store.address):
            store.append(made_rows(store.spec, vectors, **columns))

    write.more = more
    return write
