"""The recorded calls run as the network runs."""

import pytest
import torch
from torch import nn

from striate.errors import InputError, UnknownNameError
from striate.trace import tap, trace


class Block(nn.Module):
    """In-place ReLUs, one module used twice, a residual sum and batch normalisation."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
        self.bn, self.relu = nn.BatchNorm2d(3), nn.ReLU(inplace=True)

    def forward(self, x):
        y = self.relu(self.bn(self.a(x)))
        y = self.b(y)
        y += x
        return self.relu(y)


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(Block(), nn.Flatten(), nn.Linear(48, 5)).eval()


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_outputs_are_the_networks_bit_for_bit_at_any_batch(net, batch):
    program = trace(net, (4, 3, 4, 4)).program
    images = torch.randn(batch, 3, 4, 4)
    assert torch.equal(program.run(net, images).outputs, net(images))
    assert program.batch is None


def test_present_parameters_are_read_and_not_those_of_the_trace(net):
    program = trace(net, (1, 3, 4, 4)).program
    images = torch.randn(3, 3, 4, 4)
    before = program.run(net, images).outputs
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(2)
        net[0].bn.running_mean.add_(1)
    after = program.run(net, images).outputs
    assert torch.equal(after, net(images))
    assert not torch.equal(after, before)


def test_training_mode_and_hooks_of_the_module_play_no_part(net):
    program = trace(net, (1, 3, 4, 4)).program
    images = torch.randn(3, 3, 4, 4)
    expected = net(images)
    net.train()
    net.register_forward_hook(lambda *_: pytest.fail("the module was entered"))
    assert torch.equal(program.run(net, images).outputs, expected)


def test_taps_are_what_hooks_see_before_anything_is_written_over_them(net):
    images = torch.randn(2, 3, 4, 4)
    seen = {}
    net[0].bn.register_forward_hook(lambda m, a, out: seen.update(bn=out.clone()))
    expected = net(images)
    net[0].bn._forward_hooks.clear()
    result = trace(net, (1, 3, 4, 4)).program.run(net, images, taps=["0.bn", "0.relu"])
    assert torch.equal(result.taps["0.bn"], seen["bn"])
    assert torch.equal(result.taps["0.relu"], seen["bn"].relu())
    assert torch.equal(result.outputs, expected)


def test_gradients_to_inputs_parameters_and_taps_are_right(net):
    program = trace(net, (1, 3, 4, 4)).program
    images = torch.randn(2, 3, 4, 4, requires_grad=True)
    expected = torch.autograd.grad(net(images)[:, 1].sum(), [images, net[0].a.weight])
    result = program.run(net, images, taps=["0.b"])
    found = torch.autograd.grad(result.outputs[:, 1].sum(), [images, net[0].a.weight, result.taps["0.b"]])
    assert torch.equal(found[0], expected[0])
    assert torch.equal(found[1], expected[1])
    # The convolution's output meets x in a sum, a ReLU and the linear layer: its gradient by hand.
    mask = (result.taps["0.b"] + images) > 0
    by_hand = net[2].weight[1].view(1, 3, 4, 4) * mask
    torch.testing.assert_close(found[2], by_hand)


def test_running_from_inner_values_gives_the_same_end(net):
    program = trace(net, (1, 3, 4, 4)).program
    images = torch.randn(6, 3, 4, 4)
    result = program.run(net, images, taps=["0.relu_2"])
    again = program.run_from(net, result.taps)
    assert torch.equal(again.outputs, result.outputs)


def test_values_put_in_place_are_carried_on(net):
    program = trace(net, (1, 3, 4, 4)).program
    zeros = torch.zeros(2, 3, 4, 4)
    outputs = program.run_from(net, {"0.relu_2": zeros}).outputs
    assert torch.equal(outputs, net[2].bias.expand(2, 5))
    assert torch.equal(zeros, torch.zeros(2, 3, 4, 4))


def test_a_path_past_the_values_asks_for_the_inputs(net):
    program = trace(net, (1, 3, 4, 4)).program
    images = torch.randn(2, 3, 4, 4)
    taps = program.run(net, images, taps=["0.b"]).taps
    with pytest.raises(InputError, match="a path from input"):
        program.run_from(net, taps)
    assert torch.equal(program.run_from(net, taps, inputs=images).outputs, net(images))


def test_a_value_of_other_sizes_is_refused(net):
    program = trace(net, (1, 3, 4, 4)).program
    with pytest.raises(InputError, match=r"2×3×4×4.*got 2×3×4×5 \(at 0\.relu_2\)"):
        program.run_from(net, {"0.relu_2": torch.zeros(2, 3, 4, 5)})


def test_until_stops_and_runs_nothing_else(net):
    program = trace(net, (1, 3, 4, 4)).program
    net[2].weight = nn.Parameter(torch.zeros(1, 1))  # would be refused if it were looked up
    result = program.run(net, torch.randn(2, 3, 4, 4), taps=["0.a"], until="0.bn")
    assert (result.outputs, list(result.taps)) == (None, ["0.a", "0.bn"])


def test_another_module_is_refused(net):
    with pytest.raises(InputError, match="must be the one that was traced"):
        trace(net, (1, 3, 4, 4)).program.run(nn.Linear(3, 3), torch.zeros(2, 3, 4, 4))


def test_other_sizes_and_types_are_refused(net):
    program = trace(net, (1, 3, 4, 4)).program
    with pytest.raises(InputError, match="recorded sizes n×3×4×4; got 2×3×8×8"):
        program.run(net, torch.zeros(2, 3, 8, 8))
    with pytest.raises(InputError, match="recorded type float32; got 'float64'"):
        program.run(net, torch.zeros(2, 3, 4, 4, dtype=torch.float64))
    with pytest.raises(UnknownNameError, match="Did you mean 0.b, 0.bn"):
        program.run(net, torch.zeros(2, 3, 4, 4), taps=["0.nb"])


def test_structures_of_outputs_are_put_together_again():
    class Net(nn.Module):
        def forward(self, x):
            return {"sum": x + 1, "parts": [x * 2, None, x.shape[0]]}

    images = torch.ones(3, 2)
    outputs = trace(Net(), (1, 2)).program.run(Net(), images).outputs
    assert outputs["parts"][1:] == [None, 3]
    assert torch.equal(outputs["sum"], torch.full((3, 2), 2.0))


class Aliased(nn.Module):
    """Writes through a view, and reads the whole afterwards."""

    def forward(self, x):
        y = x * 1
        y[:, 0] = 5
        y[:, 1].add_(y[:, 0])
        return y * 2


def test_writes_through_views_are_seen_by_the_whole():
    recording = trace(Aliased(), (1, 3))
    images = torch.arange(6.0).view(2, 3).requires_grad_()
    result = recording.program.run(Aliased(), images, taps=["mul"])
    assert torch.equal(result.outputs, torch.tensor([[10.0, 12.0, 4.0], [10.0, 18.0, 10.0]]))
    assert torch.equal(result.taps["mul"], images)
    (gradient,) = torch.autograd.grad(result.outputs.sum(), images)
    assert torch.equal(gradient, torch.tensor([[0.0, 2.0, 2.0]] * 2))


def test_a_write_that_no_pure_operator_equals_goes_to_a_copy():
    class Net(nn.Module):
        def forward(self, x):
            y = x.double()
            y.add_(x)  # stays double, where a sum of both types would have to be promoted
            return y * 2

    images = torch.ones(2, 2)
    result = trace(Net(), (1, 2)).program.run(Net(), images, taps=["identity"])
    assert torch.equal(result.taps["identity"], images.double())
    assert torch.equal(result.outputs, torch.full((2, 2), 4.0, dtype=torch.float64))


def test_an_input_written_in_place_stays_as_it_was():
    class Net(nn.Module):
        def forward(self, x):
            whole = x.view(-1)
            x.mul_(2)
            return whole + 1

    images = torch.ones(2, 2)
    assert torch.equal(trace(Net(), (1, 2)).program.run(Net(), images).outputs, torch.full((4,), 3.0))
    assert torch.equal(images, torch.ones(2, 2))


def test_constants_made_inside_are_part_of_the_program():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.tensor([1.0, 2.0])  # neither parameter nor buffer

        def forward(self, x):
            places = torch.arange(x.shape[0], dtype=x.dtype)[:, None]
            return x * torch.tensor([2.0, 3.0]) + places + self.table

    images = torch.randn(4, 2)
    recording = trace(Net(), (1, 2))
    assert torch.equal(recording.program.run(Net(), images).outputs, Net()(images))
    assert recording.not_counted == ()


def test_calls_that_depend_on_the_batch_hold_for_the_recorded_one():
    class Net(nn.Module):
        def forward(self, x):
            return x * 2 if x.shape[0] > 3 else x + 1

    recording = trace(Net(), (4, 2))
    images = torch.ones(4, 2)
    assert recording.program.batch == 4
    assert torch.equal(recording.program.run(Net(), images).outputs, images * 2)
    with pytest.raises(InputError, match="recorded batch 4"):
        recording.program.run(Net(), torch.ones(2, 2))


def test_an_uneven_use_of_the_batch_does_not_pass_for_even():
    class Net(nn.Module):
        def forward(self, x):
            return x[: min(4, x.shape[0])] * 1

    assert trace(Net(), (8, 2)).program.batch == 8


class Forked(nn.Module):
    """Takes one of two ways, by the data."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.low, self.high = nn.ReLU(inplace=True), nn.Tanh()

    def forward(self, x):
        y = self.conv(x)
        return self.low(y) if x.mean() > -1 else self.high(y)


