"""The whole page, from the sections."""

from __future__ import annotations

from striate.findings import by_severity
from striate.numbers import count, duration
from striate.page.wire import Page, Section
from striate.report.finding_rows import finding_row, findings_sentence
from striate.report.pages import page_of, today
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
    held_out = 0 if subject.evidence.predictions is None else len(subject.evidence.predictions.samples)
    return page_of(
        title=f"{name} on {subject.dataset.name}",
        run_line=f"Report on {name} · {today()} · {count(held_out)} held-out samples of {subject.dataset.name}",
        verdict=verdict(subject),
        prose=prose(subject),
        facts=facts(subject),
        findings=[finding_row(finding) for finding in by_severity(subject.findings)],
        findings_sentence=findings_sentence(subject.findings, len(subject.silent)),
        silent=subject.silent,
        figures=subject.figures,
        skipped=subject.skipped,
        sections=sections,
    )
