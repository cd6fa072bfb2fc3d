"""A unit's filter, figures, grown image and occlusion are those of the network itself, by hand and by torch."""

import contextlib

import numpy as np
import pytest
import torch
from starlette.testclient import TestClient

from striate.data import prepare
from striate.studio.app import create_app


@pytest.fixture(scope="module")
def app(studio):
    found = create_app(studio)
    yield found
    found.state.jobs.close()


@pytest.fixture(scope="module")
def asks(app):
    return TestClient(app)


@pytest.fixture(scope="module")
def surveyed(app, asks):
    asks.post("/api/jobs/survey", json={"samples": 120})
    app.state.jobs.wait()
    return app.state.jobs.all()[0].result


@pytest.fixture(scope="module")
def convolution(studio):
    """The last convolution's number, its module, and the op whose value is the row's."""
    row = max(n for n, layer in enumerate(studio.layers) if layer.reading.kind == "conv")
    module = [one for one in studio.network.module.modules() if isinstance(one, torch.nn.Conv2d)][-1]
    return row, module, studio.layers[row].reading.tap


def done(app, asks, address, wanted):
    key = asks.post(address, json=wanted).json()["key"]
    app.state.jobs.wait()
    job = asks.get(f"/api/jobs/{key}").json()

    assert job["state"] == "done", job["failure"]
    return key


def test_a_filter_is_the_weights_of_the_module(asks, convolution, tensors):
    row, module, _ = convolution
    weights = module.weight[3].detach()
    norms = weights.flatten(1).norm(dim=1)
    order = norms.argsort(descending=True)
    found = asks.get(f"/api/units/{row}/3/filter").json()
    arrays, metadata = tensors(asks.get(f"/api/units/{row}/3/filter/pictures").content)

    assert [one["channel"] for one in found["channels"]] == order[: len(found["channels"])].tolist()
    np.testing.assert_allclose(
        [one["norm"] for one in found["channels"]], norms[order][: len(found["channels"])], rtol=1e-5
    )
    assert found["norm"] == pytest.approx(float(weights.norm()), rel=1e-6)
    assert (found["inputs"], found["kernel"]) == (len(weights), list(weights.shape[1:]))
    np.testing.assert_array_equal(arrays["weights"], weights[order][: len(found["channels"])])
    drawn = arrays["filter"] * float(metadata["scale.filter"])
    np.testing.assert_allclose(drawn, arrays["weights"], atol=float(weights.abs().max()) / 250)


def test_a_unit_without_weights_of_its_own_has_no_filter(studio, asks):
    row = next(n for n, layer in enumerate(studio.layers) if "pool" in layer.reading.kind)
    said = asks.get(f"/api/units/{row}/0/filter")

    assert said.status_code == 422
    assert "must read with weights of its own" in said.json()["message"]


def test_figures_are_the_means_over_the_maps(studio, asks, surveyed, convolution, digits):
    row, _, tap = convolution
    inputs = torch.stack([prepare(digits.read(int(n)), studio.network.preprocessing) for n in surveyed.samples])
    with torch.no_grad():
        values = studio.recording.program.run(studio.network.module, inputs, until=tap).taps[tap]
    means = values[:, 3].mean((1, 2)).numpy()
    found = asks.get(f"/api/units/{row}/3/figures").json()

    assert (found["images"], sum(found["counts"])) == (len(means), len(means))
    assert found["edges"][0] == pytest.approx(means.min(), rel=1e-4, abs=1e-6)
    assert found["edges"][-1] == pytest.approx(means.max(), rel=1e-4)
    assert found["mean"] == pytest.approx(means.mean(), rel=1e-4)


def test_rules_speak_of_the_units_layer_only(studio, asks, surveyed):
    for row, layer in enumerate(studio.layers):
        said = asks.get(f"/api/units/{row}/0/figures")
        if said.status_code == 200:
            dead = next(one for one in surveyed.layers if one.layer == layer.reading.name).dead.mean()
            names = [rule["name"] for rule in said.json()["rules"]]
            assert ("dead units" in names) == bool(layer.reading.is_rectified and dead > 0.1)


