import copy

import pytest
import torch

from striate.errors import InputError, UnknownNameError
from striate.studio.looks.changing import Change
from striate.studio.looks.look import Given, Looks
from striate.studio.opening import subject_from

torchvision = pytest.importorskip("torchvision")


def hooked(module, images, changes):
    """Return scores with a module's outputs multiplied by hooks, changes by the module's path."""
    module = copy.deepcopy(module).eval()
    for path, channel, factor in changes:

        def times(_module, _inputs, output, channel=channel, factor=factor):
            output = output.clone()
            output[:, channel] *= factor
            return output

        module.get_submodule(path).register_forward_hook(times)
    with torch.inference_mode():
        return module(images).reshape(-1)


@pytest.fixture(scope="module")
def resnet():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return subject_from(torchvision.models.resnet18(num_classes=7))


@pytest.fixture
def looked(resnet):
    looks = Looks(resnet)
    inputs = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    return looks, looks.take(Given(inputs=inputs, words="drawn"))


def row(subject, name):
    return next(number for number, layer in enumerate(subject.layers) if layer.reading.name == name)


# By the layer, and by the module whose output is its value.
HOOKED = {
    "maxpool": "maxpool",
    "layer1.0.conv2": "layer1.0.bn2",
    "layer2.0.downsample.0": "layer2.0.downsample.1",
    "layer4.1.conv2": "layer4.1.bn2",
    "fc": "fc",
}


@pytest.mark.parametrize(
    "changes",
    [
        [("maxpool", 3, 0.0)],
        [("layer2.0.downsample.0", 100, -2.0)],
        [("fc", 6, 0.5)],
        # A later one meets what the earlier ones left; two in one layer.
        [("layer4.1.conv2", 500, 3.0), ("maxpool", 0, 0.0), ("layer1.0.conv2", 7, 10.0), ("layer1.0.conv2", 9, 0.0)],
    ],
)
def test_changed_channels_are_hooks_on_their_modules(resnet, looked, changes):
    looks, before = looked
    after = looks.change(before.key, [Change(row=row(resnet, name), channel=c, factor=f) for name, c, f in changes])
    expected = hooked(resnet.network.module, before.inputs, [(HOOKED[name], c, f) for name, c, f in changes])

    torch.testing.assert_close(after.scores, expected, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(after.scores, before.scores, rtol=1e-4)
    for name, channel, factor in changes:
        if factor == 0:
            assert after.values[row(resnet, name)][channel].abs().max() == 0


def test_the_network_and_the_look_before_stay_as_they_are(resnet, looked):
    looks, before = looked
    weights = copy.deepcopy(resnet.network.module.state_dict())
    kept = [value.clone() for value in before.values]
    after = looks.change(before.key, [Change(row=0, channel=1, factor=0.0)])

    assert after.key != before.key
    assert all(torch.equal(one, other) for one, other in zip(kept, looks.of(before.key).values, strict=True))
    assert all(torch.equal(value, weights[name]) for name, value in resnet.network.module.state_dict().items())


def test_without_changes_it_is_the_look_before(looked):
    looks, before = looked
    after = looks.change(before.key, [Change(row=0, channel=1, factor=0.0)])

    assert looks.change(after.key, []).key == before.key
    # The order of changes is no other change.
    two = [Change(row=1, channel=0, factor=0.0), Change(row=0, channel=1, factor=2.0)]
    assert looks.change(before.key, two).key == looks.change(after.key, two[::-1]).key


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([Change(row=99, channel=0, factor=0.0)], "a layer's number must be 0 …"),
        ([Change(row=0, channel=64, factor=0.0)], "a channel's number must be 0 … 63; got 64 (at conv1)"),
        ([Change(row=0, channel=0, factor=float("nan"))], "a factor must be finite"),
        ([Change(row=0, channel=0, factor=0.0), Change(row=0, channel=0, factor=2.0)], "changed once"),
    ],
)
def test_changes_of_what_is_not_there_are_refused(looked, changes, said):
    looks, before = looked
    with pytest.raises(InputError) as error:
        looks.change(before.key, changes)

    assert said in str(error.value)


def test_changes_of_a_look_nobody_took_are_refused(looked):
    with pytest.raises(UnknownNameError):
        looked[0].change("abcd", [])


def test_the_server_says_what_was_changed_and_undoes_it(client):
    before = client.post("/api/looks/sample", json={"sample": 7}).json()
    wanted = {"changes": [{"row": 0, "channel": 2, "factor": 0}, {"row": 0, "channel": 1, "factor": 1.5}]}
    after = client.post(f"/api/looks/{before['key']}/changed", json=wanted).json()

    assert after["changed"] == "Channel 1 of conv1 counts × 1.5; channel 2 of conv1 is silenced."
    assert [(one["channel"], one["factor"]) for one in after["changes"]] == [(1, 1.5), (2, 0.0)]
    assert (before["changed"], before["changes"], before["before"]) == ("", [], [])
    assert after["before"] == before["answers"]
    assert client.get(f"/api/looks/{after['key']}").json() == after
    assert [one["score"] for one in after["answers"]] != [one["score"] for one in before["answers"]]
    undone = client.post(f"/api/looks/{after['key']}/changed", json={"changes": []}).json()
    assert undone == before
    assert (
        client.post(f"/api/looks/{before['key']}/changed", json={"changes": wanted["changes"] * 40}).status_code == 422
    )


def test_a_neuron_of_a_changed_network_shows_the_change_and_parts_are_not_covered_then(client):
    key = client.post("/api/looks/sample", json={"sample": 7}).json()["key"]
    wanted = {"changes": [{"row": 0, "channel": 1, "factor": 0}]}
    changed = client.post(f"/api/looks/{key}/changed", json=wanted).json()["key"]
    before = client.get(f"/api/looks/{key}/neurons/0/1?at=14,14").json()
    after = client.get(f"/api/looks/{changed}/neurons/0/1?at=14,14").json()
    covered = client.post("/api/jobs/occlusion", json={"look": changed})

    assert before["value"] > 0
    assert after["value"] == 0
    assert (covered.status_code, covered.json()["hint"]) == (422, "Undo the changes first.")
