import errno
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from striate import Blueprint
from striate.data import load_data
from striate.data.halving import out_of_memory
from striate.errors import InputError, RunError, ShapeError
from striate.records import Recipe
from striate.runs import Run
from striate.study.search import Limits, Search, search, working
from striate.study.search.asking import answering, storage_at
from striate.study.search.telling import cut_off
from striate.study.search.working import try_design

PLAN = Blueprint.from_text(
    "input 1x8x8; let w {2,3,4,6}; conv {3,5} w, relu; (conv 3 w, relu) x{1,2}; globalavgpool; classes 3"
)
ASKED = Search(plan=PLAN, limits=Limits(macs=20_000), recipe=Recipe(epochs=1, batch=10, rate=0.02), prune=False, seed=3)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")]


@pytest.fixture(scope="module")
def data(pictures):
    return load_data(str(pictures))


def test_a_full_disk_fails_no_trial_and_what_it_cut_off_is_tried_again(data, tmp_path, monkeypatch):
    from striate.study import training
    from striate.study.search import sitting
    from striate.tasks.task import run_task

    train, begun = training.train, []

    def full(plan, *given, **named):
        begun.append(plan.to_text())
        if len(begun) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return train(plan, *given, **named)

    # Two at once, the first of the second round on a full disk; the other one is kept.
    monkeypatch.setattr(sitting, "run_tasks", lambda tasks, **_: [run_task(task) for task in tasks])
    with monkeypatch.context() as patched:
        patched.setattr(training, "train", full)
        with pytest.raises(
            RunError, match=r"No space left on device.* Free some space\. .*run the same command"
        ) as told:
            search(ASKED, data, tmp_path / "a", trials=8, workers=2)
    stopped = Run.read(tmp_path / "a").document
    found = search(ASKED, data, tmp_path / "a", trials=8, workers=2)

    assert "\n" not in str(told.value)
    assert stopped.status == "failed"
    assert len(begun) == 4
    assert [trial.ended for trial in found.trials] == ["done"] * 8
    assert len({trial.text for trial in found.trials}) == 8
    # What was done stays; what was cut off is the first to be tried again.
    assert [trial.text for trial in found.trials[:4]] == [begun[0], begun[1], begun[3], begun[2]]


def test_a_design_that_loses_its_workers_in_two_sittings_is_a_failed_trial_and_the_rest_goes_on(
    data, tmp_path, monkeypatch
):
    from striate.study.search import sitting
    from striate.tasks.task import lost, run_task

    sent = []

    def on_little_memory(tasks, **_):
        sent.extend(task.arguments["work"]["plan"] for task in tasks)
        return [lost(task) if task.arguments["work"]["plan"] == sent[0] else run_task(task) for task in tasks]

    # The first design takes more memory than there is, whenever it is tried.
    monkeypatch.setattr(sitting, "run_tasks", on_little_memory)
    with pytest.raises(RunError, match=r"WorkerLost: .* Fewer --workers take less memory\."):
        search(ASKED, data, tmp_path / "a", trials=3, workers=1)
    found = search(ASKED, data, tmp_path / "a", trials=3, workers=1)

    assert sent[0] == sent[1] != sent[2]
    assert sorted(trial.ended for trial in found.trials) == ["done", "done", "failed"]
    (failed,) = (trial for trial in found.trials if trial.ended == "failed")
    assert failed.text == sent[0]
    assert "WorkerLost" in failed.reason


def test_a_database_that_fails_in_a_report_of_the_pruner_fails_no_trial(data, tmp_path, monkeypatch):
    import optuna

    report, reports = optuna.trial.Trial.report, []

    def full(self, *given):
        reports.append(given)
        if len(reports) == 2:
            raise optuna.exceptions.StorageInternalError("An exception is raised during the commit.") from a_full_disk()
        return report(self, *given)

    asked = replace(ASKED, prune=True)
    with monkeypatch.context() as patched:
        patched.setattr(optuna.trial.Trial, "report", full)
        with pytest.raises(RunError, match=r"got database or disk is full .* Free some space"):
            search(asked, data, tmp_path / "a", trials=3, workers=1)
    assert len(reports) == 2
    found = search(asked, data, tmp_path / "a", trials=3, workers=1)

    assert [trial.ended for trial in found.trials] == ["done"] * 3


def a_full_disk():
    """The error of a database that may not grow, as SQLite itself tells it."""
    base = sqlite3.connect(":memory:")
    base.execute("PRAGMA max_page_count = 1")
    with pytest.raises(sqlite3.OperationalError) as told:
        base.execute("CREATE TABLE one (two)")
    return told.value


def test_a_database_on_a_full_disk_is_told_as_that(tmp_path):
    import optuna

    with pytest.raises(RunError) as told, answering(storage_at(tmp_path)):
        raise optuna.exceptions.StorageInternalError("An exception is raised during the commit.") from a_full_disk()

    assert "got database or disk is full" in str(told.value)
    assert "Free some space" in told.value.hint
    assert "Start the database" not in told.value.hint


@pytest.mark.parametrize(
    ("error", "is_failed"),
    [
        (ShapeError("a window must fit"), True),
        (ValueError("Expected more than 1 value per channel when training, got input size [1, 4]"), True),
        (out_of_memory("a training step"), True),
        (ValueError("anything else"), False),
        (InputError("data must be those the study began with"), False),
    ],
)
def test_only_what_a_design_is_to_blame_for_fails_its_trial(monkeypatch, error, is_failed):
    def refuse(**_):
        raise error

    monkeypatch.setattr(working, "train_work", refuse)
    if is_failed:
        assert try_design(work={}, storage="", name="", trial=0) == {"failed": str(error)}
    else:
        with pytest.raises(type(error)):
            try_design(work={}, storage="", name="", trial=0)


def test_a_damaged_file_of_a_search_is_told_with_its_place(data, tmp_path):
    search(ASKED, data, tmp_path / "a", trials=1, workers=1)
    (tmp_path / "a" / "search.db").write_bytes(b"no database at all" * 100)

    with pytest.raises(RunError, match=r"database must answer; got .*search\.db") as told:
        search(ASKED, data, tmp_path / "a", trials=2, workers=1)
    assert "can be written to" in told.value.hint


def test_what_is_cut_off_by_an_error_of_ours_keeps_its_cure():
    theirs = cut_off("RuntimeError: sizes [3, 4] and [5]", Path("a"))
    ours = cut_off("InputError: data must be others; got 'x' (at y). Begin anew. [input]", Path("a"))

    assert theirs.hint == "Mend that. Then run the same command again: it goes on with this design."
    assert ours.hint == "Then run the same command again: it goes on with this design."
