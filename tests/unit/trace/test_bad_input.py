"""Networks and inputs that do not fit, or are unusual: one line that says what to do, or a right answer."""

import copy
import tracemalloc

import pytest
import torch
from torch import nn

from striate.blueprint import Blueprint
from striate.errors import InputError, ShapeError
from striate.trace import trace


class Asks(nn.Module):
    """Does something to its input."""

    def __init__(self, what):
        super().__init__()
        self.what, self.fc = what, nn.Linear(3, 3)

    def forward(self, x):
        return self.what(self.fc(x))


def images(*sizes):
    return nn.Sequential(nn.Conv2d(*sizes, 3), nn.ReLU())


SMALL = nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(4), nn.Conv2d(4, 4, 5))
TOKENS = nn.Sequential(nn.Embedding(10, 4), nn.Linear(4, 3))
FLAT = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(100, 5))
WRONG = {
    # network, input, what is said of place and cure, rows before it
    "other channels": (
        images(1, 4),
        (1, 3, 8, 8),
        r"conv2d of 1×3×8×8.*\(at 0\)\. It reads 1 channel and is given 3",
        0,
    ),
    "too small": (SMALL, (1, 3, 8, 8), r"conv2d of 1×4×1×1, 4×4×5×5, 4 \(at 2\).*Kernel size: \(5 x 5\)", 2),
    "another size": (FLAT, (1, 3, 8, 8), r"linear of 1×144, 5×100, 5 \(at 2\)", 2),
    "other statistics": (
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(5)),
        (1, 3, 8, 8),
        r"batch_norm.*\(at 1\)",
        1,
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_sizes_that_clash_are_named_and_the_table_up_to_there_is_kept(case, capfd):
    net, shape, said, before = WRONG[case]
    with pytest.raises(ShapeError, match=said) as caught:
        trace(net, shape)
    error = caught.value
    assert "\n" not in str(error)
    assert [op.name for op in error.reached] == [str(i) for i in range(before)]
    assert error.operator in str(error)
    assert error.shapes[0] == (error.reached.output.shape if before else shape)
    assert capfd.readouterr().err == ""  # torch would log a traceback of its own


def test_a_blueprint_that_breaks_keeps_its_table_up_to_there():
    plan = Blueprint.from_text("input 1x8x8; conv 3x3 4; maxpool 4; maxpool 4; classes 3")
    with pytest.raises(ShapeError) as caught:
        plan.graph(batch=2)
    assert [op.name for op in caught.value.reached] == ["conv1", "maxpool1"]
    assert (caught.value.operator, caught.value.shapes) == ("maxpool", ((2, 4, 2, 2),))


def test_an_exception_in_the_networks_own_code_keeps_the_table_up_to_there():
    def lost(x):
        raise KeyError("labels")

    with pytest.raises(InputError, match=r"KeyError: 'labels' \(at the network itself\)") as caught:
        trace(Asks(lost), (1, 3))
    assert [op.kind for op in caught.value.reached] == ["linear"]
    assert (caught.value.operator, caught.value.shapes) == ("", ())


def test_token_ids_are_asked_for():
    with pytest.raises(InputError, match=r"whole numbers, such as token ids: give an example tensor"):
        trace(TOKENS, (1, 8))
    assert trace(TOKENS, torch.ones(1, 8, dtype=torch.int64)).graph.output.shape == (1, 8, 3)


def test_inputs_by_keyword_are_asked_for_by_name():
    class Masked(nn.Module):
        def forward(self, x, *, mask):
            return x * mask

    with pytest.raises(InputError, match="Missing: mask"):
        trace(Masked(), (1, 3))
    assert trace(Masked(), {"x": (2, 3), "mask": (2, 3)}).graph["mul"].inputs == ("x", "mask")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a graphics card")
def test_a_graphics_card_that_is_not_here_is_said():
    net = Asks(lambda x: x + torch.zeros(3, device="cuda"))
    with pytest.raises(InputError, match=r"graphics card that is not here: load it with map_location='cpu'") as caught:
        trace(net, (1, 3))
    assert "\n" not in str(caught.value)


def test_a_network_on_the_meta_device_whose_flow_depends_on_data_asks_for_its_weights():
    net = Asks(lambda x: x if x.sum() > 0 else -x)
    assert trace(net, (1, 3)).is_data_dependent
    with pytest.raises(InputError, match=r"parameters on the meta device\. Load its weights"):
        trace(net.to("meta"), (1, 3))


def test_a_network_that_needs_values_is_not_run_on_inputs_without_end():
    net = Asks(lambda x: x if x.sum() > 0 else -x)
    with pytest.raises(InputError, match="3,000,000,000, as 1000000000×3.*smaller input"):
        trace(net, (10**9, 3))


def test_a_thousand_million_pixels_are_answered_on_paper():
    net = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    tracemalloc.start()
    graph = trace(net, (1, 3, 32768, 32768)).graph
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert graph["0"].shape == (1, 8, 16383, 16383)
    assert graph.output.shape == (1, 8 * 8191 * 8191)
    assert peak < 20e6


def test_weights_that_are_no_numbers_change_nothing_on_paper():
    net = images(3, 4)
    expected = trace(net, (1, 3, 8, 8)).graph
    broken = copy.deepcopy(net)
    with torch.no_grad():
        broken[0].weight.fill_(float("nan"))
    recording = trace(broken, (1, 3, 8, 8))
    assert recording.graph == expected
    assert recording.program.run(broken, torch.ones(2, 3, 8, 8)).outputs.isnan().all()


def test_sizes_of_zero_inside_are_carried_along():
    class Empty(nn.Module):
        def forward(self, x):
            return torch.cat([x[:, :0], x * 2], 1)

    recording = trace(Empty(), (1, 3, 4))
    assert [op.shape for op in recording.graph] == [(1, 0, 4), (1, 3, 4), (1, 3, 4)]
    given = torch.ones(2, 3, 4)
    assert torch.equal(recording.program.run(Empty(), given).outputs, given * 2)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:FutureWarning", "ignore:.*torch.jit.*:DeprecationWarning")
@pytest.mark.parametrize("how", ["script", "trace"])
def test_scripted_networks_are_traced_and_replayed(how):
    torch.manual_seed(0)
    plain = nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2), nn.BatchNorm2d(4), nn.ReLU(), nn.ConvTranspose2d(4, 2, 2)
    ).eval()
    net = torch.jit.script(plain) if how == "script" else torch.jit.trace(plain, torch.ones(1, 3, 9, 9))
    recording = trace(net, (1, 3, 9, 9))
    expected = trace(plain, (1, 3, 9, 9)).graph
    assert [(op.kind, op.shape, op.attributes) for op in recording.graph] == [
        (op.kind, op.shape, op.attributes) for op in expected
    ]
    assert recording.not_counted == ()
    given = torch.randn(4, 3, 9, 9)
    with torch.no_grad():
        assert torch.equal(recording.program.run(net, given).outputs, net(given))


def test_a_convolution_called_by_its_general_name_is_the_one_it_is():
    def general(x, *, transposed):
        weight = torch.ones(2, 3, 2, 2)
        source = x[:, :2, None, None].expand(-1, -1, 4, 4)
        if not transposed:
            weight = weight.transpose(0, 1)
        return torch.convolution(source, weight, None, [2, 2], [0, 0], [1, 1], transposed, [0, 0], 1)

    for transposed, kind, shape in ((False, "conv", (1, 3, 2, 2)), (True, "convtranspose", (1, 3, 8, 8))):
        graph = trace(Asks(lambda x, t=transposed: general(x, transposed=t)), (1, 3)).graph
        assert (graph.output.kind, graph.output.shape) == (kind, shape)
