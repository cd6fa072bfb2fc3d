"""The map of a store, kept beside its vectors in the table `maps`."""

from __future__ import annotations

import json
from typing import Any

from striate.errors import Quoted, StorageError
from striate.features.mapping.document import map_document, map_from_document
from striate.features.store import VectorStore
from striate.features.store.store import TABLE as VECTORS
from striate.features.store.store import told
from striate.records import VectorMap

TABLE = "maps"
_KEY = b"striate"


def keep_map(found: VectorMap) -> None:
    """Write a map into its store, in place of the one that was there.

    One row a point and layer (id, layer, x, y, later, far), for whoever reads the table; the whole map as JSON in the
    table's metadata. It is one write: whoever reads meanwhile has the old map or the new one. The vectors' table is not
    touched, and may be written at the same time.

    Raises:
        StorageError: The store was deleted meanwhile; the disk refused.
    """
    import pyarrow as pa

    schema = pa.schema(
        [
            pa.field("id", pa.string()),
            pa.field("layer", pa.string()),
            pa.field("x", pa.float32()),
            pa.field("y", pa.float32()),
            pa.field("later", pa.bool_()),
            pa.field("far", pa.bool_()),
        ],
        metadata={_KEY: json.dumps(map_document(found), ensure_ascii=False)},
    )
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    for layer in found.layers:
        columns["id"] += found.ids
        columns["layer"] += [layer.layer] * len(found.ids)
        columns["x"] += layer.points[:, 0].tolist()
        columns["y"] += layer.points[:, 1].tolist()
        columns["later"] += found.placed_later.astype(bool).tolist()
        columns["far"] += found.far.astype(bool).tolist()
    rows = pa.table(columns, schema=schema)
    with told(found.store):
        database = _database(found.store)
        tables = database.list_tables().tables
        if VECTORS not in tables:
            raise StorageError(
                "a store must stay where it is while it is mapped",
                got=Quoted("nothing there"),
                where=found.store,
                hint="Was it deleted? The map was not kept.",
            )
        database.create_table(TABLE, rows, mode="overwrite" if TABLE in tables else "create")


def kept_map(store: VectorStore) -> VectorMap | None:
    """Return the map that a store has, None if it has none.

    Raises:
        SchemaError: Another version wrote it.
        StorageError: It cannot be read.
    """
    with told(store.address):
        database = _database(store.address)
        if TABLE not in database.list_tables().tables:
            return None
        written = (database.open_table(TABLE).schema.metadata or {}).get(_KEY)
    document = json.loads(written) if written else None
    return map_from_document(document, where=f"{store.address}, table {TABLE}")


def _database(address: str) -> Any:  # noqa: ANN401 - lancedb ships no types
    import lancedb

    return lancedb.connect(address)
