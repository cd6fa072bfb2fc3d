"""The map of the samples over the studio's own routes: positions of `striate map`, values of torch, differences by brute force."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import mannwhitneyu
from starlette.testclient import TestClient

from striate.blueprint import Blueprint
from striate.cli.app import run
from striate.data import evenly_spread, prepare, subset
from striate.features.extraction import extract
from striate.features.mapping import adding, kept_map
from striate.features.store import VectorStore
from striate.records.vectors import VectorChoice
from striate.studio.app import create_app
from striate.studio.mapping import making
from striate.studio.opening import subject_from

COUNT = 150
SEED = 3

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def app(studio):
    found = create_app(replace(studio, beside={"other": studio.network.module}))
    yield found
    found.state.jobs.close()


@pytest.fixture(scope="module")
def asked(app):
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def key(app, asked):
    found = asked.post("/api/jobs/map", json={"samples": COUNT, "seed": SEED}).json()
    app.state.jobs.wait()
    assert asked.get(f"/api/jobs/{found['key']}").json()["state"] == "done"
    return found["key"]


@pytest.fixture(scope="module")
def shown(asked, key):
    return asked.get(f"/api/maps/{key}").json()


@pytest.fixture(scope="module")
def pooled(studio, shown):
    """Every layer's mean over its map, by torch and hooks alone, for the samples in the order of the map's points."""
    how, module = studio.network.preprocessing, studio.network.module
    images = torch.stack([prepare(studio.dataset.read(sample), how) for sample in shown["samples"]])
    heard = []
    kinds = (torch.nn.ReLU, torch.nn.MaxPool2d)
    hooks = [
        part.register_forward_hook(lambda _module, _inputs, output: heard.append(output))
        for part in module.modules()
        if isinstance(part, kinds)
    ]
    with torch.no_grad():
        scores = module(images)
    for hook in hooks:
        hook.remove()
    return [(value.mean((2, 3)) if value.ndim == 4 else value).numpy() for value in (*heard, scores)]


def figure_of(shown):
    return shown["page"]["sections"][0]["figures"][0]


def test_the_samples_are_spread_evenly_and_said(shown):
    assert sorted(shown["samples"]) == list(evenly_spread(5000, COUNT))
    assert shown["seen"] == "150 of 5000 samples of digits, evenly spread"
    assert figure_of(shown)["places"] == [f"digits/{sample}" for sample in shown["samples"]]


def test_positions_are_those_of_striate_map(asked, key, shown, studio, digits, tmp_path, tensors):
    layers = tuple(dict.fromkeys(placing["layer"] for placing in figure_of(shown)["placings"]))
    some = subset(digits, evenly_spread(5000, COUNT))
    extract(studio.network, some, tmp_path / "vectors", VectorChoice(layers=layers, memory_format="plain"))
    assert run(["map", str(tmp_path / "vectors"), "--alone", "--seed", str(SEED), "--json"]) in {0, 1}
    mapped = kept_map(VectorStore.open(tmp_path / "vectors"))
    found, metadata = tensors(asked.get(f"/api/maps/{key}/arrays/0").content)
    drawn = [placing for placing in figure_of(shown)["placings"] if placing["is_drawn"]]
    at = [mapped.ids.index(one) for one in figure_of(shown)["ids"]]

    assert [placing["layer"] for placing in drawn] == [layer.layer for layer in mapped.layers]
    for placing, layer in zip(drawn, mapped.layers, strict=True):
        places = found[placing["points"]] * float(metadata[f"scale.{placing['points']}"])
        np.testing.assert_allclose(places, layer.points[at] * (1, -1), atol=2e-5)
        assert f"{100 * layer.separation.accuracy.value:.1f}\u202f%" in placing["judged"]


def test_a_units_values_are_the_means_of_its_map(asked, key, studio, pooled, tensors):
    assert [len(values[0]) for values in pooled] == [layer.channels for layer in studio.layers]
    for row, channel in ((0, 3), (2, 5), (len(pooled) - 1, 7)):
        found, _ = tensors(asked.get(f"/api/maps/{key}/units/{row}/{channel}").content)

        np.testing.assert_allclose(found["values"], pooled[row][:, channel], atol=1e-5)


def test_differences_are_those_of_brute_force(asked, key, shown, studio, pooled):
    labels = studio.dataset.targets().numpy()[shown["samples"]]
    points = np.flatnonzero(labels == 4)
    found = asked.post(f"/api/maps/{key}/differences", json={"points": points.tolist(), "top": 500}).json()
    units = {(unit["row"], unit["channel"]): unit for unit in found["units"]}

    assert (found["chosen"], found["others"]) == (len(points), COUNT - len(points))
    assert found["looked_at"] == len(units) == sum(layer.channels for layer in studio.layers)
    for (row, channel), unit in units.items():
        values = pooled[row][:, channel].round(6)
        here, rest = values[labels == 4], values[labels != 4]
        statistic = mannwhitneyu(here, rest).statistic
        assert unit["share"] == pytest.approx(statistic / len(here) / len(rest), abs=0.004)
        assert unit["low"] <= unit["share"] <= unit["high"]
        assert unit["chosen_mean"] == pytest.approx(here.mean(), abs=1e-4)
        assert unit["others_mean"] == pytest.approx(rest.mean(), abs=1e-4)
    strengths = [abs(unit["share"] - 0.5) for unit in found["units"]]
    assert strengths == sorted(strengths, reverse=True)
    assert found["differing"] == sum(unit["differs"] for unit in found["units"])
    # The answer to a four is the unit of that class.
    assert units[len(studio.layers) - 1, 4]["differs"]
    assert f"{found['differing']} of {found['looked_at']} units surely differ" in found["sentence"]


def test_one_layer_can_be_asked_about_and_its_intervals_are_for_its_units_alone(asked, key):
    points = list(range(20))
    every = asked.post(f"/api/maps/{key}/differences", json={"points": points, "top": 500}).json()
    one = asked.post(f"/api/maps/{key}/differences", json={"points": points, "row": 0, "top": 500}).json()
    wide = {unit["channel"]: unit for unit in every["units"] if unit["row"] == 0}

    assert {unit["row"] for unit in one["units"]} == {0}
    assert one["looked_at"] == 8
    for unit in one["units"]:
        assert unit["share"] == wide[unit["channel"]]["share"]
        assert unit["high"] - unit["low"] < wide[unit["channel"]]["high"] - wide[unit["channel"]]["low"]


def test_an_input_of_the_sample_stands_at_its_own_point(asked, key, shown, tensors):
    point = 40
    look = asked.post("/api/looks/sample", json={"sample": shown["samples"][point]}).json()
    placed = asked.get(f"/api/maps/{key}/looks/{look['key']}").json()
    found, metadata = tensors(asked.get(f"/api/maps/{key}/arrays/0").content)

    for one in placed["layers"]:
        [placing] = [of for of in figure_of(shown)["placings"] if of["layer"] == one["layer"] and of["is_drawn"]]
        x, y = found[placing["points"]][point] * float(metadata[f"scale.{placing['points']}"])
        assert one["nearest"][0] == point
        assert not one["is_far"]
        assert np.hypot(one["x"] - x, one["y"] - y) < 0.2


def test_a_changed_look_moves_and_a_difference_has_no_place(asked, key, shown):
    look = asked.post("/api/looks/sample", json={"sample": 1}).json()
    changes = [{"row": 0, "channel": channel, "factor": -9} for channel in range(8)]
    changed = asked.post(f"/api/looks/{look['key']}/changed", json={"changes": changes}).json()
    less = asked.get(f"/api/looks/{changed['key']}/minus/{look['key']}").json()
    before, after = (asked.get(f"/api/maps/{key}/looks/{one['key']}").json() for one in (look, changed))

    assert [one["nearest"] for one in before["layers"]] != [one["nearest"] for one in after["layers"]]
    assert any(one["is_far"] for one in after["layers"])
    assert "its place says little" in after["words"]
    assert asked.get(f"/api/maps/{key}/looks/{less['key']}").status_code == 422


def test_a_look_with_edited_filters_stands_where_they_bring_it(asked, key):
    """Zero filters leave their biases: every input is the same then, and no sample's."""
    looks = [asked.post("/api/looks/sample", json={"sample": sample}).json() for sample in (1, 2)]
    edits = [{"row": 0, "channel": channel, "how": "zero"} for channel in range(8)]
    edited = [
        asked.post(f"/api/looks/{one['key']}/changed", json={"changes": [], "edits": edits}).json() for one in looks
    ]
    first, second = (asked.get(f"/api/maps/{key}/looks/{one['key']}").json() for one in edited)

    assert first["layers"] == second["layers"]
    assert first["layers"] != asked.get(f"/api/maps/{key}/looks/{looks[0]['key']}").json()["layers"]
    assert first["words"].startswith("The present input with its filters changed stands")


