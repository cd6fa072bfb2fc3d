"""The page about beginnings, from a record written by hand."""

import json

import numpy as np
import pytest

from striate.errors import InputError
from striate.numbers import THIN
from striate.records import BeginningComparison, Begun, Difference, FirstSteps, LayerStart, Start
from striate.report.arrays import ArrayStore
from striate.report.beginnings.page import (
    beginnings_document,
    beginnings_page,
    judge_beginnings,
    start_words,
    verdict,
    write_beginnings_page,
)


def start(name, stds):
    rows = [
        LayerStart(
            layer=f"layer{place}",
            mean=0.1,
            std=std,
            active_share=0.5,
            gradient_norm=std / 10,
            weight_norm=1.0,
            is_rectified=True,
            is_output=place == len(stds) - 1,
            std_spread=0.01,
        )
        for place, std in enumerate(stds)
    ]
    return Start(beginning=name, layers=tuple(rows), loss=2.3, images=50, seeds=2)


def steps(name, scores, *, lost=()):
    losses = np.linspace(2.3, 0.5, 40).reshape(2, 20)
    scores = np.array(scores, dtype=float)
    if lost:
        losses[list(lost), 5:] = np.nan
        scores[list(lost), 1:] = np.nan
    return FirstSteps(beginning=name, losses=losses, points=(0, 10, 20), scores=scores, lost=lost, seconds=3.0)


def comparison(**changes):
    made = {
        "beginnings": ("he", "small", "lsuv"),
        "starts": (
            start("he", [1.0, 1.0, 1.0, 0.1]),
            start("small", [0.1, 0.005, 0.0005, 0.001]),
            start("lsuv", [0.6, 0.6, 0.6, 0.1]),
        ),
        "steps": (
            steps("he", [[0.1, 0.5, 0.9], [0.1, 0.6, 0.8]]),
            steps("small", [[0.1, 0.1, 0.3], [0.1, 0.1, 0.2]]),
            steps("lsuv", [[0.1, 0.5, 0.91], [0.1, 0.6, 0.79]]),
        ),
        "filters": {name: np.arange(18.0).reshape(2, 1, 3, 3) - 9 for name in ("he", "small", "lsuv")},
        "filter_layer": "layer0",
        "begun": (
            Begun(name="he", seed=0),
            Begun(name="small", seed=0),
            Begun(name="lsuv", seed=0, images=50, told=("4 layers solved.",)),
        ),
        "differences": (
            Difference(beginning="small", against="he", mean=-0.6, interval=(-0.7, -0.5), seeds=2),
            Difference(beginning="lsuv", against="he", mean=0.0, interval=(-0.1, 0.1), seeds=2),
        ),
        "score_name": "accuracy",
        "chance": 2.302585,
        "train_count": 500,
        "held_out_count": 100,
        "seeds": (0, 1),
    }
    return BeginningComparison(**(made | changes))


def _plain(text):
    return text.replace(THIN, " ")


def test_the_verdict_says_who_is_behind_and_who_cannot_be_told_apart():
    assert _plain(verdict(comparison())) == (
        "After 20 steps he has 85.0 % of the held-out samples right; small is 60.0 points behind, "
        "lsuv is not told apart from it by 2 seeds."
    )


def test_a_lost_training_is_in_the_verdict_and_a_warning():
    lost = comparison(
        beginnings=("he", "wild"),
        starts=(start("he", [1.0, 1.0, 1.0, 0.1]), start("wild", [1.0, 30.0, 900.0, 10.0])),
        steps=(
            steps("he", [[0.1, 0.5, 0.9], [0.1, 0.6, 0.8]]),
            steps("wild", [[0.1, 0.5, 0.9], [0.1, 0.6, 0.8]], lost=(1,)),
        ),
        filters={},
        begun=(Begun(name="he", seed=0), Begun(name="wild", seed=0)),
        differences=(Difference(beginning="wild", against="he", mean=0.0, interval=(0.0, 0.0), seeds=1),),
    )
    page = beginnings_page(lost, ArrayStore(), name="net.yaml", data="digits", command="")
    section = next(section for section in page.sections if section.id == "first-steps")

    assert "wild was lost in 1 run" in verdict(lost)
    assert (section.judgement, section.sentence) == (
        "warning",
        "The loss left the finite numbers: wild in 1 of 2 runs.",
    )
    assert [finding.name for finding in judge_beginnings(lost).findings] == ["exploding-start"]
    assert "filters" not in {section.id for section in page.sections}


def test_what_happens_to_values_is_said_in_words():
    # (0.0005 / 0.1) ** (1 / 2): three hidden layers
    assert _plain(start_words(comparison().starts[1])) == "Small begins with values that shrink, × 0.0707 a layer."
    assert (
        _plain(start_words(comparison().starts[0])) == "He begins with values that keep their spread, × 1.00 a layer."
    )
    assert "too few hidden layers" in start_words(start("he", [1.0, 0.1]))


def test_every_picture_has_its_table_and_every_section_its_judgement_in_words():
    store = ArrayStore()
    page = beginnings_page(comparison(), store, name="net.yaml", data="digits", command="striate init …")

    assert [section.id for section in page.sections] == ["beginnings", "filters", "first-steps", "made"]
    for section in page.sections:
        assert section.caption.should_see
        assert section.caption.wrong_if
        assert all(figure.table is not None for figure in section.figures)
    assert set(store.arrays) == {"filters-0", "filters-1", "filters-2"}
    assert [row.code for row in page.findings] == ["INI001"]
    assert page.found_nothing == ["exploding start"]
    assert [fact.value for fact in page.facts] == ["85.0 %".replace(" ", THIN), f"25.0{THIN}%", f"85.0{THIN}%"]


def test_the_score_table_holds_mean_and_interval_by_hand():
    page = beginnings_page(comparison(), ArrayStore(), name="net.yaml", data="digits", command="")
    charts = next(section for section in page.sections if section.id == "first-steps").figures[0]
    row = charts.table.rows[2]

    # 85 ± 12.706 · 7.071 / √2, cut at 100
    assert row[:2] == ["he", 20]
    assert row[2:] == pytest.approx([85.0, 85.0 - 63.531, 100.0], abs=1e-3)


def test_the_document_is_json_with_null_for_lost_numbers():
    lost = steps("he", [[0.1, 0.5, 0.9], [0.1, 0.6, 0.8]], lost=(0,))
    found = comparison(steps=(lost, *comparison().steps[1:]))
    document = json.loads(json.dumps(beginnings_document(found, judge_beginnings(found).findings), allow_nan=False))

    assert document["schema"] == "striate/beginnings/1"
    assert document["beginnings"][0]["scores"][0] == [0.1, None, None]
    assert document["beginnings"][0]["lost"] == [0]
    assert document["differences"][0]["interval"] == [-0.7, -0.5]
    assert document["findings"][0]["code"] == "INI001"


def test_it_is_written_to_a_file_or_into_a_folder(tmp_path):
    write_beginnings_page(comparison(), tmp_path, name="net.yaml", data="digits")

    text = (tmp_path / "beginnings.html").read_text()
    assert "Beginnings of net.yaml on digits" in text
    with pytest.raises(InputError, match="written to a file"):
        write_beginnings_page(comparison(), "/dev/null", name="net.yaml", data="digits")
