from __future__ import annotations

import importlib

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.data import batches
from striate.errors import Cancelled, InputError, UnknownNameError
from striate.events import Events
from striate.observe import Collector, PooledCollector, PredictionCollector, observe
from striate.trace import tap, trace


class Watching(Collector):
    name = "watching"

    def __init__(self, tap="2", fail_at=None):
        self.tap, self.fail_at = tap, fail_at

    def taps(self, readings):
        self.seen = []
        return (self.tap,)

    def update(self, seen):
        self.seen.append(seen)
        if self.fail_at == len(self.seen):
            raise KeyError("a collector's own mistake")

    def result(self):
        return self.seen


class Listener(Events):
    def __init__(self, stop_at=None):
        self.heard, self.stop_at = [], stop_at

    def progress(self, progress):
        self.heard.append((progress.task, progress.done, progress.total, progress.unit))

    def is_cancelled(self):
        return self.stop_at is not None and self.heard[-1][1] >= self.stop_at


def test_collectors_are_shown_what_the_network_itself_computes(network, dataset):
    indices = (5, 3, 40, 41, 0)
    shown = observe(network, dataset, indices, [Watching()], batch_size=2)["watching"]
    assert [len(seen.indices) for seen in shown] == [2, 2, 1]
    module = network.module.eval()
    batch = next(iter(batches(dataset, indices, network.preprocessing, batch_size=5)))
    with torch.no_grad():
        torch.testing.assert_close(torch.cat([s.taps["2"] for s in shown]), module[:3](batch.images))
        torch.testing.assert_close(torch.cat([s.scores for s in shown]), module(batch.images))
    assert torch.cat([s.indices for s in shown]).tolist() == list(indices)
    assert torch.cat([s.targets for s in shown]).tolist() == [i % 3 for i in indices]
    torch.testing.assert_close(torch.cat([s.images for s in shown]), batch.images)


def test_a_recording_made_before_is_used(network, dataset):
    recording = trace(network.module, (1, 1, 12, 12))
    with_it = observe(network, dataset, range(4), [PooledCollector(["4"])], recording=recording)["pooled"]
    without = observe(network, dataset, range(4), [PooledCollector(["4"])])["pooled"]
    np.testing.assert_array_equal(with_it["4"], without["4"])


def state_of(module):
    return {
        "modes": [part.training for part in module.modules()],
        "hooks": [len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules()],
        "values": {key: value.clone() for key, value in module.state_dict().items()},
        "grads": [None if p.grad is None else p.grad.clone() for p in module.parameters()],
        "trained": [p.requires_grad for p in module.parameters()],
        "flags": (torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.backends.mkldnn.enabled),
        # Not Python's own: the type checker of the tests draws from it.
        "random": (torch.get_rng_state(), np.random.get_state()[1].copy()),  # noqa: NPY002
    }


