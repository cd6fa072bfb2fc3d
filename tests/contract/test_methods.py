"""What every method of understanding promises."""

import copy
import dataclasses
import inspect
import random
import re

import numpy as np
import pytest
import torch
from torch import nn

from striate.data import prepare
from striate.explain import METHODS, UnitTarget, gradient
from striate.explain.invariance.changes import shift
from striate.features.extraction import plan_vectors
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing
from striate.records.vectors import VectorChoice

SHAPE = (1, 28, 28)
COUNT = 3


def similar(call, net, dataset):
    """Two pictures compared by vectors that were planned with an obedient copy of the network."""
    obedient = copy.deepcopy(net)
    obedient.module.raises_at = 0
    plan = plan_vectors(obedient, VectorChoice(layers=("head",), memory_format="plain"))
    one, other = (prepare(dataset.read(place), net.preprocessing) for place in (0, 700))
    return call(net, plan, plan.layers[0], one, other, window_px=14, stride_px=7)


def obedient(net):
    """The same network on the same values, without hooks, and with the same calls for all images."""
    with torch.random.fork_rng():
        return dataclasses.replace(net, module=Obedient(net.module))


# One call for each method; a new method must add its own.
CALLS = {
    "occlusion": lambda call, net, data: call(net, data.images, window_px=14, stride_px=7, batch_size=2),
    "segment_occlusion": lambda call, net, data: call(net, data.images, segments=4, regions="grid", batch_size=2),
    "feature_occlusion": lambda call, net, data: call(obedient(net), data.images, layer="conv"),
    "occlusion_census": lambda call, net, data: call(net, data.dataset, data.indices, window_px=14, stride_px=14),
    "saliency": lambda call, net, data: call(net, data.images, data.targets),
    "saliency_census": lambda call, net, data: call(net, data.dataset, data.indices),
    "gradient": lambda call, net, data: call(net, data.images, data.targets),
    "input_x_gradient": lambda call, net, data: call(net, data.images, data.targets),
    "smooth_grad": lambda call, net, data: call(net, data.images, data.targets, samples=4),
    "integrated_gradients": lambda call, net, data: call(net, data.images, data.targets, steps=4),
    "guided_backprop": lambda call, net, data: call(obedient(net), data.images, data.targets),
    "deconvolution": lambda call, net, data: call(obedient(net), data.images, data.targets),
    "cam": lambda call, net, data: call(obedient(net), data.images, data.targets),
    "grad_cam": lambda call, net, data: call(net, data.images, data.targets),
    "deep_lift": lambda call, net, data: call(obedient(net), data.images, data.targets),
    "linear_view": lambda call, net, data: call(net, data.images, data.targets, directions=2),
    "randomised_layers": lambda call, net, data: call(net, data.images, data.targets),
    "trust": lambda call, net, data: call(net, data.images, data.targets),
    "accord": lambda call, net, data: call(net, data.images, data.targets, by=["gradient", "input_x_gradient"]),
    "pixel_curves": lambda call, net, data: call(net, data.images, gradient(net, data.images, data.targets)),
    "neuron": lambda call, net, data: call(
        net, [*data.images, torch.zeros(SHAPE)][0], layer="conv", channel=1, at=(4, 5)
    ),
    "backward": lambda call, net, data: call(net, data.images, data.targets),
    "class_images": lambda call, net, data: call(net, steps=4, real=data.images),
    "unit_images": lambda call, net, data: call(net, [UnitTarget(layer="conv", channel=1)], steps=2, real=data.images),
    "filters": lambda call, net, data: call(net),
    "effective_field": lambda call, net, data: call(net, data.images),
    "survey": lambda call, net, data: call(
        obedient(net),
        data.dataset,
        data.indices or (0,),
        layers=["conv"],
        has_statistics=False,
        memory_format="plain",
        lanes=1,
    ),
    "preprocessing_trial": lambda call, net, data: call(net, data.dataset, data.indices),
    "norm_trial": lambda call, net, data: call(net, data.dataset, data.indices),
    "stability": lambda call, net, data: call(net, data.dataset, data.indices, changes=[shift(1)]),
    "invariance": lambda call, net, data: call(net, data.images, data.targets, changes=[shift(1)]),
    "shortcut_census": lambda call, net, data: call(net, data.dataset, data.indices),
    "activation_maps": lambda call, net, data: call(
        obedient(net), data.images, data.targets, layer="conv", sort="gradient"
    ),
    "weights": lambda call, net, data: call(net),
    "effective_filters": lambda call, net, data: call(obedient(net), layer="conv"),
    "similar_parts": lambda call, net, data: similar(call, net, data.dataset),
}
FEWER_THAN_THREE_CALLS = {  # They enter the module once, twice or never.
    "backward", "neuron", "filters", "saliency", "effective_field", "gradient", "input_x_gradient", "guided_backprop",
    "deconvolution", "cam", "grad_cam", "deep_lift", "survey", "feature_occlusion", "smooth_grad", "randomised_layers",
    "shortcut_census", "activation_maps", "weights", "effective_filters", "invariance", "trust", "accord",
    "unit_images",  # Each entry puts the counter of calls back.
}  # fmt: skip
SECTIONS = ["Args", "Returns", "Raises", "When it misleads", "Source", "Cost", "Example"]


