"""The figure of the folded graph says what the table, its cost and its fields say."""

import json

import pytest

from striate.blueprint import Blueprint
from striate.checking import check
from striate.findings import Finding
from striate.graph import Conditions, Graph, Op, Param
from striate.records import Cost, CostTable, Field, Receptive
from striate.report.figures.graph import graph_figure

TEXT = "input 1x28x28; conv 5x3 8 stride 2, batchnorm, relu; maxpool 2; fc 16, relu; classes 10"


@pytest.fixture
def found():
    return check(Blueprint.from_text(TEXT))


@pytest.fixture
def figure(found):
    return graph_figure(found.graph, found.cost, found.fields, found.findings)


def _row(figure, name):
    return figure.rows.name.index(name)


def test_every_column_has_a_cell_for_every_row(figure):
    lengths = {name: len(column) for name, column in figure.rows.model_dump().items()}

    assert len(set(lengths.values())) == 1, lengths


def test_rows_hold_the_tables_numbers(found, figure):
    row = _row(figure, "conv1")
    # 8 filters of 5×3×1, and scale and shift of the norm; 14×14 places × 8 × 15
    assert figure.rows.sort[row] == "layer"
    assert figure.rows.params[row] == 8 * 15 + 16
    assert figure.rows.macs[row] == 14 * 14 * 8 * 15
    assert figure.words[figure.rows.output[row]] == "8×14×14"
    assert figure.words[figure.rows.summary[row]] == "5×3, stride 2, norm, ReLU"
    assert (figure.params, figure.macs) == (found.cost.total.params, found.cost.total.macs)
    # row 0 is everything
    assert figure.rows.params[0] == figure.params
    assert figure.rows.end[0] == len(figure.rows.sort)


def test_attributes_are_written_as_people_write_them(figure):
    said = dict(figure.attributes[figure.rows.attributes[_row(figure, "conv1")]])

    assert said["kernel"] == "5×3"
    assert said["stride"] == "2"
    assert said["padding"] == "2×1"
    assert said["bias"] == "no"
    assert said["weight"] == "8×1×5×3"


def test_the_field_is_that_of_the_unit_in_the_middle(figure):
    found = figure.fields[figure.rows.field[_row(figure, "conv1")]]
    down, across = found.axes

    # 14 places, the middle one is the 7th: it begins at 6·2 − 2
    assert (down.size, down.stride, down.padding, down.first, down.unit, down.units) == (5, 2, 2, 10, 7, 14)
    assert (across.size, across.padding, across.first) == (3, 1, 11)
    assert figure.fields[figure.rows.field[_row(figure, "fc1")]].is_global


def test_an_op_says_which_rows_it_reads(figure):
    pool = figure.rows.reads[_row(figure, "maxpool1")]

    # a layer with its flattening: the pooling itself is the row beneath
    assert pool == []
    inner = _row(figure, "maxpool1") + 1
    assert [figure.rows.name[row] for row in figure.rows.reads[inner]] == ["relu1"]


def test_a_layer_shows_its_map_and_not_what_flattening_makes_of_it(figure):
    assert figure.words[figure.rows.output[_row(figure, "maxpool1")]] == "8×7×7"
    # fc1 begins flat
    assert figure.words[figure.rows.output[_row(figure, "fc1")]] == "16"


def test_findings_stand_at_their_op_and_others_are_left_out(found):
    def finding(op):
        return Finding(
            code="X1", name="x", severity="note", message="m", todo="t", why="w", source="s", section="network", op=op
        )

    figure = graph_figure(found.graph, found.cost, found.fields, [finding("fc1"), finding(""), finding("nowhere")])

    assert [(figure.rows.name[mark.row], mark.op) for mark in figure.findings] == [("fc1", "fc1")]


def test_parameters_that_no_op_reads_are_in_the_sum_and_told_apart(found):
    from dataclasses import replace

    from striate.analyse import cost

    graph = replace(found.graph, idle=(("aux.weight", 40), ("aux.bias", 2)))

    figure = graph_figure(graph, cost(graph), found.fields)

    assert figure.idle_params == 42
    assert figure.rows.params[0] + figure.idle_params == figure.params


def test_fields_with_fractions_and_local_axes_beside_a_global_one_are_told():
    # A resizing halves the stride; a global op behind a local field leaves both known.
    from fractions import Fraction

    op = Op(name="up", kind="unknown:enlarge", inputs=("x",), shape=(1, 1, 8, 8), path="up")
    graph = Graph(ops=(op,), outputs=("up",), conditions=Conditions(inputs={"x": (1, 1, 4, 4)}))
    cost = CostTable(
        ops={"up": Cost(params=0, macs=0, kept_bytes=0)}, total=Cost(params=0, macs=0, kept_bytes=0), not_counted=()
    )
    axis = Field(low=-1, high=1, stride=1)
    object.__setattr__(axis, "stride", Fraction(1, 2))

    figure = graph_figure(graph, cost, {"x": Receptive(), "up": Receptive(axes=(axis, axis), is_global=True)})

    found = figure.fields[figure.rows.field[_row(figure, "up")]]
    assert found.is_global
    # the 4th of 8 places: 3·½ − 1
    assert [(a.stride, a.first, a.unit) for a in found.axes] == [(0.5, 0.5, 4)] * 2


def test_a_network_of_thousands_of_rows_stays_small():
    ops = []
    before = "x"
    for number in range(1500):
        name = f"stages.{number // 100}.blocks.{number // 10 % 10}.conv{number % 10}"
        param = Param(name="weight", shape=(4 + number % 7, 4, 3, 3), key=f"{name}.weight")
        window = {"kernel": (3, 3), "stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1)}
        attributes = window | {"width": 4, "groups": 1, "bias": False}
        ops.append(
            Op(
                name=name,
                kind="conv",
                inputs=(before,),
                shape=(1, 4, 8, 8),
                attributes=attributes,
                params=(param,),
                path=name,
            )
        )
        before = name
    graph = Graph(ops=tuple(ops), outputs=(before,), conditions=Conditions(inputs={"x": (1, 4, 8, 8)}))
    cost = CostTable(
        ops={op.name: Cost(params=123456, macs=12345678, kept_bytes=1234567) for op in ops},
        total=Cost(params=1, macs=1, kept_bytes=1),
        not_counted=(),
    )

    figure = graph_figure(graph, cost, {})

    assert len(figure.rows.sort) > 1600
    assert len(json.dumps(figure.model_dump(mode="json"), separators=(",", ":"))) < 400_000
