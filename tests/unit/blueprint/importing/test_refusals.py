"""What cannot be said in words is refused at its op, with the reason."""

import pytest
import torch
from torch import nn

from striate.blueprint import Blueprint
from striate.checking import import_blueprint
from striate.errors import BlueprintError
from striate.graph import Conditions, Graph, Op
from striate.trace import trace


class Net(nn.Module):
    """A network of parts, and what is done with them."""

    def __init__(self, forward, **parts):
        super().__init__()
        self.forward_, self.last = forward, nn.Linear(4, 3)
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x):
        return self.last(self.forward_(self, x).mean((2, 3)))


def conv(**options):
    return nn.Conv2d(4, 4, 3, padding=1, **options)


def crossing(net, x):
    a = net.a(x)
    b = net.b(x)
    return net.c(a + b) + net.d(a * b)


def turns(net, x):
    a, b = net.a(x), net.b(x)
    return net.c(a) * net.d(b)


def halves(net, x):
    one, other = x.chunk(2, 1)
    return torch.cat([net.part(one), other], 1)


def attention(net, x):
    flat = x.flatten(2)
    return (flat.transpose(1, 2) @ flat).unsqueeze(1).expand(-1, 4, -1, -1)


PARTS = {name: conv() for name in "abcd"}
CASES = {
    "crossing": (Net(crossing, **PARTS), "a", "Skip connections that cross"),
    "weights of another layer": (Net(lambda net, x: net.a(net.a(x)), a=conv()), "a_2", "It shares a.weight with a."),
    "part of a value": (Net(halves, part=nn.Conv2d(2, 2, 1)), "slice", "No word writes slice"),
    "attention": (Net(attention), "view", "No word writes view"),
    "a number": (Net(lambda net, x: net.a(x) * 0.5, a=conv()), "mul", "arithmetic with a number"),
    "a parameter": (Net(lambda net, x: x + net.p, p=nn.Parameter(torch.ones(1, 4, 1, 1))), "add", "with a parameter"),
    "a map spread over another": (
        Net(lambda net, x: x + x.mean((2, 3), keepdim=True)), "add", "Here they have 4×6×6 and 4×1×1",
    ),
    "a quotient": (Net(lambda net, x: x / torch.sigmoid(x)), "mul", "plain sum, product or concatenation"),
    "a difference": (Net(lambda net, x: x - torch.sigmoid(x)), "add", "plain sum, product or concatenation"),
    "a weighted sum": (Net(lambda net, x: torch.add(x, torch.sigmoid(x), alpha=0.1)), "add", "plain sum, product"),
    "another axis": (Net(lambda net, x: torch.cat([x, net.a(x)], 2), a=conv()), "concat", "Here it is axis 2"),
    "itself": (Net(lambda net, x: x * x), "mul", "At most one branch may be identity"),
    "no gradient": (Net(lambda net, x: net.a(x).detach(), a=conv()), "identity", "No word stops them"),
    "arguments no word has": (Net(lambda net, x: nn.functional.pad(x, (1, 0))), "pad", "Near: zeropad; none with pad (1, 0)"),
    "by turns": (Net(turns, **PARTS), "b", "These run by turns"),
    "nothing reads it": (Net(lambda net, x: (net.a(x), net.b(x))[1], **PARTS), "a", "Nothing that is returned reads it"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_op_and_the_reason_are_told(case):
    net, where, reason = CASES[case]
    graph = trace(net.eval(), (2, 4, 6, 6)).graph
    with pytest.raises(BlueprintError) as refusal:
        Blueprint.from_graph(graph)

    assert graph[refusal.value.where].kind in str(refusal.value)
    assert reason in str(refusal.value)
    assert where in refusal.value.where


def small_graph(**changes):
    op = Op(name="f", kind="relu", inputs=("x",), shape=(1, 3, 4, 4))
    given = {"ops": (op,), "outputs": ("f",), "conditions": Conditions(inputs={"x": (1, 3, 4, 4)})}
    return Graph(**(given | changes))


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (small_graph(), "one value each, or a 1×1 convolution's map"),
        (small_graph(conditions=Conditions(inputs={"x": (1, 3, 4, 4), "y": (1, 2)})), "one input; got x, y"),
        (small_graph(conditions=Conditions(inputs={"x": (1, 3)})), "channels and one to three axes; got (3,) (at x)"),
        (small_graph(outputs=()), "every op must have a part in an output; got relu, giving 3×4×4 (at f)"),
        (small_graph(ops=(), outputs=()), "every output must be a value of its own; got none"),
        (small_graph(ops=(), outputs=("x",)), "every output must be a value of its own; got x"),
        (
            small_graph(ops=(Op(name="f", kind="unknown:fft", inputs=("x",), shape=(1, 3)),)),
            "of a known kind; got unknown:fft, giving 3 (at f)",
        ),
    ],
)
def test_tables_that_are_no_blueprint_by_their_form(graph, reason):
    with pytest.raises(BlueprintError) as refusal:
        Blueprint.from_graph(graph)

    assert reason in str(refusal.value)


class Reversed(nn.Module):
    """Heads that are returned in the order in which they do not branch off."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(4, 3), nn.Linear(3, 2), nn.Linear(2, 2)

    def forward(self, x):
        a = self.a(x.flatten(1))
        b = self.b(a)
        return self.c(b), b, a


def test_heads_in_another_order_are_refused():
    with pytest.raises(BlueprintError, match="in the order in which they branch off.*returns its heads as they are"):
        Blueprint.from_graph(trace(Reversed(), (2, 1, 2, 2)).graph)


@pytest.mark.parametrize("names", [("a",), ("a", "a"), ("a", "b", "c")])
def test_names_must_be_as_many_as_there_are_outputs(names):
    graph = Blueprint.from_text("input 1x4x4; classes 2").graph()
    with pytest.raises(BlueprintError, match="names must be 2, all different"):
        Blueprint.from_graph(graph, names=names)


def test_names_that_no_text_holds_are_refused():
    graph = Blueprint.from_text("input 1x4x4; classes 2").graph()
    with pytest.raises(BlueprintError, match="what is imported must be a blueprint"):
        Blueprint.from_graph(graph, names=("a; b", "c"))


class Undecided(nn.Module):
    """What it does depends on the image."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(4, 2), nn.Linear(4, 2)

    def forward(self, x):
        x = x.flatten(1)
        return self.one(x) if x.mean() > 0 else self.two(x)


def test_a_network_that_decides_by_the_image_is_refused():
    with pytest.raises(BlueprintError, match="the same calls for every image"):
        import_blueprint(Undecided(), (1, 2, 2))


def test_the_module_is_left_as_it_was():
    net = Net(lambda net, x: net.a(x), a=conv()).train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    torch.manual_seed(3)
    expected = torch.get_rng_state()
    import_blueprint(net, (4, 6, 6))

    assert net.training
    assert torch.equal(torch.get_rng_state(), expected)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
