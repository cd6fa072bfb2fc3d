"""Several processes write what one does: the same ids, the same bytes, also when one of them is killed."""

import sys
from dataclasses import replace

import pytest

from killing_workers import Killer, content_of
from striate.data import list_data
from striate.errors import InputError, RunError
from striate.features.extraction import extract, plan_vectors, processes
from striate.features.extraction.job import job_of
from striate.nets import load_network
from striate.records.vectors import VectorChoice
from striate.tasks.processes import _Pool

pytestmark = pytest.mark.slow
PLAIN = VectorChoice(memory_format="plain")


@pytest.fixture(autouse=True)
def blocks_one_by_one(monkeypatch):
    monkeypatch.setattr(processes, "_BLOCKS", 1)


@pytest.fixture
def alone(small_run, pictures, tmp_path):
    """What one thread of this process writes."""
    extract(small_run, pictures, tmp_path / "alone", PLAIN, lanes=1)
    return content_of(tmp_path / "alone")


@pytest.mark.parametrize(("workers", "lanes"), [(2, 4), pytest.param(4, None, marks=pytest.mark.long)])
def test_any_number_of_processes_writes_the_same_bytes(small_run, pictures, tmp_path, alone, workers, lanes):
    found = extract(small_run, pictures, tmp_path / "v", PLAIN, workers=workers, lanes=lanes)

    assert (found.computed, found.failed, found.rows) == (40, 0, 40)
    assert sum(name.endswith(".2") for name in alone["id"].to_pylist()) == 10
    assert content_of(tmp_path / "v").equals(alone)


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="finds workers in /proc")
def test_a_process_killed_on_the_way_changes_nothing(small_run, pictures, tmp_path, alone, monkeypatch):
    renewed = []
    renew = _Pool.renew
    monkeypatch.setattr(_Pool, "renew", lambda pool, waiting: (renewed.append(1), renew(pool, waiting))[1])
    killer = Killer("LokyProcess")

    found = extract(small_run, pictures, tmp_path / "v", PLAIN, workers=2, events=killer)

    assert len(killer.killed) == 1
    assert renewed
    assert found.rows == 40
    assert content_of(tmp_path / "v").equals(alone)


@pytest.mark.long
def test_what_is_there_is_not_computed_again_by_whomever(small_run, pictures, tmp_path, alone):
    hidden = pictures / "9"
    hidden.rename(tmp_path / "9")
    extract(small_run, pictures, tmp_path / "v", PLAIN)
    (tmp_path / "9").rename(hidden)
    found = extract(small_run, pictures, tmp_path / "v", PLAIN, workers=2)

    assert (found.stored, found.computed) == (36, 4)
    assert content_of(tmp_path / "v").equals(alone)


def test_data_in_memory_are_read_by_each_process(small_run, digits, tmp_path):
    few = replace(list_data("digits"), entries=list_data("digits").entries[:24])
    job = job_of(small_run, few, plan_vectors(load_network(small_run), PLAIN), lanes=1)
    rows, seconds = processes.compute(job, [few.entries[:8], few.entries[8:24]])

    assert rows["content"].to_pylist() == [sample.content for sample in digits.samples[:24]]
    assert seconds > 0


def test_another_network_under_the_same_name_is_refused(small_run, pictures, tmp_path):
    spec = plan_vectors(load_network(small_run), PLAIN)
    job = job_of(small_run, list_data(pictures), replace(spec, weights_key="0" * 64), lanes=1)

    with pytest.raises(RunError, match="a network must be the same for every worker"):
        job.lane()


def test_what_only_this_process_has_is_refused_before_anything_is_made(small_run, few_digits, pictures, tmp_path):
    with pytest.raises(InputError, match="a network must be given by its reference"):
        extract(load_network(small_run), pictures, tmp_path / "v", workers=2)
    with pytest.raises(InputError, match="data must have a reference"):
        extract(small_run, few_digits, tmp_path / "v", workers=2)
    with pytest.raises(InputError, match="workers must be at least 1; got 0"):
        extract(small_run, pictures, tmp_path / "v", workers=0)

    assert not (tmp_path / "v").exists()