def test_what_is_far_is_worked_out_once_a_map(asked, key, monkeypatch):
    looks = [asked.post("/api/looks/sample", json={"sample": sample}).json()["key"] for sample in (1, 2)]
    assert asked.get(f"/api/maps/{key}/looks/{looks[0]}").status_code == 200
    monkeypatch.setattr(adding, "far_limit", lambda *_: pytest.fail("it is worked out again"))

    assert asked.get(f"/api/maps/{key}/looks/{looks[1]}").status_code == 200


def test_a_look_of_another_version_has_no_place(asked, key):
    look = asked.post("/api/looks/sample", json={"sample": 1}).json()
    other = asked.get(f"/api/looks/{look['key']}/beside", params={"version": "beside:other"}).json()
    answer = asked.get(f"/api/maps/{key}/looks/{other['key']}")

    assert answer.status_code == 422
    assert "got one of beside:other" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"points": [COUNT]}, f"must be 0 … {COUNT - 1}; got {COUNT}"),
        ({"points": list(range(COUNT))}, "leave samples on both sides; got all of them"),
        ({"points": [1], "row": 6}, "a layer's number must be 0 … 5; got 6"),
    ],
)
def test_a_choice_that_is_none_is_refused(asked, key, body, said):
    answer = asked.post(f"/api/maps/{key}/differences", json=body)

    assert answer.status_code == 422
    assert said in answer.json()["message"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("arrays/1", 422), ("units/0/8", 422), ("units/6/0", 422), ("looks/0000", 404)],
)
def test_what_is_not_there_is_refused(asked, key, path, status):
    assert asked.get(f"/api/maps/{key}/{path}").status_code == status
    assert asked.get(f"/api/maps/{'0' * 16}").status_code == 404
    assert "by its own address" in asked.get(f"/api/jobs/{key}/result").json()["message"]


