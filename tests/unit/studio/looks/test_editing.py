"""A network with an edited filter answers as a copy of the module whose weights were set by hand; the original stays."""

import copy
import shutil

import pytest
import torch
from starlette.testclient import TestClient
from torch import nn

from striate.blueprint import Blueprint
from striate.nets import Network, from_blueprint
from striate.studio.app import create_app
from striate.studio.looks.editing import Edit, edited_module
from striate.studio.opening import subject_from
from striate.studio.subject import subject_of


@pytest.fixture(scope="module")
def key(client):
    return client.post("/api/looks/sample", json={"sample": 7}).json()["key"]


@pytest.fixture(scope="module")
def inputs(client, key):
    return client.app.state.looks.of(key).inputs


def convolutions(studio):
    """The network's convolutions by the number of their row."""
    modules = [one for one in studio.network.module.modules() if isinstance(one, nn.Conv2d)]
    rows = [n for n, layer in enumerate(studio.layers) if layer.reading.kind == "conv"]
    return dict(zip(rows, modules, strict=True))


def by_hand(studio, inputs, row, change):
    """Scores of a deep copy whose convolution's weights were changed in place."""
    number = list(convolutions(studio)).index(row)
    module = copy.deepcopy(studio.network.module).eval()
    weights = [one for one in module.modules() if isinstance(one, nn.Conv2d)][number].weight
    with torch.no_grad():
        change(weights)
        return module(inputs)[0]


def zero(weights):
    weights[2] = 0


def negate(weights):
    weights[2] = -weights[2]


def scale(weights):
    weights[2] *= 2.5


def flip(weights):
    weights[2] = torch.rot90(weights[2], 2, (1, 2))


def identity(weights):
    weights[2] = 0
    weights[2, 2, 1, 1] = 1


def some(weights):
    weights[2, 1, 0, 2], weights[2, 3, 1, 1] = 4.5, -2.0


HOW = {
    "zero": (zero, {}),
    "negate": (negate, {}),
    "scale": (scale, {"factor": 2.5}),
    "flip": (flip, {}),
    "identity": (identity, {}),
    "set": (some, {"values": [{"index": [1, 0, 2], "value": 4.5}, {"index": [3, 1, 1], "value": -2.0}]}),
}


@pytest.mark.parametrize("how", list(HOW))
def test_it_answers_as_a_copy_set_by_hand(studio, client, key, inputs, how):
    change, more = HOW[how]
    row = list(convolutions(studio))[1]
    before = {name: value.clone() for name, value in studio.network.module.state_dict().items()}
    found = client.post(
        f"/api/looks/{key}/changed", json={"changes": [], "edits": [{"row": row, "channel": 2, "how": how, **more}]}
    ).json()
    expected = by_hand(studio, inputs, row, change)

    assert [one["score"] for one in found["answers"]] == pytest.approx(expected.tolist(), rel=1e-4, abs=1e-5)
    assert [one["score"] for one in found["before"]] != [one["score"] for one in found["answers"]]
    assert found["edits"][0]["how"] == how
    assert found["changed"].startswith(f"Filter 2 of {studio.layers[row].reading.name} (")
    assert all(torch.equal(value, before[name]) for name, value in studio.network.module.state_dict().items())


def test_a_neuron_of_it_reads_with_the_edited_weights_and_adds_up(studio, client, key):
    row = next(iter(convolutions(studio)))
    edit = {"row": row, "channel": 2, "how": "set", "values": [{"index": [0, 1, 1], "value": 9.0}]}
    changed = client.post(f"/api/looks/{key}/changed", json={"changes": [], "edits": [edit]}).json()["key"]
    places = {one: client.get(f"/api/looks/{one}/neurons/{row}/2?at=14,14").json() for one in (key, changed)}
    plain = convolutions(studio)[row].weight[2, 0].detach()
    shares = {one: found["parts"][0]["weight"] for one, found in places.items()}

    assert places[changed]["adds_up"]
    assert shares[changed][0] == pytest.approx(shares[key][0], rel=1e-5)
    assert shares[changed][4] == pytest.approx(9.0 * shares[key][4] / float(plain[1, 1]), rel=1e-4)


def test_edits_go_with_changes_and_both_are_undone(client, key, studio):
    row = next(iter(convolutions(studio)))
    wanted = {
        "changes": [{"row": row, "channel": 1, "factor": 0}],
        "edits": [{"row": row, "channel": 2, "how": "negate"}],
    }
    both = client.post(f"/api/looks/{key}/changed", json=wanted).json()

    assert (len(both["changes"]), len(both["edits"])) == (1, 1)
    assert "is silenced." in both["changed"]
    assert "is negated." in both["changed"]
    assert client.get(f"/api/looks/{both['key']}").json() == both
    assert client.post(f"/api/looks/{both['key']}/changed", json={"changes": []}).json()["key"] == key


