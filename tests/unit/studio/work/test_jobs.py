"""Long work is done one at a time, told, ended when asked, and found again; what a survey saw is what the survey says."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from starlette.testclient import TestClient

from striate.blueprint import Blueprint
from striate.data import subset
from striate.errors import InputError, UnknownNameError
from striate.events import Task
from striate.observe.survey import survey
from striate.studio.app import create_app
from striate.studio.opening import subject_from
from striate.studio.work import jobs as jobs_module
from striate.studio.work.jobs import Jobs


@pytest.fixture
def jobs():
    found = Jobs()
    yield found
    found.close()


class Gate:
    """Work that goes on when it is let, step by step."""

    def __init__(self, steps=3):
        self.started, self.go, self.steps = threading.Event(), threading.Semaphore(0), steps

    def __call__(self, events):
        task = Task("counting", total=self.steps, unit="step", events=events)
        self.started.set()
        for _ in range(self.steps):
            assert self.go.acquire(timeout=20)
            task.advance()
        return b"counted"

    def let(self, steps):
        self.go.release(steps)


def test_work_is_told_step_by_step_and_done(jobs):
    gate = Gate()
    work = jobs.begin("survey", {"a": 1}, gate)
    assert gate.started.wait(20)
    assert (work.told().state, work.told().task, work.told().done, work.told().total) == ("running", "counting", 0, 3)
    gate.let(3)
    jobs.wait()

    told = work.told()
    assert (told.state, told.done, told.unit, told.left_s, told.failure) == ("done", 3, "step", None, None)
    assert work.result == b"counted"


def test_one_runs_at_a_time_and_the_same_work_is_the_same_job(jobs):
    first, second = Gate(), Gate()
    one = jobs.begin("survey", {"a": 1}, first)
    two = jobs.begin("survey", {"a": 2}, second)
    assert first.started.wait(20)

    assert jobs.begin("survey", {"a": 1}, Gate()) is one
    assert jobs.begin("occlusion", {"a": 1}, lambda events: 0) not in {one, two}
    assert (one.told().state, two.told().state) == ("running", "waiting")
    assert [work.key for work in jobs.all()][1:] == [two.key, one.key]
    first.let(3)
    second.let(3)
    jobs.wait()
    assert jobs.begin("survey", {"a": 1}, Gate()) is one


def test_it_is_ended_at_its_next_step_or_before_it_begins_and_can_be_begun_again(jobs):
    gate, never = Gate(), Gate()
    running = jobs.begin("survey", {"a": 1}, gate)
    waiting = jobs.begin("survey", {"a": 2}, never)
    assert gate.started.wait(20)
    for work in (running, waiting):
        work.cancel()
    gate.let(1)
    jobs.wait()

    assert (running.told().state, running.told().done) == ("cancelled", 1)
    assert waiting.told().state == "cancelled"
    assert not never.started.is_set()
    again = jobs.begin("survey", {"a": 1}, lambda events: 7)
    jobs.wait()
    assert again is not running
    assert (again.told().state, again.result) == ("done", 7)


def refuses(events):
    raise InputError("a window must fit", got=99)


def breaks(events):
    return 1 // 0


def test_what_goes_wrong_is_told_and_the_next_is_done(jobs):
    works = [jobs.begin("survey", {"a": run.__name__}, run) for run in (refuses, breaks)]
    last = jobs.begin("survey", {"a": "last"}, lambda events: 1)
    jobs.wait()

    assert [work.told().state for work in (*works, last)] == ["failed", "failed", "done"]
    assert works[0].told().failure.message == "a window must fit; got 99. [input]"
    assert works[1].told().failure.message.startswith("our fault: ZeroDivisionError")


def test_jobs_are_bounded(jobs, monkeypatch):
    monkeypatch.setattr(jobs_module, "MOST_FINISHED", 3)
    gate = Gate()
    jobs.begin("survey", {"a": "gate"}, gate)
    assert gate.started.wait(20)
    for number in range(8):
        jobs.begin("survey", {"a": number}, lambda events: 0)
    with pytest.raises(InputError, match="at most 8 jobs must wait"):
        jobs.begin("survey", {"a": 8}, lambda events: 0)
    gate.let(3)
    jobs.wait()
    newest = jobs.begin("survey", {"a": 9}, lambda events: 0)

    assert len(jobs.all()) == 4
    assert jobs.of(newest.key) is newest
    with pytest.raises(UnknownNameError, match="Begin it again"):
        jobs.of("0" * 16)


def test_a_studio_that_ends_leaves_nothing_running():
    jobs = Jobs()
    gate = Gate(steps=10**6)
    gate.let(10**6)
    work = jobs.begin("survey", {"a": 1}, gate)
    assert gate.started.wait(20)
    jobs.close()

    assert work.told().state == "cancelled"
    assert not jobs._thread.is_alive()


@pytest.fixture(scope="module")
def app(studio):
    found = create_app(studio)
    yield found
    found.state.jobs.close()


@pytest.fixture(scope="module")
def asked(app):
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def surveyed(app, asked):
    """The studio's survey of 300 digits, done, and the job's key."""
    key = asked.post("/api/jobs/survey", json={"samples": 300}).json()["key"]
    app.state.jobs.wait()
    return key


def test_occlusion_is_covered_minus_clean_by_the_module_itself(app, asked, studio, digits, tensors):
    look = asked.post("/api/looks/sample", json={"sample": 2500}).json()
    job = asked.post("/api/jobs/occlusion", json={"look": look["key"], "window_px": 9, "stride_px": 9}).json()
    app.state.jobs.wait()
    told = asked.get(f"/api/jobs/{job['key']}").json()
    found, metadata = tensors(asked.get(f"/api/jobs/{job['key']}/result").content)
    how, module = studio.network.preprocessing, studio.network.module
    clean = (digits.read(2500)[None] / 255 - how.mean[0]) / how.std[0]
    grid = np.zeros((4, 4, 10), np.float32)
    with torch.no_grad():
        before = module(clean).softmax(1)[0].numpy()
        for y in range(4):
            for x in range(4):
                covered = clean.clone()
                # A digit's commonest value is its black background.
                covered[..., y * 9 : y * 9 + 9, x * 9 : x * 9 + 9] = clean.min()
                grid[y, x] = module(covered).softmax(1)[0].numpy()
    maps = np.repeat(np.repeat(grid - before, 9, 0), 9, 1)[:28, :28].transpose(2, 0, 1)

    assert (told["state"], told["kind"], told["unit"]) == ("done", "occlusion", "window")
    np.testing.assert_allclose(found["clean"], before, atol=1e-5)
    np.testing.assert_allclose(found["grid"], grid, atol=1e-4)
    np.testing.assert_allclose(found["maps"] * float(metadata["scale.maps"]), maps, atol=0.005)
    assert found["window_px"].tolist() == [9, 9]


def test_a_square_that_does_not_fit_fails_in_one_line(app, asked):
    look = asked.post("/api/looks/sample", json={"sample": 0}).json()
    key = asked.post("/api/jobs/occlusion", json={"look": look["key"], "window_px": 99}).json()["key"]
    app.state.jobs.wait()
    told = asked.get(f"/api/jobs/{key}").json()

    assert told["state"] == "failed"
    assert "99" in told["failure"]["message"]
    assert asked.get(f"/api/jobs/{key}/result").status_code == 422


def test_a_unit_is_as_a_survey_of_the_same_samples_says(surveyed, asked, studio, digits, tensors):
    rows = asked.get("/api/network").json()["rows"]
    found = survey(studio.network, digits, [number * 5000 // 300 for number in range(300)], lanes=1)
    for row, channel in ((0, 3), (2, 11), (4, 30), (5, 7)):
        told = asked.get(f"/api/units/{row}/{channel}").json()
        arrays, _ = tensors(asked.get(f"/api/units/{row}/{channel}/inputs").content)
        layer = found.layer(rows[row]["name"])

        assert told["samples"] == layer.samples[channel, :9].tolist() == arrays["samples"].tolist()
        np.testing.assert_allclose(told["values"], layer.values[channel, :9], rtol=1e-4)
        np.testing.assert_allclose(told["class_means"], layer.statistics.class_means[:, channel], rtol=1e-4, atol=1e-5)
        assert (arrays["boxes"] == layer.boxes[channel]).all()
        assert all(
            (picture == digits.read(int(at))[0].numpy()).all()
            for picture, at in zip(arrays["pictures"], told["samples"], strict=True)
        )


def test_a_units_strongest_value_is_what_the_module_makes_of_that_sample(surveyed, asked, studio, digits):
    told = asked.get("/api/units/0/3").json()
    how, module = studio.network.preprocessing, studio.network.module
    images = torch.stack([digits.read(number * 5000 // 300) for number in range(300)]) / 255
    with torch.no_grad():
        first = torch.relu(module.batchnorm1(module.conv1((images - how.mean[0]) / how.std[0])))[:, 3]
    largest = first.amax((1, 2))

    assert told["samples"][0] == int(largest.argmax()) * 5000 // 300
    assert told["values"][0] == pytest.approx(float(largest.max()), rel=1e-4)
    assert told["largest"] == told["values"][0]
    assert told["seen"] == "300 of 5000 samples of digits, evenly spread; also those it learned from."
    assert sum(told["class_counts"]) == 30
    assert told["field"] == "3×3"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/api/units/6/0", "a layer's number must be 0 … 5; got 6"),
        ("/api/units/1/0", "must have learned or rectify to be surveyed; got maxpool1"),
        ("/api/units/0/8", "a channel's number must be 0 … 7; got 8"),
        ("/api/units/0/8/inputs", "a channel's number must be 0 … 7; got 8"),
    ],
)
def test_a_unit_that_is_not_there_is_refused(surveyed, asked, path, told):
    assert told in asked.get(path).json()["message"]
    assert asked.get(path).status_code == 422


def test_a_survey_has_no_file_and_is_known_after_a_reload(surveyed, asked):
    assert "whose units are asked for singly" in asked.get(f"/api/jobs/{surveyed}/result").json()["message"]
    assert surveyed in [job["key"] for job in asked.get("/api/jobs").json()["jobs"]]
    assert asked.post("/api/jobs/survey", json={"samples": 300}).json()["key"] == surveyed
    assert asked.delete(f"/api/jobs/{surveyed}").json()["state"] == "done"


def test_what_cannot_be_begun_is_refused(asked):
    bare = TestClient(create_app(subject_from(Blueprint.from_text("input 1x8x8x8; conv 3 4, relu; classes 3"))))

    assert bare.post("/api/jobs/survey", json={}).json()["message"].startswith("a survey must be of data")
    assert bare.post("/api/jobs/occlusion", json={"look": "0" * 16}).status_code == 422
    assert bare.get("/api/units/0/0").status_code == 404
    assert asked.post("/api/jobs/occlusion", json={"look": "0" * 16}).status_code == 404
    assert asked.get("/api/jobs/0000").status_code == 404
    assert asked.delete("/api/jobs/0000").status_code == 404


def test_jobs_of_other_data_have_other_keys(studio):
    """A browser may keep what it got from an address: the same network with other data is another result."""
    data = studio.dataset
    apps = [create_app(replace(studio, dataset=found)) for found in (data, subset(data, range(0, 5000, 2)))]
    wanted = {
        "survey": {"samples": 20},
        "map": {"samples": 20},
        "unit-image": {"row": 0, "channel": 0, "steps": 1},
        "unit-occlusion": {"row": 0, "channel": 0, "sample": 0},
    }
    keys = {
        name: [TestClient(app).post(f"/api/jobs/{name}", json=body).json()["key"] for app in apps]
        for name, body in wanted.items()
    }
    for app in apps:
        app.state.jobs.close()

    assert [name for name, (one, other) in keys.items() if one == other] == []
