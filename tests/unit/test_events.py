"""A watcher hears how far a task is and how long it will take, and can stop it."""

import pytest

from striate.errors import Cancelled
from striate.events import Events, Task, track


class Listener(Events):
    def __init__(self, stop_after=None):
        self.heard = []
        self.stop_after = stop_after

    def progress(self, progress):
        self.heard.append(progress)

    def is_cancelled(self):
        return self.stop_after is not None and self.heard[-1].done >= self.stop_after


def test_time_left_is_the_rate_so_far_times_what_is_left():
    clock = iter([0.0, 0.0, 2.0, 4.0])
    listener = Listener()
    task = Task("count", total=6, unit="step", events=listener, clock=lambda: next(clock))

    task.advance(1, loss=0.5)
    task.advance(1)

    assert [p.left_s for p in listener.heard] == [None, 10.0, 8.0]
    assert listener.heard[1].figures == {"loss": 0.5}


def test_a_resumed_task_does_not_take_what_was_done_before_for_its_rate():
    clock = iter([0.0, 0.0, 1.0])
    listener = Listener()
    task = Task("count", total=102, done=100, unit="step", events=listener, clock=lambda: next(clock))

    task.advance(1)

    assert listener.heard[-1].left_s == 1.0


def test_a_watcher_stops_the_work_between_two_units():
    seen = []
    with pytest.raises(Cancelled):
        for item in track(range(10), "count", total=10, unit="step", events=Listener(stop_after=3)):
            seen.append(item)

    assert seen == [0, 1, 2]
