"""A short training in either memory format: the same training, by another road."""

import pytest
import torch

from striate.blueprint import Blueprint
from striate.data import Split, load_data
from striate.nets import load_network
from striate.records import Recipe
from striate.train.device import accelerated
from striate.transfer.short import try_regime

COUNT = 48


@pytest.fixture(scope="module")
def stripes():
    """Stripes across and along, of four phases: what a convolution can tell apart."""
    across = torch.arange(8).repeat(8, 1)
    images = [((across if index % 2 else across.T) + index // 2) % 4 * 60 for index in range(COUNT)]
    return load_data((torch.stack(images).byte(), [index % 2 for index in range(COUNT)]))


def tried(stripes, memory_format):
    torch.manual_seed(0)
    start = load_network(
        Blueprint.from_text("input 1x8x8; (conv 3x3 8, batchnorm, relu) x2; globalavgpool; classes 2"), seed=0
    )
    kernels = [layer for layer in start.module.modules() if isinstance(layer, torch.nn.Conv2d)]
    heard = []
    kernels[1].register_forward_hook(
        lambda _module, _args, out: heard.append(out.is_contiguous(memory_format=torch.channels_last))
    )
    split = Split(train=tuple(range(32)), validation=tuple(range(32, COUNT)), test=(), seed=0)
    with accelerated() as device:
        found = try_regime(
            start, stripes, split, Recipe(epochs=4, batch=8, rate=0.05), device, memory_format=memory_format
        )
    return found, heard


def test_channels_last_is_the_same_training(stripes):
    plain, other = tried(stripes, "plain")[0], tried(stripes, "channels-last")[0]

    assert plain.state == other.state == "done"
    assert other.loss == pytest.approx(plain.loss, rel=1e-3)
    assert (other.gains == plain.gains).all()


@pytest.mark.parametrize("memory_format", ["plain", "channels-last"])
def test_the_maps_are_in_the_format_that_was_asked_for(stripes, memory_format):
    _, heard = tried(stripes, memory_format)

    assert set(heard) == {memory_format == "channels-last"}
