"""Tasks give the same outcomes in the same order from one process, from several and from Ray, also when workers are killed."""

import importlib.util
import os
import signal
from pathlib import Path

import pytest

from striate.errors import InputError, MissingExtraError, RunError
from striate.tasks import Task, run_tasks

HAS_RAY = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(not HAS_RAY, reason="Ray is not installed: the extra `cluster`")


def die_once(note, n):
    """Kill this process at the first call."""
    if not Path(note).exists():
        Path(note).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"n": n}


def die(n):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def importable(monkeypatch):
    """Let workers import this file as `test_tasks`."""
    here = str(Path(__file__).parent)
    monkeypatch.syspath_prepend(here)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]))


def _tasks():
    return [
        Task(function="operator:floordiv", arguments={}),
        *[Task(function="builtins:dict", arguments={"n": n}) for n in range(4)],
    ]


def _deadly(note):
    work = [Task(function="test_tasks:die_once", arguments={"note": str(note), "n": n}) for n in range(5)]
    return [*work[:3], Task(function="test_tasks:die", arguments={"n": 0}), *work[3:]]


def test_one_failure_is_recorded_and_does_not_stop_the_others():
    outcomes = list(run_tasks(_tasks()))

    assert outcomes[0].value is None
    assert "TypeError" in outcomes[0].error
    assert [o.value for o in outcomes[1:]] == [{"n": 0}, {"n": 1}, {"n": 2}, {"n": 3}]


@pytest.mark.slow
def test_two_processes_give_the_same_outcomes_in_the_same_order():
    assert list(run_tasks(_tasks(), workers=2)) == list(run_tasks(_tasks()))


@pytest.mark.slow
def test_more_than_one_worker_is_another_process():
    (outcome,) = run_tasks([Task(function="os:getpid")], workers=2)

    assert outcome.value != os.getpid()


@pytest.mark.slow
def test_a_killed_process_is_replaced_and_what_kills_every_worker_is_recorded(tmp_path, importable):
    outcomes = list(run_tasks(_deadly(tmp_path / "note"), workers=2))

    assert [o.value for o in outcomes] == [{"n": 0}, {"n": 1}, {"n": 2}, None, {"n": 3}, {"n": 4}]
    assert outcomes[3].error.startswith("WorkerLost: the worker ended 3 times with this task")


@pytest.mark.slow
def test_whoever_stops_listening_leaves_no_process(tmp_path):
    notes = [tmp_path / str(n) for n in range(20)]
    outcomes = run_tasks([Task(function="os:mkdir", arguments={"path": str(note)}) for note in notes], workers=2)

    assert next(outcomes).error == ""
    outcomes.close()
    assert not notes[-1].exists()


@pytest.mark.slow
@pytest.mark.cluster
@pytest.mark.filterwarnings("default")
@needs_ray
def test_ray_gives_the_same_and_survives_the_same(tmp_path, importable):
    from striate.tasks.cluster import ray_cluster

    with ray_cluster(2, "a test") as ray:
        assert list(run_tasks(_tasks(), workers=2, on="ray")) == list(run_tasks(_tasks()))
        (outcome,) = run_tasks([Task(function="os:getpid")], on="ray")
        assert outcome.value != os.getpid()
        outcomes = list(run_tasks(_deadly(tmp_path / "note"), workers=2, on="ray"))
        assert ray.is_initialized()

    assert not ray.is_initialized()
    assert [o.value for o in outcomes] == [{"n": 0}, {"n": 1}, {"n": 2}, None, {"n": 3}, {"n": 4}]
    assert outcomes[3].error.startswith("WorkerLost")


@pytest.mark.cluster
@pytest.mark.filterwarnings("default")
@needs_ray
def test_a_cluster_that_is_not_up_is_told_and_no_other_is_taken(monkeypatch):
    import ray

    def nobody(**given):
        # What Ray raises after three minutes of trying.
        raise ConnectionError("nobody answers")

    monkeypatch.setattr(ray, "init", nobody)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")

    with pytest.raises(RunError, match=r"must be up where RAY_ADDRESS says; got '127.0.0.1:1'"):
        list(run_tasks(_tasks(), on="ray"))


@pytest.mark.skipif(HAS_RAY, reason="Ray is installed")
def test_without_ray_the_cure_is_told():
    with pytest.raises(MissingExtraError, match=r'pip install "striate\[cluster\]"'):
        list(run_tasks(_tasks(), on="ray"))


def test_the_key_is_the_content_of_the_work():
    assert Task(function="a:b", arguments={"x": 1, "y": 2}).key == Task(function="a:b", arguments={"y": 2, "x": 1}).key
    assert Task(function="a:b", arguments={"x": 1}).key != Task(function="a:b", arguments={"x": 2}).key


def test_the_same_work_twice_is_refused():
    with pytest.raises(InputError, match="tasks must differ"):
        list(run_tasks([Task(function="a:b")] * 2))
