"""The first sentence of a report says what was found, also where nothing was grave."""

import dataclasses

import pytest

from striate.lint import lint
from striate.nets import load_network
from striate.records import Evidence
from striate.report.subject import Subject
from striate.report.verdict import verdict
from striate.trace import trace

pytestmark = pytest.mark.slow


@pytest.fixture
def subject(small_run, digits):
    network = load_network(small_run)
    return Subject(
        network=network, dataset=digits, split=digits.split(), graph=trace(network.module, (1, 1, 28, 28)).graph,
        evidence=Evidence(), findings=(), silent={"dead-filters": "weights", "twin-units": "units"},
    )  # fmt: skip


@pytest.fixture
def notes(subject):
    found = lint(graph=subject.graph).findings
    return tuple(dataclasses.replace(found[0], severity="note", message=f"{word}: because.") for word in ("One", "Two"))


def test_notes_are_counted_and_the_first_is_told(subject, notes):
    assert verdict(dataclasses.replace(subject, findings=notes)).endswith("; no warnings; two notes, the first: One.")
    assert verdict(dataclasses.replace(subject, findings=notes[:1])).endswith("; no warnings; one note: One.")


def test_without_findings_it_says_how_many_checks_looked(subject):
    assert verdict(subject).endswith("; 2 checks looked and found nothing.")
