"""A receipt's score beside the one measured: what is compared, and what no receipt can tell."""

from dataclasses import replace

import numpy as np
import pytest

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.nets import load_network
from striate.records import Scoreboard
from striate.report.gathering.score_record import score_record

PLAN = Blueprint.from_text("input 1x8x8; conv 3 4, relu; globalavgpool; classes 2")
DATA = load_data((np.random.default_rng(0).integers(0, 256, (40, 8, 8)).astype(np.uint8), np.arange(40) % 2))
BOARD = Scoreboard(count=80, main_name="accuracy", main=48 / 80, interval=(0.49, 0.7))
RECEIPT = {
    "score": {"name": "accuracy", "validation": 56 / 70},
    "split": {"validation_count": 70},
    "data": {"fingerprint": DATA.fingerprint},
}


def network(receipt):
    return replace(load_network(PLAN), receipt=receipt)


def test_the_interval_is_newcombes():
    found = score_record(network(RECEIPT), DATA, BOARD)

    # Newcombe 1998, table II: 56 of 70 against 48 of 80.
    assert found.interval == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert found.fall == pytest.approx(0.2)
    assert (found.recorded_count, found.measured_count, found.is_same_data) == (70, 80, True)


def test_other_data_are_told_apart():
    found = score_record(network(RECEIPT | {"data": {"fingerprint": "other"}}), DATA, BOARD)
    assert not found.is_same_data


@pytest.mark.parametrize(
    "receipt",
    [
        {},
        {"score": "0.9", "split": {"validation_count": 70}},
        RECEIPT | {"score": {"name": "R²", "validation": 0.9}},
        RECEIPT | {"score": {"name": "accuracy", "validation": "high"}},
        RECEIPT | {"score": {"name": "accuracy", "validation": 3.0}},
        RECEIPT | {"split": {}},
        RECEIPT | {"split": {"validation_count": 0}},
    ],
)
def test_a_receipt_without_a_score_of_that_kind_tells_nothing(receipt):
    assert score_record(network(receipt), DATA, BOARD) is None


def test_without_a_measurement_there_is_nothing_to_compare():
    assert score_record(network(RECEIPT), DATA, None) is None
    assert score_record(network(RECEIPT), DATA, replace(BOARD, main_name="R²")) is None
