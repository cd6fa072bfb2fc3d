"""Two networks side by side; the expected figures are worked out by hand."""

import json
from dataclasses import fields, replace

import pytest

from striate.analyse import compare
from striate.analyse.stages import map_sizes, stages
from striate.blueprint import Blueprint
from striate.graph import Conditions, Graph, Op
from striate.records import Cost

SMALL = "input 1x8x8; conv 3x3 4, relu; maxpool 2; conv 3x3 8, relu; classes 2"


def graph(text, batch=1):
    return Blueprint.from_text(text).graph(batch=batch)


def test_totals_stand_side_by_side_with_their_ratio():
    found = compare(graph(SMALL), graph(SMALL.replace("3x3 8", "3x3 16")))
    # 4·9 + 4, then 8·36 + 8 or 16·36 + 16, then 2·128 + 2 or 2·256 + 2.
    params = found.total("params")
    assert (params.first, params.second) == (40 + 296 + 258, 40 + 592 + 514)
    assert params.ratio == pytest.approx(1146 / 594)
    # 64 places · 36 weights, then 16 places · 288 or 576, then 256 or 512.
    macs = found.total("macs")
    assert (macs.first, macs.second) == (2304 + 4608 + 256, 2304 + 9216 + 512)
    # conv 3 at stride 1, pool 2 at stride 2, conv 3 at stride 2: 3 + 1 + 4 = 8 pixels, 2 apart, 1 + 2 beyond the border.
    fields = [
        (found.total(f"field_{name}_px").first, found.total(f"field_{name}_px").second)
        for name in ("size", "stride", "padding")
    ]
    assert fields == [(8, 8), (2, 2), (3, 3)]
    assert (found.total("ops").first, found.total("not_counted").second) == (7, 0)


def test_the_fields_of_both_last_maps_are_compared():
    found = compare(graph(SMALL), graph("input 1x8x8; conv 3x3 4; conv 3x3 4, relu; classes 2"))
    assert (found.total("field_size_px").first, found.total("field_size_px").second) == (8, 5)
    assert (found.total("field_stride_px").first, found.total("field_stride_px").second) == (2, 1)


def test_every_column_of_a_cost_is_compared():
    found = compare(graph(SMALL), graph(SMALL))
    assert {column.name for column in fields(Cost)} <= {pair.name for pair in found.totals}


def test_further_figures_are_carried_along():
    found = compare(graph(SMALL), graph(SMALL), figures={"peak_bytes": (100.0, 150.0), "time_ms": (None, 3.0)})
    assert found.total("peak_bytes").ratio == 1.5
    assert found.total("time_ms").ratio is None


def test_ops_are_counted_by_kind():
    found = compare(graph(SMALL), graph("input 1x8x8; conv 3x3 4; conv 3x3 4; conv 3x3 4, relu; classes 2"))
    assert {pair.name: (pair.first, pair.second) for pair in found.kinds} == {
        "conv": (2, 3),
        "relu": (2, 1),
        "maxpool": (1, 0),
        "flatten": (1, 1),
        "linear": (1, 1),
    }
    assert found.kinds[0].name == "conv"


def test_work_is_told_by_the_size_of_the_map():
    found = compare(graph(SMALL), graph("input 1x8x8; conv 3x3 4, relu; conv 3x3 4, relu; classes 2"))
    rows = {
        stage.size: (stage.macs.first, stage.macs.second, stage.params.first, stage.params.second)
        for stage in found.stages
    }
    # The second network stays at 8×8: 64·36 and 64·4·36 multiplications, 40 and 148 parameters; 2·256 at the end.
    assert rows == {
        (8, 8): (2304, 2304 + 9216, 40, 40 + 148),
        (4, 4): (4608, 0, 296, 0),
        (): (256, 512, 258, 514),
    }
    assert list(rows) == [(8, 8), (4, 4), ()]


def test_equal_tables_are_said_to_be_equal_whatever_their_names():
    rows = graph(SMALL)
    names = {op.name: f"net.{op.name}" for op in rows} | {"input": "input"}
    renamed = tuple(replace(op, name=names[op.name], inputs=tuple(names.get(i, i) for i in op.inputs)) for op in rows)
    found = compare(rows, replace(rows, ops=renamed, outputs=tuple(names[name] for name in rows.outputs)))
    assert (found.is_equal, found.differences, found.more, found.same_conditions) == (True, (), 0, True)
    assert all(pair.ratio in (1, None) for pair in found.totals)


def chain(*ops):
    """Return a table of ops that read each other in a row, given as (kind, attributes)."""
    rows, before = [], "x"
    for number, (kind, attributes) in enumerate(ops):
        name = f"op{number}"
        rows.append(Op(name=name, kind=kind, inputs=(before,), shape=(1, 2, 4, 4), attributes=attributes))
        before = name
    return Graph(ops=tuple(rows), outputs=(before,), conditions=Conditions(inputs={"x": (1, 2, 4, 4)}))


def test_an_op_that_does_nothing_is_no_difference_but_stays_countable():
    found = compare(chain(("relu", {})), chain(("dropout", {"p": 0.5}), ("relu", {})))
    assert found.is_equal
    assert (found.total("ops").first, found.total("ops").second) == (1, 2)


