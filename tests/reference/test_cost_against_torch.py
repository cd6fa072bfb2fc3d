"""Costs on paper equal what torch counts and keeps."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from striate.analyse import cost
from striate.blueprint import Blueprint
from striate.nets import build

TEXTS = [
    "input 1x28x28; (conv 3x3 32, batchnorm, relu) x2; maxpool 2; (conv 3x3 64, batchnorm, relu) x2; maxpool 2; "
    "fc 128, relu; classes 10",
    "input 3x33x31; conv 7x5 16 stride 2, relu; maxpool 3 stride 2 padding 1; conv 3 32 groups 4 dilation 2, elu; "
    "globalavgpool; classes 5",
    "input 4x65; conv 9 8 stride 3, tanh; avgpool 2; conv 3 8 groups 8, silu; fc 6; values 2",
    "input 1x9x10x11; conv 3 4, gelu; maxpool 2; conv 1 6, sigmoid; labels 3",
    "input 3x16x16; conv 3 8, groupnorm 2, leakyrelu 0.1; conv 3 8, layernorm, hardswish; conv 3 8, instancenorm, relu; "
    "classes 4",
]
pytestmark = pytest.mark.reference


@pytest.mark.parametrize("text", TEXTS)
def test_macs_are_half_of_torchs_flops(text):
    plan = Blueprint.from_text(text)
    with FlopCounterMode(display=False) as counter:
        build(plan).eval()(torch.zeros(2, *plan.input))

    assert cost(plan.graph(batch=2)).total.macs * 2 == counter.get_total_flops()


@pytest.mark.parametrize("text", TEXTS)
def test_parameters_and_buffers_are_torchs(text):
    plan = Blueprint.from_text(text)
    module, graph = build(plan), plan.graph()

    assert cost(graph).total.params == sum(p.numel() for p in module.parameters())
    assert graph.buffers == sum(b.numel() for b in module.buffers())
    assert {p.key for op in graph for p in op.params} == {name for name, _ in module.named_parameters()}


@pytest.mark.parametrize("text", TEXTS)
def test_kept_bytes_are_what_torch_saves_for_backward(text):
    plan = Blueprint.from_text(text)
    module = build(plan).train()
    own = {p.untyped_storage().data_ptr() for p in (*module.parameters(), *module.buffers())}
    image = torch.randn(3, *plan.input)
    own.add(image.untyped_storage().data_ptr())
    saved: dict[int, int] = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        out = module(image)
    on_paper = cost(plan.graph(batch=3, mode="train")).total.kept_bytes

    assert out.requires_grad
    assert on_paper == pytest.approx(sum(saved.values()), rel=0.01, abs=256)
