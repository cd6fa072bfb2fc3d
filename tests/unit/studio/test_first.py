"""What the page asks first is answered before the rest is there, which is waited for."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

import pytest
from starlette.testclient import TestClient

from striate.studio.app import add_rest, create_app
from striate.studio.first import create_first

WANTED = {"sample": 3}


@pytest.fixture
def first(studio):
    app = create_first(studio)
    yield app
    # Nobody waits for ever.
    app.state.rest.release()


def test_the_first_strip_and_the_page_are_answered_alone(first):
    client = TestClient(first)
    key = client.post("/api/looks/sample", json=WANTED).json()["key"]

    assert client.get("/api/network").json()["rows"]
    assert client.get(f"/api/looks/{key}/strips", params={"first": 0, "last": 1}).status_code == 200
    assert client.get("/api/samples").status_code == 200
    assert "<title>" in client.get("/").text
    assert client.get("/assets/none.js").json()["code"] == "unknown-name"


@pytest.mark.parametrize("path", ["/api/tours", "/api/jobs", "/api/none"])
def test_what_is_asked_later_waits_for_the_rest(first, path):
    with ThreadPoolExecutor() as threads, TestClient(first) as client:
        try:
            answer = threads.submit(client.get, path)
            with pytest.raises(NotYet):
                answer.result(0.3)
            add_rest(first)
            found = answer.result(20)
        finally:
            first.state.rest.release()

    assert found.status_code == (404 if path == "/api/none" else 200)
    assert found.json() == TestClient(first).get(path).json()


def test_what_never_came_is_told_as_unknown(first):
    with ThreadPoolExecutor() as threads, TestClient(first) as client:
        try:
            answer = threads.submit(client.get, "/api/tours")
            with pytest.raises(NotYet):
                answer.result(0.3)
        finally:
            first.state.rest.release()

        assert answer.result(20).json()["code"] == "unknown-name"
    assert TestClient(first).get("/api/tours").status_code == 404
    assert "<title>" in TestClient(first).get("/").text


def test_the_description_tells_of_the_rest_too(first, studio):
    client = TestClient(first)
    before = client.get("/openapi.json").json()["paths"]
    add_rest(first)
    after = client.get("/openapi.json").json()["paths"]

    assert "/api/tours" not in before
    assert sorted(after) == sorted(TestClient(create_app(studio)).get("/openapi.json").json()["paths"])


def test_a_look_taken_before_is_known_to_the_rest(first):
    client = TestClient(first)
    key = client.post("/api/looks/sample", json=WANTED).json()["key"]
    add_rest(first)

    assert client.get(f"/api/looks/{key}/neurons/0/0", params={"at": "5,5"}).status_code == 200
    assert client.get("/assets/none.js").json()["code"] == "unknown-name"
    assert "<title>" in client.get("/").text
