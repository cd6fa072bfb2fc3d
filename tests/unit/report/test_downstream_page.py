"""The page of a comparison of features, from records written by hand."""

from dataclasses import replace

import pytest

from striate.errors import InputError
from striate.lint import lint
from striate.numbers import THIN
from striate.records import (
    Downstream,
    DownstreamRow,
    Estimate,
    Evidence,
    FewShotCurve,
    FewShotPoint,
    NotMeasured,
)
from striate.records.plain import from_plain, to_plain
from striate.report.downstream_sections import few_section, layers_section, left_section, ranking_section
from striate.report.downstream_words import compared_sentence, few_sentence, verdict
from striate.report.downstreampage import downstream_page_data, write_downstream_page


def said(text):
    return text.replace(THIN, " ")


def estimate(mean, half=0.02):
    return Estimate(mean=mean, interval=(mean - half, mean + half), error=half / 2, count=800)


def row(features, family, mean, source="network"):
    return DownstreamRow(
        features=features, source=source, width=64, family=family, estimate=estimate(mean), to_best=estimate(mean - 0.97, 0.01),
        to_constant=estimate(mean - 0.1), setting_name="penalty", settings=(3.0, 30.0), fit_s=0.12,
    )  # fmt: skip


def curve(features, family, means, source="network"):
    points = tuple(
        FewShotPoint(per_class=shots, mean=mean, interval=(mean - 0.05, mean + 0.05), draws=5)
        for shots, mean in zip((1, 2, 5), means, strict=True)
    )
    return FewShotCurve(features=features, source=source, family=family, points=points)


FOUND = Downstream(
    data="digits",
    network="runs/a",
    output="classes",
    outputs=10,
    samples=800,
    folds=5,
    constant=estimate(0.1),
    rows=(
        row("conv2", "logistic", 0.97),
        row("conv2", "ridge", 0.965),
        row("conv1", "logistic", 0.93),
        row("HOG", "RBF SVM", 0.92, "hand-made"),
        row("conv1", "ridge", 0.91),
        row("HOG", "ridge", 0.9, "hand-made"),
    ),
    to_hand_made=estimate(0.05),
    left_out=(NotMeasured(features="HOG", family="MLP", reason="about 2 min"),),
    curves=(
        curve("conv1", "logistic", (0.5, 0.6, 0.7)),
        curve("conv2", "logistic", (0.6, 0.8, 0.9)),
        curve("conv2", "k-NN", (0.65, 0.8, 0.85)),
        curve("HOG", "logistic", (0.4, 0.5, 0.6), "hand-made"),
    ),
    told=("4 folds instead of 5.",),
    seconds=75.0,
)


def test_the_ranking_has_the_best_of_each_set_of_features_and_the_table_has_all():
    section = ranking_section(FOUND)
    [figure] = section.figures

    assert [(one.name, one.detail, one.open) for one in figure.rows] == [
        ("conv2", "logistic, 64 numbers", False),
        ("conv1", "logistic, 64 numbers", False),
        ("HOG", "RBF SVM, 64 numbers", True),
    ]
    assert figure.rows[0].difference == ""
    assert (figure.rows[1].difference, figure.rows[1].difference_interval) == ("−4.0", "−5.0 to −3.0")
    assert (figure.low, figure.high) == (pytest.approx(90), pytest.approx(99))
    assert len(figure.table.rows) == 6
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
            "are not measurably apart from hand-made features (RBF SVM on HOG) (+1.0, −1.0 to +3.0).",
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
    assert ranking_section(values).figures[0].rows[0].shown == "0.970"


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
