"""Networks of a few modules, and the values that hooks hear."""

import pytest
import torch
from torch import nn

from striate.explain.neuron import Pass, told
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing


@pytest.fixture
def made():
    """Makes a network of a module; its numbers are drawn anew, normalisation's too, the same each time."""

    def make(module, shape):
        generator = torch.Generator().manual_seed(7)
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
            if tensor.is_floating_point():
                drawn = torch.randn(tensor.shape, generator=generator)
                tensor.data.copy_(drawn.abs() + 0.5 if "var" in name else 0.3 * drawn)
        module.eval().requires_grad_(False)
        with torch.no_grad():
            outputs = module(torch.zeros(1, *shape)).shape[1]
        return Network(
            module=module,
            preprocessing=Preprocessing(shape=shape, mean=(0.0,) * shape[0], std=(1.0,) * shape[0]),
            output=Output(kind="classes", names=tuple(map(str, range(outputs)))),
            origin=Origin(kind="module", text="small"),
        )

    return make


@pytest.fixture
def image():
    """Draws an image, the same each time."""
    return lambda *shape: torch.randn(shape, generator=torch.Generator().manual_seed(3))


@pytest.fixture
def heard():
    """Returns what modules of a network read and returned for an image, by path: (inputs, output)."""

    def hear(network, image):
        found = {}
        handles = [
            module.register_forward_hook(
                lambda _m, given, out, name=name: found.update({name: (given[0].clone(), out.clone())})
            )
            for name, module in network.module.named_modules()
            if name and not list(module.children())
        ]
        with torch.no_grad():
            network.module(image[None])
        for handle in handles:
            handle.remove()
        return found

    return hear


@pytest.fixture
def asking():
    """Asks about many neurons of one image, for the price of one."""

    def ask(network, image):
        seen = Pass(network.module, image[None])

        def about_one(layer, channel, at=(), *, by="contribution", about=None, top=99):
            return told(seen, seen.row(layer), channel, at, by=by, about=about, top=top)

        return about_one

    return ask


class Headed(nn.Module):
    """A module, and a head that makes two scores of the mean of its map."""

    def __init__(self, body, channels):
        super().__init__()
        self.body, self.head = body, nn.Linear(channels, 2)

    def forward(self, x):
        return self.head(self.body(x).flatten(2).mean(2))


@pytest.fixture
def headed():
    """Gives a module a head."""
    return Headed
