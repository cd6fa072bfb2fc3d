import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.errors import InputError, MissingExtraError
from striate.explain import SALIENCY, deconvolution, deep_lift, gradient, guided_backprop

# Every unit has one positive and one negative way to the score, closed or open at this image.
X, W, V = torch.tensor([[[[1.0, 2.0]]]]), [[1.0, -1.0], [2.0, 1.0], [-3.0, 4.0]], [[2.0, -1.0, 3.0]]


class Forms(nn.Module):
    """The same two-layer network with its ReLU called in one way or another."""

    def __init__(self, form):
        super().__init__()
        self.first, self.last = nn.Linear(2, 3, bias=False), nn.Linear(3, 1, bias=False)
        self.first.weight, self.last.weight = nn.Parameter(torch.tensor(W)), nn.Parameter(torch.tensor(V))
        self.relu = nn.ReLU(inplace=form == "in place")
        self.form = form

    def forward(self, x):
        x = self.first(x.flatten(1))
        if self.form in {"module", "in place"}:
            x = self.relu(x)
        elif self.form == "reused":
            x = self.relu(self.relu(x))
        elif self.form == "assigned":
            x[:] = functional.relu(x)
        else:
            x = {
                "function": functional.relu,
                "in-place function": functional.relu_,
                "clamp": lambda y: y.clamp(min=0),
                "clamp_min": lambda y: y.clamp_min(0),
                "threshold": lambda y: functional.threshold(y, 0, 0),
                "relu6": functional.relu6,
                "hardtanh": lambda y: functional.hardtanh(y, 0, 9),
            }[self.form](x)
        return self.last(x)


FORMS = [
    "module", "in place", "reused", "assigned", "function", "in-place function", "clamp", "clamp_min", "threshold", "relu6",
    "hardtanh",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_rectifiers_are_found_in_every_form(form, toys):
    # Before the ReLU (−1, 4, 5): the first is closed. The gradients behind it are (2, −1, 3).
    net = toys.network(Forms(form), (1, 1, 2), "a", kind="values")
    [plain], [guided], [deconv] = (
        method(net, X, torch.tensor([0])) for method in (gradient, guided_backprop, deconvolution)
    )
    assert plain.maps.ravel().tolist() == [-1 * 2 + 3 * -3, -1 * 1 + 3 * 4]
    assert guided.maps.ravel().tolist() == [3 * -3, 3 * 4]
    assert deconv.maps.ravel().tolist() == [2 * 1 + 3 * -3, 2 * -1 + 3 * 4]
    assert guided.notes == ()


def test_activations_that_are_no_relu_are_said(toys):
    net = toys.network(
        nn.Sequential(nn.Flatten(), nn.Linear(4, 4), nn.GELU(), nn.Linear(4, 2), nn.SiLU()), (1, 2, 2), "ab"
    )
    [seen] = guided_backprop(net, torch.ones(1, 1, 2, 2))
    assert "2 of 2 activations are no ReLU (gelu, silu)" in seen.notes[0]
    np.testing.assert_allclose(seen.maps, gradient(net, torch.ones(1, 1, 2, 2))[0].maps, rtol=1e-5)


@pytest.mark.parametrize("form", ["reused", "function", "in-place function"])
def test_deep_lift_is_refused_where_captum_would_be_wrong_or_break(form, toys):
    net = toys.network(Forms(form), (1, 1, 2), "a", kind="values")
    with pytest.raises(InputError, match="modules of their own"):
        deep_lift(net, X, torch.tensor([0]), baseline=-1.0)


@pytest.mark.filterwarnings("ignore:Setting forward")
def test_captum_is_wrong_without_a_word_where_an_activation_is_a_function(toys):
    from captum.attr import DeepLift

    module, base = Forms("function"), torch.tensor([[[[3.0, 0.0]]]])
    found = DeepLift(module).attribute(X.clone().requires_grad_(), base, target=0)
    # At the image (2, −1, 3) · (0, 4, 5) = 11, at the baseline (2, −1, 3) · (3, 6, 0) = 0.
    assert float((module(X) - module(base)).detach()) == 11
    assert float(found.detach().sum()) == 44


def test_deep_lift_repairs_in_place_modules_in_its_copy_and_says_so(toys):
    net = toys.network(Forms("in place"), (1, 1, 2), "a", kind="values")
    [seen] = deep_lift(net, X, torch.tensor([0]), baseline=-1.0)
    assert "1 in-place" in seen.notes[0]
    assert abs(seen.gaps[0]) < 1e-6
    assert net.module.relu.inplace


def test_without_captum_the_cure_is_named(toys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "captum.attr", None)
    with pytest.raises(MissingExtraError, match=r"striate\[captum\]"):
        deep_lift(toys.small(), toys.images(1))


@pytest.mark.parametrize("name", ["guided_backprop", "deconvolution", "deep_lift"])
def test_networks_whose_calls_depend_on_the_image_are_refused(name, toys):
    with pytest.raises(InputError, match="same calls for all images"):
        SALIENCY[name](toys.network(toys.Wilful(), (1, 6, 6), "ab"), toys.images(1, (1, 6, 6)))
