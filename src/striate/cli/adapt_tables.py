"""What an adaptation looks like in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from striate.cli.terminal import console
from striate.numbers import amount, capital, duration, percent
from striate.records import Adaptation, Candidate, CutPoint, Estimate, Probe
from striate.report.adapting.case import case_sentence
from striate.report.adapting.verdict import verdict
from striate.report.adapting.words import (
    factor,
    interval_words,
    is_share,
    score_label,
    score_words,
    signed_words,
)

if TYPE_CHECKING:
    from rich.table import Table

_WORST = ("dropped", "lost", "not measured")


def show_adaptation(found: Adaptation, *, width: int | None = None) -> None:
    """Show the verdict, the cut points, the regimes, and where the problem falls in the classic table.

    Args:
        found: What was measured.
        width: Columns of the terminal; asked for if not given.
    """
    screen = console()
    width = width or screen.width
    screen.print(verdict(found), style="bold", width=width, soft_wrap=False)
    if found.probes:
        screen.print(cuts_table(found), width=width, soft_wrap=False)
    screen.print(regimes_table(found), width=width, soft_wrap=False)
    for candidate in found.candidates:
        if candidate.outcome in _WORST and candidate.reason:
            line = f"{candidate.regime.name}, {candidate.outcome}: {candidate.reason}."
            screen.print(line, style="dim", width=width, soft_wrap=False)
    screen.print(case_sentence(found), width=width, soft_wrap=False)
    for line in (*found.told, *found.events):
        screen.print(line, style="dim", width=width, soft_wrap=False)


def cuts_table(found: Adaptation) -> Table:
    """Return the cut points in depth order, each with what a linear read-out of its features reaches."""
    table = _table("Cut", "MACs", "Params", f"{capital(score_label(found))}, 95 % interval")
    for probe in found.probes:
        table.add_row(*_cut_cells(found, probe, found.cut(probe.cut)))
    return table


def _cut_cells(found: Adaptation, probe: Probe, cut: CutPoint) -> Sequence[str]:
    mark = "→" if cut.name == found.chosen_candidate.regime.cut else ""
    score = f"{score_words(found, probe.estimate.mean, unit=False)} ({interval_words(found, probe.estimate)})"
    return mark, cut.name, percent(cut.macs_share, 0), amount(cut.parameters), score


def regimes_table(found: Adaptation) -> Table:
    """Return every regime with what became of it; ± is half the 95 % interval."""
    table = _table("Regime", "Outcome", f"{capital(score_label(found))} ±", "Difference ±", "Time")
    for candidate in found.candidates:
        is_chosen = candidate.regime.name == found.chosen
        table.add_row(*_regime_cells(found, candidate), style="bold" if is_chosen else "")
    return table


def _regime_cells(found: Adaptation, candidate: Candidate) -> Sequence[str]:
    mark = "→" if candidate.regime.name == found.chosen else ""
    score = difference = ""
    if candidate.estimate is not None:
        score = f"{score_words(found, candidate.estimate.mean, unit=False)} ± {_half(found, candidate.estimate)}"
    if candidate.difference is not None:
        difference = f"{signed_words(found, candidate.difference.mean)} ± {_half(found, candidate.difference)}"
    time = duration(candidate.seconds) if candidate.seconds else ""
    return mark, candidate.regime.name, candidate.outcome, score, difference, time


def _half(found: Adaptation, estimate: Estimate) -> str:
    low, high = estimate.interval
    return f"{factor(found) * (high - low) / 2:.{1 if is_share(found) else 3}f}"


def _table(first: str, *titles: str) -> Table:
    """Return an empty table: the chosen row's mark, then names, which alone may break over lines."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("")
    table.add_column(first, overflow="fold")
    for title in titles:
        table.add_column(title, justify="left" if title == "Outcome" else "right", no_wrap=True)
    return table
