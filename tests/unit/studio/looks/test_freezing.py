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
    assert (found["left"], found["answers"]["versions"]) == ([], [])
    assert found["answers"]["input/sample:7"] == client.post("/api/looks/sample", json={"sample": 7}).json()
    # Of six rows the strongest channel of each is there, whoever looked.
    assert {name.split("/")[2] for name in found["answers"] if "/neurons/" in name} == set("012345")


def test_what_was_drawn_and_what_was_changed_is_called_by_the_key_of_its_look(client, wanted):
    """The page asks for look/KEY of every input that is no sample, and for what its address changes."""
    pixels = base64.b64encode(bytes(range(256)) * 3 + bytes(16)).decode()
    drawn = client.post("/api/looks/drawing", json={"height": 28, "width": 28, "pixels": pixels}).json()
    change = {"changes": [{"row": 0, "channel": 2, "factor": 0}]}
    silenced = client.post(f"/api/looks/{drawn['key']}/changed", json=change).json()
    edit = {"changes": [], "edits": [{"row": 0, "channel": 1, "how": "zero"}]}
    edited = client.post(f"/api/looks/{drawn['key']}/changed", json=edit).json()
    asked = wanted | {"input": f"look:{drawn['key']}", "look": silenced["key"], "kept": f"look:{edited['key']}"}
    answers = held(client.post("/api/view", json=asked))["answers"]
    again = wanted | {"input": f"look:{edited['key']}", "look": edited["key"], "kept": f"look:{drawn['key']}"}
    others = held(client.post("/api/view", json=again))["answers"]

    assert (silenced["before"], edited["before"]) != ([], [])
    for found in (answers, others):
        assert found[f"look/{drawn['key']}"] == drawn
        assert found[f"look/{edited['key']}"] == edited
    assert (answers["changed"], others["changed"]) == (silenced, edited)


def test_a_version_beside_is_kept_with_its_layers_and_the_difference(client, key, wanted):
    found = held(client.post("/api/view", json=wanted | {"beside": "step-4"}))
    beside = client.get(f"/api/looks/{key}/beside", params={"version": "step-4"}).json()
    less = client.get(f"/api/looks/{key}/minus/{beside['key']}").json()

    assert found["answers"]["versions"] == [
        one for one in client.get("/api/versions").json() if one["name"] == "step-4"
    ]
    assert found["answers"][f"{key}/beside"] == beside
    assert found["answers"][f"{key}/minus/{beside['key']}"] == less
    for one in (beside, less):
        wall = client.get(f"/api/looks/{one['key']}/walls/2", params={"side": 28}).content
        assert base64.b64decode(found["arrays"][f"{one['key']}/walls/2"]) == wall
        assert {f"{one['key']}/strips/{row}" for row in range(6)} <= found["arrays"].keys()


def test_a_version_is_not_beside_a_changed_look(client, key, wanted):
    change = {"changes": [{"row": 0, "channel": 2, "factor": 0}]}
    changed = client.post(f"/api/looks/{key}/changed", json=change).json()["key"]
    found = held(client.post("/api/view", json=wanted | {"look": changed, "beside": "step-4"}))

    assert found["answers"]["versions"] == []


def test_all_looks_of_a_file_share_its_room_for_walls(client, key, wanted, monkeypatch):
    """The same room for three looks as for one, and in the end that of the whole file."""
    monkeypatch.setattr(freezing, "_MOST_WALL_BYTES", 30_000)
    together = held(client.post("/api/view", json=wanted | {"beside": "step-4"}))
    walls = {name: len(base64.b64decode(text)) for name, text in together["arrays"].items() if "/walls/" in name}
    small = len(client.post("/api/view", json=wanted | {"beside": "step-4"}).content)
    monkeypatch.setattr(freezing, "_MOST_WALL_BYTES", 12 * 2**20)
    whole = len(client.post("/api/view", json=wanted | {"beside": "step-4"}).content)
    monkeypatch.setattr(freezing, "MOST_BYTES", (small + whole) // 2)
    fits = client.post("/api/view", json=wanted | {"beside": "step-4"})

    assert 15_000 < sum(walls.values()) <= 30_000
    assert "(less step-4)" in together["left"][0]
    assert small < len(fits.content) <= freezing.MOST_BYTES < whole
    assert held(fits)["left"] != []


def test_walls_that_do_not_fit_are_named_and_the_open_one_comes_first(client, key, wanted, monkeypatch):
    monkeypatch.setattr(freezing, "_MOST_WALL_BYTES", 8500)
    found = held(client.post("/api/view", json=wanted))

    walls = {int(name.split("/")[-1]) for name in found["arrays"] if "/walls/" in name}
    names = [row["name"] for row in client.get("/api/network").json()["rows"]]
    left = [name for row, name in enumerate(names) if row not in walls]
    assert 0 in walls
    assert 1 <= len(left) <= 4
    (said,) = found["left"]
    count, _, listed = said.removeprefix("All channels of ").partition(": ")
    assert (count.split()[0], set(listed.split(", "))) == (str(len(left)), set(left))


def test_too_large_a_file_is_refused(client, wanted, monkeypatch):
    monkeypatch.setattr(freezing, "MOST_BYTES", 1000)
    answer = client.post("/api/view", json=wanted)

    assert answer.status_code == 422
    assert "a view's file must be at most 0 MiB" in answer.json()["message"]
    assert "Save the layers as safetensors instead." in answer.json()["message"]


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        ({"input": "sample:x"}, 422, "a request must be as the page makes it"),
        ({"units": [{"row": 2, "channel": 99, "at": [5, 6]}]}, 422, "a channel must be 0 … 15; got 99"),
        ({"look": "00ff"}, 404, "a look must be of an input that was given"),
        ({"about": 99}, 422, "an output's number must be 0 … 9"),
        ({"beside": "step-5"}, 404, "step-5"),
    ],
)
def test_what_is_not_there_is_refused(client, wanted, wrong, status, said):
    answer = client.post("/api/view", json=wanted | wrong)

    assert (answer.status_code, said in answer.json()["message"]) == (status, True), answer.text
