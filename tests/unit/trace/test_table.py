"""What the table of a traced network says."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.kinds import kind_of
from striate.trace import trace


def rows(graph):
    return [(op.name, op.kind, op.inputs) for op in graph]


def test_leaf_modules_give_their_path_and_functions_their_kind():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, padding=1)
            self.bn = nn.BatchNorm2d(8)

        def forward(self, x):
            y = functional.relu(self.bn(self.conv(x)))
            return y + x.mean(1, keepdim=True)

    graph = trace(Net(), (2, 3, 8, 8)).graph
    assert rows(graph) == [
        ("conv", "conv", ("x",)),
        ("bn", "batchnorm", ("conv",)),
        ("relu", "relu", ("bn",)),
        ("mean", "mean", ("x",)),
        ("add", "add", ("relu", "mean")),
    ]
    assert graph.outputs == ("add",)
    assert graph["conv"].shape == (2, 8, 8, 8)
    assert [(p.name, p.key, p.shape) for p in graph["conv"].params] == [
        ("weight", "conv.weight", (8, 3, 3, 3)),
        ("bias", "conv.bias", (8,)),
    ]
    assert graph.buffers == 8 + 8 + 1


def test_convolution_attributes_are_those_of_paper():
    net = nn.Sequential(nn.Conv2d(4, 8, 3, stride=2, padding=2, dilation=2, groups=2, bias=False))
    (op,) = trace(net, (1, 4, 9, 9)).graph
    assert op.attributes == {
        "kernel": (3, 3),
        "width": 8,
        "stride": (2, 2),
        "padding": ((2, 2), (2, 2)),
        "dilation": (2, 2),
        "groups": 2,
        "bias": False,
    }


def test_padding_same_of_an_even_kernel_is_longer_behind():
    (op,) = trace(nn.Conv2d(1, 1, 4, padding="same"), (1, 1, 8, 8)).graph
    assert op.attributes["padding"] == ((1, 2), (1, 2))
    assert op.shape == (1, 1, 8, 8)


@pytest.mark.parametrize(
    ("net", "shape", "kernel", "out"),
    [
        (nn.Conv1d(2, 3, 5), (1, 2, 10), (5,), (1, 3, 6)),
        (nn.Conv3d(2, 3, (1, 2, 3)), (1, 2, 4, 4, 4), (1, 2, 3), (1, 3, 4, 3, 2)),
    ],
    ids=["1-D", "3-D"],
)
def test_one_and_three_axes_are_read(net, shape, kernel, out):
    (op,) = trace(net, shape).graph
    assert (op.attributes["kernel"], op.shape) == (kernel, out)


def test_maximum_pooling_has_the_keys_of_paper():
    (op,) = trace(nn.MaxPool2d(3, 2, padding=1), (1, 2, 8, 8)).graph
    assert op.attributes == kind_of("maxpool").attributes(
        {"kernel": (3,), "stride": (2,), "padding": (1,)}, (1, 2, 8, 8)
    )


class Flat(nn.Module):
    def __init__(self, how):
        super().__init__()
        self.how, self.conv, self.fc = how, nn.Conv2d(1, 2, 3), nn.Linear(72, 5)

    def forward(self, x):
        return self.fc(self.how(functional.relu(self.conv(x), inplace=True)))


def test_every_way_to_flatten_gives_the_same_rows():
    ways = [
        nn.Flatten(),
        lambda x: x.view(x.size(0), -1),
        lambda x: torch.flatten(x, 1),
        lambda x: x.reshape(x.shape[0], 72),
    ]
    tables = [trace(Flat(way), (3, 1, 8, 8)).graph.canonical() for way in ways]
    assert [row[0] for row in tables[0]] == ["conv", "relu", "flatten", "linear"]
    assert all(table == tables[0] for table in tables)


def test_a_view_that_changes_nothing_is_no_row():
    graph = trace(nn.Sequential(nn.Linear(3, 2), nn.Flatten()), (2, 3)).graph
    assert [op.kind for op in graph] == ["linear"]


def test_in_place_and_plain_relu_give_equal_rows():
    plain, written = (
        trace(nn.Sequential(nn.Linear(3, 3), nn.ReLU(inplace=flag)), (2, 3)).graph for flag in (False, True)
    )
    assert plain.canonical() == written.canonical()


def test_a_value_written_in_place_is_read_as_what_it_became():
    class Net(nn.Module):
        def forward(self, x):
            y = x * 2
            z = y.relu_()
            return y + z

    assert rows(trace(Net(), (1, 3)).graph)[-1] == ("add", "add", ("relu", "relu"))


def test_a_module_called_twice_is_numbered_and_shares_its_key():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 3)

        def forward(self, x):
            return self.fc(self.fc(x))

    first, second = trace(Net(), (1, 3)).graph
    assert (first.name, second.name, second.inputs) == ("fc", "fc_2", ("fc",))
    assert first.params == second.params


def test_concatenation_and_parts_keep_their_sizes():
    class Net(nn.Module):
        def forward(self, x):
            a, b = x.split([1, 3], 1)
            return torch.cat([b, a, b], 1)

    graph = trace(Net(), (2, 4, 5)).graph
    assert [(op.kind, op.shape) for op in graph] == [
        ("slice", (2, 1, 5)),
        ("slice", (2, 3, 5)),
        ("concat", (2, 7, 5)),
    ]
    assert graph.input_shapes(graph.output) == ((2, 3, 5), (2, 1, 5), (2, 3, 5))
    assert graph.output.attributes == {"axis": 1}
    assert [op.inputs for op in graph] == [("x",), ("x",), ("slice_2", "slice", "slice_2")]


def test_dropout_is_a_row_in_both_modes_and_counts_in_training_only():
    net = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.25), nn.ReLU())
    evaluated, trained = (trace(net, (2, 3), mode=mode).graph for mode in ("eval", "train"))
    assert rows(evaluated) == rows(trained)
    assert evaluated["1"].attributes == {"share": 0.25}
    assert len(trained.canonical()) == len(evaluated.canonical()) + 1
    assert (evaluated.conditions.mode, trained.conditions.mode) == ("eval", "train")


def test_a_residual_past_dropout_reads_what_stood_before_it():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.drop = nn.Linear(3, 3), nn.Dropout(0.5)

        def forward(self, x):
            y = self.fc(x)
            return self.drop(y) + y

    assert trace(Net(), (1, 3)).graph["add"].inputs == ("drop", "fc")


def test_an_operator_nobody_knows_is_listed_and_not_free():
    class Net(nn.Module):
        def forward(self, x):
            return torch.fft.fft(x).real

    recording = trace(Net(), (2, 8))
    assert recording.not_counted[0] == "_fft_r2c"
    assert recording.graph["_fft_r2c"].kind == "unknown:_fft_r2c"


def test_parameters_that_no_op_reads_are_idle():
    net = nn.Sequential(nn.Linear(3, 2))
    net.spare = nn.Parameter(torch.zeros(5))
    net.forward = lambda x: net[0](x)  # noqa: PLW0108 - leads back to the original on purpose
    assert trace(net, (1, 3)).graph.idle == (("spare", 5),)


def test_weights_made_by_arithmetic_begin_at_a_constant_that_holds_the_parameter():
    class Standardised(nn.Conv2d):
        def forward(self, x):
            return functional.conv2d(x, self.weight - self.weight.mean(), None)

    graph = trace(Standardised(2, 3, 1, bias=False), (1, 2, 4, 4)).graph
    assert [op.kind for op in graph] == ["constant", "mean", "add", "conv"]
    assert graph.output.inputs == ("x", "add")
    read = [(op.name, p.key) for op in graph for p in op.params]
    assert read == [("constant", "weight"), ("add", "weight")]
    assert kind_of("conv").macs(graph.output, graph.input_shapes(graph.output)) == 3 * 16 * 2


def test_inputs_are_named_as_forward_names_them():
    class Two(nn.Module):
        def forward(self, image, mask):
            return image * mask

    graph = trace(Two(), {"image": (2, 3), "mask": (2, 1)}).graph
    assert graph.conditions.inputs == {"image": (2, 3), "mask": (2, 1)}
    assert graph["mul"].inputs == ("image", "mask")


def test_examples_give_shapes_and_types():
    graph = trace(nn.Embedding(10, 4), torch.zeros(2, 3, dtype=torch.int64)).graph
    assert (graph.conditions.dtype, graph.output.shape) == ("int64", (2, 3, 4))


def test_a_table_survives_json():
    from striate.graph import Graph

    graph = trace(nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.Flatten()), (1, 1, 8, 8)).graph
    assert Graph.from_json(graph.to_json()) == graph


def test_attention_is_counted_with_the_fast_path_off():
    net = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    recording = trace(net, (1, 5, 8))
    attention = next(op for op in recording.graph if op.kind == "attention")
    # Two heads of 4 features, 5 places: q·kᵀ and the weighted sum are 2·5·5·4 each.
    assert kind_of("attention").macs(attention, ()) == 2 * (2 * 5 * 5 * 4)
    assert recording.not_counted == ()


class Meeting(nn.Module):
    """Two branches and a parameter, and what is done with them."""

    def __init__(self, meet):
        super().__init__()
        self.one, self.two, self.p = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3), nn.Parameter(torch.ones(4, 1, 1))
        self.meet = meet

    def forward(self, x):
        return self.meet(self.one(x), self.two(x), self.p)


@pytest.mark.parametrize(
    ("meet", "attributes"),
    [
        (lambda a, b, p: a + b, {}),
        (lambda a, b, p: a - b, {"subtracts": 1}),
        (lambda a, b, p: a.sub_(b), {"subtracts": 1}),
        (lambda a, b, p: torch.rsub(a, b), {"subtracts": 0}),
        (lambda a, b, p: torch.add(a, b, alpha=0.1), {"alpha": 0.1}),
        (lambda a, b, p: torch.sub(a, b, alpha=2), {"subtracts": 1, "alpha": 2.0}),
        (lambda a, b, p: a + b - p, {"subtracts": 1}),
        (lambda a, b, p: p - (a + b), {"subtracts": 0}),
        (lambda a, b, p: (a + b) - 1, {}),
        (lambda a, b, p: 1 - (a + b), {"subtracts": 0}),
    ],
)
def test_a_difference_is_no_sum(meet, attributes):
    assert trace(Meeting(meet), (2, 3, 8, 8)).graph.ops[-1].attributes == attributes


def test_a_difference_is_another_the_other_way_round_and_a_sum_is_not():
    def canonical(meet):
        return trace(Meeting(meet), (2, 3, 8, 8)).graph.canonical()

    assert canonical(lambda a, b, p: a + b) == canonical(lambda a, b, p: b + a)
    assert len({canonical(meet) for meet in (
        lambda a, b, p: a + b, lambda a, b, p: a - b, lambda a, b, p: b - a, lambda a, b, p: torch.add(a, b, alpha=2),
    )}) == 4  # fmt: skip
