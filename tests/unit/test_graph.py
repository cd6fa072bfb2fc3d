"""The table holds together, travels as JSON, and compares by what matters."""

import json

import pytest

from striate.blueprint import Blueprint
from striate.errors import InputError, SchemaError, UnknownNameError
from striate.graph import Conditions, Graph, Op

PLAN = Blueprint.from_text("input 1x8x8; conv 3 4, batchnorm, relu; maxpool 2; fc 5, relu, dropout 0.5; classes 3")


def test_json_brings_back_an_equal_graph():
    graph = PLAN.graph(batch=3, mode="train")

    assert Graph.from_json(graph.to_json()) == graph


def test_another_schema_is_refused_with_its_name():
    text = json.dumps(json.loads(PLAN.graph().to_json()) | {"schema": "striate/graph/99"})

    with pytest.raises(SchemaError, match="at most 1; got 99"):
        Graph.from_json(text)


def test_an_edge_from_nowhere_is_refused():
    with pytest.raises(InputError, match="must read what stands before it; got 'ghost'"):
        Graph(
            ops=(Op(name="a", kind="relu", inputs=("ghost",), shape=(1, 2)),),
            outputs=("a",),
            conditions=Conditions(inputs={"input": (1, 2)}),
        )


def test_an_unknown_op_is_named_with_its_neighbours():
    with pytest.raises(UnknownNameError, match="Did you mean conv1"):
        PLAN.graph()["conv2"]


def test_dropout_counts_in_train_mode_only():
    assert len(PLAN.graph(mode="train").canonical()) == len(PLAN.graph(mode="eval").canonical()) + 1


def test_canonical_rows_forget_names_but_not_edges():
    def pair(first, second):
        ops = (
            Op(name=first, kind="relu", inputs=("input",), shape=(1, 2)),
            Op(name=second, kind="relu", inputs=("input",), shape=(1, 2)),
            Op(name="sum", kind="add", inputs=(first, second), shape=(1, 2)),
        )
        return Graph(ops=ops, outputs=("sum",), conditions=Conditions(inputs={"input": (1, 2)}))

    chained = Graph(
        ops=(
            Op(name="a", kind="relu", inputs=("input",), shape=(1, 2)),
            Op(name="b", kind="relu", inputs=("a",), shape=(1, 2)),
            Op(name="sum", kind="add", inputs=("a", "b"), shape=(1, 2)),
        ),
        outputs=("sum",),
        conditions=Conditions(inputs={"input": (1, 2)}),
    )

    assert pair("a", "b").canonical() == pair("x", "y").canonical()
    assert pair("a", "b").canonical() != chained.canonical()
