"""`assert_no_findings` fails with a list a person can act on."""

import pytest

from striate.blueprint import Blueprint
from striate.errors import InputError
from striate.testing import UnusedAllowanceWarning, assert_no_findings

PLAN = Blueprint.from_text("input 1x28x28; conv 3x3 8 padding 0, relu; maxpool 2 stride 3; globalavgpool; classes 2")


def test_a_warning_fails_and_a_note_does_not():
    with pytest.raises(AssertionError) as caught:
        assert_no_findings(PLAN)
    text = str(caught.value)

    assert text.startswith(
        "Blueprint has 1 finding of severity warning or graver:\n  warning at maxpool1: maxpool1 never"
    )
    assert "Use a stride of at most 2" in text
    assert 'allow={"stride-above-kernel": {"maxpool1": "…"}}' in text
    assert "unaligned-padding" not in text


def test_the_mildest_severity_that_fails_can_be_chosen():
    with pytest.raises(AssertionError, match="3 findings of severity note or graver"):
        assert_no_findings(PLAN, severity="note")
    assert_no_findings(PLAN, severity="error")


def test_what_is_allowed_does_not_fail_and_the_check_is_returned():
    found = assert_no_findings(PLAN, allow={"SHP001": {"maxpool1": "The signal is oversampled."}})

    assert found.cost.total.params == 72 + 8 + 18


def test_an_allowance_that_no_longer_applies_is_a_warning():
    with pytest.warns(UnusedAllowanceWarning, match="late-large-stride no longer applies"):
        assert_no_findings(PLAN, ignore=["SHP001"], allow={"late-large-stride": "Old."})


def test_a_rule_that_raises_fails(monkeypatch):
    from striate.lint import RULES

    def broken(self, seen):
        raise ValueError("oh")

    monkeypatch.setattr(type(RULES["unaligned-padding"]), "judge", broken)
    with pytest.raises(AssertionError, match="The rule unaligned-padding raised ValueError: oh"):
        assert_no_findings(PLAN, ignore=["SHP001"])


def test_a_severity_nobody_knows_is_refused():
    from striate.testing import assert_no_findings as wrapped

    with pytest.raises((InputError, TypeError), match="severity"):
        wrapped(PLAN, severity="warnings")


def test_a_module_is_looked_at_with_its_input_size():
    from torch import nn

    net = nn.Sequential(nn.Conv2d(3, 8, 1, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    with pytest.raises(AssertionError, match="Sequential has 2 findings"):
        assert_no_findings(net, (3, 32, 32))
