"""How far the newer words look and what they keep, against gradients, autograd and the allocator."""

import pytest
import torch

from stepping import allocated_peak, saved_bytes
from striate.analyse import boxes, memory_ledger, receptive_fields
from striate.blueprint import Blueprint
from striate.nets import build

# Torch says once that it copies the map where an even kernel has no middle.
pytestmark = [pytest.mark.reference, pytest.mark.filterwarnings("ignore:Using padding")]

SPATIAL = [
    "conv 3 8 stride 2 padding same",
    "conv 4 8 padding same",
    "conv 5 8 stride 3 dilation 2 padding same",
    "depthwise 3 stride 2",
    "convtranspose 3 8 stride 2 padding 1 output_padding 1",
    "lppool 2 p 2",
    "lppool 3 p 3 stride 2 ceil on",
    "avgpool 3 stride 2 ceil on countpad off padding 1",
    "channelnorm",
    "lrn 3",
    "upsample 2",
    "upsample 2 mode linear",
    "channelshuffle 2",
    "zeropad 2",
    "coords radius on; conv 3 4",
    "layerscale 0.5",
    "channelslast; layernorm axes 1; fc 8 flatten off; channelsfirst",
]


@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("layers", SPATIAL)
def test_the_box_of_a_middle_unit_is_what_its_gradient_reaches(layers, axes):
    size = "x".join(["39", "36"][:axes])
    plan = Blueprint.from_text(f"input 2x{size}; conv 3 8 stride 2; {layers}; conv 3 4; classes 2")
    graph = plan.graph()
    last = next(op for op in reversed(graph.ops) if op.kind == "conv")
    where = tuple(length // 2 for length in last.shape[2:])
    torch.manual_seed(0)
    net = build(plan).double().eval()
    x = torch.rand(1, *plan.input, dtype=torch.float64).add(0.5).requires_grad_()
    value = x
    for name, child in net.named_children():
        # Powers and roots of what is positive.
        value = child(value.abs()) if name.startswith("lppool") else child(value)
        if name == last.name:
            break
    value[0, :, *where].sum().backward()
    reached = x.grad[0].abs().sum(0).nonzero()

    found = boxes(receptive_fields(graph)[last.name], where)

    clipped = [(max(low, 0), min(high, length)) for (low, high), length in zip(found, plan.input[1:], strict=True)]
    assert clipped == list(zip(reached.amin(0).tolist(), (reached.amax(0) + 1).tolist(), strict=True))


KEPT = [
    "channelnorm", "lrn 5", "lppool 2 p 2", "lppool 3 p 3 stride 1", "conv 3 6 stride 2 padding same", "depthwise 3",
    "convtranspose 2 4 stride 2", "droppath 0.3", "layerscale 0.1", "coords radius on", "globalsumpool; upsample 4", "prelu",
    "prelu channels on", "celu", "elu 0.5", "selu", "mish", "softplus", "hardtanh", "gelu tanh on", "pixelshuffle 2",
    "channelshuffle 4", "zeropad 2", "upsample 2 mode linear", "dropout 0.3 maps on", "adaptiveavgpool 3",
    "adaptivemaxpool 3", "maxpool 3 stride 2 ceil on", "avgpool 3 stride 2 padding 1 countpad off", "batchnorm affine off",
    "instancenorm", "channelslast; layernorm axes 1; fc 16 flatten off, gelu; fc 8 flatten off; channelsfirst",
]  # fmt: skip


@pytest.mark.parametrize("layers", KEPT)
def test_a_word_keeps_what_autograd_keeps(layers):
    plan = Blueprint.from_text(f"input 3x24x24; conv 3 8; {layers}; conv 1 4; globalavgpool; classes 3")

    ledger = memory_ledger(plan.graph(batch=4, mode="train"))

    assert ledger.saved_bytes == saved_bytes(build(plan).train(), torch.randn(4, 3, 24, 24))


@pytest.mark.slow
@pytest.mark.parametrize(
    "layers",
    ["channelnorm", "lrn 5", "lppool 2 p 2", "lppool 3 p 3 stride 1", "lppool 4 p 2", "droppath 0.3", "layerscale 0.1",
     "coords radius on", "prelu channels on", "mish", "upsample 2 mode linear", "instancenorm"],
)  # fmt: skip
def test_a_word_peaks_where_the_allocator_does(layers):
    plan = Blueprint.from_text(f"input 3x64x64; conv 3 32; {layers}, silu; globalavgpool; classes 3")

    ledger = memory_ledger(plan.graph(batch=8, mode="train"))

    assert ledger.peak_bytes == pytest.approx(allocated_peak(build(plan), (8, 3, 64, 64)), rel=0.01)
