"""Channels switched off one after the other, by hand and against hooks in the module."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import Cancelled, InputError, UnknownNameError
from striate.events import Events
from striate.explain import feature_occlusion
from striate.explain.occlusion import suffix
from striate.explain.occlusion.engine import Engine


class Residual(nn.Module):
    """A block whose input goes past the layer that is asked about, in place where it can be."""

    def __init__(self, axes=2):
        super().__init__()
        conv, norm, pool = {
            1: (nn.Conv1d, nn.BatchNorm1d, nn.AdaptiveAvgPool1d),
            2: (nn.Conv2d, nn.BatchNorm2d, nn.AdaptiveAvgPool2d),
            3: (nn.Conv3d, nn.BatchNorm3d, nn.AdaptiveAvgPool3d),
        }[axes]
        self.stem, self.inner, self.norm = conv(2, 6, 3, padding=1), conv(6, 6, 3, padding=1), norm(6)
        self.act, self.pool, self.head = nn.ReLU(inplace=True), pool(1), nn.Linear(6, 3)

    def forward(self, x):
        x = self.stem(x)
        y = self.act(self.norm(self.inner(x.relu())))
        return self.head(self.pool((x + y).relu()).flatten(1))


def residual(toys, axes=2):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = Residual(axes)
        module.norm.running_mean.normal_()
        module.norm.running_var.uniform_(0.5, 2)
    shape = {1: (2, 20), 2: (2, 9, 8), 3: (2, 4, 5, 6)}[axes]
    return toys.network(module.eval(), shape, "abc"), toys.images(2, shape)


def hooked(net, module, images, channel, value):
    """The network's probabilities while a hook puts a value into a channel of what a module returns."""

    def put(_module, _inputs, output):
        output = output.clone()
        output[:, channel] = value
        return output

    handle = module.register_forward_hook(put)
    with torch.no_grad():
        found = net.module(images).softmax(1)
    handle.remove()
    return found.numpy()


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("batch_size", [None, 4])
def test_a_channel_is_replaced_after_its_normalisation_and_activation(toys, axes, batch_size):
    net, images = residual(toys, axes)
    found = feature_occlusion(net, images, layer="inner", batch_size=batch_size)

    for image, row in zip(images, found, strict=True):
        assert row.grid.shape == (6, 3)
        assert row.reason == ""
        assert row.looked.all()
        for channel, answers in zip(row.channels, row.grid, strict=True):
            np.testing.assert_allclose(answers, hooked(net, net.module.act, image[None], channel, 0)[0], atol=1e-5)
        with torch.no_grad():
            np.testing.assert_allclose(row.clean, net.module(image[None]).softmax(1)[0], atol=1e-6)


@pytest.mark.parametrize("name", ["inner", "norm", "act", "stem"])
def test_every_value_of_a_name_gives_what_a_hook_there_gives(toys, name):
    net, images = residual(toys)
    # The layer `inner` ends with its activation; the others are ops. What a normalisation is put into has no value of its own.
    where = {"inner": net.module.act}.get(name, getattr(net.module, name))
    for image, row in zip(images, feature_occlusion(net, images, layer=name), strict=True):
        for channel, answers in zip(row.channels, row.grid, strict=True):
            np.testing.assert_allclose(answers, hooked(net, where, image[None], channel, 0)[0], atol=1e-5)


def test_a_convolution_that_a_normalisation_is_put_into_is_gone_past_and_says_so(toys):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first, norm = nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4)
        norm.running_mean.normal_()
        module = nn.Sequential(nn.Sequential(first), norm, nn.Sigmoid(), nn.Flatten(), nn.Linear(4 * 7 * 6, 3)).eval()
    net, images = toys.network(module, (2, 9, 8), "abc"), toys.images(1, (2, 9, 8))
    [row] = feature_occlusion(net, images, layer="0")
    assert row.tap == "0.0"
    assert "normalisation" in row.reason
    for channel, answers in zip(row.channels, row.grid, strict=True):
        np.testing.assert_allclose(answers, hooked(net, first, images, channel, 0)[0], atol=1e-5)


