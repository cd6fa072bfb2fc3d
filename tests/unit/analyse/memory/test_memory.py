"""Ledgers of small networks, computed by hand."""

from dataclasses import replace

import pytest

from striate.analyse import at_batch, blocks, cost, largest_batch, memory_ledger, savings
from striate.analyse.memory.smaller import halved_early, in_place
from striate.blueprint import Blueprint
from striate.errors import InputError, UnknownNameError
from striate.graph import Conditions, Graph, Op, Param

MAP = 2 * 4 * 8 * 8 * 4  # 2 images, 4 channels, 8×8, four bytes each


def conv(name, source, *, channels=4, path="", trained=True, shape=(2, 4, 8, 8)):
    weight = Param(name="weight", shape=(4, channels, 1, 1), key=f"{name}.weight", trained=trained)
    attributes = {"kernel": (1, 1), "width": 4, "groups": 1, "bias": False}
    return Op(name=name, kind="conv", inputs=(source,), shape=shape, attributes=attributes, params=(weight,), path=path)


def relu(name, source, **more):
    return Op(name=name, kind="relu", inputs=(source,), shape=(2, 4, 8, 8), **more)


def graph_of(*ops, outputs=None, buffers=0, idle=()):
    conditions = Conditions(inputs={"x": (2, 1, 8, 8)}, mode="train")
    return Graph(ops=ops, outputs=outputs or (ops[-1].name,), conditions=conditions, buffers=buffers, idle=idle)


def test_a_training_step_holds_two_states_with_adam_one_with_momentum_none_with_sgd():
    graph = Blueprint.from_text("input 1x4x4; fc 3; classes 2").graph(batch=2, mode="train")
    params = (16 * 3 + 3 + 3 * 2 + 2) * 4

    states = {name: memory_ledger(graph, optimizer=name).optimizer_bytes for name in ("sgd", "momentum", "adam")}

    # Adam counts the steps of each of its four parameters, four bytes each.
    assert states == {"sgd": 0, "momentum": params, "adam": 2 * params + 4 * 4}
    ledger = memory_ledger(graph)
    assert ledger.parameters_bytes == ledger.gradients_bytes == params
    assert ledger.input_bytes == 2 * 16 * 4


def test_frozen_and_idle_parameters_are_stored_and_have_neither_gradient_nor_state():
    graph = graph_of(conv("a", "x", channels=1, trained=False), conv("b", "a"), idle=(("side.weight", 100),))

    ledger = memory_ledger(graph, optimizer="momentum")

    assert ledger.parameters_bytes == (4 + 16 + 100) * 4
    assert ledger.gradients_bytes == ledger.optimizer_bytes == 16 * 4


def test_every_tensor_is_sized_by_its_own_type():
    half = Param(name="weight", shape=(4, 1, 1, 1), key="a.weight", dtype="bfloat16")
    first = replace(conv("a", "x", channels=1), params=(half,))
    conditions = Conditions(
        inputs={"x": (2, 1, 8, 8), "ids": (2, 5)}, dtype="uint8", dtypes={"ids": "int64"}, mode="train"
    )
    graph = Graph(
        ops=(first, conv("b", "a")), outputs=("b",), conditions=conditions, buffers=3, buffer_bytes=17, idle_bytes=5
    )

    ledger = memory_ledger(graph, optimizer="momentum")

    assert ledger.parameters_bytes == 4 * 2 + 16 * 4 + 5
    assert ledger.gradients_bytes == ledger.optimizer_bytes == 4 * 2 + 16 * 4
    assert ledger.input_bytes == 2 * 64 * 1 + 2 * 5 * 8
    assert ledger.buffers_bytes == 17
    assert cost(graph).ops["a"].read_bytes == 2 * 64 + 4 * 2
    assert Graph.from_json(graph.to_json()) == graph


def test_a_network_without_operations_holds_its_input():
    graph = Graph(ops=(), outputs=("x",), conditions=Conditions(inputs={"x": (2, 1, 8, 8)}))

    assert memory_ledger(graph, training=False).peak_bytes == 2 * 64 * 4


