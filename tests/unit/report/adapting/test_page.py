"""The page of an adaptation, from records written by hand."""

import json
import math
from dataclasses import replace

import pytest

from adaptations import (
    CANDIDATES,
    COMPARISON,
    CURVE,
    RECEIPT,
    adaptation,
    candidate,
    estimate,
    large,
    regime,
    regression,
)
from striate.errors import InputError
from striate.findings import Finding
from striate.numbers import THIN
from striate.records import ReceiptRow, ReceiptSection
from striate.report.adapting.case import case_section, inputs_section
from striate.report.adapting.curves import cuts_section, samples_section
from striate.report.adapting.depth import depth_sentence
from striate.report.adapting.page import adaptation_page, adaptation_page_data, write_adaptation_page
from striate.report.adapting.rates import rates_section
from striate.report.adapting.receipt import receipt_section
from striate.report.adapting.regimes import regimes_section, spine, spine_words


def said(text):
    return text.replace(THIN, " ")


def only(found):
    """The picture of a section that has one."""
    [figure] = found.figures
    return figure


FROZEN, TRAINED, ABSENT = "frozen", "trained", "absent"


@pytest.mark.parametrize(
    ("changes", "cells"),
    [
        ({}, [FROZEN] * 4 + [ABSENT] * 2),
        ({"trained": "all"}, [TRAINED] * 4 + [ABSENT] * 2),
        ({"cut": "the end"}, [FROZEN] * 6),
        ({"cut": "the end", "trained": "last block"}, [FROZEN] * 5 + [TRAINED]),
        ({"trained": "last block"}, [FROZEN] * 3 + [TRAINED] + [ABSENT] * 2),
        ({"cut": "blocks.1", "trained": "first block"}, [TRAINED] + [ABSENT] * 5),
    ],
)
def test_the_spine_shows_what_is_kept_trained_and_cut_away(changes, cells):
    assert spine(adaptation(), regime("a", "b", **changes)) == cells


def test_the_spine_is_also_said_in_words():
    found, made = adaptation(), regime("a", "b", hidden=(64,), trained="last block")

    words = spine_words(found, made, spine(found, made))

    assert words == "cut after blocks.4, 3 of 6 parts frozen, 1 of 6 parts trained, 2 new layers"


def test_measured_regimes_are_rows_and_the_others_stand_beneath_with_their_reason():
    figure = only(regimes_section(adaptation()))

    assert [row.name for row in figure.rows] == [
        "cut at blocks.4 + 1 FC",
        "cut + fine-tune",
        "fine-tune all",
        "last block",
        "frozen",
    ]
    assert [row.level for row in figure.rows] == [True, True, True, False, False]
    assert [row.chosen for row in figure.rows] == [True, False, False, False, False]
    assert figure.rows[3].difference == "−3.3"
    assert figure.rows[3].difference_interval == "−5.1 to −1.5"
    assert (figure.rows[0].difference, figure.rows[0].new_layers) == ("", 2)
    assert [(row.name, row.outcome) for row in figure.left] == [
        ("first block", "dropped"),
        ("fine-tune, train norms", "lost"),
        ("probe then fine-tune", "not measured"),
    ]
    assert said(figure.left[0].reason).endswith("after the first look (61.0 % (59.0 to 63.0) by then)")
    assert figure.left[2].reason == "it would have taken 9 min, and 2 min were left"


def test_the_common_axis_holds_every_interval_that_is_shown():
    figure = only(regimes_section(adaptation()))

    assert (figure.low, figure.high) == (pytest.approx(82.3), pytest.approx(90.4))
    assert figure.score == "Accuracy, %"


def test_the_table_holds_all_regimes_and_what_was_tried():
    figure = only(regimes_section(adaptation()))

    assert [row[0] for row in figure.table.rows] == [one.regime.name for one in CANDIDATES]
    assert len(figure.tried.rows) == 12
    assert figure.tried.rows[0] == ["cut + fine-tune", "0.0001", "keep", 1, 71.0]
    assert figure.tried.rows[-1] == ["fine-tune, train norms", "0.03", "train", 1, "lost"]


