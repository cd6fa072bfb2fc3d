"""GitHub's workflow commands: one line a finding, shown beside the line of the file it is about."""

from __future__ import annotations

from collections.abc import Mapping

from striate.findings import Place, Severity
from striate.lint.engine import LintReport
from striate.lint.formats.subject import Subject

_COMMANDS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}


def to_github(report: LintReport, subject: Subject) -> str:
    """Return a report as workflow commands; allowed findings are plain lines of the log.

    Source:
        GitHub Docs, "Workflow commands for GitHub Actions": in messages %, CR and LF are escaped, in properties also
        the colon and the comma.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.lint import lint
        >>> plan = Blueprint.from_text("input 1x28x28; maxpool 2 stride 3; classes 2")
        >>> report = lint(graph=plan.graph(), select=["stride-above-kernel"])
        >>> print(to_github(report, Subject(name="net.yaml", file="net.yaml")).split("::")[1])
        warning file=net.yaml,line=1,col=1,title=stride-above-kernel (SHP001)
    """
    lines = [
        _command(
            _COMMANDS[finding.severity],
            f"{finding.message} {finding.todo}",
            title=f"{finding.name} ({finding.code})",
            place=subject.place(finding.op),
        )
        for finding in report.findings
    ]
    lines += [_command("error", str(failure), title=failure.rule) for failure in report.failures]
    lines += [
        _command("notice", str(unused), title=unused.allowance.rule, place=subject.place(unused.allowance.op))
        for unused in report.unused
    ]
    lines += [_log(f"allowed: {covered.finding.message} {covered.allowance}") for covered in report.allowed]
    return "".join(f"{line}\n" for line in lines)


def _command(command: str, message: str, *, title: str, place: Place | None = None) -> str:
    properties: dict[str, str] = {}
    if place is not None:
        properties = {"file": place.file, "line": str(place.line), "col": str(place.column)}
    properties["title"] = title
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{command} {listed}::{_data(message)}"


def _log(text: str) -> str:
    # It begins with our own word, so that nothing in it can be taken for a command.
    return " ".join(text.splitlines())


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