def test_what_stands_instead(toys):
    net, images = residual(toys)
    with torch.no_grad():
        maps = []
        handle = net.module.act.register_forward_hook(lambda _m, _i, output: maps.append(output.clone()))
        net.module(images)
        handle.remove()
    [maps] = maps
    own, over = maps[1].mean((1, 2)), maps.mean((0, 2, 3))

    by_map = feature_occlusion(net, images, layer="inner", fill="map mean")[1]
    by_data = feature_occlusion(net, images, layer="inner", fill="data mean")[1]
    [of_one] = feature_occlusion(net, images[1:], layer="inner", fill="data mean", reference=images, channels=[4, 1])

    np.testing.assert_allclose(by_map.instead, own, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(by_data.instead, over, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(of_one.instead, over[[4, 1]], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(of_one.grid, by_data.grid[[4, 1]], atol=1e-5)
    expected = hooked(net, net.module.act, images[1:], 3, own[3])[0]
    np.testing.assert_allclose(by_map.grid[3], expected, atol=1e-5)
    np.testing.assert_allclose(by_map.removed[3], (maps[1, 3] - own[3]).abs().mean(), rtol=1e-4, atol=1e-6)
    assert by_map.changes[3].tolist() == (by_map.grid[3] - by_map.clean).tolist()


def test_units_of_a_fully_connected_layer_by_hand(toys):
    weight = torch.tensor([[1.0, 0, 0], [0, 2.0, 0], [0, 0, -1.0]])
    first, last = nn.Linear(3, 3, bias=False), nn.Linear(3, 1, bias=False)
    first.weight, last.weight = nn.Parameter(weight), nn.Parameter(torch.tensor([[1.0, 10.0, 100.0]]))
    net = toys.network(nn.Sequential(nn.Flatten(), first, nn.ReLU(), last), (1, 1, 3), ["sum"], "values")
    # relu(1, 4, −3) = 1, 4, 0: 41. Without the first 40, without the second 1, the third is silent.
    [row] = feature_occlusion(net, torch.tensor([[[[1.0, 2.0, 3.0]]]]), layer="1")
    assert (row.tap, row.clean.tolist(), row.grid.tolist()) == ("2", [41], [[40], [1], [41]])
    assert row.removed.tolist() == [1, 4, 0]
    with pytest.raises(InputError, match="must have a map"):
        feature_occlusion(net, torch.ones(1, 1, 1, 3), layer="1", fill="map mean")


def test_only_what_follows_is_computed(toys, monkeypatch):
    net, images = residual(toys)
    seen = []
    run = Engine.run_from
    monkeypatch.setattr(Engine, "run_from", lambda self, *given: seen.append((self, given[0])) or run(self, *given))
    feature_occlusion(net, images[:1], layer="inner")

    [(engine, value)] = seen
    computed = [node.name for node in engine.local.nodes if node.made[0] in engine._changed(value, None)]
    # Of the three weighted operators the head alone; the sum and its ReLU, the mean and the flattening before it.
    assert len(engine.local.nodes) > len(computed)
    assert [name for name in computed if name.startswith(("conv", "linear"))] == ["linear"]


def test_stopping(toys):
    class Impatient(Events):
        heard = 0

        def progress(self, progress):
            self.heard = progress.done

        def is_cancelled(self):
            return self.heard >= 2

    net, images = residual(toys)
    net.module.train()
    [row] = feature_occlusion(net, images, layer="inner", batch_size=2, is_partial=True, events=Impatient())
    assert row.looked.tolist() == [True] * 2 + [False] * 4
    assert np.isnan(row.grid[2:]).all()
    with pytest.raises(Cancelled):
        feature_occlusion(net, images, layer="inner", batch_size=2, events=Impatient())
    assert all(part.training for part in net.module.modules())


@pytest.mark.parametrize(
    ("how", "error", "match"),
    [
        ({"layer": "nowhere"}, UnknownNameError, "nowhere"),
        ({"layer": "head"}, InputError, "before the output"),
        ({"layer": "inner", "channels": [6]}, InputError, r"0 … 5"),
        ({"fill": "one"}, InputError, "zero, map mean, data mean"),
        ({"batch_size": 0}, InputError, "at least 1"),
    ],
)
def test_what_cannot_be_is_refused(toys, how, error, match):
    net, images = residual(toys)
    with pytest.raises(error, match=match):
        feature_occlusion(net, images, **how)


def test_hooks_and_calls_that_depend_on_data_are_refused(toys):
    net, images = residual(toys)
    net.module.stem.register_forward_hook(lambda _m, _i, output: output * 2)
    with pytest.raises(InputError, match="hooks"):
        feature_occlusion(net, images)


class NormByImages(nn.Module):
    """Normalised by the images that are there at once, by a function."""

    def forward(self, x):
        return nn.functional.batch_norm(x, None, None, training=True)


@pytest.mark.parametrize("norm", [lambda: nn.BatchNorm2d(5, track_running_stats=False), NormByImages])
@pytest.mark.parametrize("batch_size", [None, 4])
def test_a_channel_does_not_see_the_channels_beside_it(toys, norm, batch_size):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = [nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3), norm(), nn.ReLU(), nn.AdaptiveAvgPool2d(2)]
        module = nn.Sequential(*layers, nn.Flatten(), nn.Linear(20, 3)).eval()
    net, images = toys.network(module, (2, 9, 8), "abc"), toys.images(2, (2, 9, 8))

    for image, row in zip(images, feature_occlusion(net, images, layer="0", batch_size=batch_size), strict=True):
        for channel, answers in zip(row.channels, row.grid, strict=True):
            np.testing.assert_allclose(answers, hooked(net, module[1], image[None], channel, 0)[0], atol=1e-5)


def test_means_over_data_do_not_depend_on_the_images_that_are_there_at_once(toys):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Sequential(NormByImages(), nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(168, 3)).eval()
    net, images = toys.network(module, (2, 9, 8), "abc"), toys.images(3, (2, 9, 8))
    with torch.no_grad():
        expected = torch.stack([module[:3](image[None]).mean((0, 2, 3)) for image in images]).mean(0)

    np.testing.assert_allclose(feature_occlusion(net, images, fill="data mean")[0].instead, expected, rtol=1e-4)


@pytest.mark.parametrize("is_refused", [False, True])
def test_weights_are_laid_out_once_for_all_images(toys, monkeypatch, is_refused):
    net, images = residual(toys)
    made, whole = [], suffix.parted

    def counted(*given, **named):
        made.append(1)
        if is_refused:
            raise RuntimeError("no memory")
        return whole(*given, **named)

    monkeypatch.setattr(suffix, "parted", counted)
    found = feature_occlusion(net, torch.cat([images, images]), layer="inner")

    assert len(made) == 1
    assert [one.reason for one in found] == ["no memory" if is_refused else ""] * 4
