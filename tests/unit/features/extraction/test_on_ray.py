"""Actors of Ray write what one thread does: the same ids, the same bytes, also when one of them is killed."""

import importlib.util
import os
import sys
from dataclasses import replace

import pytest

from killing_workers import Killer, content_of
from striate.errors import Cancelled, MissingExtraError, RunError
from striate.events import Events
from striate.features.extraction import extract
from striate.features.extraction.job import Job
from striate.features.store import VectorStore
from striate.records.vectors import VectorChoice

HAS_RAY = all(importlib.util.find_spec(name) for name in ("ray", "lance_ray"))
pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("default"), pytest.mark.timeout(600)]
needs_ray = pytest.mark.skipif(not HAS_RAY, reason="Ray is not installed: the extra `cluster`")
PLAIN = VectorChoice(memory_format="plain")


@pytest.fixture(scope="module")
def cluster():
    """One cluster of four processors for all tests, as a user's own would be."""
    from striate.tasks.cluster import ray_cluster

    with ray_cluster(4, "tests") as ray:
        yield ray


@pytest.fixture
def alone(small_run, pictures, tmp_path):
    """What one thread of this process writes; a file that is no picture is among it."""
    (pictures / "3" / "broken.png").write_bytes(b"no picture")
    extract(small_run, pictures, tmp_path / "alone", PLAIN, lanes=1)
    return content_of(tmp_path / "alone")


@pytest.mark.long
@needs_ray
@pytest.mark.skipif(sys.platform != "linux", reason="finds workers in /proc")
def test_an_actor_killed_on_the_way_changes_nothing(cluster, small_run, pictures, tmp_path, alone):
    killer = Killer("MapWorker")

    found = extract(small_run, pictures, tmp_path / "v", PLAIN, workers=2, on="ray", events=killer)

    assert len(killer.killed) == 1
    assert (found.computed, found.failed, found.rows) == (41, 1, 41)
    assert sum(name.endswith(".2") for name in alone["id"].to_pylist()) == 10
    assert content_of(tmp_path / "v").equals(alone)
    assert cluster.is_initialized()


@pytest.mark.long
@needs_ray
@pytest.mark.parametrize(("workers", "lanes"), [(1, None), (4, None), (1, 2)])
def test_any_number_of_actors_writes_the_same_bytes(cluster, small_run, pictures, tmp_path, alone, workers, lanes):
    extract(small_run, pictures, tmp_path / "v", PLAIN, workers=workers, lanes=lanes, on="ray")

    assert content_of(tmp_path / "v").equals(alone)


@pytest.mark.long
@needs_ray
def test_what_was_stopped_goes_on_and_what_changed_is_replaced(cluster, small_run, pictures, tmp_path, alone):
    class Stopper(Events):
        stops = False

        def progress(self, progress):
            self.stops = progress.done > 0

        def is_cancelled(self):
            return self.stops

    with pytest.raises(Cancelled):
        extract(small_run, pictures, tmp_path / "v", PLAIN, on="ray", events=Stopper())
    first = VectorStore.open(tmp_path / "v").count()
    touched = pictures / "0" / "1.png"
    os.utime(touched, ns=(1, 1))
    found = extract(small_run, pictures, tmp_path / "v", PLAIN, on="ray")

    assert 0 < first < 41
    assert (found.stored, found.changed, found.computed) == (first - 1, 1, 42 - first)
    ours, theirs = (table.drop(["modified_ns"]).sort_by("place") for table in (content_of(tmp_path / "v"), alone))
    assert ours.equals(theirs)


@pytest.mark.long
@needs_ray
def test_a_network_that_changed_meanwhile_is_one_line(cluster, small_run, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "striate.features.extraction.extracting.job_of",
        lambda network, listing, spec, lanes: Job(
            network=str(network), spec=replace(spec, weights_key="0" * 64), truth=listing.output
        ),
    )

    with pytest.raises(RunError, match="every worker must be able to do its part; got .*the same for every worker"):
        extract(small_run, pictures, tmp_path / "v", PLAIN, on="ray")
    assert VectorStore.open(tmp_path / "v").count() == 0


@pytest.mark.slow
@pytest.mark.skipif(HAS_RAY, reason="Ray is installed")
def test_without_ray_the_cure_is_told(small_run, pictures, tmp_path):
    with pytest.raises(MissingExtraError, match=r'pip install "striate\[cluster\]"'):
        extract(small_run, pictures, tmp_path / "v", PLAIN, on="ray")
