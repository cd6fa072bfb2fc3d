"""A store of real digits with three wrong labels, and its map: written without a network, for tests of what is drawn of them."""

import io

import numpy as np
import pyarrow as pa  # noqa: TID253 - tests write real tables

from striate.features.mapping import MapSettings, map_store
from striate.features.store import VectorStore
from striate.features.store.columns import table_schema
from striate.records import Output, Preprocessing
from striate.records.vectors import VectorLayer, VectorSpec

NAMES = tuple(str(number) for number in range(10))
SPEC = VectorSpec(
    network="digits.yaml",
    weights_key="a" * 64,
    layers=(
        VectorLayer(name="pixels", column="vector", size=784, pooling="flat"),
        VectorLayer(name="pooled", column="vector_2", size=49, pooling="average"),
    ),
    views="centre",
    is_normalised=False,
    preprocessing=Preprocessing(shape=(1, 28, 28), mean=(0.0,), std=(1.0,)),
    output=Output(kind="classes", names=NAMES),
    is_reduced=True,
    batch_size=8,
    memory_format="plain",
)
# Rows whose stored label is one more than the digit's.
WRONG = (37, 150, 222)
COUNT = 400


def digits_store(folder, digits, *, count=COUNT, pictured=True, labelled=True):
    """Write a store: digits of all classes with their pixels, and their means over 4 × 4; the answers are those of class means."""
    chosen = range(0, 5000, 5000 // count)[:count]
    pixels = np.stack([digits.read(index)[0].numpy() for index in chosen]).astype(np.float32)
    targets = digits.targets().numpy()[list(chosen)].astype(int)
    pooled = pixels.reshape(count, 7, 4, 7, 4).mean((2, 4)).reshape(count, 49)
    means = np.stack([pooled[targets == number].mean(0) for number in range(10)])
    distances = ((pooled[:, None] - means) ** 2).sum(2)
    answers = distances.argmin(1)
    loss = distances[np.arange(count), targets] / distances.mean()
    for row in WRONG:
        if row < count:
            targets[row] = (targets[row] + 1) % 10
    columns = {
        "id": [f"id{row:03d}" for row in range(count)],
        "content": [f"id{row:03d}" for row in range(count)],
        "place": [f"digits/{index}" for index in chosen],
        "label": [NAMES[target] if labelled else None for target in targets],
        "targets": [[float(target)] if labelled else None for target in targets],
        "split": ["test" if row % 4 == 0 else "train" for row in range(count)],
        "prediction": [NAMES[answer] for answer in answers],
        "loss": loss.astype(float).tolist(),
        "thumbnail": [_png(picture) if pictured else None for picture in pixels],
        "vector": list(pixels.reshape(count, -1)),
        "vector_2": list(pooled),
    }
    schema = table_schema(SPEC)
    store = VectorStore.create(folder, SPEC)
    store.append(
        pa.Table.from_pydict({name: columns.get(name, [None] * count) for name in schema.names}, schema=schema)
    )
    return store


def digits_map(store, *, is_compared=False):
    """Return the map of such a store, both layers."""
    return map_store(store, layers=("pixels", "pooled"), settings=MapSettings(is_compared=is_compared))


def _png(picture):
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture.astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()
