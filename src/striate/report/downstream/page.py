"""The page of a comparison of features, as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from striate.findings import Finding, by_severity
from striate.numbers import capital, plural
from striate.page.wire import Caption, Page, Section
from striate.records import Downstream
from striate.report.arrays import ArrayStore
from striate.report.downstream.sections import few_section, layers_section, left_section, ranking_section
from striate.report.downstream.words import facts, prose, verdict
from striate.report.finding_rows import counted, finding_row
from striate.report.html import page_file, write_report
from striate.report.making import making_section
from striate.report.pages import page_of, today
from striate.runs.folder import environment


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
    path = page_file(path, "downstream.html")
    write_report(path, downstream_page_data(found, findings=findings), ArrayStore())


def downstream_page_data(found: Downstream, *, findings: Sequence[Finding] = ()) -> Page:
    """Return the page as data."""
    sections = [
        ranking_section(found),
        layers_section(found),
        few_section(found),
        left_section(found),
        _made(found),
    ]
    return page_of(
        title=f"What the features of {found.network} are worth on {found.data}",
        run_line=f"{found.network} on {found.data} · {today()} · "
        f"{plural(found.samples, 'sample')}, {plural(found.folds, 'fold')}",
        verdict=verdict(found),
        prose=prose(found),
        facts=facts(found),
        findings=[finding_row(finding) for finding in by_severity(findings)],
        findings_sentence=f"{capital(counted(findings))}." if findings else "",
        sections=sections,
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
