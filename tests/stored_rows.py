"""A specification of vectors of four and two numbers, and rows of it."""

import pyarrow as pa  # noqa: TID253 - tests write real tables

from striate.features.store.columns import table_schema
from striate.records import Output, Preprocessing
from striate.records.vectors import VectorLayer, VectorSpec

SPEC = VectorSpec(
    network="net.yaml",
    weights_key="a" * 64,
    layers=(
        VectorLayer(name="flatten1", column="vector", size=4, pooling="flat"),
        VectorLayer(name="layer1.0.relu", column="vector_2", size=2, pooling="average"),
    ),
    views="centre",
    is_normalised=False,
    preprocessing=Preprocessing(shape=(1, 2, 2), mean=(0.0,), std=(1.0,)),
    output=Output(kind="classes", names=("a", "b")),
    is_reduced=True,
    batch_size=8,
    memory_format="plain",
)


def rows(first, count, *, error=None):
    numbers = list(range(first, first + count))
    columns = {
        "id": [f"id{number}" for number in numbers],
        "content": [f"id{number}" for number in numbers],
        "place": [f"p{number}" for number in numbers],
        "label": ["a" if number % 2 else "b's" for number in numbers],
        "error": [error] * count,
        "vector": [None if error else [float(number)] * 4 for number in numbers],
        "vector_2": [None if error else [float(number), 0.5] for number in numbers],
    }
    schema = table_schema(SPEC)
    return pa.Table.from_pydict({name: columns.get(name, [None] * count) for name in schema.names}, schema=schema)