def test_the_peak_of_three_layers_by_hand():
    # Kept: the input of b (a's output; x was there before) and ReLU's output r, which c reads; not b's output.
    graph = graph_of(conv("a", "x", channels=1), conv("b", "a"), relu("r", "b"), conv("c", "r"))
    weights = (4 + 16 + 16) * 4

    ledger = memory_ledger(graph, optimizer="sgd")

    assert ledger.saved == {"b": MAP, "r": MAP}
    # After the forward pass: a, r, the output c, and the loss's logarithms; on the way back the loss's two gradients.
    assert ledger.when == "backward"
    assert ledger.at == "c"
    assert ledger.at_peak["activations"] == 3 * MAP
    assert ledger.at_peak["transient"] == 3 * MAP
    assert ledger.peak_bytes == weights + 2 * 64 * 4 + 6 * MAP


def test_dropout_of_nothing_takes_no_map_and_a_sum_keeps_none():
    def through(share):
        drop = Op(name="d", kind="dropout", inputs=("a",), shape=(2, 4, 8, 8), attributes={"share": share})
        return memory_ledger(graph_of(conv("a", "x", channels=1), drop), training=False).at_peak["transient"]

    total = {"operator": "sum", "over": (2, 3), "keep": False}
    summed = Op(name="s", kind="reduction", inputs=("a",), shape=(2, 4), attributes=total)

    assert (through(0.0), through(0.5)) == (MAP, 2 * MAP)
    assert memory_ledger(graph_of(conv("a", "x", channels=1), summed)).saved == {}


def test_gradients_of_parameters_pile_up_in_the_backward_pass():
    weight = Param(name="weight", shape=(1000, 1000), key="w")
    first = Op(name="a", kind="linear", inputs=("x",), shape=(2, 1, 8, 1000), params=(weight,))
    graph = graph_of(first)

    ledger = memory_ledger(graph, optimizer="sgd")

    assert ledger.at_peak["gradients"] == 4 * 10**6
    assert ledger.when == "backward"


def test_adams_step_is_the_peak_of_a_network_that_is_all_parameters():
    weight, small = Param(name="weight", shape=(1000, 1000), key="w"), Param(name="bias", shape=(1000,), key="b")
    op = Op(name="a", kind="linear", inputs=("x",), shape=(2, 1, 8, 1000), params=(weight, small))
    graph = graph_of(op)
    params = 4 * (10**6 + 1000)
    held = 4 * params + 2 * 4 + 2 * 64 * 4 + op.bytes  # parameters, gradients, two moments, counters, input, output

    loop, at_once, fused = (
        memory_ledger(graph, implementation=how).peak_bytes for how in ("for-loop", "foreach", "fused")
    )

    assert loop == held + 2 * 4 * 10**6  # square root and quotient of the largest
    assert at_once == held + params  # square roots of all
    assert memory_ledger(graph, implementation="foreach").when == "optimizer"
    assert fused < at_once


def test_an_activation_in_place_saves_a_map_where_nothing_else_keeps_it():
    def net(**more):
        return graph_of(conv("a", "x", channels=1), relu("r", "a", **more), conv("b", "r"))

    plain = memory_ledger(net(), training=False)
    written = memory_ledger(net(in_place=True), training=False)

    assert plain.peak_bytes - plain.at_peak["transient"] == (4 + 16) * 4 + 2 * 64 * 4
    # One map is read while the next is made; all fit into two either way, as b needs two.
    assert plain.at_peak["transient"] == written.at_peak["transient"] == 2 * MAP
    assert memory_ledger(net()).saved == {"r": MAP}


def test_silu_in_place_keeps_a_copy_of_what_it_overwrites():
    silu = Op(name="s", kind="silu", inputs=("a",), shape=(2, 4, 8, 8), in_place=True)
    graph = graph_of(conv("a", "x", channels=1), silu, conv("b", "s"))

    # The copy for SiLU, and its output, which lies in a's memory, for b.
    assert memory_ledger(graph).saved == {"s": MAP, "b": MAP}


