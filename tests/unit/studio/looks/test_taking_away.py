"""Files that are taken away open in PyTorch, and hold what hooks on the module see."""

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load
from torch import nn
from torch.nn import functional

from striate.data import prepare
from striate.studio.looks import taking_away

AT = (6, 9)


@pytest.fixture(scope="module")
def key(client):
    return client.post("/api/looks/sample", json={"sample": 2}).json()["key"]


@pytest.fixture(scope="module")
def watched(studio, digits):
    """Outputs of the module's parts for the sample, by kind and number, and its scores."""
    found, hooks, module = {}, [], studio.network.module.eval()
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.BatchNorm2d | nn.ReLU | nn.MaxPool2d | nn.Linear):
            name = f"{type(part).__name__}{sum(one.startswith(type(part).__name__) for one in found)}"
            found[name] = (part, None)
            hooks.append(part.register_forward_hook(_keep(found, name)))
    with torch.no_grad():
        scores = module(prepare(digits.read(2), studio.network.preprocessing)[None])
    for hook in hooks:
        hook.remove()
    return found, scores


def _keep(found, name):
    return lambda part, given, made: found.__setitem__(name, (part, given[0].clone(), made[0].clone()))


def test_a_layer_is_whole_and_unrounded(client, key, watched, tmp_path):
    content = client.get(f"/api/looks/{key}/files/0").content
    path = tmp_path / "conv1.safetensors"
    path.write_bytes(content)

    torch.testing.assert_close(load(content)["values"], watched[0]["ReLU0"][2], rtol=1e-6, atol=1e-6)
    with safe_open(path, "pt") as file:
        told = file.metadata()
    assert (told["layer"], told["input_words"]) == ("conv1", "Number 2 of digits, 0; as stored.")


def test_a_look_holds_input_scores_and_every_layer_by_name(client, key, watched, studio, digits):
    found = load(client.get(f"/api/looks/{key}/files").content)
    outputs, scores = watched

    torch.testing.assert_close(found["input"][0], prepare(digits.read(2), studio.network.preprocessing))
    torch.testing.assert_close(found["scores"], scores[0], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(found["layer.maxpool2"], outputs["MaxPool2d1"][2], rtol=1e-5, atol=1e-5)
    assert len(found) == 2 + len(studio.layers)


def test_a_units_parts_are_the_folded_windows_of_torch(client, key, watched):
    found = load(client.get(f"/api/looks/{key}/files/2/4", params={"at": "6,9"}).content)
    conv, given, _ = watched[0]["Conv2d1"]
    norm, _, normed = watched[0]["BatchNorm2d1"]
    share = (norm.weight / (norm.running_var + norm.eps).sqrt()).double()[4]
    window = functional.pad(given[0].double(), (1, 1, 1, 1))[:, AT[0] : AT[0] + 3, AT[1] : AT[1] + 3]

    assert found["layer.maxpool1.channels"].tolist() == list(range(8))
    torch.testing.assert_close(found["layer.maxpool1.input"], window)
    torch.testing.assert_close(found["layer.maxpool1.weight"], conv.weight[4].double() * share)
    total = (window * conv.weight[4].double() * share).sum() + found["bias"]
    torch.testing.assert_close(found["total"], total)
    torch.testing.assert_close(found["value"].float(), normed[4][AT], rtol=1e-5, atol=1e-5)


def test_a_difference_has_values_and_no_parts(client, key):
    other = client.post("/api/looks/sample", json={"sample": 600}).json()["key"]
    less = client.get(f"/api/looks/{key}/minus/{other}").json()["key"]
    one, two, both = (load(client.get(f"/api/looks/{name}/files/1").content)["values"] for name in (key, other, less))

    torch.testing.assert_close(both, one - two)
    assert client.get(f"/api/looks/{less}/files/2/0", params={"at": "1,1"}).status_code == 422


def test_too_large_a_file_is_refused_before_it_is_made(client, key, monkeypatch):
    monkeypatch.setattr(taking_away, "MOST_BYTES", 1000)
    answer = client.get(f"/api/looks/{key}/files/0")

    assert answer.status_code == 422
    assert "Take one layer at a time." in answer.json()["message"]
