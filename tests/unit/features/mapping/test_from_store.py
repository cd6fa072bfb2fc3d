from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from striate.errors import InputError, StorageError, UnknownNameError
from striate.features.mapping import (
    MapSettings,
    continued_map,
    from_store,
    keep_map,
    kept_map,
    map_store,
    picture_pixels,
)
from striate.features.mapping.document import map_document, map_from_document
from striate.features.store import VectorStore
from striate.features.store.lock import only_writer
from striate.records import Output, Preprocessing
from striate.records.vectors import VectorLayer, VectorSpec

pytestmark = pytest.mark.slow
QUICK = MapSettings(is_compared=False)
RNG = np.random.default_rng(9)
CENTRES = 6 * np.eye(4)
SPEC = VectorSpec(
    network="runs/a",
    weights_key="key",
    layers=(
        VectorLayer(name="conv1", column="vector", size=4, pooling="average"),
        VectorLayer(name="fc1", column="vector_2", size=4, pooling="flat"),
    ),
    views="centre",
    is_normalised=False,
    preprocessing=Preprocessing(shape=(1, 8, 8), mean=(0.0,), std=(1.0,)),
    output=Output(kind="classes", names=("cat", "dog", "eel")),
    is_reduced=False,
    batch_size=8,
    memory_format="plain",
)


def picture(value):
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.full((8, 8), value, np.uint8) + RNG.integers(0, 9, (8, 8), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def rows(store, numbers, *, labels=None, error=None, centre=None, pictures=None):
    """Append rows: points of three classes around their centres, or around one centre of their own."""
    import pyarrow as pa

    count = len(numbers)
    classes = [n % 3 for n in numbers] if labels is None else labels
    columns = {
        "id": [f"id{n}" for n in numbers],
        "content": [f"id{n}" for n in numbers],
        "place": [f"{n}.png" for n in numbers],
        "label": [None if c is None else SPEC.output.names[c] for c in classes],
        "targets": [None if c is None else [float(c)] for c in classes],
        "thumbnail": [picture(60 * (c or 0)) for c in classes] if pictures is None else pictures,
        "error": [error] * count,
    }
    schema = store.table.schema
    arrays = []
    for field in schema:
        if field.name in columns:
            arrays.append(pa.array(columns[field.name], field.type))
        elif field.name.startswith("vector"):
            around = CENTRES[[c or 0 for c in classes]] if centre is None else np.tile(centre, (count, 1))
            values = (around + RNG.normal(0, 1, (count, 4))).astype(np.float32)
            mask = pa.array([error is not None] * count)
            arrays.append(pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), 4, mask=mask))
        else:
            arrays.append(pa.nulls(count, field.type))
    store.append(pa.Table.from_arrays(arrays, schema=schema))


@pytest.fixture
def store(tmp_path):
    made = VectorStore.create(tmp_path / "store", SPEC)
    rows(made, range(60))
    rows(made, [900, 901], error="truncated")
    return made


def test_all_layers_are_mapped_with_the_same_points_and_kept(store):
    import lancedb

    found = map_store(store, settings=QUICK)

    assert [layer.layer for layer in found.layers] == ["conv1", "fc1"]
    assert found.ids == tuple(f"id{n}" for n in range(60))
    assert (found.truth, found.names, found.left_out) == ("classes", ("cat", "dog", "eel"), 2)
    np.testing.assert_array_equal(found.labels, np.arange(60) % 3)
    for layer in found.layers:
        assert layer.separation.accuracy.value > 0.9
        assert layer.separation.pixels is not None
    table = lancedb.connect(store.address).open_table("maps").to_arrow()
    assert table.num_rows == 120
    np.testing.assert_array_equal(table["x"].to_numpy()[:60], found.layers[0].points[:, 0])


def test_points_without_a_picture_are_left_out_of_the_comparison_with_pixels_alone(store, tmp_path):
    whole = map_store(store, layers=["fc1"], settings=QUICK).judged
    assert not [told for told in whole.unmeasured if "picture" in told]
    part = VectorStore.create(tmp_path / "part", SPEC)
    rows(part, range(60), pictures=[None, b"no picture", *(picture(60 * (n % 3)) for n in range(2, 60))])

    found = map_store(part, layers=["fc1"], settings=QUICK).judged

    assert found.separation.points == 60
    assert found.separation.pixels is not None
    assert "2 of 60 labelled points have no picture: pixels are compared on the others." in found.unmeasured

    # Those without a label are not looked at.
    rows(store, range(100, 130), labels=[None] * 30, pictures=[b"no picture"] * 30)

    again = map_store(VectorStore.open(store.address), layers=["fc1"], settings=QUICK).judged

    assert again.separation.pixels == whole.separation.pixels
    assert not [told for told in again.unmeasured if "picture" in told]


def test_how_many_pixels_are_compared_is_known_beforehand(store, tmp_path):
    bare = VectorStore.create(tmp_path / "bare", SPEC)
    rows(bare, range(20), pictures=[None] * 20)

    assert picture_pixels(store) == 32 * 32
    assert picture_pixels(bare) == 0


def test_a_map_is_judged_at_the_layer_that_is_the_store_s_default(tmp_path):
    made = VectorStore.create(tmp_path / "store", replace(SPEC, default="conv1"))
    rows(made, range(30))

    found = map_store(made, settings=QUICK)

    assert [layer.layer for layer in found.layers] == ["conv1", "fc1"]
    assert found.judged is found.layers[0]
    assert replace(found, default="").judged is found.layers[1]
    assert map_store(made, layers=["fc1"], settings=QUICK).judged.layer == "fc1"