def test_an_edited_module_shares_what_is_not_edited(studio):
    row = next(iter(convolutions(studio)))
    found = edited_module(studio, [Edit(row=row, channel=2, how="zero")])
    kept = dict(studio.network.module.named_parameters())
    others = [name for name, value in found.named_parameters() if value is not kept[name]]

    assert found is not studio.network.module
    assert len(others) == 1
    assert edited_module(studio, []) is studio.network.module


def test_a_flag_and_the_mode_stay_as_they_were():
    network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
    weight = next(network.module.parameters())
    weight.requires_grad_(requires_grad=False)
    network.module.train()
    subject = subject_of(network, None)
    found = edited_module(subject, [Edit(row=0, channel=1, how="zero")])

    assert not next(found.parameters()).requires_grad
    assert found.training
    assert network.module.training
    assert next(network.module.parameters()) is weight


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ({"row": 0, "channel": 99, "how": "zero"}, "a channel's number must be 0 …"),
        ({"row": 0, "channel": 0, "how": "turn"}, "a request must be as the page makes it"),
        (
            {"row": 0, "channel": 0, "how": "set", "values": [{"index": [0, 3, 0], "value": 1}]},
            "a weight must be an index",
        ),
        ({"row": 0, "channel": 0, "how": "set", "values": [{"index": [0, 0, 0], "value": 1}] * 2}, "must be set once"),
        ({"row": -1, "channel": 0, "how": "flip"}, "a request must be as the page makes it"),
    ],
)
def test_what_cannot_be_edited_is_refused(client, key, edit, says):
    answer = client.post(f"/api/looks/{key}/changed", json={"changes": [], "edits": [edit]})

    assert answer.status_code == 422
    assert says in answer.json()["message"]


def test_single_weights_have_no_kernel_to_flip_and_a_pool_has_no_filter(studio, client, key):
    last = len(studio.layers) - 1
    pool = next(n for n, layer in enumerate(studio.layers) if "pool" in layer.reading.kind)
    for row, how, says in ((last, "flip", "must have a kernel"), (pool, "zero", "weights of its own")):
        edit = {"row": row, "channel": 0, "how": how}
        answer = client.post(f"/api/looks/{key}/changed", json={"changes": [], "edits": [edit]})
        assert (answer.status_code, says in answer.json()["message"]) == (422, True)


@pytest.fixture
def saving(small_run, digits, tmp_path):
    """A studio of a copy of the run, which may be written into."""
    shutil.copytree(small_run, tmp_path / "run")
    app = create_app(subject_from(str(tmp_path / "run"), digits))
    return TestClient(app), tmp_path / "run"


def test_it_is_saved_as_a_new_network_only_when_asked(saving):
    asks, folder = saving
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    key = asks.post("/api/looks/sample", json={"sample": 7}).json()["key"]
    edits = [{"row": 0, "channel": 1, "how": "zero"}]
    edited = asks.post(f"/api/looks/{key}/changed", json={"changes": [], "edits": edits}).json()
    assert not (folder / "edited").exists()
    saved = asks.post("/api/networks", json={"look": edited["key"], "name": "without-1"}).json()
    network = Network.read(saved["folder"])
    with torch.no_grad():
        scores = network.module(asks.app.state.looks.of(key).inputs)[0]

    assert saved["folder"] == str(folder / "edited" / "without-1")
    assert scores.tolist() == pytest.approx([one["score"] for one in edited["answers"]], rel=1e-4, abs=1e-5)
    assert network.receipt["edited"] == edited["changed"]
    assert {path: path.read_bytes() for path in files} == files
    again = asks.post("/api/networks", json={"look": edited["key"], "name": "without-1"})
    assert (again.status_code, "a folder of its own" in again.json()["message"]) == (422, True)


def test_what_has_no_edits_or_would_lose_changes_is_not_saved(saving):
    asks, folder = saving
    key = asks.post("/api/looks/sample", json={"sample": 7}).json()["key"]
    wanted = {
        "changes": [{"row": 0, "channel": 1, "factor": 0}],
        "edits": [{"row": 0, "channel": 2, "how": "negate"}],
    }
    both = asks.post(f"/api/looks/{key}/changed", json=wanted).json()["key"]
    refused = [asks.post("/api/networks", json={"look": look, "name": "x"}) for look in (key, both)]

    assert [answer.status_code for answer in refused] == [422, 422]
    assert "must have an edited filter" in refused[0].json()["message"]
    assert "must be undone" in refused[1].json()["message"]
    assert asks.post("/api/networks", json={"look": both, "name": "../x"}).status_code == 422
    assert not (folder / "edited").exists()
