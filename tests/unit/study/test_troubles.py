"""What is wrong with a study: cells whose seeds lie far apart, and rates at the edge of those tried."""

from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest

from striate.study import cells_of, read_results, study_from, verdict
from striate.study.apart import chance_of_far, far_apart
from striate.study.results import CellResult, SeedResult, StudyResults

TEXT = """
schema: striate/study/1
question: Q
network: input 1x8x8; conv 3 4, relu; conv $side 4, relu; globalavgpool; classes 2
data: digits
factors: {side: [1, 3, 5, 7, 9]}
rates: [0.001, 0.003, 0.01]
seeds: 3
"""
STEADY, FAR = (0.80, 0.82, 0.84), (0.94, 0.20, 0.95)


def results(scores, rates=(None,)):
    study = study_from(TEXT)
    rows = [
        CellResult(
            cell=cell, rate=rate, runs=tuple(SeedResult(seed=seed, score=score) for seed, score in enumerate(found))
        )
        for cell, found, rate in zip(cells_of(study), scores, cycle(rates), strict=False)
    ]
    return StudyResults(study=study, cells=tuple(rows))


def test_of_fewer_than_five_cells_none_is_far_apart():
    five = results([STEADY, STEADY, STEADY, STEADY, FAR]).cells

    # 0.4302 ÷ 0.02
    assert far_apart(five) == [None] * 4 + [pytest.approx(21.51, abs=0.01)]
    assert far_apart(five[1:]) == [None] * 4
    # A cell with one score has no spread, and is none of the five.
    lone = replace(five[0], runs=five[0].runs[:1])
    assert far_apart([lone, *five[1:]]) == [None] * 5
    assert far_apart([]) == []


def test_the_chance_that_a_cell_is_far_is_exact_for_three_seeds():
    # Squares of three seeds' spreads are exponential. The median m has density 6 F S² of three, 30 F² S³ of five; each above it
    # is more by another exponential, so that it passes 16 m with probability e^(−15 m): 6 (1/17 − 1/18), and of five
    # 30 · (2 · 2 / (18 · 19 · 20) − 2 / (33 · 34 · 35)).
    assert chance_of_far(3, 3) == pytest.approx(1 / 51, abs=0.003)
    assert chance_of_far(5, 3) == pytest.approx(0.016016, abs=0.003)
    assert chance_of_far(2, 3) == 0


@pytest.mark.parametrize(("cells", "seeds"), [(12, 3), (6, 2), (12, 2)])
def test_the_chance_that_a_cell_is_far_is_that_of_scores_drawn(cells, seeds):
    drawn = np.random.default_rng(9).normal(0.9, 0.01, (20_000, cells, seeds)).std(2, ddof=1)
    far = np.mean([row.max() > 4 * np.median(row) for row in drawn])

    # Three standard errors of two such shares' difference.
    assert chance_of_far(cells, seeds) == pytest.approx(far, abs=3 * np.sqrt(2 * far * (1 - far) / 20_000))


def test_a_far_cell_is_told_with_the_chance_of_it():
    [trouble] = verdict(read_results(results([STEADY, STEADY, STEADY, STEADY, FAR]))).troubles

    assert trouble.startswith("Side 9: its seeds lie 21.5 times as far apart")
    assert "into about 1.6\u202f% of studies with 5 cells and as many seeds" in trouble


def test_rates_at_the_edge_of_those_tried_are_told_with_the_next_to_try():
    [trouble] = verdict(read_results(results([STEADY] * 5, (0.01, 0.01, 0.003, 0.003, 0.003)))).troubles
    low, high = verdict(read_results(results([STEADY] * 5, (0.001, 0.003, 0.003, 0.01, 0.003)))).troubles

    assert trouble.startswith(
        "2 of 5 cells chose the highest rate tried, 0.0100 (side 1; side 3): their best may lie above"
    )
    # 0.01 · (0.01 ÷ 0.003), and 0.001 ÷ (0.003 ÷ 0.001)
    assert "Add 0.0333 to the rates" in trouble
    assert low.startswith("1 of 5 cells chose the lowest rate tried, 0.00100 (side 1)")
    assert "Add 0.000333 to the rates" in low
    assert "(side 7)" in high
    [many] = verdict(read_results(results([STEADY] * 5, (0.01,)))).troubles
    assert many.startswith("5 of 5 cells chose the highest rate tried, 0.0100 (side 1; side 3; side 5; 2 more)")


def test_rates_between_the_edges_or_none_are_no_trouble():
    between = results([STEADY] * 5, (0.003,))
    common = results([STEADY] * 5, (0.01,))

    assert verdict(read_results(between)).troubles == ()
    assert verdict(read_results(replace(common, study=replace(common.study, rates=())))).troubles == ()
    assert verdict(read_results(results([STEADY] * 5))).troubles == ()