def test_data_that_steers_the_network_is_noticed_and_hooks_step_in():
    net = Forked()
    recording = trace(net, (2, 1, 8, 8))
    assert recording.is_data_dependent
    assert [op.name for op in recording.graph if op.path] == ["conv", "low"]
    with pytest.raises(InputError, match="depend on data"):
        recording.program.run(net, torch.zeros(1, 1, 8, 8))

    images = torch.randn(3, 1, 8, 8, requires_grad=True)
    result = tap(net, images, ["conv"], recording)
    assert torch.equal(result.taps["conv"], net.conv(images))
    assert torch.equal(result.outputs, net(images))
    (gradient,) = torch.autograd.grad(result.outputs.sum(), result.taps["conv"])
    assert torch.equal(gradient, (result.taps["conv"] > 0).float())
    assert all(not part._forward_hooks for part in net.modules())
    assert net.training


def test_hooks_are_gone_after_an_exception():
    net = Forked()
    recording = trace(net, (2, 1, 8, 8))
    with pytest.raises(RuntimeError):
        tap(net, torch.zeros(1, 3, 8, 8), ["conv"], recording)
    assert all(not part._forward_hooks for part in net.modules())
    assert all(part.training for part in net.modules())


def test_a_value_the_images_do_not_reach_is_named():
    net = Forked()
    recording = trace(net, (2, 1, 8, 8))
    with pytest.raises(InputError, match="must reach an op.*got low"):
        tap(net, torch.full((1, 1, 8, 8), -2.0), ["low"], recording)


