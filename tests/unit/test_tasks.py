"""Tasks give the same outcomes in the same order from one process and from several."""

import os

import pytest

from striate.errors import InputError
from striate.tasks import Task, run_tasks


def _tasks():
    return [
        Task(function="operator:floordiv", arguments={}),
        *[Task(function="builtins:dict", arguments={"n": n}) for n in range(4)],
    ]


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


def test_the_key_is_the_content_of_the_work():
    assert Task(function="a:b", arguments={"x": 1, "y": 2}).key == Task(function="a:b", arguments={"y": 2, "x": 1}).key
    assert Task(function="a:b", arguments={"x": 1}).key != Task(function="a:b", arguments={"x": 2}).key


def test_the_same_work_twice_is_refused():
    with pytest.raises(InputError, match="tasks must differ"):
        list(run_tasks([Task(function="a:b")] * 2))
