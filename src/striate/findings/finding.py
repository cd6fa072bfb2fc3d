"""`Finding`: one judgement, with the figure it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from striate.findings.cure import Cure
from striate.numbers import figure, percent, percentage

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """The figure a finding rests on, with the ruler it is drawn on.

    Attributes:
        value: What was measured.
        limit: Where the wrong side begins.
        wrong: Which side of the limit is wrong.
        low: Left end of the ruler.
        high: Right end of the ruler.
        unit: Unit in words or signs, "" for a plain count or ratio.
        interval: 95 % interval of the value, if it is an estimate.
        marks: One mark per filter, unit or class, if there are several.
        chance: What chance would give, if that is known.
    """

    value: float
    limit: float
    wrong: Literal["above", "below"]
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    interval: tuple[float, float] | None = None
    marks: tuple[float, ...] = ()
    chance: float | None = None

    def beside(self, message: str) -> str:
        """Return a message with the limit beside the figure, or at the end of its first sentence; as it is if it has it.

        Example:
            >>> held = Measure(value=85.25, limit=60.0, wrong="above", high=100.0, unit="%")
            >>> held.beside("fc1 holds 85.2\u202f% of all.").replace("\u202f", " ")
            'fc1 holds 85.2 % (limit 60 %) of all.'
            >>> Measure(value=3.0, limit=28.0, wrong="below", unit="px").beside("It sees 3 of 28 px.")
            'It sees 3 of 28 px.'
        """
        limit = self._texts(self.limit)
        if any(_place(text, message) for text in limit):
            return message
        told = f" (limit {limit[0]})"
        ends = (place for text in self._texts(self.value) if (place := _place(text, message)))
        end = next(ends, None) or next((found.start() for found in _STOP.finditer(message)), len(message))
        return f"{message[:end]}{told}{message[end:]}"

    def _texts(self, value: float) -> list[str]:
        """Return how a value may be written, its unit included."""
        if self.unit == "%":
            return [percentage(value), percent(value / 100), percent(value / 100, 0)]
        number = figure(value)
        if self.unit in {"", "×"}:
            return [f"{number}{self.unit}"]
        return [f"{number} {self.unit.removesuffix('s') if value == 1 else self.unit}"]


_STOP = re.compile(r"\.(?=\s|$)")


def _place(text: str, message: str) -> int:
    """Return where a figure ends in a message, 0 if it is not there; "0 %" is not in "60 %", nor "3" in "3×3"."""
    found = re.search(rf"(?<![\w.×−\u202f-]){re.escape(text)}(?![\w×]|[.\u202f]\d)", message)
    return found.end() if found else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One judgement.

    Attributes:
        code: Permanent short code ("CST001"); never reused.
        name: Readable name that fits after "allow" ("fc-holds-most-parameters").
        severity: error, warning or note.
        message: One sentence with the measured figure.
        todo: What to do, one or two sentences that begin with a verb.
        why: Why it matters.
        source: Where the advice comes from.
        section: The picture it belongs to ("network", "filters", …).
        op: The op or layer it is about, "" if the whole network.
        measure: The figure with its limit.
        cure: The change to a blueprint that would end it, where there is an evident one.
    """

    code: str
    name: str
    severity: Severity
    message: str
    todo: str
    why: str
    source: str
    section: str
    op: str = ""
    measure: Measure | None = None
    cure: Cure | None = None

    @property
    def told(self) -> str:
        """The message with the limit beside the figure, as text shows it."""
        return self.message if self.measure is None else self.measure.beside(self.message)

    def row(self) -> dict[str, Any]:
        """Return the finding as plain values; `value` and `limit` stand at the top for easy reading."""
        row = asdict(self)
        row["value"] = self.measure.value if self.measure else None
        row["limit"] = self.measure.limit if self.measure else None
        return row


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, errors first, otherwise in the order given."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def worst(findings: Iterable[Finding]) -> Severity | None:
    """Return the gravest severity among findings, None if there are none."""
    return next((finding.severity for finding in by_severity(findings)), None)
