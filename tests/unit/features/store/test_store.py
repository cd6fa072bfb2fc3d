"""The store itself: versions, readers, deletions, and places where there is none."""

import errno
import shutil

import numpy as np
import pyarrow as pa  # noqa: TID253 - tests write real tables
import pytest

from stored_rows import SPEC, rows
from striate.errors import DataError, InputError, SchemaError, StorageError, UnknownNameError
from striate.features.store import VectorStore


@pytest.fixture
def store(tmp_path):
    made = VectorStore.create(tmp_path / "v", SPEC)
    made.append(rows(0, 5))
    return made


def test_a_store_says_what_its_vectors_are(store):
    assert VectorStore.open(store.address).spec == SPEC


def test_vectors_of_each_layer_come_in_the_order_they_were_written(store):
    store.append(rows(5, 2, error="broken"))
    store.append(rows(7, 2))

    vectors = VectorStore.open(store.address).vectors("layer1.0.relu")

    np.testing.assert_array_equal(vectors.values, [[number, 0.5] for number in (0, 1, 2, 3, 4, 7, 8)])
    assert vectors.column("id") == ["id0", "id1", "id2", "id3", "id4", "id7", "id8"]


def test_rows_are_chosen_by_sql(store):
    assert store.rows(["id"], "label = 'b''s'")["id"].to_pylist() == ["id0", "id2", "id4"]
    assert store.count("label = 'a'") == 2
    with pytest.raises(InputError, match="a store must be asked in its own terms"):
        store.rows(["id"], "nosuch = 3")
    with pytest.raises(UnknownNameError, match="a column must be a known name; got 'vectr'"):
        store.rows(["vectr"])
    with pytest.raises(UnknownNameError, match="a stored layer must be a known name; got 'conv1'"):
        store.vectors("conv1")


def test_a_reader_sees_one_version_until_it_asks_for_the_latest(store):
    reader = VectorStore.open(store.address)
    store.append(rows(5, 1))

    assert reader.count() == 5
    reader.refresh()
    assert reader.count() == 6


def test_older_versions_stay(store):
    before = store.version
    removed = store.delete("label = 'a'")

    assert (removed, store.count()) == (2, 3)
    assert VectorStore.open(store.address, version=before).count() == 5
    with pytest.raises(InputError, match="a version must be one of the store's; got 99"):
        VectorStore.open(store.address, version=99)


def test_rows_take_the_place_of_those_with_their_place(store):
    changed = rows(3, 1).set_column(0, "id", pa.array(["other"]))
    store.put(pa.concat_tables([changed, rows(9, 1)]))

    assert sorted(store.rows(["id"])["id"].to_pylist()) == ["id0", "id1", "id2", "id4", "id9", "other"]


def test_where_there_is_no_store(tmp_path):
    with pytest.raises(InputError, match="a store must have been written first"):
        VectorStore.open(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    with pytest.raises(InputError, match="must not be there yet"):
        VectorStore.create(tmp_path / "v", SPEC) and VectorStore.create(tmp_path / "v", SPEC)


def test_an_empty_store_has_no_vectors(tmp_path):
    with pytest.raises(DataError, match="must hold at least one vector; got none of 0 rows"):
        VectorStore.create(tmp_path / "v", SPEC).vectors()


def test_somebody_elses_table_is_refused(tmp_path):
    import lancedb

    lancedb.connect(str(tmp_path)).create_table("vectors", pa.table({"id": ["a"]}))
    with pytest.raises(SchemaError, match="must say what its vectors are"):
        VectorStore.open(tmp_path)


def test_a_deleted_store_is_missed_by_reader_and_writer(store, tmp_path):
    reader = VectorStore.open(store.address)
    shutil.rmtree(store.address)

    with pytest.raises(StorageError, match="a store must be readable and writable"):
        reader.rows(["id"])
    with pytest.raises(StorageError, match="must stay where it is while it is written"):
        store.append(rows(5, 1))
    assert not (tmp_path / "v").exists()


def test_vectors_of_another_size_are_refused(store):
    wrong = rows(5, 1)
    two = pa.array([[1.0, 2.0]], pa.list_(pa.float32(), 2))
    wrong = wrong.set_column(wrong.schema.get_field_index("vector"), "vector", two)

    with pytest.raises((InputError, StorageError), match="vector"):
        store.append(wrong)
    assert store.count() == 5


def test_an_old_version_is_not_written(store):
    store.append(rows(5, 1))
    old = VectorStore.open(store.address, version=2)

    for write in (lambda: old.append(rows(6, 1)), lambda: old.put(rows(6, 1)), lambda: old.delete("label = 'a'")):
        with pytest.raises(InputError, match="only the latest version of a store can be written; got 2"):
            write()
    assert (old.count(), VectorStore.open(store.address).count()) == (5, 6)


def test_a_writer_that_met_another_is_refused_every_time(store):
    other = VectorStore.open(store.address)
    other.append(rows(5, 2))

    for _ in range(2):
        with pytest.raises(StorageError, match="one writer at a time"):
            store.append(rows(5, 2))
    assert VectorStore.open(store.address).count() == 7


def test_what_is_said_of_rows_is_written_and_their_vectors_stay(store):
    before = store.vectors().values
    store.describe(pa.table({"place": ["p1", "p3"], "label": ["c", None], "split": ["test", "train"]}))

    found = {row["place"]: row for row in store.rows(["place", "label", "split", "id"]).to_pylist()}
    assert (found["p1"]["label"], found["p1"]["split"], found["p1"]["id"]) == ("c", "test", "id1")
    assert (found["p3"]["label"], found["p2"]["label"]) == (None, "b's")
    np.testing.assert_array_equal(np.sort(store.vectors().values[:, 0]), before[:, 0])


def test_a_disk_without_locks_is_named(store, monkeypatch):
    import fcntl

    def refuse(handle, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StorageError, match="must lock files .* got No locks available .* object store"):
        store.delete("label = 'a'")