def test_a_product_keeps_a_side_only_if_the_other_needs_a_gradient():
    gate = Op(name="g", kind="mul", inputs=("x", "a"), shape=(2, 4, 8, 8))
    graph = graph_of(conv("a", "x", channels=1), gate)
    both = graph_of(
        conv("a", "x", channels=1),
        conv("b", "x", channels=1),
        Op(name="g", kind="mul", inputs=("a", "b"), shape=(2, 4, 8, 8)),
    )

    assert memory_ledger(graph).saved == {}  # x was there before, and needs no gradient: a is not kept
    assert memory_ledger(both).saved == {"g": 2 * MAP}


def test_gradients_of_a_fork_are_added_in_place_where_one_fills_its_memory():
    # a is read by two convolutions to a quarter of its channels; the second gradient of a is added to the first.
    small = (2, 1, 8, 8)
    fork = graph_of(
        conv("a", "x", channels=1), conv("b", "a", shape=small), conv("c", "a", shape=small),
        Op(name="sum", kind="add", inputs=("b", "c"), shape=small),
    )  # fmt: skip
    ledger = memory_ledger(fork, optimizer="sgd")

    # At b: a is kept; the output, its gradient (which b and c share), and two gradients of a. No third for their sum.
    assert ledger.at == "b"
    assert ledger.at_peak["activations"] == MAP
    assert ledger.at_peak["transient"] == 2 * MAP // 4 + 2 * MAP


def test_checkpointed_blocks_keep_what_they_read_only():
    def block(number, source):
        path = f"block.{number}"
        inside = [f"{path}.a", f"{path}.r", f"{path}.b", f"{path}.s"]
        return (
            conv(inside[0], source, path=inside[0]),
            relu(inside[1], inside[0], path=inside[1]),
            conv(inside[2], inside[1], path=inside[2]),
            relu(inside[3], inside[2], path=inside[3]),
        )

    graph = graph_of(
        conv("stem", "x", channels=1), *block(0, "stem"), *block(1, "block.0.s"), conv("head", "block.1.s")
    )

    whole, again = memory_ledger(graph), memory_ledger(graph, checkpoint="blocks")

    assert blocks(graph) == again.checkpoint == ("block.0", "block.1")
    assert whole.saved_bytes == 5 * MAP  # stem, two ReLUs in each block
    assert again.saved_bytes == 3 * MAP  # what each block reads, and what the head reads
    assert again.peak_bytes < whole.peak_bytes


def test_an_unknown_path_to_checkpoint_is_named():
    graph = graph_of(conv("a", "x", channels=1, path="stem"))

    with pytest.raises(UnknownNameError, match="Did you mean stem"):
        memory_ledger(graph, checkpoint=("sten",))


def test_mixed_precision_halves_kept_maps_and_keeps_half_weights():
    graph = graph_of(conv("a", "x", channels=1), conv("b", "a"))

    ledger = memory_ledger(graph, precision="mixed")

    # a keeps a half copy of the image and of its weight, b the half map and its weight.
    assert ledger.saved_bytes == (2 * 64 + 4) * 2 + MAP // 2 + 16 * 2
    assert ledger.gradients_bytes == (4 + 16) * 4


def test_forward_without_gradients_holds_two_maps_at_a_time():
    graph = graph_of(conv("a", "x", channels=1), conv("b", "a"), conv("c", "b"), buffers=5)

    ledger = memory_ledger(graph, training=False)

    assert ledger.peak_bytes == (4 + 16 + 16) * 4 + 5 * 4 + 2 * 64 * 4 + 2 * MAP
    assert (ledger.when, ledger.optimizer_bytes, ledger.gradients_bytes, ledger.saved) == ("forward", 0, 0, {})


def test_a_value_handed_to_a_module_is_held_until_it_returns():
    inside = (conv("m.a", "s", path="m.a"), conv("m.b", "m.a", path="m.b"), conv("m.c", "m.b", path="m.c"))
    graph = graph_of(conv("s", "x", channels=1, path="s"), *inside)

    # s is read by m.a only, but whoever calls m holds it.
    assert memory_ledger(graph, training=False).at_peak["transient"] == 3 * MAP


