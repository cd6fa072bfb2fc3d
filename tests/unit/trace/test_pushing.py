"""What is pushed forward is the Jacobian times the change, as torch.func.jvp gives it."""

import pytest
import torch
from torch import nn
from torch.func import jvp
from torch.nn.attention import SDPBackend, sdpa_kernel

from striate.trace.backprop import forward
from striate.trace.pushing import pushed

torchvision = pytest.importorskip("torchvision")

# Torch imports what it calls deprecated itself.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")


class Mixed(nn.Module):
    """Two branches that meet, writing in place, a gate, and a vector."""

    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.branch, self.gate = nn.Conv2d(4, 4, 1), nn.Linear(4, 4)
        self.last = nn.Linear(4 * 9, 3)

    def forward(self, x):
        x = torch.relu_(self.norm(self.first(x)))
        y = self.branch(x) + x
        y = y * torch.sigmoid(self.gate(y.mean((2, 3))))[:, :, None, None]
        return self.last(torch.cat([nn.functional.max_pool2d(y, 2)]).flatten(1))


class Attending(nn.Module):
    def forward(self, x):
        return nn.functional.scaled_dot_product_attention(x, x * 2, x + 1).mean((1, 2))


NETS = {
    "mixed": (Mixed, (1, 2, 6, 6)),
    "attention": (Attending, (1, 2, 5, 4)),
    "resnet18": (lambda: torchvision.models.resnet18(num_classes=5), (1, 3, 64, 64)),
}


@pytest.mark.parametrize("name", list(NETS))
def test_it_is_the_jacobian_times_the_change(name):
    make, shape = NETS[name]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net, image, change = make().double().eval(), torch.randn(shape).double(), torch.randn(shape).double()
    run = forward(net, image, "eval")
    found = pushed(run, {run.values[next(iter(run.graph.conditions.inputs))]: change})
    # Torch's own forward mode does not know its fused attention.
    with sdpa_kernel(SDPBackend.MATH):
        expected = jvp(net, (image,), (change,))[1].detach()

    assert float(expected.abs().max()) > 1e-3
    torch.testing.assert_close(found[run.values[run.graph.outputs[0]]], expected, rtol=1e-9, atol=1e-12)
    assert all(parameter.grad is None for parameter in net.parameters())


def test_what_is_silenced_passes_nothing_on():
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)).eval()
    image, change = torch.ones(1, 3), torch.ones(1, 3)
    run = forward(net, image, "eval", {"0": torch.tensor([[0.0, 1.0, 2.0, 0.0]])})
    found = pushed(run, {run.values["input"]: change})
    rise = (net[0].weight @ change[0]) * torch.tensor([0.0, 1.0, 2.0, 0.0])

    torch.testing.assert_close(found[run.values["1"]][0], net[1].weight @ rise)
