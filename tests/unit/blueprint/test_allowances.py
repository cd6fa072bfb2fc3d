"""Allowances are written in both forms, with their reason, and convert exactly."""

import pytest

from striate.blueprint import Blueprint
from striate.errors import BlueprintError
from striate.findings import Allowance

TEXT = (
    "input 1x8x8; conv 3 4, relu; classes 2; "
    'allow unaligned-padding at conv1 because "The border is empty; (mostly), \\"so\\" it is."; '
    'allow SHP006 because "Size is given."'
)


def test_both_forms_keep_the_allowances():
    plan = Blueprint.from_text(TEXT)

    assert plan.allow == (
        Allowance(rule="unaligned-padding", op="conv1", reason='The border is empty; (mostly), "so" it is.'),
        Allowance(rule="SHP006", reason="Size is given."),
    )
    assert plan.to_text() == TEXT
    assert Blueprint.from_yaml(plan.to_yaml()) == plan


def test_allowances_change_no_table():
    plan = Blueprint.from_text(TEXT)

    assert plan.graph() == Blueprint.from_text(TEXT.split("; allow", maxsplit=1)[0]).graph()


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        ("allow SHP006", "an allowance must read allow RULE at OP because"),
        ("allow SHP006 because", "an allowance must read"),
        ("allow SHP006 because reason", "an allowance must read"),
        ('allow SHP006 because ""', "an allowance must have a reason"),
        ('allow SHP006 because "  "', "an allowance must have a reason"),
        ('allow SHP006 at because "x"', "an allowance must read"),
        (r'allow SHP006 because "\q"', "a reason must be written like a JSON string"),
        ('allow because "x"', "an allowance must read"),
        ("relu", "nothing but allowances must follow the output; got 'relu'"),
    ],
)
def test_what_does_not_read_is_refused_in_the_text(tail, words):
    with pytest.raises(BlueprintError) as caught:
        Blueprint.from_text(f"input 1x8x8; classes 2; {tail}")

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("- {rule: SHP006}", "an allowance must have a reason, in one line; got '' (at yaml, allow[0], allow SHP006)"),
        ("- {rule: SHP006, reason: ''}", "must have a reason"),
        ("- {op: conv1, reason: x}", "must name one rule"),
        ("- {rule: SHP006, reason: 3}", "the reason of an allowance must be text"),
        ("- {rule: SHP006, reasn: x}", "an allowance holds rule, op and reason; got 'reasn'"),
        ("- SHP006", "an allowance must have rule and reason"),
        ("  SHP006: x", "allow must be a list"),
    ],
)
def test_what_does_not_read_is_refused_in_yaml(rows, words):
    text = f"schema: striate/blueprint/1\ninput: 1x8x8\nlayers: [relu]\noutput: classes 2\nallow:\n{rows}\n"
    with pytest.raises(BlueprintError) as caught:
        Blueprint.from_yaml(text)

    assert words in str(caught.value)
