"""`kill -9` while vectors are computed and while they are written; a reader looks on all the time."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from striate.features.extraction import extract
from striate.features.store import VectorStore
from striate.records.vectors import VectorChoice

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
WORKER = Path(__file__).with_name("killed_extracting.py")


def run(network, data, store, place):
    return subprocess.run(
        [sys.executable, str(WORKER), str(network), str(data), str(store), place], check=False
    ).returncode


def test_killed_extractions_end_in_the_same_bytes(small_run, pictures, tmp_path):
    seen = []
    for place in ("rows:9", "append:2"):
        assert run(small_run, pictures, tmp_path / "v", place) == -signal.SIGKILL
        store = VectorStore.open(tmp_path / "v")
        rows = store.rows(["id", "place", "error", "vector"]).to_pylist()
        assert len({row["place"] for row in rows}) == len(rows)
        assert all(row["error"] is None and len(row["vector"]) == 784 for row in rows)
        seen.append(len(rows))
    extract(str(small_run), pictures, tmp_path / "v", VectorChoice(memory_format="plain"))
    extract(str(small_run), pictures, tmp_path / "whole", VectorChoice(memory_format="plain"))

    assert seen == sorted(seen)
    assert 0 < seen[-1] < 40
    names = [name for name in VectorStore.open(tmp_path / "v").table.schema.names if name != "path"]
    killed, whole = (VectorStore.open(tmp_path / name).rows(names).sort_by("id") for name in ("v", "whole"))
    assert killed.equals(whole)
