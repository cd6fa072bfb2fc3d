"""A full disk, a store deleted under its writer, two writers at once: one line each, and nothing lost."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa  # noqa: TID253 - tests write real tables
import pytest

from stored_rows import SPEC, rows
from striate.errors import StorageError
from striate.events import Events
from striate.features.extraction import extract
from striate.features.store import VectorStore
from striate.features.store.lock import only_writer
from striate.records.vectors import VectorChoice

PLAIN = VectorChoice(memory_format="plain")
TESTS = Path(__file__).parents[3]


def ids(address):
    return VectorStore.open(address).rows(["id"])["id"].to_pylist()


def fill(*arguments):
    """Return what a process under a limit on the size of files said."""
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("filling_disk.py")), *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip().splitlines()


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_what_was_there_is_whole(tmp_path):
    (said,) = fill(tmp_path / "v")

    assert said.startswith("StorageError: ")
    assert "File too large" in said
    assert "is the disk full?" in said
    assert ids(tmp_path / "v") == [f"id{number}" for number in range(20)]
    VectorStore.open(tmp_path / "v").append(rows(20, 1))
    assert len(ids(tmp_path / "v")) == 21


@pytest.mark.slow
def test_an_extraction_onto_a_full_disk_goes_on_when_there_is_room(small_run, pictures, tmp_path):
    (said,) = fill(tmp_path / "v", small_run, pictures)
    found = extract(small_run, pictures, tmp_path / "v", PLAIN)

    assert said.startswith("StorageError: ")
    assert found.rows == 40
    assert len(set(ids(tmp_path / "v"))) == 40


@pytest.mark.slow
def test_a_store_deleted_during_an_extraction_is_told_and_not_begun_anew(small_run, pictures, tmp_path):
    class Deleter(Events):
        def progress(self, progress):
            if progress.done:
                shutil.rmtree(tmp_path / "v", ignore_errors=True)

    with pytest.raises(StorageError, match="must stay where it is while it is written; got nothing there"):
        extract(small_run, pictures, tmp_path / "v", PLAIN, events=Deleter())
    assert not (tmp_path / "v").exists()
    assert extract(small_run, pictures, tmp_path / "v", PLAIN).rows == 40


def test_a_second_writer_is_refused_by_the_lock_and_let_in_afterwards(tmp_path):
    store = VectorStore.create(tmp_path / "v", SPEC)
    with only_writer(store.address):
        store.append(rows(0, 3))
        with pytest.raises(StorageError, match="one writer at a time; got 'another one'"):
            store.delete("id = 'id0'")

    assert store.delete("id = 'id0'") == 1
    assert ids(store.address) == ["id1", "id2"]


@pytest.mark.parametrize("how", ["append", "put"])
def test_where_no_lock_holds_a_version_of_somebody_else_stops_the_writer(tmp_path, how):
    one = VectorStore.create(tmp_path / "v", SPEC)
    other = VectorStore.open(tmp_path / "v")
    one.append(rows(0, 3))

    with pytest.raises(StorageError, match="one writer at a time; got version 2 by another one after 1"):
        getattr(other, how)(rows(0, 3))
    assert ids(one.address) == ["id0", "id1", "id2"]
    one.append(rows(3, 1))
    one.compact()
    one.append(rows(4, 1))
    assert len(ids(one.address)) == 5


def test_files_written_beside_the_table_are_added_or_read(tmp_path):
    lance_ray = pytest.importorskip("lance_ray.fragment")
    import json

    store = VectorStore.create(tmp_path / "v", SPEC)
    written = lance_ray.write_fragment(iter([rows(0, 3), rows(3, 2)]), store.uri, schema=rows(0, 1).schema)
    fragments = [json.dumps(fragment.to_json()) for fragment, _ in written]

    assert store.count() == 0
    assert [store.written(fragment).equals(rows(0, 5)) for fragment in fragments] == [True]
    store.commit(fragments)
    assert store.count() == 5
    assert store.rows(store.table.schema.names).equals(rows(0, 5))
    shutil.rmtree(tmp_path / "v")
    with pytest.raises(StorageError, match="must stay where it is"):
        store.commit(fragments)


def test_a_row_without_a_vector_takes_the_place_of_one_with(tmp_path):
    store = VectorStore.create(tmp_path / "v", SPEC)
    store.append(rows(0, 3))
    store.put(pa.concat_tables([rows(1, 1, error="broken"), rows(3, 1)]))

    found = store.rows(["id", "error", "vector"]).sort_by("id").to_pylist()
    assert [(row["id"], row["error"], row["vector"]) for row in found] == [
        ("id0", None, [0.0] * 4),
        ("id1", "broken", None),
        ("id2", None, [2.0] * 4),
        ("id3", None, [3.0] * 4),
    ]
