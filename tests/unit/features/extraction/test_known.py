"""What a store knows of its samples: numbers of equal contents, what is said of them, faults that passed."""

import os
import threading

import numpy as np
import pytest
import torch

from striate.data import load_data
from striate.errors import RunError, StorageError
from striate.events import Events
from striate.features.extraction import extract
from striate.features.extraction.known import KnownRow, Numbers, Said, known_rows
from striate.features.extraction.storing import store_rows
from striate.features.store import VectorStore
from striate.records.vectors import VectorChoice

pytestmark = pytest.mark.slow
PLAIN = VectorChoice(memory_format="plain")


def by_place(address, *columns):
    return {row["place"]: row for row in VectorStore.open(address).rows(["place", *columns]).to_pylist()}


def test_numbers_go_on_from_the_highest_in_use_and_a_place_keeps_its_own():
    said = Said(None, None, None, "")
    numbers = Numbers({"b": KnownRow(1, 1, "x", 2, said), "a": KnownRow(1, 1, "z", 1, said)})

    assert numbers.ids(["x", "y", "x", "y", ""], ["c", "d", "b", "e", "f"])[:4] == ["x.3", "y", "x.2", "y.2"]
    assert numbers.knows(["y"])
    assert not numbers.knows(["w"])


def test_ids_stay_unique_when_the_first_of_two_copies_goes(small_network, pictures, tmp_path):
    extract(small_network, pictures, tmp_path / "v", PLAIN)
    VectorStore.open(tmp_path / "v").delete("place = '3/0.png'")
    (pictures / "3" / "0.png").rename(pictures / "3" / "9.png")
    extract(small_network, pictures, tmp_path / "v", PLAIN)

    ids = VectorStore.open(tmp_path / "v").rows(["id"])["id"].to_pylist()
    assert len(set(ids)) == len(ids) == 40
    content = by_place(tmp_path / "v", "content")["3/9.png"]["content"]
    assert by_place(tmp_path / "v", "id")["3/9.png"]["id"] == f"{content}.3"


def test_a_touched_file_keeps_its_id(small_network, pictures, tmp_path):
    extract(small_network, pictures, tmp_path / "v", PLAIN)
    before = by_place(tmp_path / "v", "id")
    os.utime(pictures / "5" / "1.png", ns=(1, 1))
    os.utime(pictures / "5" / "3.png", ns=(1, 1))
    found = extract(small_network, pictures, tmp_path / "v", PLAIN)

    assert found.changed == 2
    assert by_place(tmp_path / "v", "id") == before


def test_a_new_class_shifts_the_others_and_no_vector_is_computed_again(small_network, pictures, tmp_path):
    hidden = pictures / "4"
    hidden.rename(tmp_path / "4")
    extract(small_network, pictures, tmp_path / "v", PLAIN)
    (tmp_path / "4").rename(hidden)
    found = extract(small_network, pictures, tmp_path / "v", PLAIN)
    extract(small_network, pictures, tmp_path / "whole", PLAIN)

    assert (found.stored, found.retold, found.computed) == (16, 20, 4)
    columns = ("label", "targets", "prediction", "loss", "vector")
    assert by_place(tmp_path / "v", *columns) == by_place(tmp_path / "whole", *columns)


def test_a_corrected_manifest_is_told_anew(small_network, pictures, tmp_path):
    manifest = pictures / "m.csv"
    manifest.write_text("path,label\n1/0.png,1\n2/0.png,1\n")
    extract(small_network, manifest, tmp_path / "v", PLAIN)
    manifest.write_text("path,label,split\n1/0.png,1,train\n2/0.png,2,test\n")
    found = extract(small_network, manifest, tmp_path / "v", PLAIN)

    rows = by_place(tmp_path / "v", "label", "targets", "split", "loss")
    assert (found.retold, found.computed) == (2, 0)
    assert (rows["2/0.png"]["label"], rows["2/0.png"]["targets"], rows["2/0.png"]["split"]) == ("2", [1.0], "test")
    # The loss of another label was never worked out.
    assert rows["2/0.png"]["loss"] is None
    assert rows["1/0.png"]["loss"] is not None