def test_the_document_gives_the_map_back(store):
    found = map_store(store, layers=["fc1"], settings=MapSettings(most_compared=30))

    again = kept_map(store)

    assert map_document(again) == map_document(found) == map_document(map_from_document(map_document(found), where="x"))
    np.testing.assert_array_equal(again.judged.tried[1].points, found.judged.tried[1].points)
    assert again.layers[0].points.dtype == np.float32


def test_again_with_more_rows_only_the_new_ones_are_placed(store):
    first = map_store(store, settings=QUICK)
    rows(store, range(100, 130))
    rows(store, [500, 501], labels=[None, None], centre=[0.0, 0.0, 0.0, -60.0])

    second = map_store(VectorStore.open(store.address), settings=QUICK)

    assert second.ids[:60] == first.ids
    assert len(second.ids) == 92
    assert second.placed_later.tolist() == [0] * 60 + [1] * 32
    assert second.far[-2:].tolist() == [1, 1]
    assert second.far[60:90].mean() < 0.3
    for before, after in zip(first.layers, second.layers, strict=True):
        np.testing.assert_array_equal(after.points[:60], before.points)
        centres = np.stack([before.points[first.labels == c].mean(0) for c in range(3)])
        nearest = np.linalg.norm(after.points[60:90, None] - centres, axis=2).argmin(1)
        assert (nearest == second.labels[60:90]).mean() > 0.9
    third = map_store(VectorStore.open(store.address), settings=QUICK)
    np.testing.assert_array_equal(third.layers[0].points, second.layers[0].points)
    assert third.placed_later.tolist() == second.placed_later.tolist()
    assert third.far.tolist() == second.far.tolist()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("afresh", ""),
        ("deleted", "1 point of the store's map is no longer in it"),
        ("seed", "by another perplexity or seed"),
    ],
)
def test_a_map_is_made_anew_where_it_cannot_be_continued(store, change, told):
    map_store(store, layers=["fc1"], settings=QUICK)
    rows(store, range(100, 110))
    if change == "deleted":
        store.delete("id = 'id5'")
    opened = VectorStore.open(store.address)
    settings = MapSettings(is_compared=False, seed=1 if change == "seed" else 0)
    old, anew = continued_map(opened, ["fc1"], settings, opened.rows(("id",))["id"].to_pylist())

    found = map_store(opened, layers=["fc1"], afresh=change == "afresh", settings=settings)

    assert (old is None) == bool(told)
    assert told in anew
    assert not found.placed_later.any()
    assert len(found.ids) == (69 if change == "deleted" else 70)


def test_a_map_of_a_part_is_not_kept(store):
    found = map_store(store, where="label <> 'eel'", layers=["fc1"], settings=QUICK)

    assert len(found.ids) == 40
    assert found.names == ("cat", "dog")
    assert kept_map(store) is None


def test_what_is_not_there_is_refused(store, tmp_path):
    with pytest.raises(UnknownNameError, match="fc1"):
        map_store(store, layers=["fc9"])
    with pytest.raises(InputError, match="at least two vectors"):
        map_store(store, where="id = 'id3'")
    with pytest.raises(InputError, match="at least one vector"):
        map_store(VectorStore.create(tmp_path / "empty", SPEC))


def test_vectors_that_do_not_fit_into_memory_are_told_before_they_are_read(store, monkeypatch, tmp_path):
    told = tmp_path / "meminfo"
    told.write_text("MemTotal:  9 kB\nMemFree:  1 kB\nMemAvailable:  5 kB\nCached:  4 kB\n", encoding="ascii")
    monkeypatch.setattr(from_store, "_MEMORY", told)

    with pytest.raises(
        InputError, match="a layer's vectors must fit into memory, 5.62 KiB to work with; got '5.00 KiB free'"
    ):
        map_store(store)

    told.write_text("MemFree:  1 kB\nMemAvailable:  6 kB\n", encoding="ascii")

    with pytest.raises(InputError, match="the pictures' pixels must fit into memory, 1.41 MiB"):
        map_store(store)


def test_nothing_is_refused_where_the_system_does_not_tell_its_memory(store, monkeypatch, tmp_path):
    monkeypatch.setattr(from_store, "_MEMORY", tmp_path / "none")

    assert len(map_store(store, layers=["fc1"], settings=QUICK).ids) == 60


def test_a_store_that_was_deleted_meanwhile_is_not_begun_anew(store):
    found = map_store(store, layers=["fc1"], settings=QUICK)
    shutil.rmtree(store.address)
    Path(store.address).mkdir()

    with pytest.raises(StorageError, match="must stay where it is while it is mapped"):
        keep_map(found)

    assert list(Path(store.address).iterdir()) == []


def test_a_map_is_kept_while_somebody_writes_vectors(store):
    with only_writer(store.address):
        found = map_store(store, layers=["fc1"], settings=QUICK)

    assert kept_map(store).ids == found.ids


def test_values_are_coloured_by_decile():
    from striate.features.mapping.known import known_of

    known, names, colours = known_of([None] * 40, [[float(n)] for n in range(40)])

    assert known.truth == "values"
    assert len(names) == 10
    np.testing.assert_array_equal(colours, np.arange(40) // 4)


def test_several_labels_keep_their_names():
    from striate.features.mapping.known import known_of

    known, names, colours = known_of(["red;round", "", None, "round"], [[1, 0, 1], [0, 0, 0], None, [0, 0, 1]])

    assert known.truth == "labels"
    assert names == ("red", "label 1", "round")
    assert colours.tolist() == [0, -1, -1, 2]
    assert known.rows.tolist() == [0, 1, 3]
