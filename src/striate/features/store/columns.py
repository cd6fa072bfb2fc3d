"""The columns of a store's table, and the specification in its metadata."""

from __future__ import annotations

import json
from typing import Any

from striate import schema
from striate.errors import SchemaError
from striate.records.plain import from_plain, to_plain
from striate.records.vectors import VectorSpec

SCHEMA_VERSION = 1
_KEY = b"striate"
# Everything but vectors and pictures.
DESCRIBING = (
    "id", "content", "place", "path", "size_bytes", "modified_ns", "label", "targets", "group", "split", "prediction",
    "confidence", "loss", "error",
)  # fmt: skip


def table_schema(spec: VectorSpec) -> Any:  # noqa: ANN401 - pyarrow ships no types
    """Return the table's schema: one row a sample, vectors null where there is an error.

    | column | what |
    |---|---|
    | `id` | as in a data set: the content's key, with ".2", ".3" … for further samples of the same content |
    | `content` | first 16 hexadecimal digits of the SHA-256 of the stored bytes |
    | `place` | where it came from, as in a data set; no two rows have the same |
    | `path` | the file, absolute; empty for arrays |
    | `size_bytes`, `modified_ns` | of the file, to know it again without reading it |
    | `label` | class, or labels between ";"; null where nobody said |
    | `targets` | class index, one number a label, or values; null where nobody said |
    | `group`, `split` | what belongs together; the part of the data; empty or null where nobody said |
    | `prediction`, `confidence`, `loss` | the network's answer, its probability, its loss where the label is an answer |
    | `thumbnail` | JPEG or PNG, null where a sample is no picture |
    | `error` | why there is no vector; null where there is one |
    | `vector`, `vector_2` … | float32, one column a layer |
    """
    import pyarrow as pa

    text, whole, number = pa.string(), pa.int64(), pa.float32()
    fields = [
        pa.field("id", text),
        pa.field("content", text),
        pa.field("place", text),
        pa.field("path", text),
        pa.field("size_bytes", whole),
        pa.field("modified_ns", whole),
        pa.field("label", text),
        pa.field("targets", pa.list_(number)),
        pa.field("group", text),
        pa.field("split", text),
        pa.field("prediction", text),
        pa.field("confidence", number),
        pa.field("loss", number),
        pa.field("thumbnail", pa.binary()),
        pa.field("error", text),
        *(pa.field(layer.column, pa.list_(number, layer.size)) for layer in spec.layers),
    ]
    document = {"schema": schema.stamp("vectors", SCHEMA_VERSION), "spec": to_plain(spec)}
    return pa.schema(fields, metadata={_KEY: json.dumps(document, ensure_ascii=False)})


def read_spec(found: Any, *, where: str) -> VectorSpec:  # noqa: ANN401 - a pyarrow schema
    """Return the specification in a table's metadata.

    Raises:
        SchemaError: The table is not one of ours, or of a version this code cannot read.
    """
    written = (found.metadata or {}).get(_KEY)
    if written is None:
        raise SchemaError("a store must say what its vectors are", got="a table of somebody else", where=where)
    try:
        parsed = json.loads(written)
    except ValueError as cause:
        raise SchemaError("a store's metadata must be JSON", got=str(cause), where=where) from cause
    document = schema.accept(parsed, "vectors", SCHEMA_VERSION, where=where)
    return from_plain(VectorSpec, document.get("spec"), where=where)
