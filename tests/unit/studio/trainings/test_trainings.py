"""Trainings beside the watched run: begun, stopped, killed, gone on with; they end in the bits of a training that was never stopped."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time

import pytest
from starlette.testclient import TestClient

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.errors import InputError, RunError
from striate.events import Events
from striate.records import Recipe
from striate.runs import Run
from striate.studio.app import create_app
from striate.studio.opening import subject_from
from striate.studio.training_wire import TrainingWanted
from striate.studio.trainings import process
from striate.studio.trainings import standing as standing_module
from striate.studio.trainings import work as work_module
from striate.studio.trainings.folders import home_of, new_folder, stem_of, trainings_of
from striate.studio.trainings.work import Trainings
from striate.studio.work import jobs as jobs_module
from striate.train import train

TEXT = "input 1x8x8; conv 3x3 4, batchnorm, relu; globalavgpool; classes 2"
RECIPE = Recipe(rate=0.01, epochs=2, batch=10, seed=4)
SMALL = {"rate": 0.01, "epochs": 2, "batch": 10, "seed": 4, "schedule": "one-cycle", "optimizer": "adam"}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder of forty dark and forty bright pictures."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("pictures")
    for name, grey in (("dark", 40), ("light", 200)):
        (folder / name).mkdir()
        for number in range(40):
            Image.new("L", (8, 8), grey + number % 37).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture
def run(pictures, tmp_path):
    """A finished run of its own home."""
    train(Blueprint.from_text(TEXT), load_data(str(pictures)), RECIPE, tmp_path / "home" / "a", threads=1)
    return tmp_path / "home" / "a"


@pytest.fixture
def opened(run, pictures):
    app = create_app(subject_from(str(run), str(pictures)))
    yield TestClient(app, raise_server_exceptions=False)
    app.state.trainings.close()


def wanted(**changes):
    return {"name": "b", "start": "anew", "recipe": SMALL, "keep_every": 1} | changes


def until(opened, name, state, seconds=90):
    """Wait until a training is in a state, and return what is told of it."""
    end = time.monotonic() + seconds
    while (found := opened.get(f"/api/trainings/{name}").json())["training"]["state"] != state:
        assert time.monotonic() < end, found["training"]
        time.sleep(0.05)
    return found


def child_of_ours():
    found = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "-f", "striate.studio.trainings.child"],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(found.stdout.split()[0])


def test_the_watched_run_is_told_with_its_curves_and_moments(opened, run):
    found = opened.get("/api/trainings/a").json()
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    epochs = [row for row in rows if row["kind"] == "epoch"]
    loss = next(chart for chart in found["figures"][0]["charts"] if chart["title"] == "Loss")

    assert found["training"]["state"] == "done"
    assert found["training"]["is_opened"]
    assert found["verdict"].startswith("a was trained for 2 epochs and reached accuracy ")
    assert [curve["y"] for curve in loss["curves"] if curve["label"] == "validation"] == [
        [row["validation_loss"] for row in epochs if row["epoch"] > 0]
    ]
    # 56 training images in batches of 10: the last of 6.
    assert [(row["name"], row["words"]) for row in found["versions"]] == [
        ("step-0", "before the first step"),
        ("step-1", "after 1 step"),
        ("step-4", "after 4 steps"),
        ("", "as it is watched"),
    ]


@pytest.mark.slow
@pytest.mark.long
def test_a_training_that_was_stopped_and_gone_on_with_ends_in_the_same_bits(opened, run, pictures, tmp_path):
    recipe = SMALL | {"epochs": 80}
    assert opened.post("/api/trainings", json=wanted(recipe=recipe, keep_every=30)).status_code == 200
    until(opened, "a-b", "running")
    while not (run.parent / "a-b" / "metrics.jsonl").is_file():
        time.sleep(0.02)
    assert opened.post("/api/trainings/a-b/resume").status_code == 422
    assert opened.delete("/api/trainings/a-b").status_code == 200
    told = until(opened, "a-b", "stopped")["training"]
    at = Run.read(run.parent / "a-b").document.status
    opened.post("/api/trainings/a-b/resume")
    done = until(opened, "a-b", "done")
    threads = Run.read(run.parent / "a-b").document.settings["threads"]
    whole = Recipe(**{**RECIPE.document(), "epochs": 80})
    train(Blueprint.from_text(TEXT), load_data(str(pictures)), whole, tmp_path / "whole", threads=threads)
    weights = "network/weights.safetensors"

    assert (told["can_resume"], at) == (True, "stopped")
    assert done["training"]["job"]["done"] == done["training"]["job"]["total"] == 80 * 6
    # Six steps an epoch: those of every thirtieth epoch, as asked for at the beginning, and the powers of four.
    kept = {int(row["name"].rpartition("-")[2]) for row in done["versions"] if "/step-" in row["name"]}
    assert kept == {0, 180, 360} | {1, 4, 16, 64, 256}
    assert (run.parent / "a-b" / weights).read_bytes() == (tmp_path / "whole" / weights).read_bytes()


@pytest.mark.slow
def test_a_killed_training_is_told_and_can_be_gone_on_with_also_by_the_next_studio(opened, run, pictures, monkeypatch):
    opened.post("/api/trainings", json=wanted(recipe=SMALL | {"epochs": 3000}))
    until(opened, "a-b", "running")
    while not (run.parent / "a-b" / "metrics.jsonl").is_file():
        time.sleep(0.02)
    os.kill(child_of_ours(), signal.SIGKILL)
    told = until(opened, "a-b", "killed")["training"]
    other = create_app(subject_from(str(run), str(pictures)))
    asked = TestClient(other)
    soon = asked.get("/api/trainings/a-b").json()["training"]
    monkeypatch.setattr(standing_module, "SILENT_S", 0.0)
    later = asked.get("/api/trainings/a-b").json()["training"]
    asked.post("/api/trainings/a-b/resume")
    until(asked, "a-b", "running")
    other.state.trainings.close()

    assert told["can_resume"]
    assert "killed by signal 9" in told["job"]["failure"]["message"]
    assert (soon["state"], soon["can_resume"]) == ("elsewhere", False)
    assert (later["state"], later["can_resume"]) == ("killed", True)


@pytest.mark.slow
def test_a_training_can_begin_with_the_weights_that_are_watched(opened, run):
    opened.post("/api/trainings", json=wanted(name="on", start="weights", recipe=SMALL | {"epochs": 1}))
    done = until(opened, "a-on", "done")
    first = (run.parent / "a-on" / "moments" / "step-0.safetensors").read_bytes()
    key = opened.post("/api/looks/sample", json={"sample": 3}).json()
    beside = opened.get(f"/api/looks/{key['key']}/beside", params={"version": "a-on/step-0"}).json()

    assert first == (run / "network" / "weights.safetensors").read_bytes()
    assert beside["answers"] == key["answers"]
    assert [row["name"] for row in done["versions"]][-1] == "a-on/end"


@pytest.mark.slow
def test_what_a_training_refuses_is_told_in_its_own_words_and_leaves_no_folder(run, tmp_path, pictures):
    shutil.copytree(pictures, tmp_path / "mine")
    app = create_app(subject_from(str(run), str(tmp_path / "mine")))
    asked = TestClient(app)
    shutil.rmtree(tmp_path / "mine")
    asked.post("/api/trainings", json=wanted())
    app.state.trainings.jobs.wait()
    (work,) = app.state.trainings.jobs.all()

    assert "a data reference must be a known name or an existing path" in work.told().failure.message
    assert not (run.parent / "a-b").exists()


def test_a_process_that_does_not_stop_is_killed(monkeypatch):
    """It says that it goes on, again and again, and does not look whether it is to stop."""
    told = json.dumps(
        {"progress": {"task": "training", "done": 1, "total": 2, "unit": "step", "elapsed_s": 1.0, "left_s": 1.0}}
    )
    code = f"import time\nwhile True:\n    print({told!r}, flush=True)\n    time.sleep(0.05)"
    monkeypatch.setattr(process, "_COMMAND", ("-c", code))
    monkeypatch.setattr(process, "_MOST_STOPPING_S", 0.5)

    class Stopped(Events):
        def __init__(self):
            self.heard = 0

        def progress(self, progress):
            self.heard += 1

        def is_cancelled(self):
            return self.heard > 0

    began = time.monotonic()
    with pytest.raises(
        RunError, match=r"must stop within 0.5 s of being asked to; got one that did not: .* \(at a-b\)"
    ):
        process.trained({"folder": "/home/a-b"}, events=Stopped())
    assert time.monotonic() - began < 30
    left = subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", "while True"], check=False, capture_output=True)
    assert left.stdout == b""


@pytest.fixture
def held(run, pictures, monkeypatch):
    """Trainings whose processes go on until they are let, or asked to stop."""
    let = threading.Event()

    def trained(asked, *, events):
        while not let.wait(0.01):
            events.check("training")

    monkeypatch.setattr(work_module, "trained", trained)
    found = Trainings(subject_from(str(run), str(pictures)))
    yield found
    let.set()
    found.close()


def test_a_training_that_never_began_leaves_no_folder(held, run, monkeypatch):
    """Stopped while it waits, or refused because too many do."""
    monkeypatch.setattr(jobs_module, "MOST_WAITING", 1)
    running = held.begin(TrainingWanted(**wanted()))
    end = time.monotonic() + 20
    while held.told(running).state != "running":
        assert time.monotonic() < end
    waiting = held.begin(TrainingWanted(**wanted(name="c")))
    with pytest.raises(InputError, match="at most 1 jobs must wait"):
        held.begin(TrainingWanted(**wanted(name="d")))
    assert sorted(path.name for path in run.parent.iterdir()) == ["a", "a-b", "a-c"]

    held.stop(waiting.name)
    assert sorted(path.name for path in run.parent.iterdir()) == ["a", "a-b"]
    held.stop(running.name)
    held.jobs.wait()
    assert [path.name for path in run.parent.iterdir()] == ["a"]


def test_of_two_who_go_on_with_a_training_at_once_one_is_refused(held, run, monkeypatch):
    shutil.copytree(run, run.parent / "a-b")
    document = json.loads((run.parent / "a-b" / "run.json").read_text())
    (run.parent / "a-b" / "run.json").write_text(json.dumps(document | {"status": "stopped"}))
    read = work_module.describe
    monkeypatch.setattr(work_module, "describe", lambda *given: (time.sleep(0.3), read(*given))[1])
    both, said = threading.Barrier(2), []

    def resume():
        both.wait(20)
        try:
            said.append(held.resume("a-b").name)
        except InputError as error:
            said.append(error.rule)

    threads = [threading.Thread(target=resume) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(said) == ["a training must have been stopped to be gone on with", "a-b"]
    assert len(held.jobs.all()) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "../b"}, "a request must be as the page makes it"),
        ({"name": ".b"}, "a request must be as the page makes it"),
        ({"recipe": SMALL | {"rate": 0.0}}, "rate must be above 0"),
        ({"recipe": SMALL | {"warm_up": 1.5}}, "warm_up must be at least 0 and below 1"),
        ({"recipe": SMALL | {"optimizer": "lion"}}, "a request must be as the page makes it"),
        ({"name": "there"}, "a training must get a folder that does not exist yet"),
    ],
)
def test_a_training_that_cannot_be_is_refused_before_anything_is_written(opened, run, changes, said):
    (run.parent / "a-there").mkdir()
    before = sorted(run.parent.iterdir())
    answer = opened.post("/api/trainings", json=wanted(**changes))

    assert (answer.status_code, said in answer.json()["message"]) == (422, True)
    assert sorted(run.parent.iterdir()) == before


def test_only_folders_named_after_the_run_are_looked_into(run, pictures, tmp_path):
    for name in ("a-b", "b", "ab"):
        shutil.copytree(run, run.parent / name)
    (run.parent / "a-empty").mkdir()
    shutil.copytree(run, tmp_path / "away")
    (run.parent / "a-link").symlink_to(tmp_path / "away")
    subject = subject_from(str(run), str(pictures))

    assert [path.name for path in trainings_of(subject)] == ["a", "a-b"]


def test_a_blueprint_is_trained_beside_its_file_and_a_module_nowhere(run, pictures, tmp_path):
    path = tmp_path / "nets" / "net.yaml"
    path.parent.mkdir()
    path.write_text(Blueprint.from_text(TEXT).to_yaml())
    plan = subject_from(str(path), str(pictures))
    made = new_folder(plan, "2")

    assert (home_of(plan), stem_of(plan), made) == (path.parent, "net", path.parent / "net-2")
    module = create_app(subject_from(plan.network, str(pictures)))
    found = TestClient(module).get("/api/trainings").json()
    assert found["refusal"].startswith("A training lies beside a run's folder")
    assert TestClient(module).post("/api/trainings", json=wanted()).status_code == 422


def test_without_data_no_training_can_begin(run):
    found = TestClient(create_app(subject_from(str(run)))).get("/api/trainings").json()

    assert found["refusal"] == "A training needs data: open the studio with them."


def test_the_next_training_is_suggested_as_the_last_was_done(opened, run):
    (run.parent / "a-2").mkdir()
    suggested = opened.get("/api/trainings").json()["suggested"]

    assert suggested["name"] == "3"
    assert {name: suggested["recipe"][name] for name in SMALL} == SMALL


def test_an_unknown_training_is_named_with_those_there_are(opened):
    for answer in (opened.get("/api/trainings/c"), opened.delete("/api/trainings/c")):
        assert (answer.status_code, "a" in answer.json()["message"]) == (404, True)
    assert opened.delete("/api/trainings/a").status_code == 422
