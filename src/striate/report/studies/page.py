"""The page of a study, as one HTML file."""

from __future__ import annotations

from pathlib import Path

from striate.page.wire import Page
from striate.report.arrays import ArrayStore
from striate.report.html import page_file, write_report
from striate.report.pages import page_of
from striate.report.studies.health import health_section
from striate.report.studies.sections import cells_section, change_section, costs_section, scores_section
from striate.report.studies.words import facts, findings, findings_sentence, prose, run_line
from striate.study import StudyReading, verdict

FILE = "study.html"


def write_study_page(reading: StudyReading, path: Path | str) -> Path:
    """Write the page of a study as one HTML file that opens from disk, atomically.

    The same results make the same page: neither the day nor the machine is on it.

    Args:
        reading: What the study's results say.
        path: The file; `study.html` in it if it is a folder.

    Returns:
        The file.

    Raises:
        InputError: The path is something else than a file.
        RunError: The page was not built.
        StorageError: The disk refused; an old page is still there.
    """
    path = page_file(path, FILE)
    write_report(path, study_page_data(reading), ArrayStore())
    return path


def study_page_data(reading: StudyReading) -> Page:
    """Return the page as data."""
    said = verdict(reading)
    rows = findings(reading, said)
    sections = [
        cells_section(reading),
        scores_section(reading),
        costs_section(reading),
        health_section(reading),
        change_section(reading, said.would_change),
    ]
    return page_of(
        title=reading.results.study.question,
        run_line=run_line(reading),
        verdict=said.headline,
        prose=prose(reading),
        facts=facts(reading),
        findings=rows,
        findings_sentence=findings_sentence(reading, said) if rows else "",
        sections=sections,
    )
