"""A rule that raises is named, and ends nothing but itself; so is a plug-in that cannot be loaded."""

import importlib.metadata

import pytest

from striate.blueprint import Blueprint
from striate.lint import RULES, TableRule, lint
from striate.lint.rule import Rule
from striate.registry import Registry

PLAN = Blueprint.from_text("input 1x28x28; maxpool 2 stride 3; conv 3x3 8, relu; globalavgpool; classes 2")


class Broken(TableRule):
    """A rule that raises."""

    code = "BRK001"
    name = "broken-rule"
    severity = "warning"

    def judge(self, seen):
        yield from ()
        raise ValueError("two\nlines")


class NoFindings(Broken):
    """A rule that yields words."""

    code = "BRK002"
    name = "yields-words"

    def judge(self, seen):
        yield "not a finding"


class Point:
    """An entry point, as importlib.metadata gives it."""

    def __init__(self, name, made):
        self.name, self.made = name, made

    def load(self):
        if isinstance(self.made, Exception):
            raise self.made
        return self.made() if callable(self.made) else self.made


@pytest.fixture
def plugins(monkeypatch):
    """Install entry points for rules, in a registry of its own that holds ours too."""

    def install(*points):
        registry = Registry("rule", "striate.rules", is_tolerant=True)
        for name in RULES:
            registry.add(name, RULES[name])
        monkeypatch.setattr(
            importlib.metadata, "entry_points", lambda group: points if group == "striate.rules" else ()
        )
        monkeypatch.setattr("striate.lint.catalogue.RULES", registry)
        return registry

    return install


def test_a_plugin_that_raises_is_named_and_the_others_run(plugins):
    plugins(Point("broken-rule", Broken()))
    report = lint(graph=PLAN.graph())

    assert [(failure.rule, failure.error) for failure in report.failures] == [("broken-rule", "ValueError: two lines")]
    assert "--ignore broken-rule" in str(report.failures[0])
    assert "stride-above-kernel" in [finding.name for finding in report.findings]
    assert "broken-rule" not in (*report.silent, *report.skipped)


def test_a_rule_of_our_own_that_raises_is_named_too(monkeypatch):
    monkeypatch.setattr(type(RULES["unaligned-padding"]), "judge", Broken.judge)
    report = lint(graph=PLAN.graph())

    assert [failure.rule for failure in report.failures] == ["unaligned-padding"]
    assert "stride-above-kernel" in [finding.name for finding in report.findings]


@pytest.mark.parametrize(
    ("made", "error"),
    [
        (ImportError("no module named gone"), "ImportError: no module named gone"),
        (Broken, None),
        (object, "TypeError: a rule must be an instance of Rule"),
        (NoFindings, "TypeError: judge must yield findings"),
    ],
)
def test_plugins_that_are_no_rules_are_named(plugins, made, error):
    plugins(Point("some-plugin", made))
    report = lint(graph=PLAN.graph())

    assert len(report.failures) == 1
    if error is not None:
        assert report.failures[0].error == error
    assert "stride-above-kernel" in [finding.name for finding in report.findings]


def test_a_failing_plugin_can_be_left_out(plugins):
    plugins(Point("some-plugin", ImportError("gone")), Point("broken-rule", Broken()))

    assert lint(graph=PLAN.graph(), ignore=["some-plugin", "broken-rule"]).failures == ()
    assert lint(graph=PLAN.graph(), select=["SHP001"]).failures == ()


def test_a_class_that_registers_itself_is_added_once(plugins):
    registry = plugins()
    registry_points = (Point("my-rules", lambda: registry.add("broken-rule", Broken())),)
    importlib.metadata.entry_points = lambda group: registry_points

    assert "my-rules" not in registry
    assert isinstance(registry["broken-rule"], Rule)


@pytest.mark.parametrize("group", ["striate.kinds"])
def test_a_plugin_of_another_registry_that_cannot_be_loaded_is_not_passed_over(monkeypatch, group):
    points = (Point("gone", ImportError("gone")),)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points)

    with pytest.raises(ImportError, match="gone"):
        len(Registry("kind", group))


def test_the_command_ends_with_3_and_says_which_rule_raised(monkeypatch, tmp_path, capsys):
    from striate.cli.app import run

    monkeypatch.setattr(type(RULES["unaligned-padding"]), "judge", Broken.judge)
    (tmp_path / "net.yaml").write_text(PLAN.to_yaml())

    assert run(["check", str(tmp_path / "net.yaml")]) == 3
    assert "The rule unaligned-padding raised ValueError: two lines." in capsys.readouterr().out