def test_chosen_layers_are_laid_out_in_the_networks_order(app, asked):
    key = asked.post("/api/jobs/map", json={"samples": 30, "rows": [4, 0]}).json()["key"]
    app.state.jobs.wait()
    placings = figure_of(asked.get(f"/api/maps/{key}").json())["placings"]
    names = [row["name"] for row in asked.get("/api/network").json()["rows"]]

    assert [placing["layer"] for placing in placings if placing["is_drawn"]] == [names[0], names[4]]
    for rows in ([6], [0, 0]):
        assert asked.post("/api/jobs/map", json={"samples": 30, "rows": rows}).status_code == 422


def test_fewer_samples_are_taken_beside_very_many_units_and_said(app, asked, studio, monkeypatch):
    monkeypatch.setattr(making, "MOST_RANKS", 20 * sum(layer.channels for layer in studio.layers))
    key = asked.post("/api/jobs/map", json={"samples": 40, "seed": 9}).json()["key"]
    app.state.jobs.wait()
    shown = asked.get(f"/api/maps/{key}").json()

    assert len(shown["samples"]) == 20
    assert "would not fit beside so many units" in shown["seen"]


def test_a_cancelled_map_leaves_nothing_behind(studio, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    app = create_app(studio)
    asked = TestClient(app)
    started, go = threading.Event(), threading.Event()
    kept = making.extract

    def waiting(*arguments, **settings):
        started.set()
        assert go.wait(20)
        return kept(*arguments, **settings)

    monkeypatch.setattr(making, "extract", waiting)
    key = asked.post("/api/jobs/map", json={"samples": 60}).json()["key"]
    assert started.wait(20)
    assert asked.delete(f"/api/jobs/{key}").status_code == 200
    go.set()
    app.state.jobs.wait()

    assert asked.get(f"/api/jobs/{key}").json()["state"] == "cancelled"
    assert list(tmp_path.iterdir()) == []
    app.state.jobs.close()


@pytest.mark.parametrize("is_together", [False, True], ids=["one after the other", "together"])
def test_older_maps_are_given_up_with_their_folders(studio, tmp_path, monkeypatch, is_together):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    app = create_app(studio)
    asked = TestClient(app)
    keys = []
    for seed in range(3):
        keys.append(asked.post("/api/jobs/map", json={"samples": 10, "rows": [5], "seed": seed}).json()["key"])
        if not is_together:
            app.state.jobs.wait()
    app.state.jobs.wait()

    assert len(list(tmp_path.iterdir())) == 2
    again = asked.post("/api/jobs/map", json={"samples": 10, "rows": [5], "seed": 1}).json()
    assert (again["key"], again["state"]) == (keys[1], "done")
    assert [asked.get(f"/api/maps/{key}").status_code for key in keys] == [404, 200, 200]
    assert len(list(tmp_path.iterdir())) == 2
    app.state.jobs.close()


def test_a_map_needs_data():
    bare = TestClient(create_app(subject_from(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))))

    assert bare.post("/api/jobs/map", json={}).status_code == 422