def test_a_changed_row_is_named_with_what_changed():
    found = compare(graph(SMALL), graph(SMALL.replace("conv 3x3 8", "conv 5x5 8 stride 2")))
    first = found.differences[0]
    assert (first.side, first.first, first.second) == ("changed", "conv2", "conv2")
    assert first.what == (
        "kernel 3×3 → 5×5, padding 1×1 → 2×2, stride 1×1 → 2×2, weight 8×4×3×3 → 8×4×5×5, output 1×8×4×4 → 1×8×2×2"
    )
    # What follows has other sizes too: ReLU, flattening, classes.
    assert [row.first for row in found.differences] == ["conv2", "relu2", "flatten1", "classes"]


def test_rows_put_in_between_do_not_make_all_that_follows_differ():
    short = "input 1x8x8; conv 3x3 4, relu; conv 3x3 4, relu; conv 3x3 4, relu; classes 2"
    long = short.replace("; classes", "; conv 3x3 4, relu; classes")
    found = compare(graph(short), graph(long))
    assert [(row.side, row.what) for row in found.differences] == [
        ("second only", "conv 3×3 to 4×8×8"),
        ("second only", "relu to 4×8×8"),
    ]
    back = compare(graph(long), graph(short))
    assert [(row.side, row.second) for row in back.differences] == [("first only", ""), ("first only", "")]


def test_a_row_that_reads_another_is_a_difference():
    def net(second):
        rows = (
            Op(name="a", kind="relu", inputs=("x",), shape=(1, 2, 4, 4)),
            Op(name="b", kind="relu", inputs=("a",), shape=(1, 2, 4, 4)),
            Op(name="sum", kind="add", inputs=("b", second), shape=(1, 2, 4, 4)),
        )
        return Graph(ops=rows, outputs=("sum",), conditions=Conditions(inputs={"x": (1, 2, 4, 4)}))

    found = compare(net("a"), net("x"))
    assert [(row.first, row.what) for row in found.differences] == [("sum", "reads other rows")]


def test_the_list_is_bounded_and_the_rest_counted():
    wide = "input 1x8x8; " + "conv 3x3 {w}; " * 9 + "classes 2"
    found = compare(graph(wide.replace("{w}", "4")), graph(wide.replace("{w}", "5")), most=3)
    # Nine convolutions, the flattening and the classes.
    assert (len(found.differences), found.more) == (3, 8)


def test_other_inputs_are_said():
    found = compare(graph(SMALL), graph(SMALL, batch=2))
    assert not found.same_conditions
    assert found.total("macs").ratio == 2


def test_a_thousand_layers_are_compared_quickly():
    rows = [
        (
            "conv",
            {
                "kernel": (3, 3),
                "stride": (1, 1),
                "padding": ((1, 1), (1, 1)),
                "dilation": (1, 1),
                "groups": 2,
                "width": 2,
            },
        )
    ]
    many = chain(*(rows * 800))
    other = chain(*(rows * 400), ("relu", {}), *(rows * 400))
    found = compare(many, other)
    assert [(row.side, row.what) for row in found.differences] == [("second only", "relu to 2×4×4")]


def test_the_document_is_plain():
    found = json.loads(
        json.dumps(compare(graph(SMALL), graph(SMALL.replace("4, relu", "6, relu"))).document(), allow_nan=False)
    )
    assert found["totals"]["macs"]["first"] == 7168
    assert found["stages"][0]["size"] == [8, 8]
    assert found["is_equal"] is False
    assert found["differences"][0]["side"] == "changed"


def test_a_map_with_its_channels_last_stands_where_it_was_read():
    rows = (
        Op(name="conv", kind="conv", inputs=("x",), shape=(1, 4, 6, 6), attributes={
            "kernel": (3, 3), "stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}),
        Op(name="last", kind="permute", inputs=("conv",), shape=(1, 6, 6, 4)),
        Op(name="fc", kind="linear", inputs=("last",), shape=(1, 6, 6, 9)),
        Op(name="tokens", kind="view", inputs=("conv",), shape=(1, 4, 36)),
        Op(name="pool", kind="globalavgpool", inputs=("conv",), shape=(1, 4, 1, 1), attributes={"size": (1, 1)}),
        Op(name="flat", kind="flatten", inputs=("pool",), shape=(1, 4)),
    )  # fmt: skip
    found = Graph(ops=rows, outputs=("flat",), conditions=Conditions(inputs={"x": (1, 2, 8, 8)}))
    assert map_sizes(found) == {
        "conv": (6, 6), "last": (6, 6), "fc": (6, 6), "tokens": (6, 6), "pool": (1, 1), "flat": (),
    }  # fmt: skip
    assert list(stages(found)) == [(6, 6), (1, 1), ()]


def test_the_terminal_shows_both_and_where_they_part(capsys):
    from striate.checking import check
    from striate.cli.comparison import show_comparison

    a, b = check(Blueprint.from_text(SMALL)), check(Blueprint.from_text(SMALL.replace("3x3 8", "3x3 16")))
    show_comparison(a, b)
    shown = capsys.readouterr().out
    assert "~ conv2: bias 8 → 16, width 8 → 16, weight 8×4×3×3 → 16×4×3×3, output 1×8×4×4 → 1×16×4×4" in shown
    assert "4×4, MACs" in shown
    assert next(line for line in shown.splitlines() if line.startswith(" Parameters")).split() == [
        "Parameters",
        "594",
        "1146",
        "1.93",
    ]
    show_comparison(a, a)
    assert "The tables are equal, names aside." in capsys.readouterr().out
