"""The rules that must look before a section is marked as it should be exist, and are each of a picture or the table."""

from striate.lint.catalogue import all_rules
from striate.report.subject import _ANSWERED_BY


def test_every_rule_that_is_needed_for_a_mark_is_a_rule():
    names = {rule.name for rule in all_rules()}

    assert set().union(*_ANSWERED_BY.values()) <= names