def test_tap_without_outputs_stops_early(net):
    recording = trace(net, (1, 3, 4, 4))
    images = torch.randn(2, 3, 4, 4)
    result = tap(net, images, ["0.bn", "0.a"], recording, with_outputs=False)
    assert result.outputs is None
    assert torch.equal(result.taps["0.a"], net[0].a(images))


def test_a_train_mode_recording_is_not_replayed():
    with pytest.raises(InputError, match="train mode"):
        net = nn.Dropout(0.5)
        trace(net, (2, 2), mode="train").program.run(net, torch.ones(2, 2))


def test_a_gradient_inside_forward_is_recorded_from_a_real_run():
    class Net(nn.Module):
        def forward(self, x):
            x = x.detach().requires_grad_()
            with torch.enable_grad():
                return torch.autograd.grad(nn.functional.relu(x).sum(), x)[0]

    assert trace(Net(), (2, 3)).is_data_dependent


class Overwriting(nn.Module):
    """Writes in place wherever it can: over a result, a view of one, and its own input."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        y = self.conv(x).relu_().mul_(2)
        z = y.view(y.shape[0], -1).sigmoid_() + 1
        return z, x.flatten(1).sigmoid_()


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_nothing_of_the_users_is_written_over(context):
    net = Overwriting()
    program = trace(net, (1, 3, 2, 2)).program
    images = torch.randn(2, 3, 2, 2)
    before = images.clone()
    with torch.no_grad():
        expected = net(images.clone())
    with context():
        found = program.run(net, images)
        assert torch.equal(images, before)
        assert all(torch.equal(a, b) for a, b in zip(found.outputs, expected, strict=True))
        taps = program.run(net, images, taps=["conv", "relu"]).taps
        assert torch.equal(taps["conv"], net.conv(images))
        assert torch.equal(taps["relu"], net.conv(images).relu())
        kept = {name: value.clone() for name, value in taps.items()}
        again = program.run_from(net, taps, inputs=images)
    assert all(torch.equal(taps[name], kept[name]) for name in taps)
    assert all(torch.equal(a, b) for a, b in zip(again.outputs, expected, strict=True))


def test_without_gradients_it_writes_in_place_as_the_network_does():
    written = []

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            written.append(func._schema.name)
            return func(*args, **(kwargs or {}))

    net = Overwriting()
    program = trace(net, (1, 3, 2, 2)).program
    images = torch.randn(2, 3, 2, 2)
    for context in (torch.no_grad, torch.enable_grad):
        with context(), Watch():
            program.run(net, images)
        found = [name.removeprefix("aten::") for name in written if name.endswith("_")]
        assert found == (["relu_", "mul_", "sigmoid_"] if context is torch.no_grad else [])
        written.clear()


def test_images_in_another_memory_format_stay_as_they_are():
    class Turned(nn.Module):
        def forward(self, x):
            # A copy of what was recorded; of images with channels last it is no copy.
            return x.permute(0, 2, 3, 1).contiguous().relu_() + 1

    program = trace(Turned(), (1, 3, 2, 2)).program
    images = torch.randn(2, 3, 2, 2).contiguous(memory_format=torch.channels_last)
    before = images.clone()
    with torch.no_grad():
        found = program.run(Turned(), images).outputs
    assert torch.equal(images, before)
    assert torch.equal(found, before.permute(0, 2, 3, 1).relu() + 1)


def test_weights_that_are_laid_out_anew_afterwards_give_the_same_values():
    class Read(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3)

        def forward(self, x):
            y = self.conv(x)
            # A copy as recorded; with such weights the convolution answers channels last, and it is none.
            return y.permute(0, 2, 3, 1).contiguous().relu_().sum((1, 2)) + y.sum((2, 3))

    torch.manual_seed(0)
    net, images = Read(), torch.randn(2, 3, 4, 4)
    expected = net(images)
    program = trace(net, (2, 3, 4, 4)).program
    net.to(memory_format=torch.channels_last)
    with torch.no_grad():
        torch.testing.assert_close(program.run(net, images).outputs, expected)


def test_channels_last_images_are_overwritten_on_their_way_where_no_value_can_be_a_view():
    written = []

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            written.append(func._schema.name)
            return func(*args, **(kwargs or {}))

    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.MaxPool2d(2)).eval()
    program = trace(net, (1, 3, 6, 6)).program
    net.to(memory_format=torch.channels_last)
    images = torch.randn(2, 3, 6, 6).contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        expected = net(images)
        with Watch():
            found = program.run(net, images).outputs

    torch.testing.assert_close(found, expected)
    assert [name for name in written if name.endswith("_")] == ["aten::relu_"]
