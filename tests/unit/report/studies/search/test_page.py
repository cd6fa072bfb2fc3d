"""The page of a search, from trials written by hand."""

from dataclasses import replace
from math import sqrt
from statistics import fmean, stdev

import pytest
from scipy.stats import t as student

from search_readings import AGAIN, SHARES, TRIALS, macs, reading, results
from striate.errors import InputError
from striate.numbers import THIN
from striate.report.studies.search.page import search_page_data, write_search_page
from striate.study import verdict
from striate.study.search import Limits

# Filled dots of the front by hand: in order of MACs, each better than all before it.
COSTS = sorted((macs(*row[:3]), number) for number, row in enumerate(TRIALS) if isinstance(row[3], float))
FRONT = [
    number
    for place, (_, number) in enumerate(COSTS)
    if all(TRIALS[other][3] < TRIALS[number][3] for _, other in COSTS[:place])
]


def said(text):
    return text.replace(THIN, " ")


def section(page, name):
    return next(one for one in page.sections if one.id == name)


def half(scores):
    return student.ppf(0.975, len(scores) - 1) * stdev(scores) / sqrt(len(scores))


def test_only_what_was_trained_again_is_claimed_with_its_interval_and_seeds():
    page = search_page_data(reading())
    mean, width = fmean(AGAIN[11]), half(AGAIN[11])

    assert page.title == "Which design is best within 22\u202f000 MACs?"
    assert said(page.verdict) == (
        f"Trial 11, trained again from 3 other seeds, reaches 78.0 % on the test part (95 % interval "
        f"{100 * (mean - width):.1f} % to {100 * (mean + width):.1f} %); 2 of 2 others trained again are surely worse."
    )
    assert [said(fact.value) for fact in page.facts] == ["78.0 %", "80.0 %", "15", "12"]
    assert page.facts[1].note == "validation part, which chose it"
    assert page.facts[3].note == "9 to the end, 2 stopped early, 1 failed"


def test_without_a_second_training_nothing_is_claimed():
    page = search_page_data(reading(again=None))

    assert said(page.verdict) == (
        "Nothing is claimed: no design was trained again from other seeds. Trial 11 reached 80.0 % on the validation part, "
        "which chose it: the highest of 9 scores is the luckiest too."
    )
    assert [one.id for one in page.sections] == ["mislead", "space", "tried", "course", "importance", "trials"]
    assert section(page, "mislead").figures == []
    assert "--best 2 or more trains the best again" in section(page, "mislead").caption.shown
    assert "no measure of what its design will reach. 12 of 15 designs" in section(page, "mislead").sentence


@pytest.mark.parametrize(
    ("again", "told"),
    [
        ({11: (0.7,), 3: (0.6,)}, "Nothing is claimed: the best were trained again from 1 seed only"),
        ({11: (None, None), 3: (None, None)}, "Nothing is claimed: no training of the best ended."),
        (
            {11: (0.7, 0.72, 0.74), 3: (0.8, 0.82, 0.845)},
            "; surely better than trial 11, the first in the search, by 10.2 points.",
        ),
        (
            {11: (0.7, 0.72, 0.74), 3: (0.6, 0.9, 0.8)},
            "; it does not differ surely from trial 11, the first in the search.",
        ),
        ({11: (0.7, 0.8, 0.9), 3: (0.6, 0.9, 0.6)}, "; none of 1 other trained again is surely worse."),
    ],
)
def test_a_headline_says_how_sure_it_is(again, told):
    assert told in search_page_data(reading(again=again)).verdict


def test_of_designs_that_do_not_differ_the_cheapest_is_named():
    page = search_page_data(reading(again={11: (0.7, 0.72, 0.74), 3: (0.6, 0.9, 0.8)}))
    [row] = [row for row in page.findings if row.name == "cheapest"]

    assert macs(3, 5, 2) < macs(4, 3, 2)
    assert said(row.message) == (
        "No design trained again differs surely from the first; the cheapest is trial 11: 15 177 MACs instead of 20 748 at most."
    )
    assert all(row.name != "cheapest" for row in search_page_data(reading()).findings)


def test_the_space_says_what_was_open_and_what_the_limits_leave():
    part = section(search_page_data(reading()), "space")
    choices, kept = part.figures
    within = [macs(w, side, deep) <= 22_000 for w in (2, 3, 4, 6) for side in (3, 5) for deep in (1, 2, 3)]

    assert said(part.sentence) == (
        f"24 combinations: {100 * sum(within) / 24:.1f} % of those looked at fit together and keep the limits, {sum(within)} different networks. "
        "At most 22 000 MACs."
    )
    assert choices.table.rows == [["w", "2, 3, 4, 6", "3"], ["conv1.kernel", "3, 5", "5"], ["repeat1", "1, 2, 3", "2"]]
    assert {name: said(value) for name, value in kept.table.rows} == {
        "Combinations": "24",
        "Share that keeps the limits": "62.5 %",
        "Designs within the limits": "15",
        "Designs tried": "12",
        "Limit of MACs of an image": "22 000 MACs",
        "Limit of parameters": "none",
        "Limit of peak memory": "none",
        "Limit of time": "none",
    }


