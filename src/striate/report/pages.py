"""A page from its parts: what all pages have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from striate import schema
from striate.page.wire import Fact, FindingRow, Page, Section

SCHEMA_VERSION = 1


def page_of(  # noqa: PLR0913 - the parts of a page
    *,
    title: str,
    run_line: str,
    verdict: str,
    prose: str,
    facts: Sequence[Fact],
    sections: Iterable[Section | None],
    findings: Sequence[FindingRow] = (),
    findings_sentence: str = "",
    silent: Iterable[str] = (),
    figures: Mapping[str, str] = MappingProxyType({}),
    skipped: Iterable[str] = (),
) -> Page:
    """Return a page.

    Args:
        title: What it is about, for the window.
        run_line: What was done to what, when, above the verdict.
        verdict: Its first sentence.
        prose: What follows it; "" for nothing.
        facts: The figures beside it.
        sections: In order; None is one there is nothing to say in.
        findings: Judgements, gravest first.
        findings_sentence: How many they are; "" where no rule looked.
        silent: Names of the rules that found nothing.
        figures: What some of those measured, in words, by name.
        skipped: Names of the rules whose evidence was not measured.
    """
    return Page.model_validate(
        {
            "schema": schema.stamp("page", SCHEMA_VERSION),
            "title": title,
            "run_line": run_line,
            "verdict": verdict,
            "prose": prose,
            "facts": list(facts),
            "findings": list(findings),
            "findings_sentence": findings_sentence,
            "found_nothing": [_quiet(rule, figures) for rule in silent],
            "could_not_look": [rule.replace("-", " ") for rule in skipped],
            "sections": [section for section in sections if section is not None],
        }
    )


def today() -> str:
    """Return the day as a page's run line says it: "3 May 2026"."""
    now = datetime.now(UTC)
    return f"{now.day} {now:%B %Y}"


def _quiet(rule: str, figures: Mapping[str, str]) -> str:
    """Return a rule that found nothing, with its figure if it tells one: "background matters (0 of 3,764 squares …)"."""
    name = rule.replace("-", " ")
    return f"{name} ({figures[rule]})" if rule in figures else name
