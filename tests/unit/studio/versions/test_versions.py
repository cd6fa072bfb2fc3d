"""An input in other versions of the network: its values are those torch computes with their weights, on the watched network's rows."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from starlette.testclient import TestClient
from torch import nn

from striate.blueprint import Blueprint
from striate.data import prepare
from striate.errors import InputError, UnknownNameError
from striate.nets import from_blueprint, load_network
from striate.nets.dense import dense
from striate.runs import Run
from striate.studio.app import create_app
from striate.studio.looks.given import of_sample
from striate.studio.opening import subject_from
from striate.studio.versions import version as version_module
from striate.studio.versions.held import Versions
from striate.studio.wire import SampleWanted

OTHER = "input 1x28x28; conv 3x3 8, batchnorm, relu; maxpool 2; conv 3x3 12, batchnorm, relu; maxpool 2; fc 32, relu; classes 10"


@pytest.fixture(scope="module")
def other():
    """A network whose second convolution is narrower, and which reads other values."""
    found = from_blueprint(Blueprint.from_text(OTHER), seed=3)
    return replace(found, preprocessing=replace(found.preprocessing, mean=(0.5,), std=(0.25,)))


@pytest.fixture(scope="module")
def subject(small_run, digits, other):
    return subject_from(str(small_run), digits, beside={"narrower": other})


@pytest.fixture(scope="module")
def asked(subject):
    return TestClient(create_app(subject), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def look(asked):
    return asked.post("/api/looks/sample", json={"sample": 600}).json()


def beside(asked, look, version):
    return asked.get(f"/api/looks/{look['key']}/beside", params={"version": version}).json()


def first_maps(module, inputs):
    """What the first ReLU makes of inputs, and the probabilities, by torch alone."""
    found = []
    relu = next(part for part in module.modules() if isinstance(part, nn.ReLU))
    hook = relu.register_forward_hook(lambda _module, _inputs, made: found.append(made[0].clone()))
    with torch.no_grad():
        answers = module.eval()(inputs).softmax(1)[0]
    hook.remove()
    return found[0].numpy(), answers.numpy()


def test_the_moments_of_a_run_are_versions_of_it(asked):
    rows = asked.get("/api/versions").json()

    # 3500 training samples in batches of 50: 70 steps an epoch.
    assert [(row["name"], row["words"]) for row in rows] == [
        ("step-0", "before the first step"),
        ("step-1", "after 1 step"),
        ("step-4", "after 4 steps"),
        ("step-16", "after 16 steps"),
        ("step-64", "after 64 steps"),
        ("beside:narrower", "narrower"),
    ]


def test_an_input_in_a_moment_is_what_torch_makes_of_it_with_those_weights(asked, look, small_run, digits, tensors):
    network = load_network(str(small_run))
    inputs = prepare(digits.read(600), network.preprocessing)[None]
    network.module.load_state_dict(load_file(small_run / "moments" / "step-16.safetensors"))
    maps, answers = first_maps(network.module, inputs)
    found = beside(asked, look, "step-16")
    arrays, metadata = tensors(asked.get(f"/api/looks/{found['key']}/walls/0").content)

    assert [answer["probability"] for answer in found["answers"]] == pytest.approx(answers.tolist(), abs=1e-5)
    step = float(metadata["scale.values"])
    assert np.abs(arrays["values"] * step - maps).max() <= 0.51 * step
    assert (found["alone"], found["others"], found["shares_outputs"]) == ([], [], True)


def test_the_difference_is_the_watched_network_less_the_version(asked, look, small_run, digits, tensors):
    network = load_network(str(small_run))
    inputs = prepare(digits.read(600), network.preprocessing)[None]
    ours, _ = first_maps(network.module, inputs)
    network.module.load_state_dict(load_file(small_run / "moments" / "step-0.safetensors"))
    theirs, _ = first_maps(network.module, inputs)
    key = beside(asked, look, "step-0")["key"]
    less = asked.get(f"/api/looks/{look['key']}/minus/{key}").json()
    arrays, metadata = tensors(asked.get(f"/api/looks/{less['key']}/walls/0").content)

    step = float(metadata["scale.values"])
    assert np.abs(arrays["values"] * step - (ours - theirs)).max() <= 0.51 * step
    assert less["words"].endswith("in step-0.")


def test_layers_without_a_partner_are_told_and_samples_are_prepared_anew(asked, look, other, digits, subject, tensors):
    maps, answers = first_maps(other.module, prepare(digits.read(600), other.preprocessing)[None])
    found = beside(asked, look, "beside:narrower")
    arrays, metadata = tensors(asked.get(f"/api/looks/{found['key']}/walls/0").content)
    names = [layer.reading.name for layer in subject.layers]

    assert [names[row] for row in found["alone"]] == ["conv2", "maxpool2"]
    assert found["others"] == ["conv2", "maxpool2"]
    alone, _ = tensors(asked.get(f"/api/looks/{found['key']}/walls/{found['alone'][0]}").content)
    assert (alone["values"].shape[0], alone["values"].any()) == (16, False)
    assert np.abs(arrays["values"] * float(metadata["scale.values"]) - maps).max() <= 0.51 * float(
        metadata["scale.values"]
    )
    assert [answer["probability"] for answer in found["answers"]] == pytest.approx(answers.tolist(), abs=1e-5)


def test_a_dense_network_answers_at_its_one_place_as_the_original(small_run, digits):
    network = load_network(str(small_run))
    asked = TestClient(create_app(subject_from(str(small_run), digits, beside={"dense": dense(network)})))
    look = asked.post("/api/looks/sample", json={"sample": 600}).json()
    found = beside(asked, look, "beside:dense")

    assert found["shares_outputs"]
    assert [answer["score"] for answer in found["answers"]] == pytest.approx(
        [answer["score"] for answer in look["answers"]], abs=1e-4
    )


def test_a_drawing_is_normalised_for_the_version(subject, other, digits):
    versions = Versions(subject)
    asked = create_app(subject).state.looks
    sample = of_sample(subject, SampleWanted(sample=600))
    drawn = asked.take(replace(sample, sample=None, words="drawn"))
    _, expected = first_maps(other.module, prepare(digits.read(600), other.preprocessing)[None])
    found, _ = versions.beside(asked, drawn.key, "beside:narrower")

    # Bytes are scaled and normalised in float32 once more than at once.
    assert found.scores.softmax(0).tolist() == pytest.approx(expected.tolist(), abs=1e-4)


def test_what_is_of_the_watched_network_alone_is_refused_of_a_version(asked, look):
    key = beside(asked, look, "step-4")["key"]
    for path in (
        f"{key}/neurons/0/0?at=3,3",
        f"{key}/backward",
        f"{key}",
        f"{key}/orders/0?by=class",
        f"{key}/beside?version=step-0",
    ):
        answer = asked.get(f"/api/looks/{path}")

        assert answer.status_code == 422
        assert "step-4" in answer.json()["message"]


def test_a_look_with_changes_stands_beside_no_version(asked, look):
    changed = asked.post(
        f"/api/looks/{look['key']}/changed", json={"changes": [{"row": 0, "channel": 0, "factor": 0}]}
    ).json()
    answer = asked.get(f"/api/looks/{changed['key']}/beside", params={"version": "step-0"})

    assert (answer.status_code, "Undo the changes" in answer.json()["hint"]) == (422, True)


def test_an_unknown_version_is_named_with_those_there_are(asked, look):
    answer = asked.get(f"/api/looks/{look['key']}/beside", params={"version": "step-63"})

    assert answer.status_code == 404
    assert "step-64" in answer.json()["message"]


def test_filters_are_the_weights_of_the_version(asked, small_run, tensors):
    weights = load_file(small_run / "moments" / "step-4.safetensors")["conv1.weight"][:, 0].numpy()
    arrays, metadata = tensors(asked.get("/api/versions/filters", params={"version": "step-4"}).content)
    step = float(metadata["scale.values"])

    assert arrays["shape"].tolist() == [8, 1, 3, 3]
    assert np.abs(arrays["values"] * step - weights).max() <= 0.51 * step


def test_open_versions_are_bounded_and_the_watched_network_stays(subject):
    before = {name: value.clone() for name, value in subject.network.module.state_dict().items()}
    size = sum(value.numel() * value.element_size() for value in before.values())
    versions = Versions(subject, most_bytes=2 * size)
    keys = {name: versions.subject(name).key for name in ("step-0", "step-1", "step-4")}

    assert len(set(keys.values())) == 3
    assert len(versions._open) <= 2
    assert versions.subject("step-0").key == keys["step-0"]
    assert all(value.equal(before[name]) for name, value in subject.network.module.state_dict().items())


def test_weights_that_were_written_anew_are_another_version(small_run, digits, tmp_path):
    shutil.copytree(small_run, tmp_path / "run")
    subject = subject_from(str(tmp_path / "run"), digits)
    app = create_app(subject)
    asked, path = TestClient(app), tmp_path / "run" / "moments" / "step-1.safetensors"
    look = asked.post("/api/looks/sample", json={"sample": 3}).json()
    first = beside(asked, look, "step-1")
    state = load_file(path)
    save_file({name: value * 2 if value.is_floating_point() else value for name, value in state.items()}, path)
    app.state.looks._kept.clear()

    assert beside(asked, look, "step-1")["key"] != first["key"]
    assert asked.get(f"/api/looks/{first['key']}/walls/0").status_code == 404


@pytest.mark.parametrize("kind", [str, Path])
@pytest.mark.parametrize("inner", ["", "network"], ids=["run", "network"])
def test_a_folder_beside_that_was_written_anew_is_opened_again(small_run, digits, tmp_path, kind, inner):
    shutil.copytree(small_run, tmp_path / "beside")
    named = kind(tmp_path / "beside" / inner)
    versions = Versions(subject_from(str(small_run), digits, beside={"other": named}))
    first = versions.subject("beside:other")
    again = versions.subject("beside:other")
    from_blueprint(Blueprint.from_text(OTHER), seed=5).save(tmp_path / "beside" / "network")

    assert again is first
    assert versions.subject("beside:other").layers[2].channels == 12
    shutil.rmtree(tmp_path / "beside")
    with pytest.raises(UnknownNameError, match="a version's weights must be there"):
        versions.subject("beside:other")


def test_a_blueprint_beside_that_was_written_anew_is_opened_again(small_run, digits, tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(Blueprint.from_text(OTHER).to_yaml())
    versions = Versions(subject_from(str(small_run), digits, beside={"other": str(path)}))
    first = versions.subject("beside:other")
    path.write_text(Blueprint.from_text(OTHER.replace("3x3 12", "3x3 14")).to_yaml())

    assert [first.layers[2].channels, versions.subject("beside:other").layers[2].channels] == [12, 14]


def test_what_was_not_written_to_is_not_read_again(small_run, digits, tmp_path, monkeypatch):
    shutil.copytree(small_run, tmp_path / "run")
    versions = Versions(subject_from(str(tmp_path / "run"), digits))
    first = versions.all()
    read = []
    kept = Run.read
    monkeypatch.setattr(version_module.Run, "read", lambda folder: (read.append(folder), kept(folder))[1])
    again = versions.all()
    moments = tmp_path / "run" / "moments"
    shutil.copy(moments / "step-1.safetensors", moments / "step-7.safetensors")

    assert (again, read) == (first, [])
    assert "step-7" in [version.name for version in versions.all()]
    assert read == [tmp_path / "run"]


def test_a_pickle_among_the_moments_is_no_version(small_run, digits, tmp_path):
    shutil.copytree(small_run, tmp_path / "run")
    torch.save({}, tmp_path / "run" / "moments" / "step-7.pt")
    versions = Versions(subject_from(str(tmp_path / "run"), digits))

    assert "step-7" not in [version.name for version in versions.all()]


def test_a_damaged_moment_is_one_line(small_run, digits, tmp_path):
    shutil.copytree(small_run, tmp_path / "run")
    (tmp_path / "run" / "moments" / "step-1.safetensors").write_bytes(b"no weights")
    versions = Versions(subject_from(str(tmp_path / "run"), digits))

    with pytest.raises(InputError, match="a safetensors file must be whole"):
        versions.subject("step-1")


def test_a_network_beside_that_is_not_there_is_refused_at_once(small_run):
    with pytest.raises(InputError, match="a network beside another must be there; got 'nowhere'"):
        subject_from(str(small_run), beside={"nowhere": "nowhere"})