def test_covering_a_sample_changes_the_units_value_as_by_hand(studio, app, asks, convolution, digits, tensors):
    row, _, tap = convolution
    key = done(
        app, asks, "/api/jobs/unit-occlusion", {"row": row, "channel": 3, "sample": 5, "window_px": 7, "stride_px": 7}
    )
    arrays, metadata = tensors(asks.get(f"/api/jobs/{key}/result").content)
    image = prepare(digits.read(5), studio.network.preprocessing)

    def value(inputs):
        with torch.no_grad():
            return studio.recording.program.run(studio.network.module, inputs[None], until=tap).taps[tap][0, 3]

    whole = value(image)
    at = np.unravel_index(int(whole.argmax()), whole.shape)
    assert arrays["at"].tolist() == list(at)
    assert arrays["clean"][0] == pytest.approx(float(whole[at]), rel=1e-5)
    values, counts = image.unique(return_counts=True)
    background = values[counts.argmax()]
    change = torch.zeros(28, 28)
    for i in range(4):
        for j in range(4):
            hidden = image.clone()
            hidden[:, 7 * i : 7 * i + 7, 7 * j : 7 * j + 7] = background
            here = float(value(hidden)[at])
            assert arrays["grid"][i, j] == pytest.approx(here, rel=1e-4, abs=1e-5)
            change[7 * i : 7 * i + 7, 7 * j : 7 * j + 7] = here - float(whole[at])
    assert change.abs().max() > 0
    np.testing.assert_allclose(
        arrays["map"][0] * float(metadata["scale.map"]), change, atol=float(change.abs().max()) / 200
    )


def steps_of_grey(slope, how):
    """How far a score can move, to first order, when each pixel of a picture is rounded to a whole grey value."""
    return float(slope.abs().sum()) * 0.5 / 255 / how.std[0]


def test_an_image_grown_for_a_unit_reaches_what_is_told(studio, app, asks, convolution, tensors):
    row, _, _ = convolution
    before = {key: value.clone() for key, value in studio.network.module.state_dict().items()}
    key = done(app, asks, "/api/jobs/unit-image", {"row": row, "channel": 3, "steps": 24})
    told = asks.get(f"/api/jobs/{key}/grown").json()

    assert told["names"] == ["with prior", "without prior", "weights drawn anew"]
    assert (told["is_output"], told["of"], told["steps"]) == (False, studio.layers[row].channels, 24)
    # What enters the rectifier is climbed, at the first place whose field lies within the picture: that of the field's size.
    arrays, _ = tensors(asks.get(f"/api/jobs/{key}/result").content)
    how, entered = studio.network.preprocessing, []
    stored = torch.from_numpy(arrays["pictures"][0].astype(np.float32) / 255)[None, None]
    inputs = ((stored - how.mean[0]) / how.std[0]).requires_grad_()
    relu = [one for one in studio.network.module.modules() if isinstance(one, torch.nn.ReLU)][1]
    hook = relu.register_forward_hook(lambda _module, given, _made: entered.append(given[0]))
    with contextlib.suppress(RuntimeError):
        # Behind it a picture of this size does not fit.
        studio.network.module.eval()(inputs)
    hook.remove()
    values = entered[0][0, :, 2, 2]
    (slope,) = torch.autograd.grad(values[3], inputs)
    values = values.detach()
    assert stored.shape[2:] == (9, 9)
    assert told["reached"][0] == pytest.approx(float(values[3]), abs=1.2 * steps_of_grey(slope, how))
    assert told["rank"] == 1 + int((values > values[3]).sum())
    assert all(torch.equal(value, before[key]) for key, value in studio.network.module.state_dict().items())


def test_an_image_grown_for_an_output_is_read_as_its_class(studio, app, asks, tensors):
    row = len(studio.layers) - 1
    key = done(app, asks, "/api/jobs/unit-image", {"row": row, "channel": 4, "steps": 40})
    told = asks.get(f"/api/jobs/{key}/grown").json()
    arrays, _ = tensors(asks.get(f"/api/jobs/{key}/result").content)
    stored = torch.from_numpy(arrays["pictures"][0].astype(np.float32) / 255)[None, None]
    how = studio.network.preprocessing
    inputs = ((stored - how.mean[0]) / how.std[0]).requires_grad_()
    scores = studio.network.module.eval()(inputs)[0]
    (slope,) = torch.autograd.grad(scores[4], inputs)
    scores = scores.detach()

    assert (told["is_output"], told["of"]) == (True, 10)
    assert told["reached"][0] == pytest.approx(float(scores[4]), abs=1.2 * steps_of_grey(slope, how))
    assert told["rank"] == 1 + int((scores > scores[4]).sum())


@pytest.mark.parametrize(("address", "more"), [("unit-image", {}), ("unit-occlusion", {"sample": 0})])
def test_a_unit_that_is_not_there_is_refused_at_once(asks, address, more):
    said = asks.post(f"/api/jobs/{address}", json={"row": 0, "channel": 999, **more})

    assert said.status_code == 422
    assert "a channel's number must be" in said.json()["message"]
