import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from striate.data import load_data
from striate.errors import InputError, StorageError
from striate.events import Events
from striate.records.trial import Speed
from striate.runs import Run
from striate.study import estimating, fork_study, read_results, run_study, study_text, verdict
from striate.study.documents import study_document
from striate.study.estimating import estimated
from striate.study.running import prepared, results_of
from striate.train import train

WORKER = Path(__file__).with_name("worker.py")

pytestmark = pytest.mark.slow


class Heard(Events):
    def __init__(self):
        self.lines = []

    def log(self, message):
        self.lines.append(message)


def table(results):
    """All that was found; nothing of when and how long."""
    return json.dumps(study_document(read_results(results)))


@pytest.fixture(scope="module")
def whole(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "study"
    return folder, run_study(small, folder, workers=1)


def start(study, folder, workers, *places):
    file = folder.with_suffix(".yaml")
    file.write_text(study_text(study), encoding="utf-8")
    words = [sys.executable, str(WORKER), str(file), str(folder), str(workers), *places]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_cell_s_score_is_that_of_the_same_training_by_itself(small, whole, tmp_path):
    folder, results = whole
    row = results.cells[1]
    data = load_data(small.data)
    speed = Speed(memory_format="channels-last")
    trained = train(row.cell.plan, data, replace(row.cell.recipe, seed=1), tmp_path / "alone", threads=1, speed=speed)
    images = [data.samples[index] for index in trained.split.test]
    from striate.data import batches

    right = 0
    for batch in batches(data, trained.split.test, trained.network.preprocessing, batch_size=5):
        right += int((trained.network.module(batch.images).argmax(1) == batch.targets).sum())

    settings = [Run.read(run).document.settings for run in (folder / "trainings").glob("*/run")]
    assert len(settings) > 1
    assert all(one["memory_format"] == "channels-last" for one in settings)
    assert row.cell.levels == ("1", "sgd")
    assert row.runs[1].score == right / len(images)
    assert row.runs[1].validation_loss == trained.curve.kept.validation_loss
    assert [layer.layer for layer in row.runs[1].health] == ["conv1", "classes"]


@pytest.mark.long
def test_the_same_in_one_process_and_in_two(small, whole, tmp_path):
    _, results = whole

    assert table(run_study(small, tmp_path / "study", workers=2)) == table(results)


@pytest.mark.parametrize(
    "place", [pytest.param("2", marks=pytest.mark.long), "16", pytest.param("33", marks=pytest.mark.long)]
)
def test_killed_anywhere_it_goes_on_to_the_same_tables(small, whole, tmp_path, place):
    _, results = whole
    killed = start(small, tmp_path / "study", 1, place)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    done = list((tmp_path / "study").glob("trainings/*/result.json"))

    assert len(done) < 8
    assert table(run_study(small, tmp_path / "study", workers=1)) == table(results)


def test_a_killed_worker_is_replaced(small, whole, tmp_path):
    _, results = whole
    running = start(replace(small, recipe=replace(small.recipe, epochs=1)), tmp_path / "study", 2)
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list((tmp_path / "study").glob("trainings/*/run")):
        time.sleep(0.05)
    for child in children.read_text().split():
        words = Path(f"/proc/{child}/cmdline").read_bytes()
        if b"loky" in words and b"tracker" not in words:
            os.kill(int(child), signal.SIGKILL)
            break
    _, errors = running.communicate(timeout=120)

    assert running.returncode == 0, errors
    assert table(results_of(prepared(small), tmp_path / "study")) == table(results)


def test_two_processes_do_nothing_twice_and_lose_nothing(small, whole, tmp_path):
    _, results = whole
    folder = tmp_path / "study"
    both = [start(small, folder, 1), start(small, folder, 1)]
    for one in both:
        _, errors = one.communicate(timeout=120)
        assert one.returncode == 0, errors

    assert table(results_of(prepared(small), folder)) == table(results)
    # A training that two had begun would have been told so in its log.
    assert not [path for path in folder.glob("trainings/*/run/log.jsonl") if "resumed" in path.read_text()]


def test_more_seeds_and_levels_add_to_what_is_there(small, whole, tmp_path):
    import shutil

    folder = tmp_path / "study"
    shutil.copytree(whole[0], folder)
    before = {path: path.stat().st_mtime_ns for path in folder.glob("trainings/*/result.json")}
    depth, optimizer = small.factors
    deeper = replace(depth, levels=(*depth.levels, replace(depth.levels[0], name="3", words=(("depth", "3"),))))
    more = run_study(replace(small, seeds=3, factors=(deeper, optimizer)), folder, workers=1)

    assert [len(row.scores) for row in more.cells] == [3] * 6
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list(folder.glob("trainings/*/result.json"))) == 18
    old = {row.cell.levels: row.scores for row in whole[1].cells}
    assert all(row.scores[:2] == old[row.cell.levels] for row in more.cells if row.cell.levels in old)