def test_the_sentence_counts_the_level_and_names_the_next():
    assert regimes_section(adaptation()).sentence == (
        "Of 8 regimes “cut at blocks.4 + 1 FC” was chosen; 2 others cannot be told from it, and “last block”, the next, is "
        "3.3 points below."
    )
    assert regimes_section(regression()).sentence == "The only regime that was looked at is “frozen”."


def test_cuts_lie_at_their_share_of_the_work_and_the_chosen_one_is_marked():
    figure = only(cuts_section(adaptation()))
    [chart] = figure.charts

    assert chart.curves[0].x == pytest.approx([21, 34, 48, 63, 85, 100])
    assert (chart.curves[0].y[3], chart.curves[0].low[3], chart.curves[0].high[3]) == pytest.approx((84.6, 82.6, 86.6))
    assert chart.chosen == (63.0, "cut chosen, blocks.4")
    assert [name for _, name in chart.names][-1] == "the end"
    assert figure.table.rows[3][:4] == ["blocks.4", 63.0, 2_123_100, 40]


def test_long_names_become_numbers_with_their_key():
    section = cuts_section(large())

    assert [name for _, name in only(section).charts[0].names] == [str(place) for place in range(1, 13)]
    assert "12 the end" in section.caption.source


def test_the_end_is_said_to_be_best_only_where_it_is():
    assert said(cuts_section(adaptation()).sentence) == (
        "Features are best at blocks.4, 84.6 % (82.6 to 86.6): +2.4 points (+0.9 to +3.9) against the end."
    )
    level = [replace(probe, difference=estimate(0.001)) for probe in adaptation().probes]
    assert cuts_section(adaptation(probes=tuple(level))).sentence.endswith("which is not measurable.")
    assert cuts_section(large()).sentence.startswith("No cut probes better than the end")


def test_the_forecast_stands_at_twice_the_samples_and_is_open():
    figure = only(samples_section(adaptation()))
    [chart] = figure.charts

    assert chart.is_log
    assert chart.curves[0].x == [50, 100, 200, 400, 800]
    assert [(mark.curve, mark.x) for mark in chart.marks] == [(0, 1600), (1, 1600)]
    assert chart.marks[0].y == pytest.approx(87.3)
    assert [row[2] for row in figure.table.rows[:6]] == ["measured"] * 5 + ["forecast"]


def test_the_marked_case_is_the_measured_one_and_each_cell_says_what_was_measured():
    figure = only(case_section(adaptation()))
    cells = [*figure.similar, *figure.different]

    assert [cell.here for cell in cells] == [False, False, True, False]
    assert [said(cell.measured) for cell in cells] == [
        "84.3 % (82.3 to 86.3)",
        "not measured",
        "88.4 % (86.4 to 90.4), chosen",
        "87.1 % (85.1 to 89.1)",
    ]
    assert figure.here == "this problem"
    assert figure.why == [adaptation().quadrant.similarity_why, adaptation().quadrant.amount_why]


def test_a_case_whose_regime_was_dropped_says_so():
    dropped = replace(CANDIDATES[4], outcome="dropped")
    figure = only(case_section(adaptation(candidates=(CANDIDATES[0], dropped))))

    assert said(figure.similar[0].measured) == "84.3 % (82.3 to 86.3), dropped"


def test_doubt_about_the_case_is_said():
    section = case_section(regression())

    assert only(section).here == "this problem, not sure"
    assert section.sentence.startswith("Different data, little of it (not sure)")
    assert section.sentence.endswith("was not chosen; “frozen” was.")