class Unruly(nn.Module):
    """A network with everything a method could spoil; it raises at a chosen call."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(4, 10)
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self.raises_at = 0

    def forward(self, x):
        self.calls += 1  # A buffer that changes in eval mode too.
        if int(self.calls) == self.raises_at:
            self.train()
            raise ZeroDivisionError("third call")
        torch.rand(3)
        random.random()
        np.random.rand()  # noqa: NPY002 - what users' code does
        return self.head(self.drop(self.norm(self.conv(x)).relu_().mean((2, 3))))


class Obedient(nn.Module):
    """`Unruly` on its own values, without its counter and its hooks."""

    def __init__(self, unruly):
        super().__init__()
        self.conv, self.relu = nn.Conv2d(1, 4, 3), nn.ReLU()
        self.conv.weight, self.conv.bias = unruly.conv.weight, unruly.conv.bias
        self.norm, self.drop, self.head = unruly.norm, unruly.drop, unruly.head

    def forward(self, x):
        return self.head(self.drop(self.relu(self.norm(self.conv(x))).mean((2, 3))))


class Data:
    """Images by all the ways a method takes them."""

    def __init__(self, dataset, net, count=COUNT):
        self.dataset = dataset
        self.indices = tuple(range(0, 500 * count, 500))
        images = [prepare(dataset.read(i), net.preprocessing) for i in self.indices]
        self.images = torch.stack(images) if images else torch.zeros(0, *SHAPE)
        self.targets = torch.arange(count)


@pytest.fixture
def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = Unruly()
    module.norm.train(False)  # Modes are mixed, as while fine-tuning.
    module.conv.requires_grad_(False)
    module.head.weight.grad = torch.ones(10, 4)
    module.conv.register_forward_hook(lambda *_: None)
    return Network(
        module=module,
        preprocessing=Preprocessing(shape=SHAPE, mean=(0.13,), std=(0.31,)),
        output=Output(kind="classes", names=tuple("0123456789")),
        origin=Origin(kind="module", text="Unruly"),
    )


def state(module):
    """Everything a method must leave as it came. Not Python's random state: the type checks of tests draw from it."""
    hooks = [name for name in vars(nn.Module()) if "hook" in name]
    return {
        "modes": [part.training for part in module.modules()],
        "hooks": [len(getattr(part, name)) for part in module.modules() for name in hooks if getattr(part, name)],
        "frozen": [p.requires_grad for p in module.parameters()],
        "identities": [id(p) for p in module.parameters()],
        "grads": [None if p.grad is None else p.grad.tolist() for p in module.parameters()],
        "values": {key: value.tolist() for key, value in module.state_dict().items()},
        "torch": torch.get_rng_state().tolist(),
        "numpy": str(np.random.get_state()),  # noqa: NPY002 - what users' code does
        "switched": torch.is_grad_enabled(),
    }


def plain(value):
    """A record as nested plain values."""
    if dataclasses.is_dataclass(value):
        # What a call took is never the same twice.
        fields = [field.name for field in dataclasses.fields(value) if field.name != "seconds"]
        return {name: plain(getattr(value, name)) for name in fields}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return np.asarray(value).tolist() if hasattr(value, "__array__") else value


def test_every_method_has_a_call_here():
    assert set(CALLS) == set(METHODS)


@pytest.mark.parametrize("name", CALLS)
def test_the_network_leaves_as_it_came(name, net, digits):
    data = Data(digits, net)
    before = state(net.module)
    CALLS[name](METHODS[name].function, net, data)
    assert state(net.module) == before


@pytest.mark.parametrize("name", sorted(set(CALLS) - FEWER_THAN_THREE_CALLS))
def test_the_network_leaves_as_it_came_when_it_raises_at_its_third_call(name, net, digits):
    data = Data(digits, net)
    net.module.raises_at = 3
    before = state(net.module)
    with pytest.raises(ZeroDivisionError, match="third call"):
        CALLS[name](METHODS[name].function, net, data)
    assert state(net.module) == before


@pytest.mark.parametrize("name", ["saliency", "gradient", "input_x_gradient"])
def test_the_network_leaves_as_it_came_when_it_raises_at_its_first_call(name, net, digits):
    data = Data(digits, net)
    net.module.raises_at = 1
    before = state(net.module)
    with pytest.raises(ZeroDivisionError):
        CALLS[name](METHODS[name].function, net, data)
    assert state(net.module) == before


@pytest.mark.parametrize("name", CALLS)
def test_the_same_call_gives_the_same_result_whatever_the_global_seed(name, net, digits):
    data = Data(digits, net)
    results = []
    for seed in (1, 2):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            results.append(plain(CALLS[name](METHODS[name].function, copy.deepcopy(net), data)))
    assert results[0] == results[1]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("count", [0, 1])
def test_no_image_and_one_image_are_as_good_as_many(name, count, net, digits):
    CALLS[name](METHODS[name].function, net, Data(digits, net, count))


@pytest.mark.parametrize("name", CALLS)
def test_arrays_are_floats_whole_numbers_or_bools_and_finite(name, net, digits):
    found = CALLS[name](METHODS[name].function, net, Data(digits, net))
    for record in found if isinstance(found, tuple) else (found,):
        for field in dataclasses.fields(record):
            value = getattr(record, field.name)
            if hasattr(value, "__array__"):
                value = np.asarray(value)
                assert value.dtype in (np.float32, np.bool_, np.int32, np.int64), field.name
                assert np.isfinite(value).all(), field.name


@pytest.mark.parametrize("name", CALLS)
def test_the_docstring_has_its_sections_in_their_order(name):
    text = inspect.getdoc(METHODS[name].function)
    found = [line[:-1] for line in text.splitlines() if re.fullmatch(r"[A-Z][A-Za-z ]+:", line)]
    assert found == [section for section in SECTIONS if section in found]
    assert {"Args", "Raises", "When it misleads", "Source", "Cost", "Example"} <= set(found)
    assert "Differs:" in text


@pytest.mark.parametrize("name", CALLS)
def test_the_question_is_one_and_the_page_is_named(name):
    method = METHODS[name]
    assert method.name == name == method.function.__name__
    assert method.question.endswith("?")
    assert re.fullmatch(r"methods/[a-z-]+", method.section)
