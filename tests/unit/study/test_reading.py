from dataclasses import replace
from itertools import combinations
from math import isnan
from statistics import fmean, variance

import pytest

from striate.study import cells_of, read_results, study_from, verdict
from striate.study.results import CellResult, LayerHealth, SeedResult, StudyResults

TEXT = """
schema: striate/study/1
question: Q
network: input 1x8x8; let w 4; (conv $side w, relu) x$depth; globalavgpool; classes 2
data: digits
factors: {depth: [1, 2], side: [3, 5]}
seeds: 3
published:
- {says: Deep is better., source: A 2015, better: {depth: 2}, than: {depth: 1}}
- {says: Large is better., source: B 2016, better: {side: 5}, than: {side: 3}}
- {says: Deep and small., source: C 2017, better: {depth: 2, side: 3}, than: {depth: 1, side: 5}}
"""
STUDY = study_from(TEXT)
WIDE = study_from(TEXT.replace("side: [3, 5]", "side: [3, 5, 7]"))


def results(scores, *, health=(), losses=0.5, failed="", study=STUDY):
    rows = []
    for cell in cells_of(study):
        runs = [
            SeedResult(seed=seed, score=score, loss=1.0, train_loss=losses, validation_loss=1.0, health=health)
            for seed, score in enumerate(scores[cell.levels])
        ]
        if failed and cell.levels == ("1", "5"):
            runs[1] = SeedResult(seed=1, failed=failed)
        rows.append(CellResult(cell=cell, rate=None, runs=tuple(runs)))
    return StudyResults(study=study, cells=tuple(rows))


CLEAR = {
    ("1", "3"): (0.80, 0.82, 0.84),
    ("1", "5"): (0.81, 0.82, 0.85),
    ("2", "3"): (0.90, 0.92, 0.939),
    ("2", "5"): (0.89, 0.93, 0.94),
}
# Six cells: with fewer than five it cannot be told whose seeds lie far apart.
BROKEN = CLEAR | {("1", "7"): (0.81, 0.83, 0.85), ("2", "7"): (0.90, 0.92, 0.94), ("1", "5"): (0.95, 0.20, 0.95)}


def test_what_can_be_seen_is_told_at_the_level_at_which_the_cells_are_compared():
    # One cell differs from the reference by the same in every seed: no test can be made of it, and Holm counts two.
    scores = CLEAR | {("1", "5"): (0.90, 0.92, 0.94)}
    reading = read_results(results(scores))
    (tied,) = (cell for cell in reading.cells if cell.row.cell.levels == ("1", "5"))
    smallest = min(
        (cell for cell in reading.cells if cell.corrected == cell.corrected and cell.against), key=lambda c: c.against.p
    )

    assert not tied.against.has_spread
    assert smallest.corrected == pytest.approx(2 * smallest.against.p)
    assert reading.comparisons == 2
    assert read_results(results(CLEAR)).comparisons == 3
    # Before anything is trained, what is planned counts.
    assert read_results(results(dict.fromkeys(CLEAR, ()))).comparisons == 3


def test_cells_are_read_seed_by_seed():
    reading = read_results(results(CLEAR))
    one, _, deep, _ = reading.cells

    assert one.mean == pytest.approx(0.82)
    # 4.3027 · 0.02 ÷ √3
    assert one.interval == pytest.approx((0.82 - 0.04968, 0.82 + 0.04968), abs=1e-5)
    assert one.against is None
    assert deep.against.mean == pytest.approx((0.1 + 0.1 + 0.099) / 3)
    assert deep.against.pairs == 3
    # Three cells are compared with the reference: the smallest p counts three times.
    assert deep.corrected == pytest.approx(3 * deep.against.p)
    assert reading.best.row.cell.levels == ("2", "5")


def test_the_front_is_what_nothing_cheaper_beats():
    reading = read_results(results(CLEAR))
    macs = {cell.row.cell.levels: cell.row.cell.figures.macs for cell in reading.cells}
    means = {cell.row.cell.levels: cell.mean for cell in reading.cells}
    by_hand = {
        levels
        for levels in macs
        if not any(macs[other] <= macs[levels] and means[other] > means[levels] for other in macs)
        and not any(macs[other] < macs[levels] and means[other] >= means[levels] for other in macs)
    }

    assert {cell.row.cell.levels for cell in reading.cells if cell.is_front} == by_hand
    assert by_hand == {("1", "3"), ("1", "5"), ("2", "3"), ("2", "5")}