def test_ways_that_cannot_be_taken_have_a_table_of_their_own():
    section = inputs_section(adaptation())
    can, cannot = (figure.table for figure in section.figures)

    assert can.rows[1][1:4] == ["3×320×320", "83.1 (81.1 to 85.1)", "+0.9 (−0.3 to +2.1)"]
    assert cannot.rows == [["As it is, features averaged", "attention reads positions of 14×14 only"]]
    assert "which is not measurable; 1 way cannot be taken." in section.sentence
    assert inputs_section(regression()) is None


def test_rates_are_lines_by_policy_and_look():
    charts = only(rates_section(adaptation())).charts

    assert [chart.title for chart in charts] == ["cut + fine-tune", "fine-tune all"]
    assert [(curve.label, curve.style, curve.x) for curve in charts[0].curves] == [
        ("kept, look 1", "dashed", [0.0001, 0.001, 0.01]),
        ("kept, look 2", "solid", [0.001]),
        ("trained, look 2", "solid", [0.001]),
    ]
    assert charts[0].chosen == (0.001, "best 0.001")


def test_a_single_rate_is_not_called_the_best():
    one = replace(CANDIDATES[1], outcome="chosen", difference=None, tried=CANDIDATES[1].tried[3:])
    section = rates_section(adaptation(candidates=(one,), chosen=one.regime.name))

    assert (
        section.sentence == "“cut + fine-tune” was trained at a rate of 0.001, the only one tried; no trial was lost."
    )
    assert only(section).kind == "table"


def test_the_chosen_rate_is_told_with_what_was_lost():
    chosen = replace(CANDIDATES[1], outcome="chosen", difference=None)
    section = rates_section(adaptation(candidates=(chosen, CANDIDATES[6]), chosen=chosen.regime.name))

    assert section.sentence == (
        "“cut + fine-tune” learns best at a rate of 0.001; 2 of 7 trials ended in numbers that are not finite."
    )
    assert only(section).charts[0].chosen == (0.001, "chosen 0.001")


def test_trials_that_were_all_lost_are_a_table():
    lost = CANDIDATES[6]
    section = rates_section(adaptation(candidates=(CANDIDATES[0], lost)))

    assert only(section).kind == "table"
    assert "2 of 2 trials ended in numbers that are not finite" in section.sentence


def test_a_chosen_rate_at_the_edge_is_a_warning():
    edge = replace(CANDIDATES[1], outcome="chosen", difference=None)
    edge = replace(edge, regime=replace(edge.regime, rate=0.01))
    section = rates_section(adaptation(candidates=(edge,), chosen=edge.regime.name))

    assert section.judgement == "warning"
    assert "the edge of what was tried" in section.sentence


def test_the_depth_sentence_names_where_the_generic_layers_end():
    first, second, third, fourth, last = COMPARISON.layers
    swapped = replace(COMPARISON, layers=(first, replace(second, similarity=0.8), third, fourth, last))

    assert said(depth_sentence(COMPARISON)) == (
        "The generic layers end with blocks.3.0.conv_pw, at 48 % of the MACs: 4 of the 4 layers up to there have a similarity of "
        "at least 0.90, none behind; the least is 0.54 at blocks.4.0.conv_pw."
    )
    assert "3 of the 4 layers up to there have" in depth_sentence(swapped)
    assert depth_sentence(replace(COMPARISON, layers=(first, last))).startswith(
        "The generic layers end with conv_stem, at 5\u202f% of the MACs: it has a similarity of at least 0.90, none behind"
    )
    alike = replace(COMPARISON, layers=COMPARISON.layers[:4])
    assert depth_sentence(alike) == "All 4 layers answer as they did before; the least is 0.91 at blocks.3.0.conv_pw."
    unlike = replace(COMPARISON, layers=(last,))
    assert depth_sentence(unlike).startswith("No layer answers as it did before")
    dead = replace(COMPARISON.layers[0], similarity=None, interval=None, matched=None, matched_quartiles=None)
    assert "No layer varies" in depth_sentence(replace(COMPARISON, layers=(dead,)))


