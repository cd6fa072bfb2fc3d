"""Rules about what enters a network and which classes it knows, just below and just above their limits."""

import numpy as np
import pytest

from striate.lint import lint
from striate.records import (
    Evidence,
    NormShift,
    NormTrial,
    PreprocessingTrial,
    Rival,
    Scoreboard,
    Stability,
    Steadiness,
)


def rival(accuracy, p_value=1e-9, name="inverted"):
    return Rival(name=name, accuracy=accuracy, gained=30, lost=1, p_value=p_value)


def preprocessing(*rivals, accuracy=0.9):
    return Evidence(preprocessing_trial=PreprocessingTrial(images=500, accuracy=accuracy, rivals=rivals))


def norms(measured, accuracy=0.9):
    layers = tuple(
        NormShift(layer=f"batchnorm{n}", channels=8, mean_shift=float(n), variance_ratio=1.0) for n in (1, 3, 2)
    )
    return Evidence(norm_trial=NormTrial(images=500, accuracy=accuracy, measured=measured, layers=layers))


def board(confusion):
    cells = np.array(confusion)
    main = float(cells.trace() / cells.sum())
    return Evidence(
        scoreboard=Scoreboard(
            count=int(cells.sum()), main_name="accuracy", main=main, interval=(main, main), confusion=cells
        )
    )


def steady(mean_changed, *, images=200, accuracy=0.98, side_px=28, change="shift by 1 px"):
    row = Steadiness(
        change=change, images=images, directions=8, changed=int(images * mean_changed), interval=(0.0, 1.0),
        mean_changed=mean_changed, accuracy=accuracy, probability_shift=0.1,
    )  # fmt: skip
    return Evidence(stability=Stability(images=images, accuracy=accuracy, side_px=side_px, rows=(row,)))


def said(evidence, rule):
    report = lint(evidence, select=[rule])
    assert report.failures == ()
    return [(finding.severity, finding.measure.value) for finding in report.findings]


@pytest.mark.parametrize(
    ("rivals", "severities"),
    [
        ((rival(0.95),), ["error"]),
        ((rival(0.915),), ["warning"]),
        ((rival(0.909),), []),  # under one point
        ((rival(0.95, p_value=0.021),), []),
        ((rival(0.95, p_value=0.019),), ["warning"]),
        # Three ways were tried: a third of the p-value is asked.
        ((rival(0.95, p_value=0.0017), rival(0.5), rival(0.4)), ["warning"]),
        ((rival(0.95, p_value=0.0016), rival(0.5), rival(0.4)), ["error"]),
        ((rival(0.95, p_value=0.0067), rival(0.5), rival(0.4)), []),
        ((rival(0.1),), []),
    ],
)
def test_another_preprocessing_must_be_surely_better(rivals, severities):
    assert [severity for severity, _ in said(preprocessing(*rivals), "wrong-preprocessing")] == severities


def test_without_a_rival_nothing_is_judged():
    assert "wrong-preprocessing" in lint(preprocessing(), select=["wrong-preprocessing"]).skipped


def test_measured_statistics_must_be_surely_better_and_the_farthest_layer_is_named():
    assert said(norms(rival(0.919)), "stale-batchnorm-statistics") == []
    assert said(norms(rival(0.95, p_value=0.002)), "stale-batchnorm-statistics") == []

    [finding] = lint(norms(rival(0.95)), select=["stale-batchnorm-statistics"]).findings
    assert (finding.severity, finding.op) == ("error", "batchnorm3")


@pytest.mark.parametrize(
    ("confusion", "expected"),
    [
        ([[95, 5, 0], [5, 95, 0], [30, 20, 0]], [("error", 1.0)]),
        # Never answered at all, or answered for others only.
        ([[90, 5, 5], [5, 90, 5], [30, 20, 0]], [("error", 1.0)]),
        ([[95, 5, 0], [5, 95, 0], [30, 19, 1]], []),
        # Two samples are soon wrong: 0.05 · 0.05 is above 0.001, 0.05³ below.
        ([[95, 5, 0], [5, 95, 0], [1, 1, 0]], []),
        ([[95, 5, 0], [5, 95, 0], [2, 1, 0]], [("error", 1.0)]),
        # Nor is one sample, or are the answers to two others, enough to be sure: (1 − 3/4)³ is above 0.001.
        ([[100, 0, 0], [0, 100, 0], [1, 0, 0]], []),
        ([[1000, 0, 0], [0, 1000, 0], [2, 0, 0]], []),
        ([[2, 0], [3, 0]], []),
        # Where the others are answered poorly it is a note.
        ([[50, 50, 0], [50, 50, 0], [30, 20, 0]], [("note", 1.0)]),
        # A network of one answer.
        ([[100, 0, 0], [100, 0, 0], [100, 0, 0]], [("error", 2.0)]),
        # A class without samples is no matter.
        ([[95, 5, 0], [5, 95, 0], [0, 0, 0]], []),
    ],
)
def test_classes_of_which_nothing_is_right_are_counted(confusion, expected):
    assert said(board(confusion), "class-never-answered") == expected


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (steady(0.30), [("warning", 30.0)]),
        (steady(0.30, side_px=8), [("note", 30.0)]),
        # 13 % of 200: the interval begins below 10 %.
        (steady(0.13), []),
        (steady(0.20), [("warning", 20.0)]),
        # Three times the mistakes.
        (steady(0.5, accuracy=0.85), []),
        (steady(0.56, accuracy=0.85), [("warning", pytest.approx(56.0))]),
    ],
)
def test_answers_may_flip_three_times_as_often_as_they_are_wrong(evidence, expected):
    assert said(evidence, "answers-flip-under-shift") == expected


def test_few_images_are_not_judged():
    assert "answers-flip-under-shift" in lint(steady(0.9, images=49), select=["answers-flip-under-shift"]).skipped


def test_another_change_is_no_shift():
    report = lint(steady(0.9, change="mirrored"), select=["answers-flip-under-shift"])
    assert "answers-flip-under-shift" in report.skipped


def test_the_light_is_a_note_above_a_quarter():
    assert said(steady(0.24, change="brightness ±0.1"), "answers-follow-the-light") == []
    assert said(steady(0.26, change="contrast ±0.2"), "answers-follow-the-light") == [("note", 26.0)]
    assert "answers-follow-the-light" in lint(steady(0.9), select=["answers-follow-the-light"]).skipped
