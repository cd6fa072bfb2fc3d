"""Until the studio is there its page is, and says how far the opening is; then it hands everything on."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from striate.events import Events, Progress, Task
from striate.studio import entrance
from striate.studio.entrance import Entrance, Opening


@pytest.fixture
def opening():
    return Opening()


@pytest.fixture
def client(opening):
    return TestClient(Entrance(opening))


def test_the_page_is_served_and_questions_are_put_off(client):
    assert '<div id="app">' in client.get("/").text
    answer = client.get("/api/network")
    assert (answer.status_code, answer.json()["code"]) == (503, "beginning")


def test_progress_and_figures_are_told_and_passed_on(client, opening):
    heard = []

    class Listener(Events):
        def progress(self, progress):
            heard.append(progress.done)

    opening._others = Listener()
    task = Task("training", total=3, unit="step", events=opening)
    task.advance(loss=2.0)
    task.advance(loss=1.0)
    told = client.get("/api/beginning").json()

    assert (told["state"], told["task"], told["done"], told["total"]) == ("opening", "training", 2, 3)
    assert [(moment["done"], moment["figures"]) for moment in told["moments"]] == [
        (1, {"loss": 2.0}),
        (2, {"loss": 1.0}),
    ]
    assert told["left_s"] >= 0
    assert heard == [0, 1, 2]


def test_many_figures_are_thinned_and_the_newest_stays(opening):
    task = Task("training", total=5000, unit="step", events=opening)
    for step in range(5000):
        task.advance(loss=float(step))
    moments = opening.told(is_ready=False).moments

    assert 150 <= len(moments) <= 400
    assert (moments[-1].done, moments[-1].figures) == (5000, {"loss": 4999.0})


def test_the_newest_figures_stay_at_every_step_also_when_they_are_thinned(opening):
    for done in range(900):
        opening.progress(
            Progress(task="a", done=done, total=900, unit="step", elapsed_s=0.0, left_s=None, figures={"loss": 1.0})
        )
        assert opening._moments[-1].done == done
    assert len(opening._moments) <= 400


def test_from_its_entry_on_the_studio_answers(client):
    client.app.enter(PlainTextResponse("live"))

    assert client.get("/api/network").text == "live"
    assert client.get("/api/beginning").json()["state"] == "ready"


def test_who_waits_is_told_at_once_that_the_studio_is_there_and_meanwhile_where_it_is(client, monkeypatch):
    assert client.get("/api/beginning?waits").json()["state"] == "opening"
    monkeypatch.setattr(entrance, "_HELD_S", 60)
    with ThreadPoolExecutor() as threads, client:
        answer = threads.submit(client.get, "/api/beginning?waits")
        with pytest.raises(NotYet):
            answer.result(0.3)
        client.app.enter(PlainTextResponse("live"))

        assert answer.result(20).json()["state"] == "ready"


def test_a_cancelled_opening_stops_at_its_next_step(opening):
    opening.cancel()

    assert opening.is_cancelled()
