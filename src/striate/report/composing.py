"""The whole page, from the sections."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from striate import schema
from striate.findings import by_severity
from striate.numbers import count, duration
from striate.page.wire import Page, Section
from striate.report.finding_rows import finding_row, findings_sentence
from striate.report.sections import (
    activations,
    backward,
    class_images,
    entering,
    feature_map,
    filters,
    invariance,
    made,
    mistakes,
    network,
    occlusion,
    patches,
    saliency,
    shortcuts,
    splits,
    through_training,
    training,
    units,
    weights,
)
from striate.report.subject import Subject
from striate.report.verdict import facts, prose, verdict

SCHEMA_VERSION = 1
_SECTIONS = (
    network,
    training,
    splits,
    filters,
    weights,
    activations,
    through_training,
    patches,
    units,
    feature_map,
    occlusion,
    saliency,
    shortcuts,
    backward,
    class_images,
    invariance,
    entering,
    mistakes,
)


def compose(subject: Subject, *, name: str, seconds: float) -> Page:
    """Return the page about a subject; its arrays are in the subject's store afterwards.

    Args:
        subject: What was measured, and of what.
        name: The reference, as the reader gave it.
        seconds: How long looking took.
    """
    sections: list[Section] = [made_ for part in _SECTIONS if (made_ := part.section(subject)) is not None]
    sections.append(
        made.section(
            subject,
            command=f"striate inspect {name} {subject.dataset.reference}",
            seconds=duration(seconds),
        )
    )
    today = datetime.now(UTC)
    held_out = 0 if subject.evidence.predictions is None else len(subject.evidence.predictions.samples)
    return Page.model_validate(
        {
            "schema": schema.stamp("page", SCHEMA_VERSION),
            "title": f"{name} on {subject.dataset.name}",
            "run_line": f"Report on {name} · {today.day} {today:%B %Y} · {count(held_out)} held-out samples of "
            f"{subject.dataset.name}",
            "verdict": verdict(subject),
            "prose": prose(subject),
            "facts": facts(subject),
            "findings": [finding_row(finding) for finding in by_severity(subject.findings)],
            "findings_sentence": findings_sentence(subject.findings, len(subject.silent)),
            "found_nothing": [_quiet(rule, subject.figures) for rule in subject.silent],
            "could_not_look": [rule.replace("-", " ") for rule in subject.skipped],
            "sections": sections,
        }
    )


def _quiet(rule: str, figures: Mapping[str, str]) -> str:
    """Return a rule that found nothing, with its figure if it tells one: "background matters (0 of 3,764 squares …)"."""
    name = rule.replace("-", " ")
    return f"{name} ({figures[rule]})" if rule in figures else name
