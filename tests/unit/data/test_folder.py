"""Folders of class folders: what is read, what is set aside, what is refused."""

import hashlib
import os
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image  # noqa: TID253 - tests write real files

from striate.data import SetAside, load_data
from striate.errors import Cancelled, DataError


def aside(data) -> dict[str, str]:
    return {row.place: row.reason for row in data.set_aside}


def test_each_folder_is_a_class_and_each_image_below_it_a_sample(write, tmp_path):
    write("pets/dogs/b.png", seed=1)
    write("pets/cats/deep/er/a.PNG", seed=2)
    write("pets/cats/z.png", seed=3)
    data = load_data(tmp_path / "pets")
    assert [(sample.place, sample.target) for sample in data.samples] == [
        ("cats/deep/er/a.PNG", 0),
        ("cats/z.png", 0),
        ("dogs/b.png", 1),
    ]
    assert data.output.names == ("cats", "dogs")
    assert data.output.kind == "classes"
    assert data.name == "pets"
    assert data.set_aside == ()


def test_an_id_is_the_sha256_of_the_file(pets):
    key = hashlib.sha256((pets / "cats/0.png").read_bytes()).hexdigest()[:16]
    assert load_data(pets).samples[0].id == key


def test_the_second_of_two_equal_files_gets_a_2(pets):
    (pets / "dogs/same.png").write_bytes((pets / "cats/0.png").read_bytes())
    data = load_data(pets)
    by_place = {sample.place: sample for sample in data.samples}
    assert by_place["dogs/same.png"].id == by_place["cats/0.png"].id + ".2"
    assert by_place["dogs/same.png"].content == by_place["cats/0.png"].content


def test_class_names_may_hold_anything_a_folder_name_may(write, tmp_path):
    names = ['it\'s "quoted"', "two\nlines", "кошка", "猫 犬", "emoji 🐈", "; | ,"]
    for seed, name in enumerate(names):
        write(f"odd/{name}/1.png", seed=seed)
    assert load_data(tmp_path / "odd").output.names == tuple(sorted(names))


def test_classes_named_by_numbers_are_in_the_order_of_the_numbers(write, tmp_path):
    for name in ("10", "9", "1"):
        write(f"n/{name}/1.png", seed=int(name))
    assert load_data(tmp_path / "n").output.names == ("1", "9", "10")


def test_a_class_name_that_is_no_utf8_is_refused_in_one_line(write, pets):
    (pets / os.fsdecode(b"caf\xe9")).mkdir()
    with pytest.raises(DataError, match="a class folder's name must be UTF-8") as caught:
        load_data(pets)
    assert "\n" not in str(caught.value)
    str(caught.value).encode("utf-8")


def test_a_file_name_that_is_no_utf8_is_read_and_written_as_escapes(write, pets):
    (pets / "cats/0.png").rename(pets / "cats" / os.fsdecode(b"caf\xe9.png"))
    places = [sample.place for sample in load_data(pets).samples]
    assert "cats/caf\\xe9.png" in places
    assert len(places) == 7


def test_hidden_files_and_folders_are_passed_over(write, pets):
    (pets / ".DS_Store").write_text("x")
    (pets / "cats/.hidden.png").write_text("x")
    write("pets/.cache/a.png")
    write("pets/cats/.cache/a.png")
    data = load_data(pets)
    assert len(data) == 7
    assert data.set_aside == ()


def test_other_files_are_set_aside_by_name(pets):
    (pets / "README.txt").write_text("x")
    (pets / "cats/notes.txt").write_text("x")
    (pets / "cats/LICENSE").write_text("x")
    assert aside(load_data(pets)) == {
        "README.txt": "lies beside the class folders, not in one",
        "cats/notes.txt": "not a sample by its name (.txt)",
        "cats/LICENSE": "not a sample by its name",
    }


def test_a_text_file_named_png_is_set_aside(pets):
    (pets / "cats/text.png").write_text("this is no image")
    reason = aside(load_data(pets))["cats/text.png"]
    assert reason.startswith("not an image of a known kind")


def test_a_png_named_jpg_is_read(pets):
    (pets / "cats/0.png").rename(pets / "cats/0.jpg")
    assert load_data(pets).set_aside == ()


def test_a_truncated_jpeg_is_set_aside_and_not_replaced(write, pets):
    path = write("pets/cats/cut.jpg", size=(64, 64))
    path.write_bytes(path.read_bytes()[:900])
    data = load_data(pets)
    assert len(data) == 7
    assert aside(data)["cats/cut.jpg"].startswith("broken or truncated")


def test_an_empty_file_is_set_aside(pets):
    (pets / "cats/none.png").touch()
    assert load_data(pets).set_aside == (SetAside(place="cats/none.png", reason="empty file (0 bytes)"),)


def test_images_of_several_sizes_and_modes_live_in_one_folder(write, pets):
    write("pets/dogs/grey.png", seed=20, size=(3, 9), mode="L")
    write("pets/dogs/large.png", seed=21, size=(30, 20))
    data = load_data(pets)
    shapes = {sample.place: tuple(data.read(index).shape) for index, sample in enumerate(data.samples)}
    assert data.shape == (3, 4, 6)
    assert shapes["dogs/grey.png"] == (1, 9, 3)
    assert shapes["dogs/large.png"] == (3, 20, 30)


