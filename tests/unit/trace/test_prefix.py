import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.errors import InputError, ShapeError, UnknownNameError
from striate.trace import Edit, trace, trace_until


class Fixed(nn.Module):
    """A network whose last layer takes one size only."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(3)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(3 * 4 * 4, 5)
        self.norm.running_mean.normal_()

    def forward(self, x):
        x = functional.max_pool2d(self.relu(self.norm(self.conv(x))), 2) + 1
        return self.fc(x.flatten(1))

    def body(self, x):
        return functional.max_pool2d(functional.relu(self.norm(self.conv(x))), 2) + 1


@pytest.fixture
def fixed():
    torch.manual_seed(0)
    return Fixed().eval()


def test_it_runs_at_a_size_at_which_the_whole_network_does_not(fixed):
    with pytest.raises(ShapeError):
        trace(fixed, (1, 2, 20, 28))
    images = torch.randn(3, 2, 20, 28)
    recording = trace_until(fixed, (1, 2, 20, 28), "add")

    assert torch.equal(recording.program.run(fixed, images).outputs, fixed.body(images))
    assert recording.graph["add"].shape == (1, 3, 5, 7)


def test_what_comes_behind_may_run_too(fixed):
    images = torch.randn(2, 2, 16, 16)
    program = trace_until(fixed, (1, 2, 16, 16), "maxpool").program

    assert torch.equal(program.run(fixed, images).outputs + 1, fixed.body(images))


def test_another_stride_and_dilation_are_as_if_they_had_been_built_in(fixed):
    image = torch.randn(1, 2, 16, 16)
    recording = trace_until(fixed, (1, 2, 16, 16), "maxpool", edits={
        0: Edit(stride=(1, 1), spread=(1, 1)), 1: Edit(stride=(1, 1), spread=(2, 2)),
    })  # fmt: skip
    found = recording.program.run(fixed, image).outputs
    before = functional.relu(fixed.norm(functional.conv2d(image, fixed.conv.weight, fixed.conv.bias, padding=1)))

    assert torch.equal(found, functional.max_pool2d(before, 2, stride=1, dilation=2))


def test_padding_is_spread_with_the_window(fixed):
    image = torch.randn(1, 2, 16, 16)
    program = trace_until(fixed, (1, 2, 16, 16), "conv", edits={0: Edit(stride=(1, 2), spread=(3, 1))}).program
    weight, bias = fixed.conv.weight, fixed.conv.bias

    expected = functional.conv2d(image, weight, bias, stride=(1, 2), padding=(3, 1), dilation=(3, 1))
    torch.testing.assert_close(program.run(fixed, image).outputs, expected)


def test_a_string_for_the_padding_follows_the_dilation_by_itself():
    net = nn.Sequential(nn.Conv1d(1, 1, 3, padding="same"))
    program = trace_until(net, (1, 1, 9), "0", edits={0: Edit(stride=(1,), spread=(3,))}).program
    signal = torch.randn(1, 1, 9)

    expected = functional.conv1d(signal, net[0].weight, net[0].bias, padding=3, dilation=3)
    torch.testing.assert_close(program.run(net, signal).outputs, expected)


def test_average_pooling_cannot_be_dilated():
    net = nn.Sequential(nn.AvgPool2d(2))
    with pytest.raises(InputError, match="average pooling"):
        trace_until(net, (1, 1, 8, 8), "0", edits={0: Edit(stride=(1, 1), spread=(2, 2))})


def test_the_network_stays_as_it_was(fixed):
    fixed.train()
    before = {key: value.clone() for key, value in fixed.state_dict().items()}
    images = torch.randn(1, 2, 20, 28)
    random = torch.random.get_rng_state()
    trace_until(fixed, (1, 2, 20, 28), "add").program.run(fixed, images)

    assert all(part.training for part in fixed.modules())
    assert all(torch.equal(value, before[key]) for key, value in fixed.state_dict().items())
    assert not fixed.conv._forward_hooks
    assert torch.equal(torch.random.get_rng_state(), random)


def test_an_op_nobody_reaches_is_named_with_the_reason(fixed):
    with pytest.raises(UnknownNameError, match="sub"):
        trace_until(fixed, (1, 2, 16, 16), "sub")
    with pytest.raises(ShapeError, match="channels"):
        trace_until(fixed, (1, 3, 16, 16), "add")
