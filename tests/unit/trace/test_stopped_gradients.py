"""What training does that the values of a table do not show: gradients that stop, attention with dropout."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from striate.analyse import cost
from striate.trace import trace
from striate.trace.training import training_table


class Stopped(nn.Module):
    """Two convolutions, and no gradient between them."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3)

    def forward(self, x):
        return self.last(self.first(x).detach())


def test_no_gradient_is_counted_through_a_detach():
    net = Stopped()
    with FlopCounterMode(display=False) as counter:
        out = net(torch.randn(2, 3, 10, 10))
        forward = counter.get_total_flops()
        out.sum().backward()
    table = cost(trace(net, (2, 3, 10, 10)).graph)

    assert 2 * table.total.macs == forward
    assert table.total.backward_flops == counter.get_total_flops() - forward
    stopped = trace(net, (2, 3, 10, 10)).graph.canonical()
    assert stopped == trace(nn.Sequential(net.first, net.last), (2, 3, 10, 10)).graph.canonical()


def test_attention_with_dropout_is_traced_in_training():
    def attends(share):
        return nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=share)

    def training(share):
        net = attends(share).eval()
        evaluated = trace(net, (2, 5, 8)).graph
        return evaluated, training_table(net, (2, 5, 8), evaluated)

    with_dropout, without = training(0.1), training(0.0)

    assert next(op for op in with_dropout[1] if op.kind == "attention").attributes["dropout"] == 0.1
    assert without[0] is without[1]