def test_a_receipt_whose_claim_does_not_hold_is_an_error():
    broken = (
        ReceiptSection(title="Frozen", rows=(ReceiptRow(label="Frozen tensors", value="183 of 184", checked=False),)),
    )

    assert receipt_section(RECEIPT).sentence == "All 3 claims that can be checked hold; 2 more are told only."
    assert receipt_section(RECEIPT).judgement == "ok"
    assert receipt_section(broken).sentence == "Frozen tensors does not hold: 183 of 184."
    assert receipt_section(broken).judgement == "error"
    assert receipt_section(()) is None


def test_the_page_has_its_parts_in_order():
    page = adaptation_page_data(adaptation(), receipt=RECEIPT, curve=CURVE, comparison=COMPARISON)

    assert [section.id for section in page.sections] == [
        "regimes",
        "cuts",
        "samples",
        "case",
        "inputs",
        "rates",
        "training",
        "depth",
        "receipt",
        "made",
    ]
    assert all(
        section.caption.should_see and section.caption.wrong_if and section.caption.source for section in page.sections
    )


def test_the_guard_speaks_in_sentences():
    def sentence(**changes):
        sections = adaptation_page_data(adaptation(**changes)).sections
        return next(section.sentence for section in sections if section.id == "training")

    trained = CANDIDATES[1].regime.name
    assert sentence() == "The held-out loss rose for 3 epochs; training went back to epoch 6."
    assert sentence(events=("One.", "Two.")) == "The guard stepped in 2 times, last: Two."
    assert sentence(events=()) == "The new output was solved, not trained: no learned weight could be damaged."
    assert sentence(events=(), chosen=trained) == "The guard found nothing to do while the chosen network was trained."


@pytest.mark.parametrize(
    "found",
    [
        regression(),
        large(),
        adaptation(output="labels"),
        adaptation(probes=(), curves=(), inputs=()),
        adaptation(
            candidates=(candidate(CANDIDATES[0].regime, None, None, "chosen"),), test=None, test_difference=None
        ),
        adaptation(candidates=(replace(CANDIDATES[0], macs=0, seconds=0.0, memory_bytes=0),)),
        adaptation(curves=(replace(adaptation().curves[0], points=(), forecast=None),)),
    ],
    ids=["values", "large", "labels", "little", "not measured", "no figures", "no points"],
)
def test_nothing_breaks_where_something_is_missing(found):
    page = adaptation_page_data(found)

    document = json.dumps(page.model_dump(mode="json", by_alias=True), allow_nan=False)
    assert "None" not in document
    assert "nan" not in [cell for section in page.sections for cell in section.sentence.split()]


def test_findings_are_on_the_page():
    finding = Finding(
        code="SA001",
        name="few-samples",
        severity="warning",
        message="Few samples.",
        todo="Label more.",
        why="",
        source="",
        section="",
    )
    page = adaptation_page_data(adaptation(), findings=[finding])

    assert [row.message for row in page.findings] == ["Few samples."]


def test_the_page_is_one_file_and_folders_take_it(tmp_path):
    html = adaptation_page(adaptation(), receipt=RECEIPT)
    write_adaptation_page(adaptation(), tmp_path, receipt=RECEIPT)

    assert "striate-page" in html
    assert "nobody looked at" in (tmp_path / "adaptation.html").read_text(encoding="utf-8")
    (tmp_path / "more").mkdir()
    with pytest.raises(InputError, match="must be written to a file"):
        (tmp_path / "link").symlink_to("/dev/null")
        write_adaptation_page(adaptation(), tmp_path / "link")


def test_no_score_is_drawn_where_a_trial_was_lost():
    lost = {"rate": 0.5, "norm": "keep", "rung": 1, "score": math.nan}
    mixed = replace(CANDIDATES[1], tried=(*CANDIDATES[1].tried, lost))
    [chart] = only(rates_section(adaptation(candidates=(CANDIDATES[0], mixed)))).charts

    assert chart.curves[1].y == [pytest.approx(83.0), None]
