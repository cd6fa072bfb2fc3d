"""SARIF 2.1.0 and GitHub's workflow commands, held to what their documents ask for."""

import json
import re

import pytest

from striate.blueprint import Blueprint, places
from striate.findings import Finding, Place
from striate.lint import RULES, LintReport, Subject, lint, to_github, to_sarif
from striate.lint.allowances import Unused
from striate.lint.failure import Failure
from striate.records import Evidence

YAML = """\
schema: striate/blueprint/1
input: 1x28x28
layers:
- conv 5x5 8 padding 0
- relu
- maxpool 2 stride 3
- conv 5x5 16
- relu
- globalavgpool
output: classes 10
allow:
- {rule: SHP002, op: conv1, reason: "The border is empty."}
- {rule: late-large-stride, reason: "Old."}
"""
PLAN = Blueprint.from_yaml(YAML)
SUBJECT = Subject(name="nets/my net.yaml", file="nets/my net.yaml", places=places(PLAN, YAML, file="nets/my net.yaml"))


def report():
    return lint(graph=PLAN.graph(), allow=PLAN.allow)


def run_of(text):
    log = json.loads(text)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return run


def need(thing, required, optional=()):
    """Hold an object to the properties that SARIF gives it: the required ones are there, others are known."""
    assert set(required) <= set(thing), thing
    assert set(thing) <= {*required, *optional}, thing


def check_structure(log):
    """Hold a log to sections 3.13 to 3.52 of SARIF 2.1.0, as far as we use them."""
    need(log, ["version", "runs"], ["$schema"])
    for run in log["runs"]:
        need(run, ["tool"], ["invocations", "results", "columnKind", "artifacts"])
        assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
        need(run["tool"], ["driver"])
        driver = run["tool"]["driver"]
        need(driver, ["name"], ["version", "rules"])
        ids = [rule["id"] for rule in driver["rules"]]
        assert len(set(ids)) == len(ids)
        for rule in driver["rules"]:
            need(
                rule,
                ["id"],
                ["name", "shortDescription", "fullDescription", "help", "defaultConfiguration", "properties"],
            )
            assert all(rule[part]["text"] for part in ("shortDescription", "fullDescription", "help"))
            assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
        for invocation in run["invocations"]:
            need(invocation, ["executionSuccessful"], ["toolExecutionNotifications"])
            assert isinstance(invocation["executionSuccessful"], bool)
            for notification in invocation["toolExecutionNotifications"]:
                need(notification, ["message"], ["level", "descriptor"])
                need(notification["descriptor"], ["id"])
                assert notification["message"]["text"]
        for result in run["results"]:
            check_result(result, ids, run)


def check_result(result, ids, run):
    need(
        result,
        ["message"],
        ["ruleId", "ruleIndex", "level", "locations", "partialFingerprints", "properties", "suppressions"],
    )
    assert ids[result["ruleIndex"]] == result["ruleId"]
    assert result["level"] in {"none", "note", "warning", "error"}
    assert all(isinstance(value, str) for value in result["partialFingerprints"].values())
    for location in result["locations"]:
        need(location, [], ["physicalLocation", "logicalLocations"])
        for logical in location["logicalLocations"]:
            need(logical, [], ["name", "fullyQualifiedName", "kind"])
        if "physicalLocation" in location:
            physical = location["physicalLocation"]
            need(physical, ["artifactLocation"], ["region"])
            artifact = run["artifacts"][physical["artifactLocation"]["index"]]
            assert artifact["location"]["uri"] == physical["artifactLocation"]["uri"]
            assert physical["region"]["startLine"] >= 1
            assert physical["region"]["startColumn"] >= 1
    for suppression in result.get("suppressions", []):
        need(suppression, ["kind"], ["status", "justification"])
        assert suppression["kind"] in {"inSource", "external"}
        assert suppression["status"] in {"accepted", "underReview", "rejected"}


@pytest.mark.parametrize(
    ("made", "subject"),
    [
        (report, SUBJECT),
        (lambda: lint(graph=PLAN.graph()), Subject(name="timm:resnet18")),
        (lambda: lint(Evidence()), Subject(name="nothing")),
    ],
)
def test_a_log_has_the_structure_of_sarif(made, subject):
    check_structure(json.loads(to_sarif(made(), subject, version="1.2")))