def test_an_effect_is_the_mean_over_the_other_factor():
    reading = read_results(results(CLEAR))
    depth, side = reading.effects

    # By seed: (0.90 + 0.89 − 0.80 − 0.81) ÷ 2 = 0.09; (0.92 + 0.93 − 0.82 − 0.82) ÷ 2 = 0.105; 0.0945.
    assert (depth.factor, depth.level, depth.than, depth.combinations) == ("depth", "2", "1", 2)
    assert depth.difference.mean == pytest.approx((0.09 + 0.105 + 0.0945) / 3)
    assert side.difference.mean == pytest.approx((0.0 + 0.005 + 0.0055) / 3)


def test_published_findings_agree_contradict_or_cannot_be_told():
    deep, large, both = read_results(results(CLEAR)).claims
    turned = {levels: tuple(1 - score for score in scores) for levels, scores in CLEAR.items()}
    said = verdict(read_results(results(turned))).published

    assert (deep.verdict, deep.combinations) == ("agrees", 2)
    assert large.verdict == "cannot tell"
    assert (both.verdict, both.combinations) == ("agrees", 1)
    assert both.difference.mean == pytest.approx((0.09 + 0.10 + 0.089) / 3)
    assert said[0].startswith("Deep is better (A 2015); here −9.7 points")
    assert said[0].endswith("the direction is the opposite.")


def test_the_headline_names_what_is_surely_better():
    said = verdict(read_results(results(CLEAR)))

    assert said.headline.startswith(
        "Depth 2, side 5 is better than depth 1, side 3: 92.0\u202f%, +10.0 points (95\u202f% interval +7.5 to +12.5, 3 seeds)"
    )
    assert "With 3 seeds this study can see differences above" in said.would_change


def test_the_headline_says_when_nothing_is_sure():
    alike = dict.fromkeys(CLEAR, (0.8, 0.9, 0.85)) | {("2", "5"): (0.85, 0.84, 0.88)}
    said = verdict(read_results(results(alike)))

    assert said.headline.startswith("No cell differs surely from depth 1, side 3: the largest difference, +0.7 points")
    assert "may be chance. This study can see differences above" in said.headline


def test_the_headline_sets_aside_cells_whose_seeds_lie_far_apart():
    alike = dict.fromkeys(BROKEN, (0.8, 0.9, 0.85)) | {("2", "5"): (0.85, 0.84, 0.88), ("1", "5"): (0.95, 0.20, 0.95)}
    said = verdict(read_results(results(alike, study=WIDE)))

    assert (
        "the largest difference among cells whose seeds agree (those of 1 cell lie far apart), +0.7 points"
        in said.headline
    )
    assert said.headline.endswith("points between them (two-sided at 0.05 ÷ 5, the first step of Holm's correction).")


def test_worse_cells_come_with_why():
    def layer(name, gradient, dead):
        return LayerHealth(layer=name, gradient_start=gradient, gradient_end=1.0, active_end=0.5, dead=dead, units=10)

    turned = {levels: tuple(1 - score for score in scores) for levels, scores in CLEAR.items()}
    sick = (layer("conv1", 0.001, 4), layer("conv2", 0.5, 2))
    [deep, _] = [line for line in verdict(read_results(results(turned, health=sick))).why if line.startswith("Depth 2")]
    healthy = verdict(read_results(results(turned, health=(layer("conv1", 0.4, 0), layer("conv2", 0.5, 1))))).why

    assert "the gradient of the first layer is 500 times smaller than that of the last" in deep
    assert "30\u202f% of its units are dead" in deep
    assert not any("gradient" in line or "dead" in line for line in healthy)
    assert "its training loss is no higher" in healthy[0]


def test_failures_are_left_out_of_the_pairs_and_told():
    reading = read_results(results(CLEAR, failed="the loss must stay a finite number"))
    one = reading.cells[1]

    assert one.mean == pytest.approx((0.81 + 0.85) / 2)
    assert one.against.pairs == 2
    assert verdict(reading).troubles == ("Depth 1, side 5 has no score for seed 1: the loss must stay a finite number",)


def test_a_cell_whose_seeds_lie_far_apart_is_told_and_does_not_blunt_the_rest():
    broken = read_results(results(BROKEN, study=WIDE))
    steady = [cell.row.scores for cell in broken.cells if cell.apart is None]
    pairs = [[one - two for one, two in zip(*pair, strict=True)] for pair in combinations(steady, 2)]
    # Standard deviations: 0.02, 0.433, 0.02, 0.0195, 0.0265, 0.02; their median is 0.02.
    [far] = [cell.apart for cell in broken.cells if cell.apart is not None]
    [trouble] = verdict(broken).troubles

    assert far == pytest.approx(0.43301 / 0.02, rel=1e-3)
    assert broken.spread == pytest.approx(fmean([variance(pair) for pair in pairs]) ** 0.5)
    assert broken.detectable < 0.1
    assert trouble.startswith("Depth 1, side 5: its seeds lie 21.7 times as far apart as is usual here (95.0")
    assert "between cells whose seeds agree" in verdict(broken).would_change
    assert all(cell.apart is None for cell in read_results(results(CLEAR)).cells)
    assert "whose seeds agree" not in verdict(read_results(results(CLEAR))).would_change


