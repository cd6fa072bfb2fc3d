"""The table folded by module; trees written down by hand."""

from striate.analyse.folding import folded
from striate.blueprint import Blueprint
from striate.graph import Conditions, Graph, Op, Param

SHAPE = (1, 4, 8, 8)


def _graph(*rows, inputs=("x",), outputs=None):
    """Ops as (path, kind, what they read); a name is the path, numbered where it comes again."""
    ops = []
    for name, path, kind, reads in rows:
        key = f"{path}.weight"
        params = (Param(name="weight", shape=(4, 4, 3, 3), key=key),) if kind == "conv" else ()
        window = {"kernel": (3, 3), "stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1)}
        attributes = window | {"width": 4, "groups": 1, "bias": False} if kind == "conv" else {}
        ops.append(
            Op(name=name, kind=kind, inputs=tuple(reads), shape=SHAPE, attributes=attributes, params=params, path=path)
        )
    conditions = Conditions(inputs=dict.fromkeys(inputs, SHAPE))
    return Graph(ops=tuple(ops), outputs=tuple(outputs or (ops[-1].name,)), conditions=conditions)


def _tree(fold):
    """Names with what they hold."""
    return {part.name: _tree(part) for part in fold.children} if fold.children else {}


def _named(fold, name):
    return next(part for part in fold.children if part.name == name)


def _block(path, source):
    return [
        (f"{path}.conv1", f"{path}.conv1", "conv", [source]),
        (f"{path}.relu", f"{path}.relu", "relu", [f"{path}.conv1"]),
        (f"{path}.conv2", f"{path}.conv2", "conv", [f"{path}.relu"]),
        (f"{path}.add", path, "add", [f"{path}.conv2", source]),
        (f"{path}.relu_2", f"{path}.relu", "relu", [f"{path}.add"]),
    ]


def test_modules_are_rows_and_a_layer_takes_its_activation_in():
    found = folded(_graph(("stem", "stem", "conv", ["x"]), *_block("body.0", "stem")))

    assert _tree(found) == {
        "x": {},
        "stem": {},
        "body.0": {"conv1": {"conv1": {}, "relu": {}}, "conv2": {}, "add": {"add": {}, "relu": {}}},
    }
    block = _named(found, "body.0")
    assert block.path == "body.0"
    assert [(row.at, row.passes) for row in block.lanes.rows] == [(1, (0,)), (1, (0,)), (0, ())]


def test_equal_blocks_that_follow_each_other_are_one_row_and_its_parts_can_be_reached():
    blocks = [row for i in range(3) for row in _block(f"body.{i}", f"body.{i - 1}.relu_2" if i else "x")]

    found = folded(_graph(*blocks))

    body = _named(found, "body")
    assert (body.sort, body.count) == ("module", 3)
    assert [part.name for part in body.children] == ["0", "1", "2"]
    assert len(body.ops) == 15


def test_equal_parts_beside_others_are_one_row_with_both_names():
    found = folded(
        _graph(
            ("body.first", "body.first", "maxpool", ["x"]),
            *_block("body.1", "body.first"),
            *_block("body.2", "body.1.relu_2"),
        )
    )

    body = _named(found, "body")
    assert [(part.name, part.sort, part.count) for part in body.children] == [
        ("first", "op", 1),
        ("1 – 2", "repeat", 2),
    ]


def test_equal_branches_that_read_the_same_value_are_not_a_repeat():
    found = folded(
        _graph(
            ("a", "a", "conv", ["x"]),
            ("b", "b", "conv", ["x"]),
            ("add", "", "add", ["a", "b"]),
        )
    )

    assert [part.name for part in found.children] == ["x", "a", "b", "add"]


def test_a_part_whose_value_is_read_elsewhere_is_no_repeat():
    # The first of two equal convolutions has a skip from it, which a single row would hide.
    found = folded(
        _graph(("a", "a", "conv", ["x"]), ("b", "b", "conv", ["a"]), ("cat", "", "add", ["b", "a"]), inputs=("x",))
    )

    assert [part.name for part in found.children] == ["x", "a", "b", "cat"]


def test_other_sizes_are_no_repeat():
    plan = Blueprint.from_text("input 4x8x8; conv 3x3 4; conv 3x3 8; conv 3x3 8; classes 2")

    assert [part.name for part in folded(plan.graph()).children] == ["input", "conv1", "conv2", "conv3", "classes"]


def test_a_module_called_four_times_has_four_rows():
    calls = [
        row
        for n in range(4)
        for row in [
            (f"block.conv_{n}", "block.conv", "conv", [f"block.relu_{n - 1}" if n else "x"]),
            (f"block.relu_{n}", "block.relu", "relu", [f"block.conv_{n}"]),
        ]
    ]

    found = folded(_graph(*calls))

    assert [part.name for part in found.children] == ["x", "block"]
    repeat = _named(found, "block")
    assert (repeat.sort, repeat.count) == ("repeat", 4)
    assert [(part.path, part.call, part.calls) for part in repeat.children] == [("block", n, 4) for n in (1, 2, 3, 4)]


def test_parts_that_read_each_other_in_another_way_are_no_repeat():
    def part(number, source):
        return [
            (f"m.{number}.conv", f"m.{number}.conv", "conv", [source]),
            (f"m.{number}.mean", f"m.{number}.mean", "maxpool", [f"m.{number}.conv"]),
            (f"m.{number}.last", f"m.{number}.last", "conv", [f"m.{number}.mean"]),
        ]

    # The third reads the middle of the second, where the second reads the end of the first.
    found = folded(_graph(*part(0, "x"), *part(1, "m.0.last"), *part(2, "m.1.mean")))

    assert [part.name for part in _named(found, "m").children] == ["0 – 1", "2"]


def test_parts_that_are_wired_otherwise_within_are_no_repeat():
    def part(number, source, last):
        conv, pool = f"m.{number}.conv", f"m.{number}.pool"
        sums = [conv, pool] if last else [pool, conv]
        return [
            (conv, conv, "conv", [source]),
            (pool, pool, "maxpool", [conv]),
            (f"m.{number}.add", f"m.{number}", "add", sums),
        ]

    found = folded(_graph(*part(0, "x", last=False), *part(1, "m.0.add", last=True)))

    assert _named(found, "m").count == 1


def test_parts_that_read_the_same_value_beside_the_one_before_are_a_repeat_and_others_are_not():
    def sums(second):
        return folded(
            _graph(
                ("left", "left", "maxpool", ["x"]),
                ("right", "right", "avgpool", ["x"]),
                ("s.0", "s.0", "add", ["x", "left"]),
                ("s.1", "s.1", "add", ["s.0", second]),
                ("end", "", "mul", ["s.1", "right"]),
            )
        )

    assert [(part.name, part.count) for part in sums("left").children][3] == ("s", 2)
    assert _named(sums("right"), "s").count == 1


def test_a_module_round_one_that_is_called_twice_is_one_module():
    calls = [
        row
        for n in range(2)
        for row in [
            (f"outer.inner.conv_{n}", "outer.inner.conv", "conv", [f"outer.inner.pool_{n - 1}" if n else "x"]),
            (f"outer.inner.pool_{n}", "outer.inner.pool", "maxpool", [f"outer.inner.conv_{n}"]),
        ]
    ]

    outer = _named(folded(_graph(*calls)), "outer")

    assert (outer.sort, outer.count) == ("module", 2)
    assert [part.path for part in outer.children] == ["outer.inner", "outer.inner"]


def test_a_module_called_again_later_has_a_row_there():
    found = folded(
        _graph(
            ("block.conv", "block.conv", "conv", ["x"]),
            ("block.sigmoid", "block", "sigmoid", ["block.conv"]),
            ("pool", "pool", "maxpool", ["block.sigmoid"]),
            ("block.conv_2", "block.conv", "conv", ["pool"]),
            ("block.sigmoid_2", "block", "sigmoid", ["block.conv_2"]),
        )
    )

    assert [part.name for part in found.children] == ["x", "block", "pool", "block"]
    assert [part.call for part in found.children if part.name == "block"] == [1, 2]


def test_functions_of_one_module_without_parameters_are_one_row():
    found = folded(
        _graph(
            ("pad.a", "pad", "pad", ["x"]),
            ("pad.b", "pad", "pad", ["pad.a"]),
            ("end", "", "add", ["pad.b", "x"]),
        )
    )

    assert [part.name for part in found.children][1] == "pad"
    assert (_named(found, "pad").sort, len(_named(found, "pad").ops)) == ("module", 2)


def test_a_wrapper_round_one_thing_is_that_thing():
    found = folded(_graph(("a.b.conv", "a.b.conv", "conv", ["x"]), ("sum", "", "add", ["a.b.conv", "x"])))

    assert [(part.name, part.sort) for part in found.children] == [("x", "input"), ("a.b.conv", "op"), ("sum", "op")]


def test_two_inputs_and_two_outputs_are_rows_and_lines():
    found = folded(
        _graph(
            ("left", "left", "conv", ["x"]),
            ("right", "right", "conv", ["y"]),
            ("both", "", "add", ["left", "right"]),
            inputs=("x", "y"),
            outputs=("both", "right"),
        )
    )

    assert [(part.name, part.sort) for part in found.children][:2] == [("x", "input"), ("y", "input")]
    assert found.lanes.leaves == (0, 1)


def test_every_op_is_in_exactly_one_leaf_in_order():
    blocks = [row for i in range(3) for row in _block(f"body.{i}", f"body.{i - 1}.relu_2" if i else "x")]
    graph = _graph(*blocks)

    def leaves(fold):
        return [name for part in fold.children for name in leaves(part)] if fold.children else list(fold.ops)

    assert leaves(folded(graph)) == [op.name for op in graph]