@pytest.mark.reference
def test_a_log_is_read_by_another_implementation_of_sarif():
    other = pytest.importorskip("sarif_pydantic")
    text = to_sarif(report(), SUBJECT, version="1.2")
    log = other.Sarif.model_validate_json(text)

    (run,) = log.runs
    assert run.tool.driver.name == "Striate"
    assert [result.rule_id for result in run.results] == ["SHP001", "SHP002"]
    assert run.results[0].locations[0].physical_location.region.start_line == 6


def test_a_result_has_the_line_of_its_layer():
    first, second = run_of(to_sarif(report(), SUBJECT))["results"]

    assert (first["ruleId"], first["level"]) == ("SHP001", "warning")
    physical = first["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "nets/my%20net.yaml"
    assert physical["region"] == {"startLine": 6, "startColumn": 3}
    assert first["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "nets/my net.yaml/maxpool1"
    assert second["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "The border is empty."}
    ]
    assert second["locations"][0]["physicalLocation"]["region"]["startLine"] == 4


def test_a_module_has_logical_places_only():
    results = run_of(to_sarif(lint(graph=PLAN.graph()), Subject(name="timm:resnet18")))["results"]

    assert all("physicalLocation" not in result["locations"][0] for result in results)
    assert results[0]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "timm:resnet18/maxpool1"


def test_the_rules_come_with_their_pages_and_without_addresses():
    rules = run_of(to_sarif(report(), SUBJECT))["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == [rule.code for rule in RULES.values()]
    for rule in rules:
        assert "## Why it matters" in rule["help"]["markdown"]
        assert "http" not in rule["help"]["markdown"]


def test_what_went_wrong_is_a_notification_of_the_run():
    made = report()
    broken = LintReport(
        findings=(), silent=(), skipped=(), evidence=made.evidence, unused=made.unused,
        failures=(Failure(rule="x", error="ValueError: y"),),
    )  # fmt: skip
    (invocation,) = run_of(to_sarif(broken, SUBJECT))["invocations"]

    assert invocation["executionSuccessful"] is False
    assert [n["level"] for n in invocation["toolExecutionNotifications"]] == ["error", "note"]
    assert "late-large-stride no longer applies" in invocation["toolExecutionNotifications"][1]["message"]["text"]


def test_an_absolute_file_is_an_address():
    subject = Subject(name="/tmp/a b.yaml", file="/tmp/a b.yaml")
    result = run_of(to_sarif(report(), subject))["results"][0]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///tmp/a%20b.yaml"


def test_github_gets_one_command_a_finding_and_plain_lines_for_what_is_allowed():
    lines = to_github(report(), SUBJECT).splitlines()

    assert lines[0].startswith(
        "::warning file=nets/my net.yaml,line=6,col=3,title=stride-above-kernel (SHP001)::maxpool1 never reads 55.6"
    )
    assert "%25" in lines[0]
    assert lines[1].startswith("::notice file=nets/my net.yaml,line=1,col=1,title=late-large-stride::The allowance")
    assert lines[2].startswith("allowed: The padding of conv1 misses alignment by 4 px")
    assert len(lines) == 3


def test_what_github_would_take_for_its_own_signs_is_escaped():
    finding = Finding(
        code="X",
        name="x",
        severity="error",
        message="100 %\r\n::error::x.",
        todo="Do: a, b.",
        why="",
        source="",
        section="",
        op="c:1",
    )
    made = LintReport(findings=(finding,), silent=(), skipped=(), evidence=Evidence(), unused=())
    subject = Subject(name="n", file="a,b:c%.yaml", places={"c:1": Place(file="a,b:c%.yaml", line=3)})

    assert to_github(made, subject) == (
        "::error file=a%2Cb%3Ac%25.yaml,line=3,col=1,title=x (X)::100 %25%0D%0A::error::x. Do: a, b.\n"
    )


def test_every_line_for_github_is_a_command_or_begins_with_our_word():
    report_ = report()
    unused = tuple(Unused(allowance=a, why="x\n::error::y") for a in PLAN.allow)
    made = LintReport(
        findings=(), silent=(), skipped=(), evidence=report_.evidence, allowed=report_.allowed, unused=unused
    )

    for line in to_github(made, SUBJECT).splitlines():
        assert re.match(r"::(error|warning|notice) |allowed: ", line)
