"""What every rule must hold to: its page runs, its codes are permanent, its messages carry figures."""

import re
from functools import cache
from typing import get_args

import pytest

from contract.examples import run
from striate.blueprint import Blueprint
from striate.findings import SEVERITIES, Finding
from striate.lint import RULES, LintReport, Rule, Section, lint
from striate.lint.page import SECTIONS, code
from striate.numbers import count, figure, percentage, probability
from striate.records import Evidence

EVERY_RULE = pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
# The first words a todo may begin with: verbs, all of them.
VERBS = {
    "Add",
    "Build",
    "Check",
    "Compare",
    "Give",
    "Look",
    "Move",
    "Narrow",
    "Pad",
    "Put",
    "Repeat",
    "Replace",
    "Set",
    "Spread",
    "Stop",
    "Train",
    "Trust",
    "Use",
}


@cache
def judged(rule: Rule, heading: str) -> LintReport:
    made = run(code(rule.sections()[heading]))
    if isinstance(made, Evidence):
        return lint(made)
    return lint(graph=made.graph() if isinstance(made, Blueprint) else made)


def findings(rule: Rule) -> tuple[Finding, ...]:
    return judged(rule, "Example").findings


@EVERY_RULE
def test_a_page_has_its_sections_in_order(rule):
    assert tuple(rule.sections()) == SECTIONS
    assert all(text for text in rule.sections().values())


@EVERY_RULE
def test_the_example_fires_this_rule_once_and_no_other(rule):
    assert [finding.name for finding in findings(rule)] == [rule.name]


@EVERY_RULE
def test_what_to_use_instead_fires_nothing(rule):
    report = judged(rule, "Use instead")
    assert report.findings == ()
    assert rule.name in report.silent


@EVERY_RULE
def test_without_evidence_a_rule_is_skipped_not_silent(rule):
    report = lint()
    assert rule.name in report.skipped
    assert report.findings == report.silent == ()


@EVERY_RULE
def test_a_code_is_three_theme_letters_and_three_digits(rule):
    assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.code)


def test_codes_are_unique():
    codes = [rule.code for rule in RULES.values()]
    assert len(set(codes)) == len(codes)


@EVERY_RULE
def test_a_name_reads_well_after_allow(rule):
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", rule.name)
    assert not rule.name.startswith(("no-", "disallow-", "dont-", "avoid-"))
    assert RULES[rule.name] is rule


@EVERY_RULE
def test_section_and_severities_are_known_ones(rule):
    assert rule.section in get_args(Section)
    assert set(rule.severities) <= set(SEVERITIES)
    assert len(set(rule.severities)) == len(rule.severities)


@EVERY_RULE
def test_a_message_carries_the_measured_value(rule):
    for finding in findings(rule):
        value = finding.measure.value
        forms = {figure(value), percentage(value), probability(value)} | (
            {count(int(value))} if value == int(value) else set()
        )
        assert any(re.search(rf"(?<![\d.]){re.escape(form)}(?!\d)", finding.message) for form in forms), forms


@EVERY_RULE
def test_a_message_is_one_plain_sentence_or_two(rule):
    for finding in findings(rule):
        assert finding.message[0].isupper() or finding.message[0].isdigit() or finding.message.startswith(finding.op)
        assert finding.message.endswith(".")
        assert not re.search(r"\b(simply|powerful|just)\b|!|None of the None|nan|\binf\b", finding.message)
        assert "-" not in re.sub(r"(?<=\w)-(?=\w)", "", finding.message), "a minus is U+2212"


@EVERY_RULE
def test_a_todo_begins_with_a_verb(rule):
    for finding in findings(rule):
        assert finding.todo.split()[0] in VERBS
        assert finding.todo.endswith(".")


@EVERY_RULE
def test_a_finding_lies_on_the_wrong_side_of_its_limit_and_on_its_ruler(rule):
    for finding in findings(rule):
        measure = finding.measure
        assert measure.value >= measure.limit if measure.wrong == "above" else measure.value <= measure.limit
        for place in (measure.value, measure.limit, *measure.marks):
            assert measure.low <= place <= measure.high
        if measure.interval is not None:
            assert measure.interval[0] <= measure.value <= measure.interval[1]


@EVERY_RULE
def test_a_finding_says_what_its_rule_says(rule):
    for finding in findings(rule):
        assert (finding.code, finding.section) == (rule.code, rule.section)
        assert finding.severity in rule.severities
        assert finding.why
        assert finding.source
        assert "##" not in finding.why + finding.source


@EVERY_RULE
def test_a_sources_entry_names_a_year(rule):
    assert re.search(r"\b(19|20)\d\d\b", rule.sections()["Sources"])
