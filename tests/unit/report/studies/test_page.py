"""The page of a study, from results written by hand."""

from itertools import product
from math import log10, nan, sqrt
from statistics import fmean, stdev

import pytest
from scipy.stats import t as student

from striate.errors import InputError
from striate.numbers import THIN
from striate.report.studies.page import study_page_data, write_study_page
from striate.study import verdict
from study_readings import HEALTH, SCORES, TEXT, reading

FIXED = TEXT.replace("recipe:", "fixed: {macs: reference, over: w, within_percent: 1}\nrecipe:")


def said(text):
    return text.replace(THIN, " ")


def section(page, name):
    return next(one for one in page.sections if one.id == name)


def test_the_page_says_what_the_verdict_says_in_its_order():
    one = reading()
    page, words = study_page_data(one), verdict(one)

    assert page.title == "Is it the depth, or the side of the filters?"
    assert page.verdict == words.headline
    assert [row.message for row in page.findings] == [
        *words.effects, *words.interactions, *words.published, *words.why
    ]  # fmt: skip
    assert [row.todo for row in page.findings if row.name == "published"] == [
        "Published: agrees.",
        "Published: cannot tell.",
    ]
    assert [one.id for one in page.sections] == ["cells", "scores", "costs", "health", "change"]
    assert page.sections[-1].sentence == words.would_change
    assert {row.section for row in page.findings} <= {one.id for one in page.sections}
    assert all(
        one.caption.source.count("digits · 4 cells, 3 seeds (0 to 2)") == 1 and one.caption.wrong_if
        for one in page.sections
    )


def test_data_recipe_seeds_and_what_was_held_stand_under_the_headline():
    page = study_page_data(reading())
    held = study_page_data(reading(text=FIXED))

    assert page.run_line.endswith(" · digits · 4 cells, 3 seeds (0 to 2)")
    assert page.prose.startswith(
        "Varied: depth (1, 2) and side (3, 5); the reference is depth 1, side 3. No cost is held"
    )
    assert page.prose.endswith("2 epochs, batches of 50, 300 images.")
    # 8 · 8 places × 9 · 4 weights, and 4 · 2 to the classes.
    assert "Held within 1.00 %: 2312 MACs, by w." in said(held.prose)
    assert [(fact.label, said(fact.value)) for fact in page.facts] == [
        ("Highest mean, depth 2, side 5", "92.0 %"),
        ("Reference, depth 1, side 3", "82.0 %"),
        ("Can see differences above", page.facts[2].value),
        ("Trainings with a score", "12 of 12"),
    ]


def test_the_cells_have_their_text_and_cost():
    figure, texts = section(study_page_data(reading()), "cells").figures
    rows = figure.table.rows

    assert [column.label for column in figure.table.columns] == [
        "Cell", "MACs", "Parameters", "Field", "Rate"
    ]  # fmt: skip
    # 64 places; sides 3 and 5; two layers of four channels.
    assert [row[1] for row in rows] == [
        64 * 4 * side**2 * (1 + 4 * (depth - 1)) + 8 for depth, side in product((1, 2), (3, 5))
    ]
    assert [row[3] for row in rows] == ["3×3", "5×5", "5×5", "9×9"]
    assert texts.table.rows[3] == [
        "Depth 2, side 5",
        "input 1x8x8; let w 4; (conv 5 w, relu) x2; globalavgpool; classes 2",
    ]


def test_cells_that_are_off_or_no_network_say_so_and_come_first_among_findings():
    page = study_page_data(reading(text=FIXED))
    figure, texts = section(page, "cells").figures
    reference, off, _, missing = figure.table.rows

    assert reference[1:3] == [2312, 0.0]
    # One layer of side 5 with one, two … channels: 64 · 25 · w + 2 · w.
    assert off[1] == min((1602 * w for w in range(1, 9)), key=lambda macs: abs(macs - 2312))
    assert off[2] == pytest.approx(100 * (off[1] / 2312 - 1))
    assert missing[1:4] == [None, None, None]
    assert [row[1][:12] for row in texts.table.rows] == ["input 1x8x8;"] * 3 + ["No network: "]
    assert page.findings[0].severity == "warning"
    assert "does not cost the same" in page.findings[0].message
    assert page.facts[-1].value == "9 of 9"


