"""A known network written as a blueprint is, row by row, the one that torchvision or timm implement."""

import pytest
import torch

from striate.analyse import cost, receptive_fields
from striate.blueprint.known import known, known_names
from striate.nets import Origin, build
from striate.trace import trace

pytestmark = pytest.mark.reference
# One for each way of joining branches, and none; the others are long.
QUICK = {"alexnet", "squeezenet", "resnet18", "mobilenet_v2"}
PEERS = [
    pytest.param(name, marks=[] if name in QUICK else pytest.mark.long)
    for name in known_names()
    if ":" in known(name).equals
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The default weight initialization of GoogleNet:FutureWarning")
@pytest.mark.parametrize("name", PEERS)
def test_its_table_is_the_peers_row_by_row(name):
    found = known(name)
    kind, _, peer = found.equals.partition(":")
    theirs = trace(Origin(kind=kind, text=peer).build().eval(), (2, *found.plan.input)).graph
    ours = found.plan.graph(batch=2)

    for mine, other in zip(ours.canonical(), theirs.canonical(), strict=False):
        assert mine == other
    assert len(ours.canonical()) == len(theirs.canonical())
    # Heads that run in training only are parameters nobody reads here.
    assert cost(ours).total.params == cost(theirs).total.params - sum(count for _, count in theirs.idle)
    assert cost(ours).total.macs == cost(theirs).total.macs
    fields = [
        [table[op.name] for op, _ in graph.canonical_rows()]
        for graph, table in ((ours, receptive_fields(ours)), (theirs, receptive_fields(theirs)))
    ]
    assert fields[0] == fields[1]


# Counted by hand from the papers' tables where no implementation is at hand.
# LeNet-5: 6·26 + 16·151 + 120·401 + 84·121 + 10·85.
# M5: 128·80 + 3·(128·128 + 128·256 + 256·512), four times 2 for each channel's scale and shift, 512·10 + 10.
# All-CNN-C: 9·(3 + 96 + 96)·96 + 9·(96 + 192 + 192)·192 + 9·192·192 + 192·192 + 192·10, and a bias for each filter.
HAND = {
    "lenet5": 61_706,
    "m5": 10_240 + 3 * (16_384 + 32_768 + 131_072) + 2 * (128 + 128 + 256 + 512) + 5_130,
    "all_cnn_c": 9 * 195 * 96 + 9 * 480 * 192 + 9 * 192 * 192 + 192 * 192 + 1_920 + 3 * 96 + 4 * 192 + 192 + 10,
    "strided_cnn_c": 9 * 99 * 96 + 9 * 288 * 192 + 9 * 192 * 192 + 192 * 192 + 1_920 + 2 * 96 + 2 * 192 + 2 * 192 + 10,
}


@pytest.mark.parametrize("name", HAND)
def test_its_parameters_are_those_counted_by_hand(name):
    assert cost(known(name).plan.graph()).total.params == HAND[name]


def test_all_cnn_and_its_control_hold_the_same_weights():
    # The convolution that pools in All-CNN is the one added before the pooling in its control.
    assert [op.params for op in known("all_cnn_c").plan.graph() if op.params] == [
        op.params for op in known("convpool_cnn_c").plan.graph() if op.params
    ]


@pytest.mark.parametrize("name", known_names())
def test_it_is_built_as_it_is_written(name):
    plan = known(name).plan
    # Shapes are enough: no weights are drawn.
    with torch.device("meta"):
        net = build(plan)

    assert sum(p.numel() for p in net.parameters()) == cost(plan.graph()).total.params
    assert plan.from_text(plan.to_text()) == plan


@pytest.mark.parametrize("name", known_names())
def test_it_says_where_it_comes_from(name):
    found = known(name)

    assert any(year in found.source for year in map(str, range(1998, 2027)))
    assert found.differs
    assert found.title
