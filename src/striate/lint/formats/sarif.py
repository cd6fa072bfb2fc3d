"""SARIF 2.1.0: the form in which code hosts and editors take findings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from striate.findings import Allowance, Finding
from striate.lint.catalogue import RULES, rule_of
from striate.lint.engine import LintReport
from striate.lint.formats.subject import Subject
from striate.lint.page import clean, flat
from striate.lint.rule import Rule

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
Object = dict[str, Any]


def to_sarif(report: LintReport, subject: Subject, *, version: str = "") -> str:
    """Return a report as a SARIF log of one run.

    The rules that were asked stand in the driver with their pages. A finding in a blueprint file has the line and column
    of its layer; one in a module has the op's name as a logical location. Allowed findings are results with a
    suppression and its justification; allowances that no longer apply and rules that raised are notifications of the run.

    Args:
        report: What the rules said.
        subject: What it is about.
        version: Of Striate, "" to leave it out.

    Source:
        OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0 Plus Errata 01", 2023, sections 3.13
        (log), 3.14 (run), 3.27 (result), 3.28 (location), 3.35 (suppression), 3.49 (reporting descriptor).
    """
    asked = {*report.silent, *report.skipped}
    named = [*report.findings, *(covered.finding for covered in report.allowed)]
    rules = [rule_of(name) for name in RULES if name in asked | {finding.name for finding in named}]
    number = {rule.name: index for index, rule in enumerate(rules)}
    results = [_result(finding, subject, number) for finding in report.findings]
    results += [
        _result(covered.finding, subject, number) | {"suppressions": [_suppression(covered.allowance, subject)]}
        for covered in report.allowed
    ]
    driver: Object = {"name": "Striate"} | ({"version": version} if version else {})
    run: Object = {
        "tool": {"driver": driver | {"rules": [_rule(rule) for rule in rules]}},
        "invocations": [_invocation(report)],
        "results": results,
        "columnKind": "unicodeCodePoints",
    }
    if subject.file:
        run["artifacts"] = [{"location": {"uri": _uri(subject.file)}}]
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _rule(rule: Rule[Any]) -> Object:
    page = clean(rule.__doc__ or "")
    why = flat(rule.sections().get("Why it matters", ""))
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": f"{rule.summary} {why}"},
        "help": {"text": f"{why} Explained by: striate rule {rule.code}", "markdown": page},
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"tags": [rule.section], "striate/name": rule.name},
    }


def _result(finding: Finding, subject: Subject, number: Mapping[str, int]) -> Object:
    result: Object = {
        "ruleId": finding.code,
        "ruleIndex": number[finding.name],
        "level": finding.severity,
        "message": {"text": f"{finding.message} {finding.todo}"},
        "locations": [_location(finding, subject)],
        # The same finding is known again after lines were added above it.
        "partialFingerprints": {"striate/v1": f"{finding.code}:{finding.op}"},
    }
    if finding.measure is not None:
        result["properties"] = {"value": finding.measure.value, "limit": finding.measure.limit}
    return result


def _location(finding: Finding, subject: Subject) -> Object:
    name = f"{subject.name}/{finding.op}" if finding.op else subject.name
    location: Object = {
        "logicalLocations": [{"name": finding.op or subject.name, "fullyQualifiedName": name, "kind": "module"}]
    }
    place = subject.place(finding.op)
    if place is not None:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": _uri(place.file), "index": 0},
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    return location


def _suppression(allowance: Allowance, subject: Subject) -> Object:
    kind = "inSource" if subject.file else "external"
    return {"kind": kind, "status": "accepted", "justification": allowance.reason}


def _invocation(report: LintReport) -> Object:
    notes: list[Object] = [
        {"level": "error", "message": {"text": str(failure)}, "descriptor": {"id": "rule-raised"}}
        for failure in report.failures
    ]
    notes += [
        {"level": "note", "message": {"text": str(unused)}, "descriptor": {"id": "allowance-unused"}}
        for unused in report.unused
    ]
    return {"executionSuccessful": not report.failures, "toolExecutionNotifications": notes}


def _uri(file: str) -> str:
    """Return a path as a reference relative to where the command ran, or as a file: address if it is absolute."""
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
