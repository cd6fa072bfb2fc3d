"""The page of a comparison of features, as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from striate import schema
from striate.errors import InputError
from striate.findings import Finding, by_severity
from striate.numbers import capital, plural
from striate.page.wire import Caption, Page, Section
from striate.records import Downstream
from striate.report.arrays import ArrayStore
from striate.report.downstream.sections import few_section, layers_section, left_section, ranking_section
from striate.report.downstream.words import facts, prose, verdict
from striate.report.finding_rows import counted, finding_row
from striate.report.html import report_html
from striate.report.making import making_section
from striate.runs import write_text
from striate.runs.folder import environment

SCHEMA_VERSION = 1


def write_downstream_page(found: Downstream, path: Path | str, *, findings: Sequence[Finding] = ()) -> None:
    """Write the page of a comparison as one HTML file that opens from disk, atomically.

    Args:
        found: What was measured.
        path: The file; `downstream.html` in it if it is a folder.
        findings: What rules said of it.

    Raises:
        InputError: The path is something else than a file.
        RunError: The page was not built.
        StorageError: The disk refused; an old page is still there.
    """
    path = Path(path)
    path = path / "downstream.html" if path.is_dir() else path
    if path.exists() and not path.is_file():
        raise InputError("a page must be written to a file", got=str(path))
    write_text(path, report_html(downstream_page_data(found, findings=findings), ArrayStore()))


def downstream_page_data(found: Downstream, *, findings: Sequence[Finding] = ()) -> Page:
    """Return the page as data."""
    today = datetime.now(UTC)
    sections = [
        ranking_section(found),
        layers_section(found),
        few_section(found),
        left_section(found),
        _made(found),
    ]
    return Page.model_validate(
        {
            "schema": schema.stamp("page", SCHEMA_VERSION),
            "title": f"What the features of {found.network} are worth on {found.data}",
            "run_line": f"{found.network} on {found.data} · {today.day} {today:%B %Y} · "
            f"{plural(found.samples, 'sample')}, {plural(found.folds, 'fold')}",
            "verdict": verdict(found),
            "prose": prose(found),
            "facts": facts(found),
            "findings": [finding_row(finding) for finding in by_severity(findings)],
            "findings_sentence": f"{capital(counted(findings))}." if findings else "",
            "found_nothing": [],
            "could_not_look": [],
            "sections": [section for section in sections if section is not None],
        }
    )


def _made(found: Downstream) -> Section:
    said = {
        "Network": found.network,
        "Data": found.data,
        "Samples": str(found.samples),
        "Folds": str(found.folds),
        "Time taken": f"{found.seconds:.0f} s",
    } | environment()
    return making_section(
        said.items(),
        Caption(
            shown="With these the page can be made again.",
            should_see="The network and the data you meant.",
            wrong_if="samples are missing: rows without a target or with an error are left out.",
            source="Made with `striate downstream`.",
        ),
        table="Network, data and versions",
    )
