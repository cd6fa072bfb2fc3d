"""The page about beginnings: where each one starts, as one HTML file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from striate import schema
from striate.findings import Finding, by_severity
from striate.lint import lint
from striate.numbers import THIN, capital, count, listed, measure, percent, plural
from striate.page.wire import Fact, Page
from striate.records import BeginningComparison, Evidence, FirstSteps, Start
from striate.report.arrays import ArrayStore
from striate.report.beginnings.sections import sections
from striate.report.finding_rows import finding_row, findings_sentence
from striate.report.html import page_file, write_report
from striate.report.pages import page_of, today
from striate.train.paired import mean_interval

SCHEMA_VERSION = 1
RULES = ("vanishing-start", "exploding-start")
# Within this factor a layer, values are said to keep their spread.
_KEEPS = (0.8, 1.25)
_MOST_FACTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the rules say of all beginnings together.

    Attributes:
        findings: Errors first.
        silent: Rules that looked and found nothing.
        skipped: Rules that could not look: too few hidden layers.
    """

    findings: tuple[Finding, ...]
    silent: tuple[str, ...]
    skipped: tuple[str, ...]


def judge_beginnings(found: BeginningComparison) -> Judged:
    """Return the findings on every start."""
    reports = [lint(Evidence(start=start), select=RULES) for start in found.starts]
    fired = {finding.name for report in reports for finding in report.findings}
    skipped = {rule for report in reports for rule in report.skipped}
    return Judged(
        findings=by_severity(finding for report in reports for finding in report.findings),
        silent=tuple(rule for rule in RULES if rule not in fired | skipped),
        skipped=tuple(rule for rule in RULES if rule in skipped - fired),
    )


def write_beginnings_page(
    found: BeginningComparison, path: Path | str, *, name: str, data: str, command: str = ""
) -> None:
    """Write a comparison of beginnings as one HTML file that opens from disk, atomically.

    Args:
        found: What `striate.train.compare_beginnings` returned.
        path: The file; `beginnings.html` in it if it is a folder.
        name: What the network is called.
        data: What the data are called.
        command: How it was made, for the last section.

    Raises:
        InputError: The path is something else than a file.
        RunError: The page was not built.
        StorageError: The disk refused; an old page is still there.

    Example:
        >>> found = compare_beginnings(plan, digits, ["he", "small"])              # doctest: +SKIP
        >>> write_beginnings_page(found, "page.html", name="net.yaml", data="digits")   # doctest: +SKIP
    """
    path = page_file(path, "beginnings.html")
    store = ArrayStore()
    write_report(path, beginnings_page(found, store, name=name, data=data, command=command), store)


def beginnings_page(found: BeginningComparison, store: ArrayStore, *, name: str, data: str, command: str) -> Page:
    """Return the page as data; its arrays are in the store afterwards."""
    judged = judge_beginnings(found)
    return page_of(
        title=f"Beginnings of {name} on {data}",
        run_line=f"Beginnings of {name} · {today()} · {count(found.train_count)} training images of "
        f"{data}, {plural(len(found.seeds), 'seed')}",
        verdict=verdict(found),
        prose=" ".join(start_words(start) for start in found.starts),
        facts=_facts(found),
        findings=[finding_row(finding) for finding in judged.findings],
        findings_sentence=findings_sentence(judged.findings, len(judged.silent)),
        silent=judged.silent,
        skipped=judged.skipped,
        sections=sections(found, judged.findings, store, command=command),
    )


