from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.data import load_data
from striate.errors import DataError, InputError, UnknownNameError
from striate.observe.survey import judge_units, survey
from striate.records import Output


def state_of(module):
    return {
        "modes": [part.training for part in module.modules()],
        "hooks": [len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules()],
        "values": {key: value.tolist() for key, value in module.state_dict().items()},
        "grads": [None if p.grad is None else p.grad.tolist() for p in module.parameters()],
        "frozen": [p.requires_grad for p in module.parameters()],
        "format": [p.stride() for p in module.parameters()],
        "flags": (torch.is_grad_enabled(), torch.get_num_threads()),
        "random": torch.get_rng_state().tolist(),
    }


def test_a_frozen_network_in_training_is_left_as_it_came(small_net, dataset, wrapped):
    small_net.train()
    small_net[0].requires_grad_(False)
    small_net(torch.randn(4, 1, 12, 12)).sum().backward()
    before = state_of(small_net)
    survey(wrapped(small_net), dataset)
    assert state_of(small_net) == before


class Failing(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc, self.limit = nn.Conv2d(1, 3, 3), nn.Linear(300, 3), 0.0

    def forward(self, x):
        x = self.conv(x).relu()
        return self.fc(x.flatten(1))


def test_a_network_that_raises_is_left_as_it_came(wrapped, dataset, monkeypatch):
    module = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(300, 3)).train()
    before = state_of(module)
    real = functional.conv2d
    calls = []

    def failing(*args, **named):
        calls.append(args)
        if len(calls) > 12:
            raise ZeroDivisionError("a network's own mistake")
        return real(*args, **named)

    monkeypatch.setattr("torch.nn.functional.conv2d", failing)
    with pytest.raises(ZeroDivisionError, match="own mistake"):
        survey(wrapped(module), dataset)
    monkeypatch.undo()
    assert state_of(module) == before


def test_values_that_no_module_returns_are_surveyed_alike(dataset, wrapped):
    torch.manual_seed(0)
    module = Failing()
    same = nn.Sequential(module.conv, nn.ReLU(), nn.Flatten(), module.fc)
    one, other = survey(wrapped(module), dataset), survey(wrapped(same), dataset)
    for first, second in zip(one.layers, other.layers, strict=True):
        np.testing.assert_allclose(first.values, second.values, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(first.statistics.mean, second.statistics.mean, rtol=1e-5, atol=1e-6)


def test_a_network_that_answers_otherwise_each_time_is_refused(dataset, wrapped):
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(144, 3)

        def forward(self, x):
            return self.fc(functional.dropout(x.flatten(1), 0.5, training=True))

    network = wrapped(Noisy())
    before = torch.get_rng_state()
    with pytest.raises(InputError, match=r"same to the same image.*Dropout"):
        survey(network, dataset)
    torch.testing.assert_close(torch.get_rng_state(), before, rtol=0, atol=0)


def test_constant_images_have_no_variance_and_no_false_figures(wrapped, small_net):
    data = load_data((np.full((30, 12, 12), 77, np.uint8), np.arange(30) % 3))
    found = survey(wrapped(small_net), data)
    for layer in found.layers:
        figures = layer.statistics
        assert layer.samples[:, 0].tolist() == [0] * layer.units
        assert np.isnan(figures.explained).all()
        assert (figures.spread < 1e-5).all()
    assert all(one.twins == () for one in judge_units(found, "0"))


def test_images_that_are_not_numbers_never_become_data(wrapped, small_net):
    images = np.random.default_rng(0).random((40, 12, 12)).astype(np.float32)
    images[[3, 33]] = np.nan
    data = load_data((images, np.arange(40) % 3))
    found = survey(wrapped(small_net, scale=(0.0, 1.0)), data)
    assert (len(data), len(data.set_aside)) == (38, 2)
    assert [(layer.images, layer.broken) for layer in found.layers] == [(38, 0)] * 3


def test_a_weight_that_overflows_breaks_images_and_says_so(wrapped, small_net, dataset):
    with torch.no_grad():
        small_net[4].weight[2] = 3e38
    layers = survey(wrapped(small_net), dataset).layers
    assert [layer.broken for layer in layers] == [0, 60, 60]
    assert layers[1].statistics is None
    assert layers[1].values.shape == (8, 0)


def test_the_first_of_two_outputs_is_the_answer(dataset, wrapped):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.fc, self.side = nn.Conv2d(1, 4, 3), nn.Linear(400, 3), nn.Linear(400, 2)

        def forward(self, x):
            x = self.body(x).relu().flatten(1)
            return self.fc(x), self.side(x)

    module = Two().eval()
    found = survey(wrapped(module), dataset)
    images = torch.stack([(dataset.read(index).float() / 255 - 0.5) / 0.25 for index in range(60)])
    np.testing.assert_array_equal(found.answers, module(images)[0].argmax(1).numpy())
    assert {layer.layer for layer in found.layers} == {"body", "fc", "side"}


def test_an_answer_for_every_pixel_is_no_answer_but_its_units_are_surveyed(dataset, wrapped):
    found = survey(wrapped(nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Conv2d(3, 3, 1))), dataset)
    assert found.answers is None
    assert [layer.sizes for layer in found.layers] == [(10, 10), (10, 10)]


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_is_surveyed_in_its_own_numbers(wrapped, dataset, kind):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(400, 3))
    whole = survey(wrapped(module), dataset)
    half = survey(wrapped(module.to(kind)), dataset)
    for one, other in zip(half.layers, whole.layers, strict=True):
        assert one.values.dtype == np.float32
        np.testing.assert_allclose(one.statistics.mean, other.statistics.mean, atol=0.05)


