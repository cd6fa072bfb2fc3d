"""What a study found, as a page of the documentation: python tools/study_page.py STUDIES/x docs/studies/x.md DATE MACHINE."""

from __future__ import annotations

import sys
from pathlib import Path

from striate.numbers import count, measure, percent
from striate.study import read_results
from striate.study.file import study_text
from striate.study.folder import open_study
from striate.study.naming import points
from striate.study.reading import CellReading, StudyReading
from striate.study.running import prepared, results_of
from striate.study.verdict import verdict


def page(reading: StudyReading, date: str, machine: str) -> str:
    """Return the page's text."""
    study, said = reading.results.study, verdict(reading)
    names = [factor.name for factor in study.factors]
    head = [
        *names,
        "MACs",
        "off, %",
        "parameters",
        "rate",
        "accuracy, %",
        "95 % interval",
        "to reference, points",
        "p (Holm)",
    ]
    lines = [
        f"# {study.question}",
        "",
        said.headline,
        "",
        f"Data: `{study.data}`. {date}. {machine}.",
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(names)}{'--:|' * (len(head) - len(names))}",
        *(f"| {' | '.join(_row(cell, reading))} |" for cell in reading.cells),
        "",
        "## What it says",
        *(f"- {line}" for line in (*said.effects, *said.interactions, *said.why, *said.troubles)),
        "",
        "## Beside what was published",
        *(f"- {line}" for line in said.published),
        "",
        "## What would change it",
        said.would_change,
        "",
        "## The study",
        "```yaml",
        study_text(study).rstrip(),
        "```",
    ]
    return "\n".join(lines) + "\n"


def _row(cell: CellReading, reading: StudyReading) -> list[str]:
    made, figures = cell.row.cell, cell.row.cell.figures
    costs = ["–"] * 3 if figures is None else [count(figures.macs), measure(made.off_percent, 2), count(figures.params)]
    if cell.mean is None:
        return [*made.levels, *costs, "–", "–", "–", "–", "–"]
    interval = (
        "–" if cell.interval is None else " to ".join(percent(end).removesuffix("\u202f%") for end in cell.interval)
    )
    difference = "reference" if made.levels == reading.results.study.reference else "–"
    if cell.against is not None:
        difference = points(cell.against.mean)
    p = "" if cell.corrected is None else measure(cell.corrected, 2)
    mean = percent(cell.mean).removesuffix("\u202f%")
    return [*made.levels, *costs, measure(cell.row.rate or made.recipe.rate), mean, interval, difference, p]


def main(folder: str, target: str, date: str, machine: str) -> None:
    """Read the study's folder and write the page."""
    ready = prepared(open_study(folder), None, folder)
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    Path(target).write_text(page(read_results(results_of(ready, Path(folder))), date, machine), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