def test_every_seed_is_a_dot_and_the_line_is_students_interval():
    page = study_page_data(reading())
    [figure] = section(page, "scores").figures

    for row, (levels, scores) in zip(figure.rows, SCORES.items(), strict=True):
        mean, half = fmean(scores), student.ppf(0.975, 2) * stdev(scores) / sqrt(3)
        assert row.name == f"Depth {levels[0]}, side {levels[1]}"
        assert row.single == [pytest.approx(100 * score) for score in scores]
        assert (row.value, *row.interval) == pytest.approx((100 * mean, 100 * (mean - half), 100 * (mean + half)))
    assert figure.to == "reference"
    assert [row.difference for row in figure.rows] == ["", "−1.0 points", "+10.0 points", "+10.0 points"]
    assert [row.level for row in figure.rows] == [False, True, False, False]
    assert figure.low == pytest.approx(min(row.interval[0] for row in figure.rows))
    assert figure.rows[2].detail == "3 seeds; better in A 2015; worse in B 2016"
    assert [column.label for column in figure.table.columns[-3:]] == ["Seed 0", "Seed 1", "Seed 2"]
    assert figure.table.rows[2][-3:] == [pytest.approx(100 * score) for score in SCORES["2", "3"]]
    assert figure.table.rows[2][5] == pytest.approx(100 * fmean((0.1, 0.1, 0.099)))
    assert section(page, "scores").sentence.startswith(
        "Of 3 cells beside the reference, 2 are surely better and 0 surely worse"
    )


def test_intervals_of_shares_end_where_shares_end():
    # 0.7 ± 4.3027 · 0.3905 ÷ √3: from −0.27 to 1.67. Beside the reference −0.12 ± 4.3027 · 0.3923 ÷ √3: −1.09 to +0.855.
    page = study_page_data(reading(SCORES | {("2", "5"): (0.95, 0.25, 0.90)}))
    [figure] = section(page, "scores").figures

    assert figure.rows[3].interval == (0.0, 100.0)
    assert figure.rows[3].interval_shown == "0.0 to 100.0"
    assert (figure.low, figure.high) == (0.0, 100.0)
    assert figure.rows[3].difference_interval == "−100.0 to +85.5"


def test_differences_that_are_all_the_same_have_no_interval():
    page = study_page_data(reading(SCORES | {("1", "5"): (0.70, 0.72, 0.74)}))
    [figure] = section(page, "scores").figures

    assert figure.rows[1].difference_interval == "3 seeds, no spread"
    assert figure.table.rows[1][5:9] == [pytest.approx(-10), None, None, None]


def test_a_seed_that_failed_leaves_its_place_empty():
    page = study_page_data(reading(failed=((("1", "5"), 1),)))
    [figure] = section(page, "scores").figures

    assert figure.table.rows[1][-3:] == [pytest.approx(81), None, pytest.approx(82)]
    assert len(figure.rows[1].single) == 2
    assert page.facts[-1].value == "11 of 12"
    assert page.findings[0].name == "trouble"
    assert page.findings_sentence.endswith("1 trouble to look at.")


def test_the_front_is_drawn_only_where_costs_differ():
    page = study_page_data(reading())
    [figure] = section(page, "costs").figures
    [chart] = figure.charts
    macs = {row[0]: row[1] for row in section(page, "cells").figures[0].table.rows}
    means = {f"Depth {depth}, side {side}": fmean(scores) for (depth, side), scores in SCORES.items()}
    front = [
        name
        for name in sorted(macs, key=macs.get)
        if not any(
            macs[other] <= macs[name]
            and means[other] >= means[name]
            and (macs[other], means[other]) != (macs[name], means[name])
            for other in macs
        )
    ]

    assert front == ["Depth 1, side 3", "Depth 2, side 3", "Depth 2, side 5"]
    assert chart.curves[0].x == [macs[name] for name in front]
    assert chart.curves[0].y == [pytest.approx(100 * means[name]) for name in front]
    assert [(mark.x, mark.label) for mark in chart.marks] == [(macs["Depth 1, side 5"], "Depth 1, side 5")]
    assert [row[-1] for row in figure.table.rows] == ["yes", "no", "yes", "yes"]
    equal = TEXT.replace("side: [3, 5]", "optimizer: [adam, sgd]").replace("$side", "3")
    equal = equal.replace("depth: [1, 2]", "batch: [10, 20]").replace("$depth", "1").split("published")[0]
    alike = dict.fromkeys(product(("10", "20"), ("adam", "sgd")), (0.8, 0.81, 0.85))
    assert all(one.id != "costs" for one in study_page_data(reading(alike, text=equal, healthy=False)).sections)