def test_one_image(network, dataset):
    found = survey(network, dataset, [7])
    layer = found.layers[0]
    assert layer.samples.tolist() == [[7]] * 6
    assert np.isnan(layer.statistics.sparseness).all()
    (judged,) = judge_units(found, "0", [0])
    assert judged.coherence is None
    assert judged.twins == ()


def test_one_class(network, dataset):
    found = survey(network, dataset, range(0, 60, 3))
    figures = found.layers[0].statistics
    assert figures.class_counts.tolist() == [20, 0, 0]
    assert np.isnan(figures.selectivity).all()
    assert np.isnan(figures.class_means[1:]).all()
    judged = judge_units(found, "4")
    assert any("one class only" in " ".join(one.verdicts) for one in judged)


def test_without_classes(wrapped):
    output = Output(kind="values", names=("v",))
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(400, 1))
    rng = np.random.default_rng(0)
    data = load_data((rng.integers(0, 256, (30, 12, 12), np.uint8), np.linspace(0, 1, 30)))
    found = survey(wrapped(net, output=output), data)
    assert (found.targets, found.answers, found.class_names) == (None, None, ())
    assert found.layers[0].statistics.class_means is None
    assert judge_units(found, "0", [1])[0].entropy_bits is None


def test_signals_and_volumes(wrapped):
    rng = np.random.default_rng(0)
    flat = nn.Sequential(nn.Conv1d(1, 4, 5), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 28, 3))
    deep = nn.Sequential(nn.Conv3d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 64, 3))
    for module, shape, box in ((flat, (1, 32), 1), (deep, (1, 6, 6, 6), 3)):
        from striate.data import ReadAs

        images = rng.normal(size=(20, *shape)).astype(np.float32)
        data = load_data((images, np.arange(20) % 3), read_as=ReadAs(axes=len(shape) - 1))
        found = survey(wrapped(module, shape=shape, scale=(-4.0, 4.0)), data, k=2)
        assert found.layers[0].boxes.shape == (4, 2, box, 2)
        sizes = found.layers[0].boxes[..., 1] - found.layers[0].boxes[..., 0]
        assert set(sizes.flatten().tolist()) == {5 if box == 1 else 3}


@pytest.mark.parametrize(
    ("indices", "named", "error", "words"),
    [
        ((), {}, InputError, "at least one image"),
        ((1, 2, 1), {}, InputError, "every image once"),
        ((1, 99), {}, DataError, "0 … 59"),
        ((1,), {"layers": ["22"]}, UnknownNameError, "'22'"),
        ((1,), {"k": 0}, InputError, "1 … counted"),
        ((1,), {"k": 9, "counted": 4}, InputError, "1 … counted"),
        ((1,), {"lanes": 0}, InputError, "lanes"),
    ],
)
def test_a_survey_that_makes_no_sense_is_refused(network, dataset, indices, named, error, words):
    with pytest.raises(error, match=words):
        survey(network, dataset, indices, **named)
