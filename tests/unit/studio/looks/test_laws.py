"""How the gradient goes through a neuron: sums that are autograd's .grad, a flipped filter, a winner."""

import numpy as np
import pytest
from torch import nn

from striate.studio.looks import laws


@pytest.fixture(scope="module")
def key(client):
    return client.post("/api/looks/sample", json={"sample": 1}).json()["key"]


@pytest.fixture(scope="module")
def rows(client):
    return client.get("/api/network").json()["rows"]


@pytest.fixture(scope="module")
def graded(studio, client, key):
    """Convolutions and pools with input, output and its gradient for the score of class 6; and the weights' gradients."""
    module, kept = studio.network.module.eval(), []
    inputs = client.app.state.looks.of(key).inputs.clone().requires_grad_()

    def keep(part, given, made):
        made.retain_grad()
        given[0].retain_grad()
        kept.append((part, given[0], made))

    parts = [part for part in module.modules() if isinstance(part, nn.Conv2d | nn.MaxPool2d)]
    hooks = [part.register_forward_hook(keep) for part in parts]
    module(inputs)[0, 6].backward()
    for hook in hooks:
        hook.remove()
    found = [
        (part, given, made, None if not list(part.parameters()) else part.weight.grad.clone())
        for part, given, made in kept
    ]
    module.zero_grad(set_to_none=True)
    return found


def number_of(rows, kind, last=True):
    found = [n for n, row in enumerate(rows) if row["kind"] == kind]
    return found[-1] if last else found[0]


def asked(client, key, row, channel, at, **more):
    where = {"at": ",".join(map(str, at)), "about": 6, **more}
    answer = client.get(f"/api/looks/{key}/law/{row}/{channel}", params=where)
    assert answer.status_code == 200, answer.json()
    arrays = client.get(f"/api/looks/{key}/law/{row}/{channel}/arrays", params=where)
    return answer.json(), arrays.content


def part(law, heading):
    return next(one for one in law["parts"] if one["heading"] == heading)


def test_the_chosen_weights_gradient_is_autograds_and_the_sum_of_its_terms(client, key, rows, graded):
    module, given, made, grad = [one for one in graded if isinstance(one[0], nn.Conv2d)][-1]
    row = number_of(rows, "conv")
    law, _ = asked(client, key, row, 5, (3, 3), weight="2,0,1")
    table = part(law, "The shared weight")["tables"][0]
    padded = nn.functional.pad(given, (1, 1, 1, 1))[0, 2].detach()
    height, width = made.shape[2:]
    terms = made.grad[0, 5] * padded[0:height, 1 : 1 + width]

    assert (law["weight"], law["weights"]) == ([2, 0, 1], list(module.weight.shape[1:]))
    assert table["foot"][-1] == pytest.approx(float(grad[5, 2, 0, 1]), rel=1e-4)
    assert float(terms.sum()) == pytest.approx(float(grad[5, 2, 0, 1]), rel=1e-4)
    assert abs(table["rows"][0][3]) == pytest.approx(float(terms.abs().max()), rel=1e-4)
    assert "Weight [5, 2, 0, 1]" in part(law, "The shared weight")["text"]


def test_without_a_choice_it_is_the_weight_with_the_largest_gradient(client, key, rows, graded):
    grad = [one for one in graded if isinstance(one[0], nn.Conv2d)][-1][3]
    law, _ = asked(client, key, number_of(rows, "conv"), 5, (3, 3))

    assert law["weight"] == [int(one) for one in np.unravel_index(int(grad[5].abs().argmax()), grad[5].shape)]


def test_the_flipped_filter_sends_what_autograd_sends(client, key, rows, graded, tensors):
    module, given, _, _ = [one for one in graded if isinstance(one[0], nn.Conv2d)][-1]
    row = number_of(rows, "conv")
    law, data = asked(client, key, row, 5, (3, 3))
    arrays, metadata = tensors(data)
    filters, _, sent = part(law, "The flipped filter")["pictures"]
    both = arrays[filters["array"]] * float(metadata[f"scale.{filters['array']}"])
    channel = int(sent["tiles"][0]["label"].split()[-1])
    maps = arrays[sent["array"]] * float(metadata[f"scale.{sent['array']}"])
    atol = float(given.grad.abs().max()) / 100

    np.testing.assert_allclose(
        both[0], module.weight[5, channel].detach(), atol=float(module.weight.abs().max().detach()) / 100
    )
    np.testing.assert_array_equal(both[1], both[0][::-1, ::-1])
    np.testing.assert_allclose(maps[0], given.grad[0, channel], atol=atol)
    np.testing.assert_allclose(maps[1], maps[0], atol=atol)


def test_the_winners_alone_get_the_gradient(client, key, rows, graded, tensors):
    _, given, made, _ = [one for one in graded if isinstance(one[0], nn.MaxPool2d)][-1]
    row = number_of(rows, "maxpool")
    law, data = asked(client, key, row, 3, (2, 2))
    arrays, metadata = tensors(data)
    read, sent = part(law, "The winners")["pictures"]

    assert law["gradient"] == pytest.approx(float(made.grad[0, 3, 2, 2]), rel=1e-4, abs=1e-9)
    for picture, expected in ((read, given.detach()), (sent, given.grad)):
        values = arrays[picture["array"]][0] * float(metadata[f"scale.{picture['array']}"])
        np.testing.assert_allclose(values, expected[0, 3], atol=float(expected[0, 3].abs().max()) / 200)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("law/1/0?at=99,1", "a place must be on the layer's map"),
        ("law/1/0?at=1,1&about=10", "an output's number must be 0 … 9"),
        ("law/0/0?at=1,1&weight=0,9,0", "a weight must be an index of the unit's"),
    ],
)
def test_what_is_not_there_is_refused(client, key, query, says):
    answer = client.get(f"/api/looks/{key}/{query}")

    assert answer.status_code == 422
    assert says in answer.json()["message"]


def test_a_changed_look_is_not_taken_apart(client, key):
    changed = client.post(
        f"/api/looks/{key}/changed", json={"changes": [{"row": 0, "channel": 1, "factor": 0}]}
    ).json()["key"]
    answer = client.get(f"/api/looks/{changed}/law/0/0?at=1,1")

    assert answer.status_code == 422
    assert "as it is to be taken apart" in answer.json()["message"]


def test_words_and_pictures_of_one_law_are_worked_out_once(client, key, rows, monkeypatch):
    worked = []
    kept = laws.detail_of
    monkeypatch.setattr(laws, "detail_of", lambda *given: (worked.append(given), kept(*given))[1])
    row = number_of(rows, "conv")
    first, arrays = asked(client, key, row, 5, (4, 4))
    other, _ = asked(client, key, row, 5, (4, 5))

    assert len(worked) == 2
    assert (asked(client, key, row, 5, (4, 4)), first == other) == ((first, arrays), False)
    assert len(worked) == 2
