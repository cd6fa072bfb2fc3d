"""The ways from a unit to an output: the chain rule, by Jacobians that torch works out row by row."""

import pytest
import torch

from striate.studio.looks.look import Given, Looks
from striate.studio.looks.onward import ways_onward
from striate.studio.looks.passes import Passes
from striate.studio.opening import subject_from

# Torch imports what it calls deprecated itself.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")


@pytest.fixture(scope="module")
def key(client):
    return client.post("/api/looks/sample", json={"sample": 1}).json()["key"]


@pytest.fixture(scope="module")
def look(client, key):
    return client.app.state.looks.of(key)


def fires(look, row):
    """A channel of a row and the place where it is largest."""
    values = look.values[row]
    flat = int(values.argmax())
    return int(flat // values[0].numel()), [
        int(one) for one in torch.unravel_index(torch.tensor(flat % values[0].numel()), values.shape[1:])
    ]


@pytest.mark.parametrize("row", [0, 2])
def test_every_way_is_the_chain_rule(studio, client, key, look, row):
    channel, at = fires(look, row)
    found = client.get(
        f"/api/looks/{key}/onward/{row}/{channel}", params={"at": ",".join(map(str, at)), "about": 4, "k": 5}
    ).json()
    program, module = studio.recording.program, studio.network.module
    taps = [layer.reading.tap for layer in studio.layers]
    value = program.run(module, look.inputs, taps=taps).taps[taps[row]].detach()
    here = float(value[(0, channel, *at)])

    def after(given, tap):
        return program.run_from(module, {taps[row]: given}, inputs=look.inputs, taps=[tap]).taps[tap]

    change = torch.zeros_like(value)
    change[(0, channel, *at)] = here
    leaf = value.clone().requires_grad_()
    [slope] = torch.autograd.grad(after(leaf, taps[-1])[0, 4], [leaf])
    total = here * float(slope[(0, channel, *at)])

    assert found["value"] == pytest.approx(here, rel=1e-5)
    assert found["total"] == pytest.approx(total, rel=1e-4)
    assert found["score"] == pytest.approx(float(look.scores[4]), rel=1e-5)
    assert [one["row"] for one in found["rows"]] == list(range(row + 1, len(taps)))
    for one in found["rows"]:
        _, rise = torch.func.jvp(lambda given, tap=taps[one["row"]]: after(given, tap), (value,), (change,))
        later = program.run(module, look.inputs, taps=taps).taps[taps[one["row"]]].detach().requires_grad_()
        if one["row"] == len(taps) - 1:
            through = rise * torch.eye(10)[4]
        else:
            score = program.run_from(module, {taps[one["row"]]: later}, inputs=look.inputs).outputs[0, 4]
            [back] = torch.autograd.grad(score, [later])
            through = rise * back
        through = through.detach()
        largest = through.flatten().abs().sort(descending=True).values[:5]
        numbers = [abs(unit["number"]) for unit in one["units"]]

        assert numbers == pytest.approx(largest[largest > 0].tolist(), rel=1e-3, abs=1e-7)
        assert one["shown"] == pytest.approx(sum(unit["number"] for unit in one["units"]), abs=1e-9)
        # No way passes a row of this network by.
        assert one["whole"] == pytest.approx(total, rel=1e-3)
        for unit in one["units"]:
            assert unit["number"] == pytest.approx(
                float(through[(0, unit["channel"], *unit["at"])]), rel=1e-3, abs=1e-7
            )


def test_a_silent_unit_has_no_effect(client, key, look):
    row = next(number for number, values in enumerate(look.values) if (values == 0).any())
    channel, *at = (look.values[row] == 0).nonzero()[0].tolist()
    found = client.get(f"/api/looks/{key}/onward/{row}/{channel}", params={"at": ",".join(map(str, at))}).json()

    assert (found["value"], found["total"], found["rows"]) == (0, 0, [])


def test_a_branch_carries_a_part_and_the_sum_behind_it_all():
    torchvision = pytest.importorskip("torchvision")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        subject = subject_from(torchvision.models.resnet18(num_classes=7))
    looked = Looks(subject).take(
        Given(inputs=torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(1)), words="drawn")
    )
    row = next(n for n, layer in enumerate(subject.layers) if layer.reading.name == "maxpool")
    channel, at = fires(looked, row)
    with Passes(subject).of(looked) as seen:
        found = ways_onward(seen, row, channel, tuple(at), about=2, count=3)
    by_name = {subject.layers[one.row].reading.name: one for one in found.rows}

    assert by_name["layer1.0.conv1"].whole != pytest.approx(found.total, rel=0.01)
    assert by_name["fc"].whole == pytest.approx(found.total, rel=1e-3)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("onward/0/999?at=1,1", "a channel must be 0 …"),
        ("onward/0/0?at=99,1", "a place must be on the layer's map"),
        ("onward/0/0?at=1,1&about=10", "an output's number must be 0 … 9"),
    ],
)
def test_what_is_not_there_is_refused(client, key, path, said):
    answer = client.get(f"/api/looks/{key}/{path}")

    assert answer.status_code == 422
    assert said in answer.json()["message"]
