"""Findings as the page shows them: rows with their measurement, and how many there are in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from striate.findings import Finding
from striate.numbers import capital, count, measure, percent, plural
from striate.page.wire import FindingRow, Strip

_NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


def finding_row(finding: Finding, cure: str = "") -> FindingRow:
    """Return a finding for the page, with its measurement against its limit and its cure in words."""
    return FindingRow(
        code=finding.code,
        name=finding.name,
        severity=finding.severity,
        message=finding.message,
        todo=finding.todo,
        why=finding.why,
        source=finding.source,
        section=finding.section,
        op=finding.op,
        cure=cure,
        strip=_strip(finding),
    )


def findings_sentence(findings: Sequence[Finding], silent: int) -> str:
    """Return how many findings there are and how many checks found nothing.

    "Three warnings, one note. Twelve checks found nothing."
    """
    quiet = plural(silent, "check")
    return f"{capital(counted(findings))}. {capital(_word(quiet))} found nothing."


def counted(findings: Sequence[Finding]) -> str:
    """Return how many findings there are by severity: "three warnings, one note"."""
    tally = Counter(finding.severity for finding in findings)
    parts = [_word(plural(tally[severity], severity)) for severity in ("error", "warning", "note") if tally[severity]]
    return ", ".join(parts) or "no findings"


def _word(text: str) -> str:
    number, _, rest = text.partition(" ")
    return f"{_NUMBERS[int(number)]} {rest}" if number.isdigit() and int(number) < len(_NUMBERS) else text


def _strip(finding: Finding) -> Strip | None:
    found = finding.measure
    if found is None:
        return None

    def shown(value: float) -> str:
        if found.unit == "%":
            return percent(value / 100, 0 if value >= 10 or value == 0 else 1)
        text = count(int(value)) if float(value).is_integer() and abs(value) < 10**9 else measure(value, 2)
        return f"{text}{found.unit}" if found.unit == "×" else text

    return Strip(
        value=found.value,
        shown=shown(found.value),
        limit=found.limit,
        limit_shown=shown(found.limit),
        wrong=found.wrong,
        low=found.low,
        high=found.high,
        low_shown=shown(found.low),
        high_shown=shown(found.high) + (f" {found.unit}" if found.unit not in {"", "%", "×"} else ""),
        interval=found.interval,
        marks=list(found.marks),
        chance=found.chance,
    )
