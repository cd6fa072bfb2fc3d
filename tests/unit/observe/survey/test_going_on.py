"""A survey goes on after a kill; another network's is refused."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from striate.blueprint import Blueprint
from striate.errors import Cancelled, InputError, SchemaError, StorageError, WeightsError
from striate.events import Events
from striate.nets import load_network
from striate.observe.survey import read_survey, survey, write_survey
from striate.observe.survey.glance import glance
from striate.observe.survey.layer_state import LayerNeeds, LayerState
from striate.observe.survey.settings import SurveySettings
from striate.observe.survey.state import SurveyState
from surveys import plain

IMAGES, GROUP = 192, 64
NEEDS = LayerNeeds(units=6, classes=3, responses=IMAGES, counted=20, k=5, has_statistics=True)


def settings(**changed):
    return SurveySettings(**({
        "weights": "w", "data": "d", "indices": "i", "preprocessing": "p", "layers": (("0", "1", 6, 5, 5),), "features": "",
        "classes": 3, "with_class_sums": ("0",), "k": 5, "counted": 20, "has_statistics": True, "memory_format": "plain",
    } | changed))  # fmt: skip


def groups():
    """The images of three groups as one layer shows them."""
    draw = torch.Generator().manual_seed(0)
    value = torch.randn(IMAGES, 6, 5, 5, generator=draw) * torch.logspace(-3, 3, 6)[:, None, None]
    value[70] = float("nan")
    for start in range(0, IMAGES, GROUP):
        orders = torch.arange(start, start + GROUP)
        yield orders, glance(value[orders], orders, None, has_statistics=True)


def state_of(chosen):
    return taken_in(SurveyState(settings(), {"1": NEEDS}, IMAGES), chosen)


def taken_in(state, chosen):
    for number, (orders, seen) in enumerate(groups()):
        if number in chosen:
            state.layers["1"].add(seen, orders + 1000, orders, orders % 3, orders)
            state.answered(orders.tolist(), orders.numpy() % 7, orders.numpy().astype(np.float32))
            state.seen[orders.numpy()] = True
    return state


def numbers(state):
    layer = state.layers["1"]
    sums = {name: one.values.tolist() for name, one in layer.sums.items()}
    kept = {
        name: item.tolist() for name, item in layer.arrays().items() if not name.startswith(("high", "low", "moment"))
    }
    return sums, kept, state.answers.tolist(), state.seen.tolist()


def test_what_is_written_comes_back_to_the_bit_and_goes_on(tmp_path):
    state_of({0, 1}).save(tmp_path)
    found = SurveyState.read(tmp_path, settings(), {"1": NEEDS}, IMAGES)
    assert numbers(found) == numbers(state_of({0, 1}))
    taken_in(found, {2})
    assert numbers(found) == numbers(state_of({0, 1, 2}))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"weights": "v"}, "other weights"),
        ({"data": "e"}, "other data"),
        ({"k": 3}, "another k"),
        ({"indices": "j"}, "images"),
    ],
)
def test_a_state_of_another_survey_is_refused(tmp_path, changed, words):
    state_of({0}).save(tmp_path)
    with pytest.raises(InputError, match=words):
        SurveyState.read(tmp_path, settings(**changed), {"1": NEEDS}, IMAGES)


def test_a_state_that_was_cut_off_is_refused(tmp_path):
    state_of({0}).save(tmp_path)
    path = tmp_path / "state.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SchemaError, match="whole safetensors file"):
        SurveyState.read(tmp_path, settings(), {"1": NEEDS}, IMAGES)


class StopAt(Events):
    def __init__(self, images):
        self.images, self.done, self.begun = images, 0, None

    def progress(self, progress):
        self.begun = progress.done if self.begun is None else self.begun
        self.done = progress.done

    def is_cancelled(self):
        return self.done >= self.images


@pytest.mark.parametrize("stop", [8, 72, 136])
def test_a_stopped_survey_goes_on_to_the_same_bits(convolutions, many, tmp_path, monkeypatch, stop):
    monkeypatch.setattr("striate.observe.survey.passing.EVERY_S", 0.0)
    monkeypatch.setattr("striate.observe.survey.passing.SHARE", 1e9)
    with pytest.raises(Cancelled):
        survey(convolutions, many, folder=tmp_path / "s", events=StopAt(stop), lanes=1)
    listener = StopAt(10**9)
    found = survey(convolutions, many, folder=tmp_path / "s", events=listener, lanes=2)
    assert listener.begun == stop // GROUP * GROUP
    layout = found.settings["memory_format"]
    assert plain(found) == plain(survey(convolutions, many, folder=tmp_path / "t", lanes=1, memory_format=layout))
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == [
        "features.safetensors", "survey.json", "survey.safetensors",
    ]  # fmt: skip


KILLED = """
import sys, time
from striate.blueprint import Blueprint
from striate.data import load_data
from striate.events import Events
from striate.nets import load_network
from striate.observe.survey import passing, survey
passing.EVERY_S, passing.SHARE = 0.0, 1e9
class Slow(Events):
    def progress(self, progress):
        time.sleep(0.5 if progress.done >= 200 else 0)
