"""What the studio says of a neuron, compared with autograd and hooks on the module itself."""

import numpy as np
import pytest
import torch

from striate.explain import activation_maps, backward
from striate.studio.looks.passes import Passes


@pytest.fixture(scope="module")
def key(client):
    """A look at the second digit."""
    return client.post("/api/looks/sample", json={"sample": 1}).json()["key"]


@pytest.fixture(scope="module")
def rows(client):
    return client.get("/api/network").json()["rows"]


@pytest.fixture
def inputs(studio, client, key):
    return client.app.state.looks.of(key).inputs.clone()


def convolution(rows):
    """The last convolution's number, and a place in its middle."""
    number = max(n for n, row in enumerate(rows) if row["kind"] == "conv")
    return number, [side // 2 for side in rows[number]["sizes"]]


def at_row(studio, inputs, number):
    """A row's value by the recorded program, with gradients, and its leaf."""
    leaf = inputs.clone().requires_grad_()
    tap = studio.layers[number].reading.tap
    return leaf, studio.recording.program.run(studio.network.module, leaf, taps=[tap])


def test_a_neuron_adds_up_to_the_value_on_the_wall(client, key, rows):
    look = client.app.state.looks.of(key)
    for number, row in enumerate(rows):
        at = [side // 2 for side in row["sizes"]]
        found = client.get(
            f"/api/looks/{key}/neurons/{number}/1", params={"at": ",".join(map(str, at)), "top": 5}
        ).json()

        assert (found["row"], found["channel"], found["at"]) == (number, 1, at)
        assert found["value"] == pytest.approx(float(look.values[number][(1, *at)]), rel=1e-5, abs=1e-6)
        assert found["adds_up"]
        listed = sum(part["number"] for part in found["parts"]) + found["others_number"] + found["bias"]
        assert listed == pytest.approx(found["network"], rel=1e-4, abs=1e-4)
        assert {part["row"] for part in found["parts"]} == set(row["reads"])
        for part in found["parts"]:
            source = look.values[part["row"]][part["channel"]] if part["row"] >= 0 else look.inputs[0, part["channel"]]
            read = [0.0 if place < 0 else float(source.reshape(-1)[place]) for place in part["places"]]
            assert part["input"] == pytest.approx(read, rel=1e-5, abs=1e-6)


def test_the_gradient_of_a_part_is_that_of_the_score(studio, client, key, rows, inputs):
    number, at = convolution(rows)
    found = client.get(
        f"/api/looks/{key}/neurons/{number}/2",
        params={"at": ",".join(map(str, at)), "by": "gradient", "about": 3, "top": 3},
    ).json()
    read = rows[number]["reads"][0]
    tap = studio.layers[read].reading.tap
    value = studio.recording.program.run(studio.network.module, inputs, taps=[tap]).taps[tap].detach().requires_grad_()
    score = studio.recording.program.run_from(studio.network.module, {tap: value}, inputs=inputs).outputs[0, 3]
    [slope] = torch.autograd.grad(score, [value])

    assert found["about"] == 3
    for part in found["parts"]:
        places = [place for place in part["places"] if place >= 0]
        assert part["gradient"] == pytest.approx(
            float(slope[0, part["channel"]].reshape(-1)[places].sum()), rel=1e-4, abs=1e-6
        )


def test_the_effective_field_is_the_gradient_at_the_input(studio, client, key, rows, inputs, tensors):
    number, at = convolution(rows)
    answer = client.get(f"/api/looks/{key}/effective/{number}/0", params={"at": ",".join(map(str, at))})
    arrays, metadata = tensors(answer.content)
    leaf, run = at_row(studio, inputs, number)
    [slope] = torch.autograd.grad(run.taps[studio.layers[number].reading.tap][(0, 0, *at)], [leaf])
    scale = float(metadata["scale.gradient"])

    assert arrays["gradient"].shape == (1, *inputs.shape[2:])
    assert scale * 127 == pytest.approx(float(slope.sum(1).abs().max()), rel=1e-4)
    np.testing.assert_allclose(arrays["gradient"] * scale, slope.sum(1), atol=0.51 * scale)


@pytest.mark.parametrize("by", ["activation", "gradient", "similarity"])
def test_orders_are_those_of_activation_maps(studio, client, key, rows, inputs, tensors, by):
    number, _ = convolution(rows)
    other = client.post("/api/looks/sample", json={"sample": 5}).json()["key"]
    beside = client.app.state.looks.of(other).inputs[0]
    answer = client.get(f"/api/looks/{key}/orders/{number}", params={"by": by, "about": 4, "other": other})
    arrays, _ = tensors(answer.content)
    [expected] = activation_maps(
        studio.network, inputs, torch.tensor([4]), layer=rows[number]["name"], sort=by, other=beside
    )

    np.testing.assert_allclose(arrays["values"], expected.values, rtol=1e-4, atol=1e-6)
    assert sorted(arrays["order"].tolist()) == list(range(rows[number]["channels"]))
    assert arrays["order"].tolist() == list(expected.channels)


def test_the_order_by_class_is_the_last_layers_weights(studio, client, key, rows, tensors):
    number = len(rows) - 2
    arrays, _ = tensors(client.get(f"/api/looks/{key}/orders/{number}", params={"by": "class", "about": 4}).content)
    weight = [part for part in studio.network.module.modules() if isinstance(part, torch.nn.Linear)][-1].weight[4]
    order = torch.argsort(weight, descending=True, stable=True)

    assert arrays["order"].tolist() == order.tolist()
    np.testing.assert_array_equal(arrays["values"], weight[order].detach())


def test_norms_of_the_pass_back_are_those_of_the_method(studio, client, key, inputs, rows):
    found = client.get(f"/api/looks/{key}/backward", params={"about": 6}).json()
    [expected] = backward(studio.network, inputs, torch.tensor([6]), checked=False)
    named = {row.name: row for row in expected.rows}

    assert [row["row"] for row in found["rows"]] == [*reversed(range(len(rows))), -1]
    assert found["score"] == pytest.approx(expected.score, rel=1e-5)
    for row in found["rows"]:
        name = expected.rows[-1].name if row["row"] < 0 else studio.layers[row["row"]].reading.tap
        assert row["reached"]
        assert row["norm"] == pytest.approx(named[name].norm, rel=1e-4)
        assert row["rms"] == pytest.approx(named[name].rms, rel=1e-4)
        assert row["zeros"] == pytest.approx(named[name].zeros, abs=1e-6)
        assert row["largest"] == pytest.approx(named[name].largest, rel=1e-4)


def test_strips_of_the_pass_back_are_gradients(studio, client, key, inputs, rows, tensors):
    number, _ = convolution(rows)
    answer = client.get(
        f"/api/looks/{key}/backward/strips", params={"about": 6, "first": number, "last": number + 1, "count": 3}
    )
    arrays, metadata = tensors(answer.content)
    tap = studio.layers[number].reading.tap
    value = studio.recording.program.run(studio.network.module, inputs, taps=[tap]).taps[tap].detach().requires_grad_()
    score = studio.recording.program.run_from(studio.network.module, {tap: value}, inputs=inputs).outputs[0, 6]
    [slope] = torch.autograd.grad(score, [value])
    peaks = slope[0].flatten(1).abs().amax(1)
    scale = float(metadata[f"scale.values.{number}"])

    assert arrays[f"channels.{number}"].tolist() == torch.argsort(peaks, descending=True, stable=True)[:3].tolist()
    shown = slope[0, arrays[f"channels.{number}"].tolist()]
    np.testing.assert_allclose(arrays[f"values.{number}"] * scale, shown, atol=0.51 * scale)


def test_a_pass_back_may_begin_at_a_unit(client, key, rows):
    number, at = convolution(rows)
    place = ",".join(map(str, at))
    found = client.get(f"/api/looks/{key}/backward", params={"row": number, "channel": 1, "at": place}).json()
    value = client.get(f"/api/looks/{key}/neurons/{number}/1", params={"at": place}).json()["value"]

    assert (found["about"], found["score"]) == (-1, value)
    for row in found["rows"]:
        assert row["reached"] == (row["row"] <= number)


def test_paths_are_value_times_gradient(studio, client, key, inputs, rows):
    number, last = len(rows) - 1, studio.layers[-1].reading.tap
    found = client.get(f"/api/looks/{key}/paths/{number}/2", params={"k": 4}).json()
    by_row = {row["row"]: row["units"] for row in found["rows"]}

    assert list(by_row) == [*reversed(range(number)), -1]
    for row, units in by_row.items():
        if row < 0:
            leaf = inputs.clone().requires_grad_()
            score = studio.recording.program.run(studio.network.module, leaf, taps=[last]).taps[last][0, 2]
        else:
            tap = studio.layers[row].reading.tap
            leaf = studio.recording.program.run(studio.network.module, inputs, taps=[tap]).taps[tap]
            leaf = leaf.detach().requires_grad_()
            score = studio.recording.program.run_from(studio.network.module, {tap: leaf}, inputs=inputs).outputs[0, 2]
        [slope] = torch.autograd.grad(score, [leaf])
        products = (leaf * slope)[0].detach()
        largest = products.flatten().abs().sort(descending=True).values[:4]

        assert [abs(unit["number"]) for unit in units] == pytest.approx(largest[largest > 0].tolist(), rel=1e-3)
        for unit in units:
            assert unit["number"] == pytest.approx(float(products[(unit["channel"], *unit["at"])]), rel=1e-3)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("neurons/0/999?at=1,1", 422, "a channel must be 0 …"),
        ("neurons/999/0?at=1,1", 422, "a layer's number must be 0 …"),
        ("neurons/0/0?at=1", 422, "a place must be on the layer's map"),
        ("neurons/0/0?at=1,1&about=10", 422, "an output's number must be 0 … 9"),
        ("neurons/0/0?at=1,1&by=length", 422, "a request must be as the page makes it"),
        ("neurons/0/0?at=1;1", 422, "a request must be as the page makes it"),
        ("effective/0/0?at=99,1", 422, "a place must be on the layer's map"),
        ("paths/0/99?at=1,1", 422, "a channel must be 0 …"),
        ("orders/0?by=class", 422, "one linear layer reads as scores"),
        ("orders/0?by=similarity", 422, "another look"),
        ("orders/0?by=similarity&other=abcd", 404, "a look must be of an input that was given"),
        ("orders/99", 422, "a layer's number must be 0 …"),
        ("orders/0?about=10", 422, "an output's number must be 0 … 9"),
        ("backward?about=10", 422, "an output's number must be 0 … 9"),
        ("backward?row=0&channel=0", 422, "a place must be on the layer's map"),
        ("backward/strips?row=77&first=0&last=1", 422, "a layer's number must be 0 …"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line(client, key, path, status, said):
    answer = client.get(f"/api/looks/{key}/{path}")

    assert answer.status_code == status
    assert said in answer.json()["message"]
    assert "\n" not in answer.json()["message"]


def test_passes_are_given_up_when_they_are_too_many_and_made_again(studio, client):
    keys = [client.post("/api/looks/sample", json={"sample": number}).json()["key"] for number in (2, 3)]
    found = [client.app.state.looks.of(key) for key in keys]
    passes = Passes(studio, most_bytes=1)
    with passes.of(found[0]) as first:
        pass
    with passes.of(found[1]):
        pass
    with passes.of(found[0]) as again:
        assert again is not first
    with passes.of(found[0]) as still:
        assert still is again


@pytest.mark.parametrize("factor", [0.0, 2.5])
def test_a_channel_changed_by_hand_is_changed_for_whoever_reads_it(studio, client, key, inputs, rows, factor):
    number, at = convolution(rows)
    [read] = rows[number]["reads"]
    tap, module, program = studio.layers[read].reading.tap, studio.network.module, studio.recording.program
    changes = {"changes": [{"row": read, "channel": 1, "factor": factor}]}
    changed = client.post(f"/api/looks/{key}/changed", json=changes).json()["key"]
    look = client.app.state.looks.of(changed)
    places = {n: ",".join(str(side // 2) for side in rows[n]["sizes"]) for n in (read, number)}
    own = client.get(f"/api/looks/{changed}/neurons/{read}/1", params={"at": places[read]}).json()
    before = client.get(f"/api/looks/{key}/neurons/{read}/1", params={"at": places[read]}).json()
    reader = client.get(f"/api/looks/{changed}/neurons/{number}/2", params={"at": places[number], "top": 99}).json()
    leaf = inputs.clone().requires_grad_()
    value = program.run(module, leaf, taps=[tap]).taps[tap]
    scale = torch.ones_like(value)
    scale[:, 1] = factor
    score = program.run_from(module, {tap: value * scale}, inputs=leaf).outputs[0, 6]
    [slope] = torch.autograd.grad(score, [leaf])
    back = client.get(f"/api/looks/{changed}/backward", params={"about": 6}).json()

    assert own["value"] == pytest.approx(factor * before["value"])
    assert own["before"] == before["before"]
    assert own["adds_up"]
    assert own["did"].endswith("silenced by hand" if factor == 0 else "× 2.50 by hand")
    assert reader["value"] == pytest.approx(float(look.values[number][(2, *at)]), rel=1e-5, abs=1e-6)
    assert reader["adds_up"]
    [part] = [part for part in reader["parts"] if part["channel"] == 1]
    expected = [0.0 if place < 0 else float(look.values[read][1].reshape(-1)[place]) for place in part["places"]]
    assert part["input"] == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert back["score"] == pytest.approx(float(score.detach()), rel=1e-4)
    assert back["rows"][-1]["norm"] == pytest.approx(float(slope.norm()), rel=1e-4)


def test_a_difference_of_two_looks_has_no_neurons(client, key):
    other = client.post("/api/looks/sample", json={"sample": 7}).json()["key"]
    difference = client.get(f"/api/looks/{key}/minus/{other}").json()["key"]
    answer = client.get(f"/api/looks/{difference}/neurons/0/0", params={"at": "1,1"})

    assert answer.status_code == 422
    assert "a neuron must be of one look" in answer.json()["message"]


def test_the_network_leaves_as_it_came(studio, client, key):
    module = studio.network.module
    module.train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    random = torch.get_rng_state()
    try:
        client.get(f"/api/looks/{key}/neurons/0/0", params={"at": "3,3"})
        client.get(f"/api/looks/{key}/backward")
        client.get(f"/api/looks/{key}/neurons/0/0", params={"at": "99,3"})

        assert all(part.training for part in module.modules())
        assert all(parameter.grad is None for parameter in module.parameters())
        assert torch.equal(random, torch.get_rng_state())
        for name, value in module.state_dict().items():
            assert torch.equal(value, before[name])
    finally:
        module.eval()
