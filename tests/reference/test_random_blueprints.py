"""A random network on paper and the same network traced from torch are one table; and its forms are one blueprint."""

import pytest
import torch

from random_blueprints import random_blueprint
from striate.analyse import cost, receptive_fields
from striate.blueprint import Blueprint
from striate.nets import build
from striate.trace import trace

pytestmark = pytest.mark.reference


def agree(seed):
    plan = random_blueprint(seed)
    mode = ("eval", "train")[seed % 2]
    net = build(plan)
    paper, traced = plan.graph(batch=2, mode=mode), trace(net, (2, *plan.input), mode=mode).graph

    assert traced.canonical() == paper.canonical(), plan.to_text()
    assert [op.name for op in traced] == [op.name for op in paper], plan.to_text()
    assert cost(traced).total == cost(paper).total, plan.to_text()
    assert traced.buffers == paper.buffers
    assert sum(p.numel() for p in net.parameters()) == sum(param.count for op in paper for param in op.params)
    ours, theirs = receptive_fields(paper), receptive_fields(traced)
    assert [ours[op.name] for op in paper] == [theirs[op.name] for op in traced], plan.to_text()
    assert Blueprint.from_yaml(plan.to_yaml()) == plan
    assert Blueprint.from_text(plan.to_text()) == plan


@pytest.mark.slow
def test_random_blueprints_equal_their_traces():
    for seed in range(40):
        agree(seed)


@pytest.mark.long
@pytest.mark.parametrize("hundred", range(10))
def test_a_thousand_random_blueprints_equal_their_traces(hundred):
    for seed in range(100 * hundred, 100 * hundred + 100):
        agree(seed)


@pytest.mark.slow
def test_the_source_of_random_blueprints_is_the_network_that_is_built():
    for seed in range(15):
        plan = random_blueprint(seed)
        ours, space = build(plan).eval(), {"__name__": "net"}
        exec(plan.to_source(), space)
        theirs = space["Net"]().eval()
        theirs.load_state_dict(ours.state_dict())
        x = torch.randn(2, *plan.input, generator=torch.Generator().manual_seed(seed))

        torch.testing.assert_close(theirs(x), ours(x), rtol=0, atol=0)
        assert "striate" not in plan.to_source().lower().replace("written by striate", "")
