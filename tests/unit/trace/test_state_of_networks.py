"""Known networks that write to themselves while they run leave a trace, a failed one and a replay exactly as they came."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.modules import module as torch_module

from striate.errors import InputError
from striate.trace import trace

pytestmark = pytest.mark.slow

# They keep tables of positions on themselves, by device or size, beside what is registered.
NETWORKS = {"resnet18": 64, "levit_128s": 224, "efficientformer_l1": 224, "coat_lite_tiny": 224, "tiny_vit_5m_224": 64}
LONG = ("efficientformer_l1", "coat_lite_tiny", "tiny_vit_5m_224")
EVERYWHERE = [name for name in vars(torch_module) if name.startswith("_global_") and "hooks" in name]


@pytest.fixture(
    params=[pytest.param(name, marks=[pytest.mark.long] if name in LONG else []) for name in NETWORKS], scope="module"
)
def known(request):
    import timm

    torch.manual_seed(0)
    net = timm.create_model(request.param, pretrained=False).train()
    first = next(net.parameters())
    first.requires_grad_(False)
    list(net.parameters())[-1].grad = torch.ones_like(list(net.parameters())[-1])
    net.register_forward_hook(lambda *_: None)
    return net, (2, 3, NETWORKS[request.param], NETWORKS[request.param])


def print_of(value):
    """What must be equal of an attribute: the values of tensors, the contents of containers, the identity of the rest."""
    if isinstance(value, torch.Tensor):
        return (
            id(value),
            value._version,
            value.requires_grad,
            value.sum().item(),
            value.grad is None or value.grad.sum().item(),
        )
    if isinstance(value, Mapping):
        return [(key, print_of(part)) for key, part in value.items()]
    if isinstance(value, list | tuple | set):
        return [print_of(part) for part in value]
    return value if isinstance(value, int | float | str | bool | None) else id(value)


def state(net):
    return {
        "parts": [(path, {name: print_of(v) for name, v in vars(part).items()}) for path, part in net.named_modules()],
        "everywhere": [print_of(getattr(torch_module, name)) for name in EVERYWHERE],
        "torch": torch.get_rng_state().tolist(),
        "numpy": np.random.get_state()[1].tolist(),  # noqa: NPY002 - the generator that everybody shares is the one at risk
        "modes": (
            torch.is_grad_enabled(),
            torch.is_inference_mode_enabled(),
            torch.backends.mha.get_fastpath_enabled(),
        ),
    }


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_a_trace_leaves_no_trace(known, mode):
    net, shape = known
    before = state(net)
    trace(net, shape, mode=mode)
    assert state(net) == before


def test_nothing_is_left_when_the_network_raises_at_its_end(known):
    net, shape = known
    broken = nn.Sequential(net, nn.Linear(7, 7))
    before = state(net)
    with pytest.raises(InputError):
        trace(broken, shape)
    assert state(net) == before


def test_a_replay_leaves_nothing_and_equals_the_network(known):
    net, shape = known
    program = trace(net, shape).program
    images = torch.randn(3, *shape[1:])
    before = state(net)
    with torch.no_grad():
        found = program.run(net, images).outputs
    assert state(net) == before
    modes = [(part, part.training) for part in net.modules()]
    net.eval()
    with torch.no_grad():
        expected = net(images)
    for part, training in modes:
        part.training = training
    assert torch.equal(found, expected)