def test_of_equally_common_shapes_the_one_with_most_pixels_is_the_shape(write, tmp_path):
    write("two/a/1.png", size=(5, 5))
    write("two/b/1.png", size=(9, 4))
    assert load_data(tmp_path / "two").shape == (3, 4, 9)


def test_a_loop_of_links_ends(pets):
    (pets / "cats/again").symlink_to(pets / "cats")
    (pets / "dogs/up").symlink_to(pets)
    (pets / "dogs/self").symlink_to("self")
    data = load_data(pets)
    assert len(data) == 7
    assert aside(data) == {
        "cats/again": "a link to a folder that is read already: cats",
        "dogs/up": "a link to a folder that is read already: the data's own folder",
        "dogs/self": "not a sample by its name",
    }


def test_links_to_files_elsewhere_are_read(write, pets):
    (pets / "cats/linked.png").symlink_to(write("elsewhere.png", seed=99))
    (pets / "cats/broken.png").symlink_to("nowhere.png")
    data = load_data(pets)
    assert len(data) == 8
    assert aside(data) == {"cats/broken.png": "the link leads nowhere"}


def test_folders_deeper_than_the_call_stack_are_read(write, pets, monkeypatch):
    image = write("deep.png", seed=99).read_bytes()
    monkeypatch.chdir(pets / "cats")
    for _ in range(1100):
        Path("d").mkdir()
        os.chdir("d")
    Path("x.png").write_bytes(image)
    assert len(load_data(pets)) == 8
    Path("x.png").unlink()
    for _ in range(1100):
        os.chdir("..")
        Path("d").rmdir()


def test_an_unreadable_folder_is_set_aside(pets, write, monkeypatch):
    write("pets/cats/locked/a.png")
    listdir = os.listdir

    def refuse(path):
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refuse)  # a mode of 0 would not stop the superuser
    assert aside(load_data(pets)) == {"cats/locked": "cannot be opened (Permission denied)"}


def test_an_unreadable_data_folder_is_refused(pets, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(DataError, match="the folder must be readable; got Permission denied"):
        load_data(pets)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="a folder must hold one sub-folder per class; got none"):
        load_data(tmp_path)


def test_one_class_is_refused(write, tmp_path):
    write("one/cats/1.png")
    with pytest.raises(DataError, match="must have at least two classes; got 'cats'"):
        load_data(tmp_path / "one")


def test_a_class_folder_without_images_is_refused_by_name(pets):
    (pets / "birds").mkdir()
    with pytest.raises(
        DataError,
        match=r"every class must have at least one readable sample; got none .at class 'birds'",
    ):
        load_data(pets)


def test_a_class_whose_images_are_all_broken_is_refused_with_the_reason(pets):
    (pets / "birds").mkdir()
    (pets / "birds/1.png").touch()
    (pets / "birds/2.png").touch()
    with pytest.raises(
        DataError,
        match=r"got none, 2 set aside: birds/1.png: empty file \(0 bytes\) \(at class 'birds'",
    ):
        load_data(pets)


def test_a_folder_of_parts_is_refused(write, tmp_path):
    for part in ("train", "test"):
        write(f"parts/{part}/cats/1.png")
    with pytest.raises(DataError, match="sub-folders must be classes, not parts of the data; got 'test', 'train'"):
        load_data(tmp_path / "parts")


def test_errors_stay_on_one_line_whatever_the_names(write, tmp_path):
    write("bad\nname/cats\nand/1.png")
    with pytest.raises(DataError) as caught:
        load_data(tmp_path / "bad\nname")
    assert "\n" not in str(caught.value)


def test_reading_is_told_sample_by_sample(pets, memory):
    watcher = memory()
    load_data(pets, events=watcher)
    assert {(step.task, step.unit, step.total) for step in watcher.heard} == {("reading", "sample", 7)}
    assert [step.done for step in watcher.heard] == list(range(8))


def test_reading_can_be_cancelled(pets, memory):
    watcher = memory(stop_after=3)
    with pytest.raises(Cancelled):
        load_data(pets, events=watcher)
    assert watcher.heard[-1].done == 3


def test_what_was_set_aside_or_comes_twice_is_logged(pets, memory):
    (pets / "cats/none.png").touch()
    (pets / "dogs/same.png").write_bytes((pets / "cats/0.png").read_bytes())
    watcher = memory()
    load_data(pets, events=watcher)
    assert watcher.lines == [
        "1 set aside, the first: cats/none.png: empty file (0 bytes)",
        "1 samples repeat another's content; a split keeps them together",
    ]


def test_the_order_is_the_same_whatever_the_order_on_the_disk(pets, monkeypatch):
    before = load_data(pets).samples
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: sorted(listdir(path), reverse=True))
    assert load_data(pets).samples == before


@pytest.mark.parametrize("processors", [1, 2, 8])
def test_the_result_does_not_depend_on_the_number_of_workers(pets, monkeypatch, processors):
    for number in range(20):
        Image.new("L", (number + 1, 3), number).save(pets / f"cats/more {number}.png")
    before = load_data(pets)
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    after = load_data(pets)
    assert after.samples == before.samples
    assert after.fingerprint == before.fingerprint


def test_a_png_of_30000_by_30000_pixels_is_set_aside_by_its_header(pets):
    body = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    (pets / "cats/huge.png").write_bytes(header + struct.pack(">I", 100) + b"IDAT" + bytes(100))
    assert aside(load_data(pets)) == {"cats/huge.png": "larger than 64,000,000 pixels (30000×30000)"}
