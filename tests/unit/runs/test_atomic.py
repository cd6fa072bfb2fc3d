import errno
import os

import pytest

from striate.errors import StorageError
from striate.runs import write_bytes, write_json, write_text
from striate.runs.atomic import remove_parts


def test_a_file_is_written_with_the_folders_it_needs(tmp_path):
    write_text(tmp_path / "a" / "b" / "text.txt", "Gräser 3×3")
    assert (tmp_path / "a/b/text.txt").read_bytes() == "Gräser 3×3".encode()


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_refusing_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, call):
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os if call == "fsync" else type(path), call, refuse)
    with pytest.raises(StorageError, match="got 'No space left on device'"):
        write_bytes(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_a_number_that_is_not_finite_is_no_json(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"loss": float("nan")})
    assert not (tmp_path / "a.json").exists()


def test_what_a_kill_left_is_removed_and_nothing_else(tmp_path):
    (tmp_path / "in").mkdir()
    for name in (".run.json.x1.part", "in/.step.y2.part", "in/keep.part", ".hidden"):
        (tmp_path / name).write_text("x")
    remove_parts(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [".hidden", "keep.part"]
