"""Groups joined from several sources, folders as groups, and columns with holes."""

import csv

import pytest

from striate.data import folder_labels, load_data, with_groups
from striate.data.grouping import group_words
from striate.errors import DataError


def test_a_sample_in_two_groups_joins_them(pets):
    data = load_data(pets)
    joined = with_groups(
        data, {"like": ["x", "x", None, None, None, None, None], "day": [None, "1", "1", None, "2", "2", "3"]}
    )

    assert [one.group for one in joined.samples] == ["like x"] * 3 + [None] + ["day 2"] * 2 + ["day 3"]
    assert all(one.group is None for one in data.samples)
    with pytest.raises(DataError, match="one label for each of the 7 samples; got 2"):
        with_groups(data, {"day": ["1", "2"]})


def test_sub_folders_are_labels_and_class_folders_are_not(write, tmp_path):
    for number, place in enumerate(("cats/tom/1", "cats/tom/2", "cats/3", "dogs/rex/old/4", "dogs/rex/5")):
        write(f"pets/{place}.png", seed=number)
    data = load_data(tmp_path / "pets")
    found = {one.place: label for one, label in zip(data.samples, folder_labels(data), strict=True)}

    assert found == {
        "cats/tom/1.png": "cats/tom",
        "cats/tom/2.png": "cats/tom",
        "cats/3.png": None,
        "dogs/rex/old/4.png": "dogs/rex/old",
        "dogs/rex/5.png": "dogs/rex",
    }
    assert set(folder_labels(load_data("digits"))) == {None}


def test_holes_in_a_group_column_stand_alone_and_are_told(pets):
    manifest = pets / "all.csv"
    rows = [(f"cats/{n}.png", "cat", "g" if n < 2 else "") for n in range(4)] + [
        (f"dogs/{n}.png", "dog", "") for n in range(3)
    ]
    with manifest.open("w", newline="") as file:
        csv.writer(file).writerows([("path", "label", "group"), *rows])
    data = load_data(manifest)

    assert [one.group for one in data.samples] == ["g", "g"] + [None] * 5
    assert group_words(data) == ("5 of 7 samples are in no group; each of them stands alone.",)
    assert group_words(load_data(pets)) == ()


def test_of_eight_files_three_broken_ones_are_named_and_five_counted_once(write, tmp_path):
    for number in range(8):
        write(f"r5/{'ab'[number % 2]}/{number}.png", seed=number)
    whole = (tmp_path / "r5/b/3.png").read_bytes()
    (tmp_path / "r5/b/3.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "r5/a/4.png").write_bytes(b"no image at all")
    (tmp_path / "r5/b/5.png").write_bytes(b"")
    data = load_data(tmp_path / "r5")

    assert sorted(row.place for row in data.set_aside) == ["a/4.png", "b/3.png", "b/5.png"]
    assert all(row.reason for row in data.set_aside)
    assert [one.place for one in data.samples] == ["a/0.png", "a/2.png", "a/6.png", "b/1.png", "b/7.png"]
    assert len({data.read(index).numpy().tobytes() for index in range(5)}) == 5
