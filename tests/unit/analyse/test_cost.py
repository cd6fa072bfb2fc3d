"""Costs by hand."""

from striate.analyse import cost, training_bytes
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


def test_a_training_step_holds_two_states_with_adam_and_one_with_momentum():
    graph = Blueprint.from_text("input 1x4x4; fc 3; classes 2").graph(batch=2)
    params = (16 * 3 + 3 + 3 * 2 + 2) * 4

    adam, sgd = training_bytes(graph, states=2), training_bytes(graph, states=1)

    assert adam["parameters"] == adam["gradients"] == params
    assert adam["optimizer"] == 2 * params
    assert sgd["optimizer"] == params
    assert adam["input"] == 2 * 16 * 4


def test_frozen_parameters_have_no_gradients_and_no_optimizer_state():
    params = (Param(name="weight", shape=(4, 4), trained=False), Param(name="bias", shape=(4,)))
    op = Op(
        name="fc", kind="linear", inputs=("input",), shape=(1, 4), attributes={"width": 4, "bias": True}, params=params
    )
    graph = Graph(ops=(op,), outputs=("fc",), conditions=Conditions(inputs={"input": (1, 4)}))

    held = training_bytes(graph, states=2)

    assert held["parameters"] == 20 * 4
    assert held["gradients"] == 4 * 4
    assert held["optimizer"] == 2 * 4 * 4


def test_parameters_no_op_reads_are_stored_but_have_no_gradients():
    op = Op(name="fc", kind="linear", inputs=("input",), shape=(1, 4), params=(Param(name="weight", shape=(4, 4)),))
    graph = Graph(
        ops=(op,), outputs=("fc",), conditions=Conditions(inputs={"input": (1, 4)}), idle=(("side.weight", 100),)
    )

    held = training_bytes(graph, states=1)

    assert held["parameters"] == 116 * 4
    assert held["gradients"] == held["optimizer"] == 16 * 4


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
