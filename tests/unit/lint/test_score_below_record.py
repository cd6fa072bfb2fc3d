"""The rule about a score below the receipt's, just below and just above its limit."""

import pytest

from striate.lint import lint
from striate.records import Evidence, ScoreRecord


def said(interval, *, is_same_data=True):
    record = ScoreRecord(
        recorded=0.97,
        recorded_count=140,
        measured=0.9,
        measured_count=280,
        interval=interval,
        is_same_data=is_same_data,
    )
    return lint(Evidence(score_record=record), select=["score-below-record"]).findings


@pytest.mark.parametrize(
    ("low", "is_same_data", "severities"),
    [(0.019, True, []), (0.021, True, ["error"]), (0.019, False, []), (0.021, False, ["warning"])],
)
def test_a_fall_must_be_sure_to_be_told(low, is_same_data, severities):
    assert [finding.severity for finding in said((low, 0.12), is_same_data=is_same_data)] == severities


def test_both_scores_are_told():
    (finding,) = said((0.03, 0.12))

    assert finding.message.startswith("Accuracy has fallen by 7")
    assert "97 % of 140 validation samples" in finding.message.replace("\u202f", " ")
    assert "90 % of 280 held-out samples" in finding.message.replace("\u202f", " ")