def test_a_study_that_changed_is_refused_with_the_difference_or_forked(small, whole, tmp_path):
    folder, results = whole
    other = replace(small, recipe=replace(small.recipe, epochs=2))

    with pytest.raises(InputError, match=r"'epochs': 1.*→.*'epochs': 2.*--fork .*study --out NEW"):
        run_study(other, folder)
    with pytest.raises(InputError, match="seeds 2 → 1"):
        run_study(replace(small, seeds=1), folder)
    depth, optimizer = small.factors
    adam, sgd = optimizer.levels
    renamed = replace(optimizer, levels=(adam, replace(sgd, name="plain")))
    with pytest.raises(InputError, match="level sgd of optimizer: sgd → none"):
        run_study(replace(small, factors=(depth, renamed)), folder)

    asked = replace(small, fixed=replace(small.fixed, within_percent=90), question="The same?")
    assert fork_study(asked, folder, tmp_path / "fork") == 8
    assert fork_study(other, folder, tmp_path / "other") == 0
    forked = run_study(asked, tmp_path / "fork", workers=1)
    assert [row.scores for row in forked.cells] == [row.scores for row in results.cells]


def test_a_folder_of_something_else_is_refused(small, tmp_path):
    (tmp_path / "note.txt").write_text("mine")

    with pytest.raises(InputError, match="a new, an empty or a study's folder"):
        run_study(small, tmp_path)


def test_each_cell_gets_the_rate_its_own_trials_chose(small, tmp_path):
    asked = replace(small, rates=(1e-6, 0.03))
    results = run_study(asked, tmp_path / "study", workers=1)
    lost = replace(small, rates=(1e-6, 1e30))
    kept = run_study(lost, tmp_path / "lost", workers=1)

    # At a millionth nothing is learned.
    assert {row.rate for row in results.cells} == {0.03}
    assert len(list((tmp_path / "study").glob("trainings/*/result.json"))) == 8 + 8
    assert {row.rate for row in kept.cells} == {1e-6}


def test_a_cell_without_a_rate_says_why(small, tmp_path):
    one = replace(small, factors=small.factors[:1], reference=("1",), rates=(1e30, 1e31))
    results = run_study(one, tmp_path / "study", workers=1)

    assert [row.rate for row in results.cells] == [None, None]
    assert all(row.scores == () and len(row.runs) == 2 for row in results.cells)
    for row in results.cells:
        why = row.runs[0].failed
        assert why.startswith("no rate that was tried could be trained: the ")
        assert "loss must" in why
        assert why.endswith("[diverged]")
    assert verdict(read_results(results)).headline == "No training has ended yet."


def test_a_cell_that_is_no_network_has_no_rate_and_no_run_to_wait_for(small, tmp_path):
    depth, optimizer = small.factors
    # Eight places cannot be halved five times.
    words = (("depth", "1; (maxpool 2) x5; (conv 3 w) x1"),)
    asked = replace(
        small,
        factors=(replace(depth, levels=(*depth.levels, replace(depth.levels[0], name="none", words=words))), optimizer),
        rates=(0.01, 0.03),
    )
    results = run_study(asked, tmp_path / "study", workers=1)
    none = [row for row in results.cells if row.cell.levels[0] == "none"]

    assert [row.rate for row in none] == [None, None]
    assert all(row.scores == () and row.cell.plan is None for row in none)
    assert [len(row.scores) for row in results.cells if row not in none] == [2] * 4
    assert "Depth none, optimizer sgd is no network" in " ".join(verdict(read_results(results)).troubles)


def test_a_cell_that_diverges_is_recorded_with_its_reason_and_does_not_stop_the_rest(small, tmp_path):
    _, optimizer = small.factors
    rate = replace(
        optimizer,
        name="rate",
        levels=tuple(
            replace(optimizer.levels[0], name=name, words=(("rate", value),))
            for name, value in (("fair", 0.01), ("mad", 1e30))
        ),
    )
    asked = replace(small, factors=(small.factors[0], rate), reference=("1", "fair"))
    results = run_study(asked, tmp_path / "study", workers=1)
    mad = [row for row in results.cells if row.cell.levels[1] == "mad"]
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.glob("study/trainings/*/result.json")}
    again = run_study(asked, tmp_path / "study", workers=1)

    assert all("loss" in run.failed for row in mad for run in row.runs)
    assert [len(row.scores) for row in results.cells] == [2, 0, 2, 0]
    assert table(again) == table(results)
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert "has no score for seed 0 and 1" in " ".join(study_document(read_results(results))["said"]["troubles"])


