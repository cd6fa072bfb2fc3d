import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest

from striate.analyse import receptive_fields
from striate.blueprint import Blueprint
from striate.errors import UnknownNameError
from striate.lint import RULES, lint
from striate.records import Evidence, LayerActivity, Scoreboard

SKIPS = Blueprint.from_text("input 1x28x28; maxpool 2 stride 3; conv 5x5 8 padding 0, relu; classes 2")


def names(report):
    return [finding.name for finding in report.findings]


def test_findings_come_errors_first():
    board = Scoreboard(count=100, main_name="accuracy", main=0.1, interval=(0.05, 0.2), chance=0.1)
    report = lint(Evidence(scoreboard=board), graph=SKIPS.graph())
    severities = [finding.severity for finding in report.findings]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert set(severities) == {"error", "warning", "note"}
    assert report.worst == "error"


def test_every_rule_is_found_silent_or_skipped():
    report = lint(graph=SKIPS.graph())
    assert sorted({*names(report), *report.silent, *report.skipped}) == sorted(RULES)
    assert len(set(names(report))) + len(report.silent) + len(report.skipped) == len(RULES)


def test_select_takes_names_codes_and_theme_letters():
    graph = SKIPS.graph()
    assert names(lint(graph=graph, select=["stride-above-kernel"])) == ["stride-above-kernel"]
    assert names(lint(graph=graph, select=["SHP001"])) == ["stride-above-kernel"]
    assert set(names(lint(graph=graph, select=["SHP"]))) == {"stride-above-kernel", "unaligned-padding"}


def test_ignore_wins_over_select():
    report = lint(graph=SKIPS.graph(), select=["SHP"], ignore=["SHP001"])
    assert names(report) == ["unaligned-padding"]
    assert "stride-above-kernel" not in (*report.silent, *report.skipped)


@pytest.mark.parametrize("option", ["select", "ignore"])
def test_an_unknown_rule_is_refused_with_the_nearest(option):
    with pytest.raises(UnknownNameError, match="stride-above-kernel"):
        lint(**{option: ["stride-above-kernal"]})


def test_the_readings_of_the_table_are_in_the_report():
    report = lint(graph=SKIPS.graph())
    assert report.evidence.cost.total.params == sum(row.params for row in report.evidence.cost.ops.values())
    assert [layer.name for layer in report.evidence.layers] == ["maxpool1", "conv1", "classes"]


def test_fields_that_are_given_are_not_read_again():
    graph = SKIPS.graph()
    fields = dict(receptive_fields(graph))
    assert lint(Evidence(fields=fields), graph=graph).evidence.fields is fields


def test_a_rule_can_be_asked_alone():
    rule = RULES["stride-above-kernel"]
    assert [finding.op for finding in rule.check(Evidence(), SKIPS.graph())] == ["maxpool1"]
    assert list(rule.check(Evidence())) == []


def test_evidence_of_layers_without_rectifiers_is_no_evidence_of_dead_units():
    row = LayerActivity(
        layer="conv1", units=4, active_share=1.0, dead=(0, 1), always_on=(), maximum=1.0, is_rectified=False
    )
    assert "dead-units" in lint(Evidence(activity=(row,))).skipped


def test_a_report_is_frozen():
    with pytest.raises(FrozenInstanceError):
        lint().findings = ()


def test_rules_start_without_torch_numpy_and_pydantic():
    code = (
        "import sys; from striate.lint import lint; from striate.blueprint import Blueprint; "
        "lint(graph=Blueprint.from_text('input 1x8x8; conv 3x3 4, relu; classes 2').graph()); "
        "print([name for name in ('torch', 'numpy', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
