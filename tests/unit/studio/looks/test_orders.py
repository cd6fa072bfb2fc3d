"""Channels alike stand beside each other; the wall of the pass back is the gradient of every channel."""

import numpy as np
import pytest
import torch


@pytest.fixture(scope="module")
def key(client):
    return client.post("/api/looks/sample", json={"sample": 1}).json()["key"]


@pytest.fixture(scope="module")
def look(client, key):
    return client.app.state.looks.of(key)


@pytest.mark.parametrize("row", [0, -2])
def test_each_channel_follows_the_one_it_is_most_like(client, key, look, tensors, row):
    number = row % len(look.values)
    maps = look.values[number].reshape(len(look.values[number]), -1).double().numpy()
    arrays, _ = tensors(client.get(f"/api/looks/{key}/orders/{number}", params={"by": "alike"}).content)
    order = arrays["order"].tolist()
    lengths = np.linalg.norm(maps, axis=1)
    cosines = maps @ maps.T / np.maximum(np.outer(lengths, lengths), 1e-30)

    assert sorted(order) == list(range(len(maps)))
    assert np.abs(maps[order[0]]).max() == np.abs(maps).max()
    for place in range(1, len(order)):
        before, left = order[place - 1], order[place:]
        assert cosines[before, order[place]] == pytest.approx(cosines[before, left].max(), abs=1e-9)
        assert arrays["values"][place] == pytest.approx(cosines[before, order[place]], abs=1e-6)


def test_the_wall_of_the_pass_back_is_the_gradient(studio, client, key, look, tensors):
    row = max(n for n, layer in enumerate(studio.layers) if layer.reading.kind == "conv")
    answer = client.get(f"/api/looks/{key}/backward/walls/{row}", params={"about": 6})
    arrays, metadata = tensors(answer.content)
    tap = studio.layers[row].reading.tap
    program, module = studio.recording.program, studio.network.module
    value = program.run(module, look.inputs, taps=[tap]).taps[tap].detach().requires_grad_()
    [slope] = torch.autograd.grad(program.run_from(module, {tap: value}, inputs=look.inputs).outputs[0, 6], [value])
    scale = float(metadata["scale.values"])

    np.testing.assert_allclose(arrays["values"] * scale, slope[0], atol=0.51 * scale)
    assert client.get(f"/api/looks/{key}/backward/walls/99").status_code == 422