def verdict(found: BeginningComparison) -> str:
    """Return one sentence on the end of the first steps: who leads, who is behind, who cannot be told apart."""
    number = found.steps[0].losses.shape[1]
    first = found.beginnings[0]
    lead = (
        f"After {plural(number, 'step')} {first} has {score_words(found, found.steps[0])} of the held-out samples right"
    )
    if found.score_name == "R²":
        lead = f"After {plural(number, 'step')} {first} reaches R² {score_words(found, found.steps[0])}"
    parts = []
    for row in found.differences:
        if row.seeds < len(found.seeds):
            parts.append(f"{row.beginning} was lost in {plural(len(found.seeds) - row.seeds, 'run')}")
        elif _is_clear(row.interval, row.seeds):
            side = "ahead" if row.mean > 0 else "behind"
            parts.append(f"{row.beginning} is {_points(found, abs(row.mean))} {side}")
    whole = [row for row in found.differences if row.seeds == len(found.seeds)]
    level = [row.beginning for row in whole if not _is_clear(row.interval, row.seeds)]
    if level:
        verb = "is" if len(level) == 1 else "are"
        parts.append(f"{listed(level, most=6)} {verb} not told apart from it by {plural(len(found.seeds), 'seed')}")
    return f"{lead}; {', '.join(parts)}." if parts else f"{lead}."


def _is_clear(interval: tuple[float, float], seeds: int) -> bool:
    return seeds > 1 and (interval[0] > 0 or interval[1] < 0)


def start_words(start: Start) -> str:
    """Return in a sentence what happens to values on their way up.

    "He begins with values that keep their spread (× 1.04 a layer). Small: values shrink to 0.13 of their spread a layer."
    """
    name = capital(start.beginning)
    factor = start.factor
    if factor is None:
        return f"{name} has too few hidden layers to follow values through."
    if _KEEPS[0] <= factor <= _KEEPS[1]:
        return f"{name} begins with values that keep their spread, ×{THIN}{measure(factor)} a layer."
    verb = "shrink" if factor < 1 else "grow"
    return f"{name} begins with values that {verb}, ×{THIN}{measure(factor)} a layer."


def score_words(found: BeginningComparison, steps: FirstSteps) -> str:
    """Return the mean last score as people read it, over the seeds that were not lost."""
    last = last_scores(steps)
    if not last:
        return "nothing"
    mean, _ = mean_interval(last)
    return measure(mean) if found.score_name == "R²" else percent(mean)


def last_scores(steps: FirstSteps) -> list[float]:
    """Return the last scores of the seeds that were not lost."""
    return [float(score) for score in steps.scores[:, -1] if np.isfinite(score)]


def _points(found: BeginningComparison, difference: float) -> str:
    return measure(difference) if found.score_name == "R²" else f"{measure(100 * difference)} points"


def _facts(found: BeginningComparison) -> list[Fact]:
    rows = []
    for steps in found.steps[:_MOST_FACTS]:
        scores = last_scores(steps)
        note = ""
        if len(scores) > 1:
            _, (low, high) = mean_interval(scores)
            is_share = found.score_name != "R²"
            low, high = max(low, 0.0) if is_share else low, min(high, 1.0)
            factor = 100.0 if is_share else 1.0
            note = f"95 % interval {measure(factor * low)} to {measure(factor * high)}"
        rows.append(Fact(label=f"{steps.beginning}, {found.score_name}", value=score_words(found, steps), note=note))
    return rows


def beginnings_document(found: BeginningComparison, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return a comparison as plain values, as `striate init --compare --json` prints it; lost numbers are null."""
    return {
        "schema": schema.stamp("beginnings", SCHEMA_VERSION),
        "verdict": verdict(found),
        "train_count": found.train_count,
        "held_out_count": found.held_out_count,
        "score": found.score_name,
        "seeds": list(found.seeds),
        "beginnings": [
            {
                "name": start.beginning,
                "begun": list(begun.told),
                "factor_a_layer": start.factor,
                "loss_before": start.loss,
                "layers": [asdict(row) for row in start.layers],
                "points": list(steps.points),
                "scores": _plain(steps.scores),
                "losses": _plain(steps.losses),
                "lost": list(steps.lost),
                "seconds": steps.seconds,
            }
            for start, steps, begun in zip(found.starts, found.steps, found.begun, strict=True)
        ],
        "differences": [asdict(row) for row in found.differences],
        "findings": [finding.row() for finding in findings],
    }


def _plain(values: Any) -> list[list[float | None]]:  # noqa: ANN401 - an array of a record
    return [[float(value) if math.isfinite(value) else None for value in row] for row in values]
