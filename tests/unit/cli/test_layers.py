"""The table of layers fits, and hides nothing."""

import io

import pytest
import torch
from rich.console import Console
from torch import nn

import striate
from striate.cli.layers import layer_table, short
from striate.cli.tables import step_text


def shown(table, width):
    screen = Console(file=io.StringIO(), width=width, color_system=None)
    screen.print(table)
    return screen.file.getvalue()


@pytest.mark.parametrize("width", [80, 100, 120])
def test_numbers_are_never_broken_over_lines(width):
    from torchvision.models import densenet121

    found = striate.check(densenet121(weights=None), (3, 64, 64))
    text = shown(layer_table(found.layers, width=width), width)
    # One line a layer, and the heading, rule, sum and frame.
    assert len(text.splitlines()) == len(found.layers) + 6
    assert "denselayer16.conv2" in text
    assert "7\u202f978\u202f856" in text


def test_the_end_of_a_name_is_what_stays():
    assert short("features.denseblock1.denselayer2.conv1", 24) == "….denselayer2.conv1"
    assert short("conv1", 24) == "conv1"


def test_what_nobody_counts_is_no_zero():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)

        def forward(self, x):
            return torch.fft.rfft2(self.conv(x)).abs()

    found = striate.check(Odd(), (1, 8, 8))
    text = shown(layer_table(found.layers, not_counted=found.cost.not_counted, width=120), 120)
    assert found.cost.not_counted
    assert "?" in text
    # 2 filters of 9 taps at 6×6 places
    assert "≥ 648" in text


def test_parameters_that_nobody_reads_have_a_row_so_that_the_sum_agrees():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.never = nn.Linear(4, 2), nn.Linear(4, 3)

        def forward(self, x):
            return self.used(x)

    found = striate.check(Net(), (4,))
    text = shown(layer_table(found.layers, unread=15, width=120), 120)
    assert found.cost.total.params == 10 + 15
    assert any("not read" in line and "15" in line for line in text.splitlines())
    assert any("Sum" in line and "25" in line for line in text.splitlines())


def test_the_step_says_what_it_holds_for():
    from torchvision.models import resnet18

    found = striate.check(
        resnet18(weights=None), (3, 32, 32), batch=4, precision="mixed", implementation="fused", checkpoint=["layer1.0"]
    )
    assert step_text(found) == (
        "Training step: batch 4, adam (fused), mixed precision, 1 module computed again: layer1.0"
    )


def test_weights_that_are_no_numbers_are_named():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 3))
    with torch.no_grad():
        net[1].weight[0, 0, 0, 0] = float("nan")
    (note,) = striate.check(net, (1, 8, 8)).notes
    assert "1.weight" in note
    with torch.no_grad():
        net[1].weight.fill_(3e38)  # the sum runs over, the weights are numbers
    assert striate.check(net, (1, 8, 8)).notes == ()


def test_a_network_that_does_not_train_at_this_size_is_shown_all_the_same():
    from torchvision.models import inception_v3

    found = striate.check(inception_v3(weights=None, init_weights=False), (3, 128, 128))
    assert found.trained is found.graph
    assert any("train mode" in note for note in found.notes)