@pytest.mark.parametrize("fail_at", [None, 2])
def test_the_network_is_left_as_it_came_also_after_an_exception(small_net, dataset, fail_at, wrapped):
    small_net.train()
    small_net[1].eval()
    small_net[0].weight.requires_grad_(False)
    small_net(torch.randn(4, 1, 12, 12)).sum().backward()
    handle = small_net[5].register_forward_hook(lambda *_: None)
    before = state_of(small_net)
    if fail_at is None:
        observe(wrapped(small_net), dataset, range(9), [Watching()], batch_size=3)
    else:
        with pytest.raises(KeyError, match="own mistake"):
            observe(wrapped(small_net), dataset, range(9), [Watching(fail_at=fail_at)], batch_size=3)
    after = state_of(small_net)
    handle.remove()
    torch.testing.assert_close(after["values"], before["values"], rtol=0, atol=0)
    torch.testing.assert_close(after["random"][0], before["random"][0], rtol=0, atol=0)
    np.testing.assert_array_equal(after["random"][1], before["random"][1])
    for one, other in zip(after["grads"], before["grads"], strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            torch.testing.assert_close(one, other, rtol=0, atol=0)
    for name in ("modes", "hooks", "trained", "flags"):
        assert after[name] == before[name], name


def test_a_network_can_be_trained_on_after_it_was_observed(small_net, dataset, wrapped):
    observe(wrapped(small_net), dataset, range(3), [Watching()])
    small_net.train()(torch.randn(4, 1, 12, 12)).sum().backward()
    assert small_net[0].weight.grad is not None


class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(144, 3)

    def forward(self, x):
        return self.fc(functional.dropout(x.flatten(1), 0.5, training=True))


def test_a_network_that_draws_random_numbers_leaves_those_of_others_alone(dataset, wrapped):
    torch.manual_seed(1)
    network = wrapped(Noisy())
    before = torch.get_rng_state()
    observe(network, dataset, range(9), [PredictionCollector(network)], batch_size=4)
    torch.testing.assert_close(torch.get_rng_state(), before, rtol=0, atol=0)


def test_progress_counts_images(network, dataset):
    listener = Listener()
    observe(network, dataset, range(5), [Watching()], batch_size=2, events=listener)
    assert listener.heard == [("looking at the data", done, 5, "image") for done in (0, 2, 4, 5)]


def test_a_watcher_can_stop_the_pass_between_batches(network, dataset):
    listener = Listener(stop_at=4)
    with pytest.raises(Cancelled):
        observe(network, dataset, range(50), [Watching()], batch_size=2, events=listener)
    assert listener.heard[-1][1] == 4


@pytest.mark.parametrize(
    ("indices", "collectors", "size", "words"),
    [
        ((), [Watching()], None, "at least one image"),
        ((1, 2, 1), [Watching()], None, "image 1 twice"),
        ((1,), [], None, "name of its own"),
        ((1,), [Watching(), Watching()], None, "name of its own"),
        ((1,), [Watching()], 0, "batch_size"),
    ],
)
def test_a_pass_that_makes_no_sense_is_refused(network, dataset, indices, collectors, size, words):
    with pytest.raises(InputError, match=words):
        observe(network, dataset, indices, collectors, batch_size=size)


def test_an_op_the_network_has_not_is_named(network, dataset):
    with pytest.raises(UnknownNameError, match="'22'"):
        observe(network, dataset, (1,), [Watching("22")])


def test_networks_that_answer_for_every_pixel_are_refused(dataset, wrapped):
    with pytest.raises(InputError, match="one row of scores"):
        observe(wrapped(nn.Sequential(nn.Conv2d(1, 3, 1))), dataset, (1,), [Watching("0")])


def test_a_fully_convolutional_head_gives_rows(dataset, wrapped):
    module = nn.Sequential(nn.Conv2d(1, 3, 1), nn.AdaptiveAvgPool2d(1))
    shown = observe(wrapped(module), dataset, (1, 2), [Watching("0")])["watching"]
    assert tuple(shown[0].scores.shape) == (2, 3)


def test_memory_that_runs_out_means_fewer_images_at_once_and_every_image_is_seen_once(
    small_net, wrapped, dataset, monkeypatch
):
    whole = observe(wrapped(small_net), dataset, range(7), [Watching()], batch_size=7)["watching"]
    asked = []

    def scarce(module, images, *rest, **named):
        asked.append(len(images))
        if len(images) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return tap(module, images, *rest, **named)

    monkeypatch.setattr(importlib.import_module("striate.observe.observe"), "tap", scarce)
    parts = observe(wrapped(small_net), dataset, range(7), [Watching()], batch_size=7)["watching"]

    assert asked == [7, 3, 3, 1]
    assert [len(seen.indices) for seen in parts] == [3, 3, 1]
    assert torch.cat([seen.indices for seen in parts]).tolist() == list(range(7))
    torch.testing.assert_close(torch.cat([seen.taps["2"] for seen in parts]), whole[0].taps["2"])
    assert torch.cat([seen.targets for seen in parts]).tolist() == whole[0].targets.tolist()