def test_another_batch_is_the_table_of_that_batch():
    plan = Blueprint.from_text("input 3x16x16; conv 3 8, batchnorm, relu; maxpool 2; fc 7, dropout 0.2; classes 5")

    assert at_batch(plan.graph(batch=1), 6) == plan.graph(batch=6)
    assert memory_ledger(plan.graph(batch=1), batch=6) == memory_ledger(plan.graph(batch=6))


def test_values_without_a_part_of_the_input_do_not_grow():
    table = Op(name="positions", kind="constant", inputs=(), shape=(2, 4))
    graph = Graph(
        ops=(table, Op(name="sum", kind="add", inputs=("x", "positions"), shape=(2, 4))),
        outputs=("sum",),
        conditions=Conditions(inputs={"x": (2, 4)}),
    )

    assert [op.shape for op in at_batch(graph, 8)] == [(2, 4), (8, 4)]


@pytest.mark.parametrize("limit", [0, 10**5, 10**6, 3 * 10**7])
def test_the_largest_batch_is_the_last_that_fits(limit):
    graph = Blueprint.from_text(
        "input 1x28x28; (conv 3 16, batchnorm, relu; maxpool 2) x2; fc 64, relu; classes 10"
    ).graph()

    found = largest_batch(graph, limit)

    assert found == 0 or memory_ledger(graph, batch=found).peak_bytes <= limit
    assert memory_ledger(graph, batch=found + 1).peak_bytes > limit


def test_savings_come_best_first_and_each_lowers_the_peak():
    plan = Blueprint.from_text("input 3x64x64; (conv 3 16, batchnorm, relu) x3; globalavgpool; classes 10")
    graph = plan.graph(batch=8, mode="train")
    before = memory_ledger(graph).peak_bytes

    ways = savings(graph)

    assert [way.peak_bytes for way in ways] == sorted(way.peak_bytes for way in ways)
    assert all(way.saved_bytes == before - way.peak_bytes > 0 for way in ways)
    assert {"half-batch", "halve-maps-early", "mixed-precision"} <= {way.name for way in ways}
    half = next(way for way in ways if way.name == "half-batch")
    assert half.peak_bytes == memory_ledger(plan.graph(batch=4, mode="train")).peak_bytes


def test_maps_are_halved_after_the_first_convolution_unless_the_head_fixes_their_size():
    free = Blueprint.from_text("input 3x16x16; conv 3 8, relu; maxpool 2; globalavgpool; classes 5").graph()
    fixed = Blueprint.from_text("input 3x16x16; conv 3 8, relu; maxpool 2; classes 5").graph()

    assert [op.shape for op in halved_early(free)][:3] == [(1, 8, 8, 8), (1, 8, 8, 8), (1, 8, 4, 4)]
    assert halved_early(fixed) is None


def test_activations_go_in_place_only_over_what_nobody_keeps():
    kept = graph_of(conv("a", "x", channels=1), relu("r", "a"), conv("b", "r"))
    forked = graph_of(
        conv("a", "x", channels=1),
        relu("r", "a"),
        conv("b", "a"),
        Op(name="s", kind="add", inputs=("r", "b"), shape=(2, 4, 8, 8)),
    )

    after_sigmoid = graph_of(
        conv("a", "x", channels=1), Op(name="s", kind="sigmoid", inputs=("a",), shape=(2, 4, 8, 8)), relu("r", "s")
    )

    assert in_place(kept)["r"].in_place
    # The sigmoid keeps its output for its own gradient; it may itself overwrite the convolution's.
    assert in_place(after_sigmoid)["s"].in_place
    assert not in_place(after_sigmoid)["r"].in_place
    assert not in_place(forked)["r"].in_place


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"optimizer": "lion"}, "optimizer must be one of sgd, momentum, adam, adamw, rmsprop; got 'lion'"),
        ({"implementation": "loop"}, "implementation must be one of for-loop, foreach, fused; got 'loop'"),
        ({"optimizer": "rmsprop", "implementation": "fused"}, "implementation must be for-loop or foreach for rmsprop"),
        ({"precision": "half"}, "precision must be full or mixed; got 'half'"),
        ({"batch": 0}, "batch must be at least 1; got 0"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        memory_ledger(graph_of(conv("a", "x", channels=1)), **arguments)