def test_what_rests_on_a_cell_whose_seeds_lie_far_apart_says_so():
    reading = read_results(results(BROKEN, study=WIDE))
    said = verdict(reading)
    mark = " It rests on depth 1, side 5, whose seeds lie far apart: one training may have decided it."

    # Depth 2 instead of 1 and side 5 instead of 3 hold the cell; side 7 instead of 3 does not.
    assert [line.endswith(mark) for line in said.effects] == [True, True, False]
    # Deep against shallow over all sides, large against small over both depths, and the cell itself.
    assert [line.endswith(mark) for line in said.published] == [True, True, True]
    assert all(line.endswith(mark) for line in said.interactions)
    clear = verdict(read_results(results(CLEAR)))
    assert not any("rests on" in line for line in (*clear.effects, *clear.published, *clear.interactions))


def test_a_headline_that_rests_on_a_reference_whose_seeds_lie_far_apart_says_so():
    study = replace(WIDE, seeds=5)
    steady = dict.fromkeys(BROKEN, (0.9, 0.91, 0.92, 0.91, 0.9))
    # The differences: 0.8, 0.8, 0.6, 0.8, 0.8, which a t test is sure of.
    scores = steady | {("1", "3"): (0.10, 0.11, 0.32, 0.11, 0.10)}

    assert verdict(read_results(results(scores, study=study))).headline.endswith(
        "It rests on depth 1, side 3, whose seeds lie far apart: one training may have decided it."
    )


def test_differences_that_are_the_same_for_every_seed_are_no_certainty():
    base = (0.3, 0.2)
    scores = dict.fromkeys(CLEAR, base) | {("2", "3"): (0.4, 0.3), ("2", "5"): (0.4, 0.3)}
    reading = read_results(results(scores, study=replace(STUDY, seeds=2)))
    said = verdict(reading)

    assert [isnan(cell.against.p) for cell in reading.cells[1:]] == [False, True, True]
    assert [claim.verdict for claim in reading.claims] == ["cannot tell"] * 3
    assert said.effects[0] == (
        "Depth 2 instead of 1: +10.0 points over 2 combinations of the rest (the same in all 2 seeds: no spread is measured, "
        "so that a t test cannot tell it from chance)."
    )
    assert said.published[0].endswith("cannot tell it from chance): this study cannot tell the direction.")
    assert said.headline.startswith("No cell differs surely from depth 1, side 3")
    assert reading.detectable is None


def test_intervals_of_accuracies_end_at_0_and_1():
    broken = read_results(results(BROKEN, study=WIDE)).cells[1]
    values = read_results(replace(results(BROKEN, study=WIDE), score_name="R²")).cells[1]

    # 0.7 ± 4.3027 · 0.433 ÷ √3; no R² is above 1, but it may lie far below 0.
    assert broken.interval == (0.0, 1.0)
    assert values.interval == (pytest.approx(0.7 - 1.07570, abs=1e-4), 1.0)
    assert broken.against.interval[0] == -1.0
    assert values.against.interval[0] == pytest.approx(-0.12 - 1.078, abs=5e-3)


def test_what_no_two_shares_differ_by_is_said_to_be_out_of_sight():
    alike = dict.fromkeys(CLEAR, (0.2, 0.9, 0.5)) | {("2", "5"): (0.9, 0.2, 0.5), ("2", "3"): (0.5, 0.9, 0.2)}

    assert "can see no difference of two shares (only one above" in verdict(read_results(results(alike))).headline


def test_one_seed_knows_nothing_of_chance():
    single = results({levels: scores[:1] for levels, scores in CLEAR.items()})
    reading = read_results(replace(single, study=replace(STUDY, seeds=1)))

    assert reading.detectable is None
    assert reading.cells[2].interval is None
    assert verdict(reading).would_change == "With one seed nothing is known of chance: take at least three."
    assert [claim.verdict for claim in reading.claims] == ["cannot tell"] * 3


def test_before_the_first_training_there_is_nothing_to_say():
    nothing = results(dict.fromkeys(CLEAR, ()))

    assert verdict(read_results(nothing)).headline == "No training has ended yet."