net = load_network(Blueprint.from_text("input 1x28x28; conv 5x5 8, relu; maxpool 4; fc 16, relu; classes 10"))
survey(net, load_data("digits"), range(600), folder=sys.argv[1], events=Slow(), lanes=2)
"""


@pytest.mark.slow
def test_a_killed_survey_goes_on_to_the_same_bits(tmp_path, digits):
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path / "s")])
    until = time.monotonic() + 120
    path = tmp_path / "s" / "features.safetensors"
    # The header and three groups of rows of 16 features.
    while not path.is_file() or path.stat().st_size < 3 * GROUP * 16 * 4:
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    net = load_network(Blueprint.from_text("input 1x28x28; conv 5x5 8, relu; maxpool 4; fc 16, relu; classes 10"))
    listener = StopAt(10**9)
    found = survey(net, digits, range(600), folder=tmp_path / "s", events=listener)
    assert 2 * GROUP <= listener.begun < 600
    layout = found.settings["memory_format"]
    assert plain(found) == plain(survey(net, digits, range(600), folder=tmp_path / "t", memory_format=layout))


def test_a_finished_survey_is_read_and_not_made_again(convolutions, many, tmp_path, monkeypatch):
    first = survey(convolutions, many, folder=tmp_path)
    monkeypatch.setattr("striate.observe.survey.passing.Pass.run", None)
    again = survey(convolutions, many, folder=tmp_path)
    assert plain(again) == plain(first)
    assert plain(read_survey(tmp_path, convolutions)) == plain(first)
    with pytest.raises(InputError, match="another k"):
        survey(convolutions, many, folder=tmp_path, k=3)


def test_other_weights_are_refused(convolutions, many, tmp_path):
    survey(convolutions, many, folder=tmp_path)
    with torch.no_grad():
        convolutions.module[0].weight[0, 0, 0, 0] += 1
    with pytest.raises(WeightsError, match="this network's weights"):
        read_survey(tmp_path, convolutions)
    with pytest.raises(InputError, match="other weights"):
        survey(convolutions, many, folder=tmp_path)


def test_a_survey_in_memory_is_written_and_read(convolutions, many, tmp_path):
    found = survey(convolutions, many)
    write_survey(found, tmp_path)
    assert plain(read_survey(tmp_path)) == plain(found)
    document = json.loads((tmp_path / "survey.json").read_text())
    assert document["schema"] == "striate/survey/1"


@pytest.mark.parametrize("name", ["survey.safetensors", "features.safetensors"])
def test_damaged_arrays_are_refused(convolutions, many, tmp_path, name):
    survey(convolutions, many, folder=tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(SchemaError):
        read_survey(tmp_path)


def test_features_on_disk_are_a_safetensors_file(convolutions, many, tmp_path):
    from safetensors.numpy import load_file

    found = survey(convolutions, many, folder=tmp_path)
    np.testing.assert_array_equal(load_file(tmp_path / "features.safetensors")["features"], found.features)


def test_a_full_disk_is_told_and_what_was_kept_before_stays_whole(convolutions, many, tmp_path, monkeypatch):
    monkeypatch.setattr("striate.observe.survey.passing.EVERY_S", 0.0)
    monkeypatch.setattr("striate.observe.survey.passing.SHARE", 1e9)
    calls = []
    write = SurveyState.save

    def full(self, folder):
        calls.append(folder)
        if len(calls) == 2:
            raise StorageError("the disk must take what is written", got="No space left on device")
        write(self, folder)

    monkeypatch.setattr(SurveyState, "save", full)
    with pytest.raises(StorageError, match="No space left"):
        survey(convolutions, many, folder=tmp_path, lanes=1)
    monkeypatch.setattr(SurveyState, "save", write)
    listener = StopAt(10**9)
    found = survey(convolutions, many, folder=tmp_path, events=listener, lanes=1)
    assert listener.begun == GROUP
    straight = survey(convolutions, many, lanes=1, memory_format=found.settings["memory_format"])
    assert plain(found) == plain(straight)


def test_a_disk_that_takes_no_features_is_told(convolutions, many, tmp_path):
    (tmp_path / "features.safetensors").mkdir()
    with pytest.raises(StorageError, match="must take what is written"):
        survey(convolutions, many, folder=tmp_path)


def test_memory_does_not_grow_with_the_images():
    state = LayerState(NEEDS)
    sizes = []
    for turn in range(3):
        for orders, seen in groups():
            state.add(seen, orders + 1000 * turn, orders, orders % 3, torch.where(orders < 0, orders, -1))
        sizes.append({name: item.shape for name, item in state.arrays().items()})
    assert sizes[0] == sizes[2]


def test_stopped_while_a_group_is_taken_in_it_goes_on_from_the_group_before(convolutions, many, tmp_path, monkeypatch):
    whole = survey(convolutions, many, lanes=1)
    # The layout is chosen by time, and another one rounds otherwise.
    how = {"lanes": 1, "memory_format": whole.settings["memory_format"]}
    add, calls = LayerState.add, itertools.count(1)

    def stopping(self, *given):
        # Of the second group's layers the first has it already.
        if next(calls) == len(whole.layers) + 2:
            raise KeyboardInterrupt
        add(self, *given)

    monkeypatch.setattr(LayerState, "add", stopping)
    with pytest.raises(KeyboardInterrupt):
        survey(convolutions, many, folder=tmp_path, **how)
    monkeypatch.setattr(LayerState, "add", add)

    assert plain(survey(convolutions, many, folder=tmp_path, **how).layers) == plain(whole.layers)


def test_a_survey_that_was_read_can_be_written_elsewhere(convolutions, many, tmp_path):
    found = survey(convolutions, many, folder=tmp_path / "a", lanes=1)
    write_survey(read_survey(tmp_path / "a"), tmp_path / "b")

    np.testing.assert_array_equal(read_survey(tmp_path / "b").features, found.features)


def test_an_infinity_that_is_no_peak_counts_nowhere():
    [(orders, _), *_] = groups()
    value = torch.rand(GROUP, 6, 5, 5, generator=torch.Generator().manual_seed(0))
    value[3, 2, 0, 0] = -torch.inf
    state = LayerState(NEEDS)
    state.add(glance(value, orders, None, has_statistics=True), orders, orders, orders % 3, orders)

    assert (state.images, state.broken) == (GROUP - 1, 1)
    others = np.delete(value.double().numpy(), 3, axis=0)
    np.testing.assert_allclose(state.sums["means"].values / (GROUP - 1), others.mean((0, 2, 3)), rtol=1e-5)


def test_a_state_of_an_older_version_is_refused(tmp_path):
    state_of({0}).save(tmp_path)
    path = tmp_path / "state.safetensors"
    with safe_open(path, framework="numpy") as file:
        document = file.metadata()["striate"].replace("survey-state/2", "survey-state/1")
        # What version 1 did not keep.
        tensors = {name: file.get_tensor(name) for name in file.keys() if "least_mean" not in name}  # noqa: SIM118
        assert len(tensors) < len(file.keys())
    save_file(tensors, path, metadata={"striate": document})
    with pytest.raises(SchemaError, match=r"survey-state version must be at most 2 and have a migration; got 1"):
        SurveyState.read(tmp_path, settings(), {"1": NEEDS}, IMAGES)
