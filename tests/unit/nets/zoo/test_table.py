"""The shipped table, and the networks inside a budget."""

import pytest

from striate.errors import InputError
from striate.nets.zoo.table import from_csv, to_csv, within_budget, zoo_table
from striate.records import ZooRow


def row(name, **figures):
    return ZooRow(reference=f"timm:{name}", input=(3, 8, 8), **figures)


ROWS = (
    row("large", params=100, macs=900, field_px=50),
    row("small", params=10, macs=90, field_px=5),
    row("seer", params=20, macs=95, field_px=3, is_global=True),
    row("unknown", params=5),
)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["small", "seer", "large", "unknown"]),
        ({"macs": 95}, ["small", "seer"]),
        ({"macs": 94}, ["small"]),
        ({"params": 10}, ["small", "unknown"]),
        ({"field_px": 5}, ["small", "seer", "large"]),
        ({"field_px": 6}, ["seer", "large"]),
        ({"text": "SE"}, ["seer"]),
        ({"macs": 1}, []),
    ],
)
def test_a_budget_keeps_what_is_inside_cheapest_first(asked, expected):
    assert [found.reference.removeprefix("timm:") for found in within_budget(ROWS, **asked)] == expected


def test_a_budget_below_one_is_refused():
    with pytest.raises(InputError, match="a budget must be at least 1; got 0"):
        within_budget(ROWS, macs=0)


def test_a_table_is_written_and_read():
    rows = (*ROWS, row("odd", note='not traced: "a, b"'))
    assert from_csv(to_csv("timm 1", rows)) == ("timm 1", rows)


@pytest.mark.parametrize(
    ("reference", "params"),
    [
        ("torchvision:resnet50", 25_557_032),
        ("torchvision:vgg16", 138_357_544),
        ("torchvision:mobilenet_v2", 3_504_872),
        ("torchvision:efficientnet_b0", 5_288_548),
        ("torchvision:convnext_tiny", 28_589_128),
    ],
)  # torchvision's documentation of its weights
def test_the_shipped_table_holds_the_published_numbers(reference, params):
    found = {row.reference: row for row in zoo_table()[1]}
    assert found[reference].params == params


def test_every_shipped_figure_has_its_reason_if_it_is_missing():
    for found in zoo_table()[1]:
        assert found.note or (found.params and found.macs), found


@pytest.mark.slow
def test_the_shipped_table_is_that_of_the_networks_as_they_are_built():
    from torchvision.models import get_model_weights

    versions, rows = zoo_table()
    assert versions.startswith("timm ")
    # GFLOPs of torchvision's own metadata are multiply-accumulates.
    for found in rows:
        kind, _, name = found.reference.partition(":")
        if kind == "torchvision" and name in {
            "resnet18",
            "densenet121",
            "regnet_y_400mf",
            "mobilenet_v3_small",
            "vgg11",
        }:
            meta = get_model_weights(name).DEFAULT.meta
            assert found.params == meta["num_params"]
            assert found.macs == pytest.approx(meta["_ops"] * 1e9, rel=0.02)