def test_a_cell_whose_loss_is_lost_at_once_is_not_timed_and_stops_nothing(small, tmp_path):
    _, optimizer = small.factors
    # Weights of 0.3, pulled with 1e38 at a rate of a millionth: 1e31 after one step, and in the second the loss is no number.
    words = {
        "none": (("optimizer", "sgd"), ("weight_decay", 0.0)),
        "mad": (("optimizer", "sgd"), ("weight_decay", 1e38)),
    }
    levels = tuple(replace(optimizer.levels[0], name=name, words=one) for name, one in words.items())
    decay = replace(optimizer, name="decay", levels=levels)
    asked = replace(small, factors=(small.factors[0], decay), reference=("1", "none"))
    heard = Heard()
    results = run_study(asked, tmp_path / "study", workers=1, events=heard)
    alone = estimated(prepared(asked).planned()[2:4], load_data(asked.data), workers=1)

    assert [len(row.scores) for row in results.cells] == [2, 0, 2, 0]
    assert heard.lines[0].startswith("8 trainings to be done, 1 at once: about ")
    assert heard.lines[0].endswith("for 4; 4 are not timed: the loss is not finite in the first steps.")
    assert alone.seconds == 0
    assert alone.told == "not timed: the loss is not finite in the first steps"


def test_data_that_changed_are_refused(pictures, small, tmp_path):
    import shutil

    data = tmp_path / "pictures"
    shutil.copytree(pictures, data)
    asked = replace(small, data=str(data))
    ready = prepared(asked)
    (data / "dots" / "0.png").unlink()
    from striate.study.training import train_work

    with pytest.raises(InputError, match="data must be those the study began with"):
        train_work(**ready.planned()[0].arguments(tmp_path / "trainings"))


def test_a_study_does_not_go_on_with_data_that_changed(pictures, small, tmp_path):
    import shutil

    from striate.study import training

    data, folder = tmp_path / "pictures", tmp_path / "study"
    shutil.copytree(pictures, data)
    asked = replace(small, data=str(data), seeds=1)
    run_study(asked, folder, workers=1)
    fork_study(asked, folder, tmp_path / "fork")
    (data / "dots" / "0.png").rename(tmp_path / "0.png")
    before = sorted(path.name for path in folder.glob("trainings/*/result.json"))

    for place in (folder, tmp_path / "fork"):
        with pytest.raises(InputError, match=r"data must be those the study began with.* another --out") as told:
            run_study(asked, place, workers=1)
        assert "\n" not in str(told.value)
    assert sorted(path.name for path in folder.glob("trainings/*/result.json")) == before
    # One begun before this was kept goes on as it did: every training of the changed data is another one.
    (folder / "data.json").unlink()
    # This process has them decoded as they were; another one would read them.
    training._data.cache_clear()
    assert [len(row.scores) for row in run_study(asked, folder, workers=1).cells] == [1] * 4
    assert len(list(folder.glob("trainings/*/result.json"))) == 4 + 4
    assert not (folder / "data.json").exists()
    # As they were, they are taken.
    (tmp_path / "0.png").rename(data / "dots" / "0.png")
    assert [len(row.scores) for row in run_study(asked, tmp_path / "fork", workers=1).cells] == [1] * 4


def test_a_disk_that_refuses_is_told_and_what_was_done_is_kept(small, tmp_path, monkeypatch):
    from striate.study import training

    def full(*_):
        raise StorageError("the disk must take what is written", got="No space left on device", where="result.json")

    with monkeypatch.context() as patched:
        patched.setattr(training, "write_json", full)
        results = run_study(small, tmp_path / "study", workers=1)
    after = run_study(small, tmp_path / "study", workers=1)

    assert all("No space left on device" in run.failed for row in results.cells for run in row.runs)
    assert [len(row.scores) for row in after.cells] == [2] * 4


def test_time_is_told_in_proportion(small, monkeypatch):
    ready = prepared(small)
    data = load_data(small.data)
    works = ready.planned()
    long = [replace(work, recipe=replace(work.recipe, epochs=50)) for work in works]
    timed = estimating._step_seconds(works[0], data)
    monkeypatch.setattr(estimating, "_step_seconds", lambda *_: 0.1)
    batches = -(-len(data.split(seed=0, validation=0.1, test=0.2).train) // works[0].recipe.batch)

    assert 0 < timed < 1
    assert estimated([], data, workers=2).seconds == 0
    assert estimated(works, data, workers=1).seconds == pytest.approx(1.3 * 0.1 * batches * len(works))
    assert estimated(long, data, workers=1).seconds == pytest.approx(50 * estimated(works, data, workers=1).seconds)
    assert estimated(works, data, workers=2).seconds == pytest.approx(estimated(works, data, workers=1).seconds / 2)


@pytest.mark.cluster
def test_the_same_numbers_on_ray(small, whole, tmp_path):
    pytest.importorskip("ray")
    _, results = whole

    assert table(run_study(small, tmp_path / "study", workers=2, on="ray")) == table(results)
