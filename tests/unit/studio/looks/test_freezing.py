"""A view's file holds the server's own answers; what does not fit is named, and too large a one is refused."""

import base64
import json
import re

import pytest

from striate.studio.looks import freezing


@pytest.fixture(scope="module")
def key(client):
    return client.post("/api/looks/sample", json={"sample": 7}).json()["key"]


@pytest.fixture
def wanted(key):
    unit = {"row": 2, "channel": 3, "at": [5, 6]}
    return {
        "address": "#/explore?input=sample:7",
        "input": "sample:7",
        "look": key,
        "about": 4,
        "open": 0,
        "units": [unit],
    }


def held(answer):
    text = re.search(r'<script type="application/json" id="striate-view">(.*?)</script>', answer.text, re.DOTALL)[1]
    return json.loads(text)


def test_it_holds_what_the_server_answers(client, key, wanted):
    answer = client.post("/api/view", json=wanted)
    found = held(answer)

    assert answer.headers["content-disposition"] == "attachment; filename=view.html"
    assert found["answers"]["network"] == client.get("/api/network").json()
    asked = {"at": "5,6", "by": "weight", "about": 4, "top": 12}
    neuron = client.get(f"/api/looks/{key}/neurons/2/3", params=asked).json()
    assert found["answers"][f"{key}/neurons/2/3/5,6/weight"] == neuron
    wall = client.get(f"/api/looks/{key}/walls/1", params={"side": 28}).content
    assert base64.b64decode(found["arrays"][f"{key}/walls/1"]) == wall
    assert found["left"] == []
    # Of six rows the strongest channel of each is there, whoever looked.
    assert {name.split("/")[2] for name in found["answers"] if "/neurons/" in name} == set("012345")


def test_walls_that_do_not_fit_are_named_and_the_open_one_comes_first(client, key, wanted, monkeypatch):
    monkeypatch.setattr(freezing, "_MOST_WALL_BYTES", 8500)
    found = held(client.post("/api/view", json=wanted))

    walls = {name.split("/")[-1] for name in found["arrays"] if "/walls/" in name}
    assert "0" in walls
    assert found["left"] != []
    assert len(walls) < 6


def test_too_large_a_file_is_refused(client, wanted, monkeypatch):
    monkeypatch.setattr(freezing, "MOST_BYTES", 1000)
    answer = client.post("/api/view", json=wanted)

    assert answer.status_code == 422
    assert "Save the layers as safetensors instead." in answer.json()["message"]


@pytest.mark.parametrize(
    "wrong",
    [{"input": "sample:x"}, {"units": [{"row": 2, "channel": 99, "at": [5, 6]}]}, {"look": "00ff"}, {"about": 99}],
)
def test_what_is_not_there_is_refused(client, wanted, wrong):
    assert client.post("/api/view", json=wanted | wrong).status_code in (404, 422)
