"""Listing: what there is, before a file was opened."""

import pytest

from striate.data import list_data, load_data
from striate.errors import DataError


def put(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not decoded")
    return root


def test_class_folders_are_listed_as_they_are_loaded(tmp_path):
    found = list_data(put(tmp_path, "b/2.png", "a/x/1.png", "a/0.jpg", "a/notes.txt", "readme.md"))

    assert [(entry.place, entry.target) for entry in found.entries] == [
        ("a/0.jpg", 0),
        ("a/x/1.png", 0),
        ("b/2.png", 1),
    ]
    assert found.output.names == ("a", "b")
    assert sorted(row.place for row in found.set_aside) == ["a/notes.txt", "readme.md"]


def test_parts_become_splits_and_classes_are_the_same_in_all(tmp_path):
    root = put(tmp_path, "train/b/1.png", "train/a/1.png", "val/b/1.png", "val/c/1.png", "test/a/1.png")
    found = list_data(root)

    named = [(entry.place, entry.split, found.output.names[entry.target]) for entry in found.entries]
    assert named == [
        ("test/a/1.png", "test", "a"),
        ("train/a/1.png", "train", "a"),
        ("train/b/1.png", "train", "b"),
        ("val/b/1.png", "validation", "b"),
        ("val/c/1.png", "validation", "c"),
    ]


def test_files_without_folders_have_no_targets(tmp_path):
    found = list_data(put(tmp_path, "2.png", "1.png"))

    assert [(entry.place, entry.target) for entry in found.entries] == [("1.png", None), ("2.png", None)]
    assert found.output is None


def test_a_manifest_may_have_splits_and_no_answers(tmp_path):
    (tmp_path / "m.csv").write_text("path,split\na.png,train\nb.png,\n")
    found = list_data(tmp_path / "m.csv")

    assert [(entry.place, entry.split, entry.target) for entry in found.entries] == [
        ("a.png", "train", None),
        ("b.png", "", None),
    ]
    assert found.output is None


def test_a_manifest_lists_what_it_loads(tmp_path):
    (tmp_path / "m.csv").write_text("path,label,group\na.png,cat,1\nb.png,dog,\n../c.png,dog,\n")
    found = list_data(tmp_path / "m.csv")

    assert [(entry.place, entry.target, entry.group) for entry in found.entries] == [
        ("a.png", 0, "1"),
        ("b.png", 1, None),
    ]
    assert found.set_aside[0].place == "line 4: ../c.png"


def test_a_file_named_twice_is_refused(tmp_path):
    (tmp_path / "m.csv").write_text("path,label\na.png,cat\na.png,dog\n")

    with pytest.raises(DataError, match="must name every file once; got 'a.png'"):
        list_data(tmp_path / "m.csv")


def test_nothing_to_list(tmp_path):
    with pytest.raises(DataError, match="at least one file of a sample"):
        list_data(put(tmp_path, "readme.md"))


def test_a_manifest_without_answers_is_still_no_data_set(tmp_path):
    (tmp_path / "m.csv").write_text("path\na.png\n")

    with pytest.raises(DataError, match="exactly one of 'label'"):
        load_data(tmp_path / "m.csv")


def test_what_lies_beside_parts_is_told(tmp_path):
    found = list_data(put(tmp_path, "train/a/1.png", "train/b/1.png", "test/a/1.png", "stray.png"))

    assert ("stray.png", "lies beside the parts, not in one") in [(row.place, row.reason) for row in found.set_aside]