def test_every_limit_is_told_with_its_unit_and_a_drawn_space_as_drawn():
    one = reading(limits=Limits(params=500, peak_bytes=2**20), again=None)
    every = replace(
        one.results.search, limits=Limits(macs=9, params=500, peak_bytes=2**20, latency_ms=2.5), goal="front"
    )
    drawn = replace(one.results, search=every, space=replace(one.results.space, is_drawn=True, whole=20_000))
    page = search_page_data(replace(one, results=drawn))
    rows = dict(section(page, "space").figures[1].table.rows)

    assert page.title.startswith("How good can a design be at each number of MACs within 9 MACs, 500 parameters, ")
    assert [said(rows[f"Limit of {name}"]) for name in ("parameters", "peak memory", "time")] == [
        "500 parameters",
        "1.00 MiB in a training step",
        "2.50 ms an image",
    ]
    assert "Designs drawn within the limits" in rows
    assert "themselves drawn from all within the limits" in section(page, "mislead").sentence
    assert "time by measurement" in section(page, "space").caption.source


def test_the_front_is_filled_and_what_it_beats_is_open():
    part = section(search_page_data(reading()), "tried")
    [figure] = part.figures
    [chart] = figure.charts

    assert FRONT == [0, 1, 2, 8, 11]
    assert chart.curves[0].x == [macs(*TRIALS[number][:3]) for number in FRONT]
    assert chart.curves[0].y == [pytest.approx(100 * TRIALS[number][3]) for number in FRONT]
    assert [(mark.x, mark.y) for mark in chart.marks] == [
        (macs(*TRIALS[number][:3]), pytest.approx(100 * TRIALS[number][3]))
        for _, number in COSTS
        if number not in FRONT
    ]
    assert part.sentence.startswith("5 of 9 designs with a score are on the front")
    assert part.sentence.endswith("Trials: 9 to the end, 2 stopped early, 1 failed.")


def test_the_twin_has_every_trial_and_what_became_of_it():
    page = search_page_data(reading())
    twin, [shown] = section(page, "tried").figures[0].table, section(page, "trials").figures

    assert [column.label for column in twin.columns] == [
        "Trial", "Accuracy, validation", "w", "conv1.kernel", "repeat1", "MACs", "Parameters", "Front", "Ended"
    ]  # fmt: skip
    # The highest score first, of equal ones the cheaper; then those that were stopped; then those that failed.
    assert [row[0] for row in twin.rows] == [11, 3, 7, 10, 8, 5, 2, 1, 0, 4, 9, 6]
    # 3 of side 5 and a bias; twice 3 of 3 × 9 and a bias; three classes.
    params = (25 + 1) * 3 + 2 * (27 + 1) * 3 + 3 * (3 + 1)
    assert twin.rows[0] == [11, pytest.approx(80), "3", "5", "2", macs(3, 5, 2), params, "yes", "to the end"]
    assert [row[-1] for row in twin.rows[-3:]] == ["stopped early", "stopped early", "failed"]
    assert [row[1] for row in twin.rows[-3:]] == [None] * 3
    assert shown.table.rows == twin.rows


def test_of_many_trials_a_table_shows_thirty_and_the_twin_all():
    page = search_page_data(reading(TRIALS * 3, again=None))

    assert len(section(page, "trials").figures[0].table.rows) == 30
    assert "The first 30 of 36" in section(page, "trials").caption.shown
    assert len(section(page, "tried").figures[0].table.rows) == 36


def test_the_best_so_far_never_falls_and_waits_for_the_first_score():
    trials = (TRIALS[4], *TRIALS[:4], TRIALS[5])
    part = section(search_page_data(reading(trials, again=None)), "course")
    [figure] = part.figures
    [chart] = figure.charts

    assert chart.curves[0].x == [1, 2, 3, 4, 5, 6]
    assert chart.curves[0].y == [None, *(pytest.approx(value) for value in (50, 55, 61, 80, 80))]
    assert [(mark.x, mark.y) for mark in chart.marks] == [(6, pytest.approx(70))]
    assert figure.table.rows[0] == [1, 0, None, None, "stopped early"]
    assert said(part.sentence) == "The last 1 trial of 6 found nothing better than trial 4's 80.0 %."
    rising = section(search_page_data(reading(trials[:5], again=None)), "course").sentence
    assert said(rising) == "The last of 5 trials is the best so far, trial 4's 80.0 %: more may find better."


