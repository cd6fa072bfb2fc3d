"""Costs by hand."""

from striate.analyse import cost
from striate.blueprint import Blueprint
from striate.graph import Conditions, Graph, Op, Param


def test_lenet_costs_what_one_computes_by_hand():
    plan = Blueprint.from_text(
        "input 1x32x32; conv 5 6 padding 0, tanh; avgpool 2; conv 5 16 padding 0, tanh; avgpool 2; "
        "conv 5 120 padding 0, tanh; fc 84, tanh; classes 10"
    )
    table = cost(plan.graph())

    assert table.total.params == (25 * 6 + 6) + (25 * 6 * 16 + 16) + (400 * 120 + 120) + (120 * 84 + 84) + (
        84 * 10 + 10
    )
    assert table.ops["conv1"].macs == 28 * 28 * 6 * 25
    assert table.ops["conv2"].macs == 10 * 10 * 16 * 25 * 6
    assert table.ops["fc1"].macs == 120 * 84


def test_macs_and_kept_bytes_grow_with_the_batch_and_parameters_do_not():
    plan = Blueprint.from_text("input 3x16x16; conv 3 8, batchnorm, relu; maxpool 2; fc 7, relu; classes 5")
    one, eight = cost(plan.graph(batch=1, mode="train")), cost(plan.graph(batch=8, mode="train"))

    assert eight.total.params == one.total.params
    assert eight.total.macs == 8 * one.total.macs
    statistics = 2 * 4 * 8
    assert eight.total.kept_bytes - statistics == 8 * (one.total.kept_bytes - statistics)


def test_a_value_two_ops_keep_counts_once():
    # relu keeps its output, the next convolution keeps its input: the same 2·4·4 values.
    table = cost(Blueprint.from_text("input 1x4x4; conv 3 2, relu; conv 3 2; classes 2").graph())

    assert table.ops["relu1"].kept_bytes == 2 * 16 * 4
    assert table.ops["conv2"].kept_bytes == 0


def test_a_parameter_that_two_ops_share_counts_once():
    shared = (Param(name="weight", shape=(4, 4), key="tied"),)
    ops = tuple(
        Op(
            name=name,
            kind="linear",
            inputs=(source,),
            shape=(1, 4),
            attributes={"width": 4, "bias": False},
            params=shared,
        )
        for name, source in (("first", "input"), ("second", "first"))
    )
    graph = Graph(ops=ops, outputs=("second",), conditions=Conditions(inputs={"input": (1, 4)}))

    table = cost(graph)

    assert table.total.params == 16
    assert table.total.macs == 2 * 16


def linear(name, source, *, trained=True, width=4, path=""):
    weight = Param(name="weight", shape=(width, 4), trained=trained)
    return Op(name=name, kind="linear", inputs=(source,), shape=(2, width), params=(weight,), path=path)


def test_the_backward_pass_needs_no_gradient_of_the_image_and_none_of_frozen_weights():
    ops = (linear("a", "x"), linear("b", "a", trained=False), linear("c", "b"))
    graph = Graph(ops=ops, outputs=("c",), conditions=Conditions(inputs={"x": (2, 4)}))

    table = cost(graph)

    # 2·16 MACs each forward: the weight's gradient only; the input's only; both.
    assert [table.ops[name].backward_flops for name in "abc"] == [2 * 32, 2 * 32, 4 * 32]
    assert table.total.backward_flops == 8 * 32


def test_nothing_flows_back_through_layers_before_the_first_trained_one():
    ops = (linear("a", "x", trained=False), linear("b", "a"))
    graph = Graph(ops=ops, outputs=("b",), conditions=Conditions(inputs={"x": (2, 4)}))

    table = cost(graph)

    assert table.ops["a"].backward_flops == table.ops["a"].kept_bytes == 0
    assert table.ops["b"].backward_flops == 2 * 32


def test_layers_and_other_products_are_told_apart():
    ops = (
        linear("q", "x"),
        linear("k", "x"),
        Op(name="kt", kind="permute", inputs=("k",), shape=(4, 2), attributes={"order": (1, 0)}),
        Op(name="scores", kind="matmul", inputs=("q", "kt"), shape=(2, 2), attributes={"inner": 4}),
    )
    graph = Graph(ops=ops, outputs=("scores",), conditions=Conditions(inputs={"x": (2, 4)}))

    table = cost(graph)

    assert table.total.layer_macs == 2 * (2 * 4 * 4)
    assert table.total.macs == table.total.layer_macs + 2 * 2 * 4
    assert table.ops["scores"].backward_flops == 2 * 2 * (2 * 2 * 4)


def test_other_work_and_bytes_moved_by_hand():
    plan = Blueprint.from_text("input 1x4x4; conv 3 2, batchnorm, relu; maxpool 2; classes 3")
    table = cost(plan.graph(batch=2))

    # 2 images × 2 channels × 16 places: 4 a value for normalisation, 1 for ReLU; 4 comparisons for each of 2·2·4 windows
    assert [table.ops[name].other_flops for name in ("conv1", "batchnorm1", "relu1", "maxpool1")] == [0, 256, 64, 64]
    # The bias of the last layer: one sum for each of 2·3 outputs.
    assert table.ops["classes"].other_flops == 6
    assert table.ops["flatten1"].read_bytes == table.ops["flatten1"].written_bytes == 0
    assert table.ops["conv1"].read_bytes == 4 * (2 * 16 + 18)
    assert table.ops["conv1"].written_bytes == 4 * 64


def test_dropout_costs_nothing_in_eval_mode():
    plan = Blueprint.from_text("input 1x4x4; fc 4, dropout 0.5; classes 3")

    assert cost(plan.graph(mode="eval")).ops["dropout1"].kept_bytes == 0
    # The mask, in the value's own type.
    assert cost(plan.graph(mode="train")).ops["dropout1"].kept_bytes == 4 * 4


def test_costs_add_up_by_module_to_any_depth_and_by_kind():
    ops = (linear("a", "x", path="stage.0"), linear("b", "a", path="stage.1"), linear("c", "b", path="head"))
    graph = Graph(ops=ops, outputs=("c",), conditions=Conditions(inputs={"x": (2, 4)}))

    table = cost(graph)

    assert {path: row.macs for path, row in table.by_module(1).items()} == {"stage": 64, "head": 32}
    assert list(table.by_module()) == ["stage.0", "stage.1", "head"]
    assert {kind: row.params for kind, row in table.by_kind().items()} == {"linear": 48}


def test_what_no_kind_knows_is_listed_and_not_zero_in_silence():
    op = Op(name="fft", kind="unknown:fft_fft2", inputs=("x",), shape=(2, 4))
    graph = Graph(ops=(op,), outputs=("fft",), conditions=Conditions(inputs={"x": (2, 4)}))

    assert cost(graph).not_counted == ("fft",)
