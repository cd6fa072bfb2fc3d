"""The page of a comparison of features, from records written by hand."""

from dataclasses import replace

import pytest

from feature_comparisons import FOUND, estimate
from striate.errors import InputError
from striate.lint import lint
from striate.numbers import THIN
from striate.records import Downstream, Evidence
from striate.records.plain import from_plain, to_plain
from striate.report.downstream.page import downstream_page_data, write_downstream_page
from striate.report.downstream.sections import few_section, layers_section, left_section, ranking_section
from striate.report.downstream.words import compared_sentence, few_sentence, verdict


def said(text):
    return text.replace(THIN, " ")


def test_the_ranking_has_the_best_of_each_set_of_features_and_the_table_has_all():
    section = ranking_section(FOUND)
    [figure] = section.figures

    assert [(one.name, one.detail, one.open) for one in figure.rows] == [
        ("conv2", "logistic, 64 numbers", False),
        ("conv1", "logistic, 64 numbers", False),
        ("HOG", "RBF SVM, 64 numbers", True),
    ]
    assert figure.rows[0].difference == ""
    assert (figure.rows[1].difference, figure.rows[1].difference_interval) == ("−4.0 points", "−5.0 to −3.0")
    assert (figure.low, figure.high) == (pytest.approx(90), pytest.approx(99))
    assert len(figure.table.rows) == 6
    assert [column.unit for column in figure.table.columns[4:13]] == ["%"] * 3 + ["points"] * 6
    assert figure.table.rows[3][:5] == ["HOG", "hand-made", 64, "RBF SVM", pytest.approx(92)]
    assert figure.table.rows[0][-2] == "penalty 3.00, 30.0"
    assert said(compared_sentence(FOUND)) == (
        "Of 6 classifiers, logistic on conv2 is best, 97.0 % (95.0 to 99.0); 1 other cannot be told from it."
    )


def test_level_with_the_best_is_told_of_rows_whose_difference_holds_nought():
    level = replace(FOUND, rows=(FOUND.rows[0], replace(FOUND.rows[2], to_best=estimate(-0.01))))
    [figure] = ranking_section(level).figures

    assert [one.level for one in figure.rows] == [False, True]
    # Without hand-made features there is nothing to tell apart by the dots.
    assert figure.sorts == ("the network's", "")


def test_families_are_charts_along_the_layers_in_the_order_they_are_stored_in():
    [figure] = layers_section(FOUND).figures
    logistic, ridge = figure.charts

    assert (logistic.title, logistic.names) == ("logistic", [(1.0, "conv1"), (2.0, "conv2")])
    assert logistic.curves[0].y == [pytest.approx(93), pytest.approx(97)]
    assert ridge.curves[0].y == [pytest.approx(91), pytest.approx(96.5)]
    assert logistic.is_order
    assert (ridge.low, ridge.high) == (logistic.low, logistic.high) == (pytest.approx(89), pytest.approx(99))
    assert [row[:3] for row in figure.table.rows] == [
        ["logistic", "conv1", pytest.approx(93)],
        ["logistic", "conv2", pytest.approx(97)],
        ["ridge", "conv1", pytest.approx(91)],
        ["ridge", "conv2", pytest.approx(96.5)],
    ]
    [unhelped] = layers_section(replace(FOUND, curves=())).figures
    assert unhelped.charts == figure.charts
    single = replace(FOUND, rows=FOUND.rows[:2], curves=())
    assert layers_section(single) is None


def test_few_labels_draw_the_best_learner_of_each_set_of_features():
    [figure] = few_section(FOUND).figures

    assert [(one.label, one.style) for one in figure.charts[0].curves] == [
        ("conv2, logistic", "solid"),
        ("conv1, logistic", "solid"),
        ("HOG, logistic", "dashed"),
    ]
    assert len(figure.table.rows) == 12
    assert said(few_sentence(FOUND)) == "With 1 label a class logistic on conv2 reaches 60.0 %, with 5 90.0 %."
    assert few_section(replace(FOUND, curves=())) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "the network's features are 5.0 points above hand-made features (RBF SVM on HOG)."),
        (
            {"to_hand_made": estimate(0.01)},
            "are not measurably apart from hand-made features (RBF SVM on HOG) (+1.0 points, −1.0 to +3.0).",
        ),
        ({"to_hand_made": estimate(-0.05)}, "are 5.0 points below hand-made features (RBF SVM on HOG)."),
        ({"to_hand_made": None}, "cross-validated; above the best constant answer, 10.0 %."),
    ],
)
def test_the_verdict_holds_features_against_hand_made_ones(changes, words):
    told = said(verdict(replace(FOUND, **changes)))

    assert told.startswith("Logistic on conv2 is best: 97.0 % (95.0 to 99.0), cross-validated; ")
    assert told.endswith(words)


def test_what_was_left_out_has_its_reason():
    [figure] = left_section(FOUND).figures

    assert figure.table.rows == [["MLP on HOG", "about 2 min"]]
    assert left_section(replace(FOUND, left_out=())) is None


def test_r_squared_has_no_percent():
    values = replace(FOUND, output="values", curves=())

    assert verdict(values).startswith("Logistic on conv2 is best: R² 0.970 (0.950 to 0.990)")
    [figure] = ranking_section(values).figures
    assert figure.rows[0].shown == "0.970"
    assert figure.rows[1].difference == "−0.040"
    assert {column.unit for column in figure.table.columns[4:13]} == {""}


def test_the_record_is_written_and_read_back():
    assert from_plain(Downstream, to_plain(FOUND), where="a test") == FOUND


@pytest.mark.parametrize(("gap", "fires"), [(-0.02, True), (0.0, True), (0.001, False)])
def test_the_rule_fires_where_descriptors_reach_as_much(gap, fires):
    found = lint(Evidence(downstream=replace(FOUND, to_hand_made=estimate(gap))), select=("handmade-beats-features",))

    assert bool(found.findings) == fires
    silent = lint(Evidence(downstream=replace(FOUND, to_hand_made=None)), select=("handmade-beats-features",))
    assert silent.skipped == ("handmade-beats-features",)


def test_the_page_is_whole_and_one_file(tmp_path):
    found = replace(FOUND, to_hand_made=estimate(-0.02))
    findings = lint(Evidence(downstream=found), select=("handmade-beats-features",)).findings
    page = downstream_page_data(found, findings=findings)

    assert [section.id for section in page.sections] == ["downstream", "layers", "few-labels", "left-out", "made"]
    assert page.findings_sentence == "One warning."
    assert "4 folds instead of 5." in page.prose
    write_downstream_page(found, tmp_path, findings=findings)
    assert "Logistic on conv2 is best" in (tmp_path / "downstream.html").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="a file"):
        (tmp_path / "page").mkdir()
        (tmp_path / "page" / "downstream.html").mkdir()
        write_downstream_page(found, tmp_path / "page")