def test_what_nobody_says_any_more_stays(small_network, few_digits, tmp_path):
    parts = {sample.place: "train" for sample in few_digits.samples}
    extract(small_network, few_digits, tmp_path / "v", PLAIN, parts=parts)
    again = extract(small_network, few_digits, tmp_path / "v", PLAIN)

    assert (again.stored, again.retold, again.computed) == (201, 0, 0)
    assert VectorStore.open(tmp_path / "v").count("split = 'train'") == 201


@pytest.mark.skipif(os.name != "posix", reason="a folder where a file was")
def test_a_fault_that_passed_is_forgotten(small_network, pictures, tmp_path):
    path = pictures / "6" / "2.png"
    data = path.read_bytes()
    stamp = path.stat().st_mtime_ns
    path.unlink()
    path.symlink_to(tmp_path / "away.png")
    first = extract(small_network, pictures, tmp_path / "v", PLAIN)
    (tmp_path / "away.png").write_bytes(data)
    os.utime(tmp_path / "away.png", ns=(stamp, stamp))
    second = extract(small_network, pictures, tmp_path / "v", PLAIN)

    assert (first.failed, second.failed, second.computed) == (1, 0, 1)
    assert VectorStore.open(tmp_path / "v").count("error IS NULL") == 40


def test_a_store_where_everything_failed_fails_again(small_network, tmp_path):
    (tmp_path / "p").mkdir()
    for name in "ab":
        (tmp_path / "p" / f"{name}.png").write_bytes(b"no picture")

    for _ in range(2):
        with pytest.raises(RunError, match="at least one sample must give a vector; got none of 2: not an image"):
            extract(small_network, tmp_path / "p", tmp_path / "v", PLAIN)


def test_a_second_writer_without_a_lock_adds_nothing_twice(small_network, pictures, tmp_path):
    extract(small_network, pictures, tmp_path / "v", PLAIN)
    late, other = VectorStore.open(tmp_path / "v"), VectorStore.open(tmp_path / "v")
    rows = other.rows(other.table.schema.names)
    rows = rows.set_column(rows.schema.get_field_index("place"), "place", [[f"x{n}" for n in range(40)]])
    other.append(rows.slice(0, 1))
    known = known_rows(late)

    with pytest.raises(StorageError, match="one writer at a time"):
        list(store_rows(late, ((part, 0.0) for part in [rows.slice(1, 8)]), known.numbers(), frozenset()))
    assert VectorStore.open(tmp_path / "v").count() == 41


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes")
def test_a_name_that_is_no_utf_8_is_a_row_like_others(small_network, pictures, tmp_path):
    source = pictures / "8" / "1.png"
    (pictures / "8" / os.fsdecode(b"\xff.png")).write_bytes(source.read_bytes())

    found = extract(small_network, pictures, tmp_path / "v", PLAIN)

    rows = by_place(tmp_path / "v", "path", "vector")
    assert (found.failed, found.rows) == (0, 41)
    assert rows["8/\\xff.png"]["path"].endswith("/8/\\xff.png")
    assert rows["8/\\xff.png"]["vector"] == rows["8/1.png"]["vector"]


def test_what_is_left_out_is_told(small_network, pictures, tmp_path):
    heard = []

    class Listener(Events):
        def log(self, message):
            heard.append(message)

    (pictures / "0" / "notes.txt").write_text("no sample")
    extract(small_network, pictures, tmp_path / "v", PLAIN, events=Listener())

    assert heard[0] == "1 set aside, the first: 0/notes.txt: not a sample by its name (.txt)"


def test_threads_that_begin_afterwards_have_torchs_own_number(small_network, tmp_path):
    torch.set_num_threads(2)
    images = np.eye(28, dtype=np.uint8)[None].repeat(32, 0)
    extract(small_network, load_data((images, list("ab") * 16)), tmp_path / "v", PLAIN, lanes=4)
    found = []
    thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    thread.start()
    thread.join()

    assert found == [2]
