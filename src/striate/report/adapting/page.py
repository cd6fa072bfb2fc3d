"""The page of an adaptation: what was chosen and why, every regime on one axis, and the receipt, as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from striate.findings import Finding, by_severity
from striate.numbers import plural
from striate.page.wire import Caption, Page, Section
from striate.records import Adaptation, NetworkComparison, ReceiptSection, TrainingCurve
from striate.report.adapting.case import case_section, inputs_section
from striate.report.adapting.curves import cuts_section, samples_section
from striate.report.adapting.depth import depth_section
from striate.report.adapting.rates import rates_section
from striate.report.adapting.receipt import receipt_section
from striate.report.adapting.regimes import regimes_section
from striate.report.adapting.training import training_section
from striate.report.adapting.verdict import facts, prose, verdict
from striate.report.arrays import ArrayStore
from striate.report.finding_rows import finding_row, findings_sentence
from striate.report.html import page_file, report_html
from striate.report.making import making_section
from striate.report.pages import page_of, today
from striate.runs import write_text
from striate.runs.folder import environment


def write_adaptation_page(
    adaptation: Adaptation,
    path: Path | str,
    *,
    receipt: Sequence[ReceiptSection] = (),
    findings: Sequence[Finding] = (),
    curve: TrainingCurve | None = None,
    comparison: NetworkComparison | None = None,
) -> None:
    """Write the page of an adaptation as one HTML file that opens from disk, atomically.

    Args:
        adaptation: What was measured.
        path: The file; `adaptation.html` in it if it is a folder.
        receipt: What is claimed of the adapted network, and whether it was checked.
        findings: What rules said of it.
        curve: How the chosen network was trained.
        comparison: The network before and after.

    Raises:
        InputError: The path is something else than a file.
        RunError: The page was not built.
        StorageError: The disk refused; an old page is still there.
    """
    path = page_file(path, "adaptation.html")
    page = adaptation_page(adaptation, receipt=receipt, findings=findings, curve=curve, comparison=comparison)
    write_text(path, page)


def adaptation_page(
    adaptation: Adaptation,
    *,
    receipt: Sequence[ReceiptSection] = (),
    findings: Sequence[Finding] = (),
    curve: TrainingCurve | None = None,
    comparison: NetworkComparison | None = None,
) -> str:
    """Return the page of an adaptation as one HTML file.

    Args:
        adaptation: What was measured.
        receipt: What is claimed of the adapted network, and whether it was checked.
        findings: What rules said of it.
        curve: How the chosen network was trained.
        comparison: The network before and after.

    Raises:
        RunError: The page was not built.

    Example:
        >>> html = adaptation_page(adaptation, receipt=receipt)                    # doctest: +SKIP
    """
    page = adaptation_page_data(adaptation, receipt=receipt, findings=findings, curve=curve, comparison=comparison)
    return report_html(page, ArrayStore())


def adaptation_page_data(
    found: Adaptation,
    *,
    receipt: Sequence[ReceiptSection] = (),
    findings: Sequence[Finding] = (),
    curve: TrainingCurve | None = None,
    comparison: NetworkComparison | None = None,
) -> Page:
    """Return the page as data."""
    sections = [
        regimes_section(found),
        cuts_section(found),
        samples_section(found),
        case_section(found),
        inputs_section(found),
        rates_section(found),
        training_section(found, curve),
        depth_section(comparison),
        receipt_section(receipt),
        _made(found),
    ]
    return page_of(
        title=f"{found.network} adapted to {found.data}",
        run_line=f"{found.network} adapted to {found.data} · {today()} · "
        f"{plural(found.training_count, 'sample')}, {found.folds} folds",
        verdict=verdict(found),
        prose=prose(found),
        facts=facts(found),
        findings=[finding_row(finding) for finding in by_severity(findings)],
        findings_sentence=findings_sentence(findings, 0) if findings else "",
        sections=sections,
    )


def _made(found: Adaptation) -> Section:
    said = {
        "Network": found.network,
        "Data": found.data,
        "Samples cross-validated on": str(found.training_count),
        "Folds": str(found.folds),
        "Samples held out for the end": "none" if found.test is None else str(found.test.count),
        "Time given, told, taken": f"{found.budget_s:.0f} s, {found.told_s:.0f} s, {found.seconds:.0f} s",
    } | environment()
    return making_section(
        said.items(),
        Caption(
            shown="With these the page can be made again.",
            should_see="The network and the data you meant, and samples held out for the end.",
            wrong_if="none were held out: the best of many cross-validated scores is a little too good.",
            source="Made with `striate adapt`.",
        ),
        table="Network, data and versions",
    )