def test_gradients_by_depth_and_dead_units_are_the_layers_own():
    part = section(study_page_data(reading()), "health")
    charts, table = part.figures

    for chart, norms in zip(charts.charts, HEALTH.values(), strict=True):
        *seeds, mean = chart.curves
        for seed, curve in enumerate(seeds):
            assert curve.style == "thin"
            assert curve.y == [pytest.approx(log10(norm) + seed) if norm else None for norm, _ in norms]
        # Seeds are a power of ten apart: their geometric mean is the middle one.
        assert mean.y == [pytest.approx(log10(norm) + 1) if norm else None for norm, _ in norms]
        assert (chart.low, chart.high) == (pytest.approx(-3), pytest.approx(log10(0.5) + 2))
    assert [row[1] for row in table.table.rows] == [
        pytest.approx(100 * sum(dead for _, dead in layers) / (10 * len(layers))) for layers in HEALTH.values()
    ]
    assert table.table.rows[0][2] == pytest.approx(fmean((0.5, 0.6, 0.7)))
    assert len(charts.table.rows) == 3 * (2 + 2 + 3 + 3)
    assert said(part.sentence) == (
        "Before training the first layer's gradient is at most 500 times smaller than the last's (depth 2, side 3). "
        "After training at most 25.0 % of units are dead (depth 1, side 5)."
    )
    assert all(one.id != "health" for one in study_page_data(reading(healthy=False)).sections)


def test_more_seeds_would_see_what_the_paired_t_test_sees():
    one = reading()
    [figure] = section(study_page_data(one), "change").figures
    rows = figure.table.rows

    assert [row[0] for row in rows] == [3, 6, 12]
    assert rows[0][1] == pytest.approx(100 * one.detectable)
    assert f"with 6 seeds, differences above {rows[1][1]:.1f} points" in verdict(one).would_change
    # Power of the paired t test by another way: the noncentral t distribution. Three cells beside the reference.
    from scipy.stats import nct

    scores = list(SCORES.values())
    pairs = [[a - b for a, b in zip(x, y, strict=True)] for i, x in enumerate(scores) for y in scores[i + 1 :]]
    spread = sqrt(fmean(stdev(pair) ** 2 for pair in pairs))
    for count, seen in rows:
        shift, limit = seen / 100 / spread * sqrt(count), student.ppf(1 - 0.05 / 3 / 2, count - 1)
        assert nct.sf(limit, count - 1, shift) == pytest.approx(0.8, abs=0.005)


def test_a_study_without_a_score_is_a_page_all_the_same(tmp_path):
    one = reading(dict.fromkeys(SCORES, ()))
    page = study_page_data(one)

    assert page.verdict == "No training has ended yet."
    assert [part.id for part in page.sections] == ["cells", "change"]
    assert page.facts[-1].value == "0 of 12"
    assert write_study_page(one, tmp_path) == tmp_path / "study.html"
    assert "No training has ended yet." in (tmp_path / "study.html").read_text(encoding="utf-8")


def test_one_seed_has_no_interval_and_nothing_that_is_not_a_number():
    one = reading({levels: scores[:1] for levels, scores in SCORES.items()}, text=TEXT.replace("seeds: 3", "seeds: 1"))
    page = study_page_data(one)
    [figure] = section(page, "scores").figures

    assert [row.interval for row in figure.rows] == [None] * 4
    assert {row.interval_shown for row in figure.rows} == {"1 seed"}
    assert figure.rows[2].difference_interval == "1 seed"
    assert [row[6:9] for row in figure.table.rows] == [[None] * 3] * 4
    assert section(page, "change").figures == []
    assert str(nan) not in page.model_dump_json()


def test_a_page_is_written_to_a_file_only(tmp_path):
    (tmp_path / "study.html").mkdir()

    with pytest.raises(InputError, match="must be written to a file"):
        write_study_page(reading(), tmp_path)
