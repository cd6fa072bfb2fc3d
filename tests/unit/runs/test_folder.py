import errno
import os

import pytest

from striate.errors import InputError, SchemaError, StorageError
from striate.runs import Run

ASKED = {"command": "train", "inputs": {"data": "digits"}, "settings": {"recipe": {"rate": 0.1, "epochs": 2}}}


def begin(folder, **changes):
    return Run.begin(folder, **(ASKED | changes))


def test_what_was_begun_can_be_read(tmp_path):
    begun = begin(tmp_path / "run")
    found = Run.read(tmp_path / "run")
    assert found.document == begun.document
    assert found.document.status == "running"
    assert found.document.versions["python"].count(".") == 2
    assert found.document.began.endswith("+00:00")


@pytest.mark.parametrize(("status", "again"), [("stopped", "running"), ("failed", "running"), ("done", "done")])
def test_beginning_again_goes_on_unless_it_is_done(tmp_path, status, again):
    begin(tmp_path / "run").end(status, "why")
    run = begin(tmp_path / "run")
    assert run.document.status == again
    assert Run.read(tmp_path / "run").document == run.document
    assert run.document.reason == ("why" if status == "done" else "")


def test_other_work_is_refused_and_the_difference_is_named(tmp_path):
    begin(tmp_path / "run")
    with pytest.raises(InputError, match=r"same settings; got rate 0\.5 \(there 0\.1\)"):
        begin(tmp_path / "run", settings={"recipe": {"rate": 0.5, "epochs": 2}})
    with pytest.raises(InputError, match="same inputs"):
        begin(tmp_path / "run", inputs={"data": "other"})
    with pytest.raises(InputError, match="same command"):
        begin(tmp_path / "run", command="inspect")


def test_a_folder_with_something_else_in_it_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match="--out must be a new, an empty or a run folder"):
        begin(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_kill_during_the_first_write_does_not_block_the_folder(tmp_path):
    (tmp_path / ".run.json.k3.part").write_text('{"schema"')
    assert begin(tmp_path).document.status == "running"
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_rows_come_back_as_they_were(tmp_path):
    run = begin(tmp_path / "run")
    rows = [{"loss": 0.1 + 0.2, "words": "Zeile\u2028ende, 3×3"}, {"loss": 1e-300}]
    for row in rows:
        run.append("metrics.jsonl", row)
    assert run.rows("metrics.jsonl") == rows
    assert run.rows("nothing.jsonl") == []


@pytest.mark.parametrize("cut", [1, 2, 3, 12])
def test_a_last_line_cut_by_a_kill_is_left_out(tmp_path, cut):
    run = begin(tmp_path / "run")
    run.append("log.jsonl", {"a": 1})
    run.append("log.jsonl", {"words": "3×3 ×"})
    path = tmp_path / "run" / "log.jsonl"
    path.write_bytes(path.read_bytes()[: -cut - 1])
    assert run.rows("log.jsonl") == [{"a": 1}]


def test_a_broken_line_in_the_middle_is_named(tmp_path):
    run = begin(tmp_path / "run")
    (tmp_path / "run" / "log.jsonl").write_text('{"a": 1}\n{"b"\n{"c": 3}\n')
    with pytest.raises(SchemaError, match=r"every line must be JSON.*log\.jsonl:2"):
        run.rows("log.jsonl")


def test_rows_can_be_dropped(tmp_path):
    run = begin(tmp_path / "run")
    for number in range(4):
        run.append("metrics.jsonl", {"step": number})
    run.keep_rows("metrics.jsonl", run.rows("metrics.jsonl")[:2])
    run.append("metrics.jsonl", {"step": 9})
    assert [row["step"] for row in run.rows("metrics.jsonl")] == [0, 1, 9]


def test_a_row_the_disk_refuses_is_told(tmp_path, monkeypatch):
    run = begin(tmp_path / "run")

    def refuse(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError, match="the disk must take what is written"):
        run.append("metrics.jsonl", {"step": 1})


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": "striate/run/99"}', '{"schema": "striate/network/1"}'])
def test_a_run_file_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(SchemaError):
        Run.read(tmp_path)


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(InputError, match=r"a run folder must hold run\.json"):
        Run.read(tmp_path)
