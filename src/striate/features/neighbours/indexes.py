"""The indexes a store has, with what was measured of them, kept in a table of their own beside the vectors."""

from __future__ import annotations

import json
from typing import Any

from striate import schema
from striate.errors import SchemaError
from striate.features.store.asking import quoted
from striate.features.store.store import VectorStore, told
from striate.records.neighbours import Metric, SearchIndex
from striate.records.plain import from_plain, to_plain
from striate.records.vectors import VectorLayer

TABLE = "indexes"
SCHEMA_VERSION = 1


def index_name(layer: VectorLayer) -> str:
    """Return what LanceDB calls the index of a layer: one column has one."""
    return f"{layer.column}_striate"


def usable_index(store: VectorStore, layer: VectorLayer, metric: Metric) -> SearchIndex | None:
    """Return the index of a layer under a metric if the version that is read has it, with what was measured of it."""
    statistics = _statistics(store, layer)
    if statistics is None or statistics.distance_type != metric:
        return None
    found = [one for one in kept_indexes(store) if one.layer == layer.name and one.metric == metric]
    held = [one for one in found if one.version <= store.version]
    # Another one may have been built by other means: then its recall is not known, and it is not ours to use.
    return held[-1] if held and statistics.index_type.lower().replace("_", "-") == held[-1].kind else None


def unindexed_rows(store: VectorStore, layer: VectorLayer) -> int:
    """Return how many rows were added after the index of a layer was built."""
    statistics = _statistics(store, layer)
    return 0 if statistics is None else int(statistics.num_unindexed_rows)


def kept_indexes(store: VectorStore) -> list[SearchIndex]:
    """Return what was measured of each index, oldest first.

    Raises:
        SchemaError: A newer version wrote them.
    """
    with told(store.address):
        database = _database(store)
        if TABLE not in database.list_tables().tables:
            return []
        rows = database.open_table(TABLE).to_arrow()["document"].to_pylist()
    found = []
    for text in rows:
        try:
            parsed = json.loads(text)
        except ValueError as cause:
            raise SchemaError("an index's record must be JSON", got=str(cause), where=store.address) from cause
        document = schema.accept(parsed, "search-index", SCHEMA_VERSION, where=store.address)
        found.append(from_plain(SearchIndex, document.get("index"), where=store.address))
    return sorted(found, key=lambda index: index.version)


def keep_index(store: VectorStore, index: SearchIndex) -> None:
    """Keep what was measured, in place of what was kept of an earlier index of the layer."""
    import pyarrow as pa

    document = {"schema": schema.stamp("search-index", SCHEMA_VERSION), "index": to_plain(index)}
    row = pa.table({"layer": [index.layer], "document": [json.dumps(document, ensure_ascii=False)]})
    forget_index(store, index.layer)
    with told(store.address):
        database = _database(store)
        if TABLE in database.list_tables().tables:
            database.open_table(TABLE).add(row)
        else:
            database.create_table(TABLE, data=row)


def forget_index(store: VectorStore, layer: str) -> None:
    """Drop what was kept of a layer's index; until another is measured the layer is searched exactly."""
    with told(store.address):
        database = _database(store)
        if TABLE in database.list_tables().tables:
            database.open_table(TABLE).delete(f"layer = {quoted(layer)}")


def _statistics(store: VectorStore, layer: VectorLayer) -> Any:  # noqa: ANN401 - lancedb's, or None
    with told(store.address):
        if index_name(layer) not in {index.name for index in store.table.list_indices()}:
            return None
        return store.table.index_stats(index_name(layer))


def _database(store: VectorStore) -> Any:  # noqa: ANN401 - lancedb's connection
    import lancedb

    return lancedb.connect(store.address)
