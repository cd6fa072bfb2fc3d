"""Which layer the work is at, and how long all layers will take."""

import pytest

from striate.errors import Cancelled
from striate.events import Events, Progress, Task
from striate.studio.mapping.layered import Layered


class Heard(Events):
    def __init__(self):
        self.told, self.lines, self.stops = [], [], False

    def progress(self, progress):
        self.told.append((progress.task, progress.left_s))

    def log(self, message):
        self.lines.append(message)

    def is_cancelled(self):
        return self.stops


def test_layers_are_counted_and_the_time_is_for_all_that_are_left():
    heard = Heard()
    layered = Layered(heard, 3)
    at = {"total": 10, "unit": "step"}
    layered.progress(Progress(task="finding neighbours", done=5, elapsed_s=1, left_s=1, **at))
    for _ in range(2):
        layered.progress(Progress(task="placing the points", done=0, elapsed_s=0, left_s=None, **at))
        layered.progress(Progress(task="placing the points", done=4, elapsed_s=4, left_s=6, **at))
    layered.log("a line")

    # Four seconds done and six to go: ten a layer, of which two, then one, are still to come.
    assert heard.told == [
        ("layer 1 of 3: finding neighbours", None),
        ("layer 1 of 3: placing the points", None),
        ("layer 1 of 3: placing the points", 26),
        ("layer 2 of 3: placing the points", None),
        ("layer 2 of 3: placing the points", 16),
    ]
    assert heard.lines == ["a line"]


def test_it_stops_when_its_watcher_does():
    heard = Heard()
    task = Task("placing the points", total=2, unit="step", events=Layered(heard, 1))
    task.advance()
    heard.stops = True
    with pytest.raises(Cancelled):
        task.advance()