def test_scores_below_zero_are_a_best_so_far_too():
    rows = ((2, 3, 1, -0.5), (3, 3, 1, 0.0), (2, 5, 1, -0.2))

    assert reading(rows, again=None).best_so_far == (-0.5, 0.0, 0.0)


def test_each_choice_has_its_share_with_its_interval():
    part = section(search_page_data(reading()), "importance")
    [figure] = part.figures

    assert [(row.name, row.value, row.interval) for row in figure.rows] == [
        (name, pytest.approx(100 * share), (pytest.approx(100 * low), pytest.approx(100 * high)))
        for name, share, (low, high) in SHARES
    ]
    assert (figure.to, figure.low, figure.high) == ("", 0, pytest.approx(70))
    assert figure.table.rows[1] == ["w", *(pytest.approx(value) for value in (30, 20, 50))]
    assert said(part.sentence) == (
        "Most of what makes scores differ is repeat1: 60 % (40 % to 70 % over draws); that it matters more than w may be chance."
    )


@pytest.mark.parametrize(
    ("shares", "ending"),
    [
        ((("w", 0.8, (0.6, 0.9)), ("d", 0.2, (0.1, 0.4))), "surely more than any other choice."),
        ((("w", 1.0, (1.0, 1.0)),), "nothing else was open."),
    ],
)
def test_what_matters_most_is_judged(shares, ending):
    shares = tuple((name if name == "w" else "repeat1", *rest) for name, *rest in shares)

    assert section(search_page_data(reading(shares=shares)), "importance").sentence.endswith(ending)


def test_the_searchs_scores_stand_beside_those_of_the_second_training():
    part = section(search_page_data(reading()), "mislead")
    [figure] = part.figures

    assert [row[0] for row in figure.table.rows] == [11, 3, 7]
    for number, searched, mean, low, high, gap in figure.table.rows:
        again = AGAIN[number]
        assert (searched, mean) == pytest.approx((100 * TRIALS[number][3], 100 * fmean(again)))
        assert (low, high) == pytest.approx((mean - 100 * half(again), mean + 100 * half(again)), abs=1e-3)
        assert gap == pytest.approx(mean - searched)
    assert said(part.sentence) == (
        "Trained again, 3 of 3 designs score lower on the test part than in the search: trial 11, first there with 80.0 %, "
        "2.0 points less. 12 of 15 designs within the limits were tried."
    )


def test_the_second_training_is_shown_as_a_study_is():
    one = reading()
    page = search_page_data(one)

    assert [part.id for part in page.sections] == [
        "scores", "costs", "cells", "mislead", "space", "tried", "course", "importance", "trials", "change"
    ]  # fmt: skip
    assert section(page, "scores").term == "Trained again: scores"
    assert [row.single for row in section(page, "scores").figures[0].rows] == [
        [pytest.approx(100 * score) for score in AGAIN[number]] for number in (11, 3, 7)
    ]
    assert section(page, "change").sentence == verdict(one.again).would_change
    assert {row.section for row in page.findings} <= {part.id for part in page.sections}
    assert all(part.caption.wrong_if and part.caption.source for part in page.sections)


def test_failures_come_first_and_edges_are_told():
    page = search_page_data(reading(((6, 3, 1, 0.9), *TRIALS), again=None))
    first, *rest = page.findings

    assert first.message == "1 design failed: the loss must stay a finite number"
    assert [row.message for row in rest if row.name == "edge"] == [
        "The best design, trial 0, has the largest w that was open, 6.",
        "The best design, trial 0, has the smallest repeat1 that was open, 1.",
    ]
    assert page.findings_sentence == "3 things to know; 1 trouble to look at."


def test_a_search_without_a_score_is_a_page_all_the_same(tmp_path):
    page = search_page_data(reading((TRIALS[4], TRIALS[6]), again=None, shares=()))

    assert page.verdict == "Nothing is claimed: no design was trained again from other seeds."
    assert [part.id for part in page.sections] == ["mislead", "space", "trials"]
    assert page.findings[-1].message == "Fewer than 10 scores: what matters cannot be told yet."
    assert len(section(page, "trials").figures[0].table.rows) == 2


def test_the_same_search_writes_the_same_bytes_to_a_file_only(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two.html"
    one.mkdir()
    (tmp_path / "no" / "search.html").mkdir(parents=True)

    assert write_search_page(reading(), one) == one / "search.html"
    assert write_search_page(reading(), two).read_bytes() == (one / "search.html").read_bytes()
    with pytest.raises(InputError, match="must be written to a file"):
        write_search_page(reading(), tmp_path / "no")


def test_a_random_sampler_and_a_front_are_told_as_what_they_are():
    page = search_page_data(replace(reading(again=None), results=results(sampler="random", goal="front")))

    assert (
        "Designs were drawn evenly. Each was trained once, from seed 0, and judged on the validation part. Recipe"
        in page.prose
    )
