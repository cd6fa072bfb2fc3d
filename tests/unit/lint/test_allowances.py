"""Allowed findings are kept apart with their reason; what allows nothing is told."""

import pytest

from striate.blueprint import Blueprint
from striate.errors import InputError, UnknownNameError, UsageError
from striate.findings import Allowance
from striate.lint import lint, read_allowances

# conv1 misses alignment by 4 px, conv2 by 2 px.
TWO = Blueprint.from_text(
    "input 1x28x28; conv 5x5 8 padding 0, relu; conv 3x3 8 padding 0, relu; globalavgpool; classes 2"
)


def asked(allow, plan=TWO, **options):
    return lint(graph=plan.graph(), select=["unaligned-padding"], allow=allow, **options)


def test_a_rule_allowed_everywhere_has_no_finding_and_is_not_silent():
    report = asked({"SHP002": "The border is empty."})

    assert report.findings == ()
    assert report.silent == ()
    assert [(covered.finding.op, covered.allowance.reason) for covered in report.allowed] == [
        ("conv1", "The border is empty.")
    ]
    assert report.unused == ()


def test_an_op_that_is_allowed_leaves_the_finding_to_the_others():
    report = asked({"unaligned-padding": {"conv1": "The border is empty."}})

    assert [(finding.op, finding.measure.value) for finding in report.findings] == [("conv2", 2.0)]
    assert [(covered.finding.op, covered.finding.measure.value) for covered in report.allowed] == [("conv1", 4.0)]


def test_the_milder_op_can_be_allowed_too():
    report = asked({"unaligned-padding": {"conv2": "Given."}})

    assert [finding.op for finding in report.findings] == ["conv1"]
    assert "conv2" not in report.findings[0].message
    assert [covered.finding.op for covered in report.allowed] == ["conv2"]


def test_all_ops_allowed_leave_no_finding():
    report = asked({"unaligned-padding": {"conv1": "Given.", "conv2": "Given."}})

    assert report.findings == ()
    assert sorted(covered.finding.op for covered in report.allowed) == ["conv1", "conv2"]


def test_an_allowance_that_covers_nothing_is_told():
    report = asked(
        [
            Allowance(rule="unaligned-padding", op="conv22", reason="Old."),
            Allowance(rule="unaligned-padding", op="relu1", reason="Old."),
        ]
    )

    assert [str(unused) for unused in report.unused] == [
        "The allowance unaligned-padding at conv22 no longer applies: there is no op conv22; did you mean conv2.",
        "The allowance unaligned-padding at relu1 no longer applies: the rule finds nothing there.",
    ]
    assert len(report.findings) == 1


def test_an_allowance_for_a_rule_that_is_not_asked_or_has_no_evidence_is_left_alone():
    allow = {"stride-above-kernel": "Not asked.", "unaligned-padding": "Asked."}

    assert asked(allow).unused == ()
    assert lint(select=["dead-units"], allow={"dead-units": "No evidence."}).unused == ()


def test_an_op_a_rule_names_for_all_of_them_can_be_allowed():
    plan = Blueprint.from_text("input 3x4x4; (conv 1x1 8, relu) x3; classes 2")
    report = lint(graph=plan.graph(), select=["RCF002"], allow={"RCF002": {"conv1": "Each pixel is a spectrum."}})

    assert report.findings == ()
    assert [covered.finding.op for covered in report.allowed] == ["conv1"]


@pytest.mark.parametrize(
    ("allow", "error", "words"),
    [
        ({"unaligned-paddin": "x"}, UnknownNameError, "Did you mean unaligned-padding"),
        ({"SHP002": ""}, InputError, "an allowance must have a reason"),
        ({"SHP002": {"conv1": " "}}, InputError, "allow SHP002 at conv1"),
        ({"SHP002": "a", "unaligned-padding": "b"}, InputError, "an allowance must be given once"),
        ({"SHP002": "two\nlines"}, InputError, "in one line"),
    ],
)
def test_an_allowance_that_cannot_be_is_refused(allow, error, words):
    with pytest.raises(error, match=words):
        read_allowances(allow)


def test_options_that_leave_no_rule_are_refused_in_one_line():
    with pytest.raises(UsageError, match="some rule must be left to ask; got --select SHP --ignore SHP"):
        lint(select=["SHP"], ignore=["SHP"])
    with pytest.raises(UsageError, match="--select SHP001 --ignore stride-above-kernel"):
        lint(select=["SHP001"], ignore=["stride-above-kernel"])
