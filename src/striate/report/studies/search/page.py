"""The page of a search, as one HTML file."""

from __future__ import annotations

from pathlib import Path

from striate.numbers import plural
from striate.page.wire import FindingRow, Page
from striate.report.arrays import ArrayStore
from striate.report.html import page_file, write_report
from striate.report.pages import page_of
from striate.report.studies.search.again import again_sections, closing_sections, mislead_section
from striate.report.studies.search.charts import course_section, importance_section, tried_section
from striate.report.studies.search.sections import space_section, trials_section
from striate.report.studies.search.words import facts, headline, prose, question, run_line, search_findings
from striate.study.search import SearchReading

FILE = "search.html"


def write_search_page(reading: SearchReading, path: Path | str) -> Path:
    """Write the page of a search as one HTML file that opens from disk, atomically.

    The same search makes the same page: neither the day nor the machine is on it.

    Args:
        reading: What the search says (`read_search`).
        path: The file; `search.html` in it if it is a folder.

    Returns:
        The file.

    Raises:
        InputError: The path is something else than a file.
        RunError: The page was not built.
        StorageError: The disk refused; an old page is still there.
    """
    path = page_file(path, FILE)
    write_report(path, search_page_data(reading), ArrayStore())
    return path


def search_page_data(reading: SearchReading) -> Page:
    """Return the page as data: what may be claimed first, then the search it came from."""
    again = reading.again
    sections = [
        *([] if again is None else again_sections(again)),
        mislead_section(reading),
        space_section(reading),
        tried_section(reading),
        course_section(reading),
        importance_section(reading),
        trials_section(reading),
        *([] if again is None else closing_sections(again)),
    ]
    rows = search_findings(reading)
    return page_of(
        title=question(reading),
        run_line=run_line(reading),
        verdict=headline(reading),
        prose=prose(reading),
        facts=facts(reading),
        findings=rows,
        findings_sentence=_findings_sentence(rows),
        sections=sections,
    )


def _findings_sentence(rows: list[FindingRow]) -> str:
    if not rows:
        return ""
    troubles = sum(row.severity == "warning" for row in rows)
    return f"{plural(len(rows), 'thing')} to know; {plural(troubles, 'trouble')} to look at."
