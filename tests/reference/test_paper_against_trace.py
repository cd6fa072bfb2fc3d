"""A network written as a blueprint and the same network traced from torch give the same table."""

import pytest

from striate.analyse import cost, receptive_fields
from striate.blueprint import Blueprint
from striate.nets import build
from striate.trace import trace

pytestmark = pytest.mark.reference
TEXTS = [
    "input 1x28x28; (conv 3x3 32, batchnorm, relu) x2; maxpool 2; (conv 3x3 64, batchnorm, relu) x2; maxpool 2; "
    "fc 128, relu, dropout 0.5; classes 10",
    "input 3x33x31; conv 7x5 16 stride 2, relu; maxpool 3 stride 2 padding 1; conv 3 32 groups 4 dilation 2, elu; "
    "globalavgpool; classes 5",
    "input 4x65; conv 9 8 stride 3, tanh; avgpool 2; conv 3 8 groups 8, silu; fc 6, hardswish; values 2",
    "input 1x9x10x11; conv 3 4, gelu; maxpool 2; conv 1 6, sigmoid; globalmaxpool; labels 3",
    "input 3x16x16; conv 3 8, groupnorm 2, leakyrelu 0.1; conv 3 8, layernorm, hardsigmoid; conv 3 8, instancenorm; "
    "classes 4",
    "input 5x4x4; fc 7, batchnorm, relu; classes 4",
]


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("text", TEXTS)
def test_paper_and_trace_agree_row_by_row(text, mode):
    plan = Blueprint.from_text(text)
    paper = plan.graph(batch=2, mode=mode)
    traced = trace(build(plan), (2, *plan.input), mode=mode).graph

    assert traced.canonical() == paper.canonical()
    assert cost(traced).total == cost(paper).total
    assert traced.buffers == paper.buffers
    ours, theirs = receptive_fields(paper), receptive_fields(traced)
    assert [ours[op.name] for op in paper] == [theirs[op.name] for op in traced]
