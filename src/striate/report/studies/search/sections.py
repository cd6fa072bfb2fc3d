"""The tables of a search: the space and its limits, and every trial."""

from __future__ import annotations

from striate.numbers import capital, count, percent, plural
from striate.page.wire import Caption, Column, Section, Table, TableFigure
from striate.page.wire import Cell as TableCell
from striate.report.studies.search.words import best_trial, ended_words, limit_texts, limits_words, source
from striate.study.search import SearchReading, Trial
from striate.study.search.space import told_space
from striate.study.search.trials import option_text

# A page's table shows so many; the picture's twin has all.
_MOST_ROWS = 30
ENDED = {"done": "to the end", "pruned": "stopped early", "failed": "failed"}


def space_section(reading: SearchReading) -> Section:
    """Return what was open, how much of it the limits leave, and the limits."""
    space = reading.results.space
    limits = limits_words(reading)
    return Section(
        id="space",
        term="The space",
        judgement=None,
        sentence=f"{told_space(space)} {f'At most {limits}.' if limits else 'No limit was set.'}",
        figures=[TableFigure(table=_choices_table(reading)), TableFigure(table=_space_table(reading))],
        caption=Caption(
            shown="What was left open, with its options and what the best design has of them; beneath, the combinations, those "
            "that the limits leave, and the limits. Branches are numbered from 0, as they are written in: "
            f"{space.plan.to_text()}",
            should_see="Limits that leave many designs, and a best one between the first and the last option of a number.",
            wrong_if="the best design has the first or the last of a choice's numbers: what lies beyond may be better. Few "
            "designs are left: the limits, not the search, have chosen.",
            source="On paper; time by measurement on the machine of the search."
            if reading.results.search.limits.latency_ms is not None
            else "On paper, before anything was trained.",
        ),
    )


def trials_section(reading: SearchReading) -> Section:
    """Return the trials as a table, the best first."""
    ordered = in_order(reading)
    shown = ordered[:_MOST_ROWS] if reading.done else ordered
    rest = (
        f" The first {_MOST_ROWS} of {count(len(ordered))}; all are in the table beneath Score against cost."
        if len(shown) < len(ordered)
        else ""
    )
    return Section(
        id="trials",
        term="Trials",
        judgement=None,
        sentence=f"{plural(len(ordered), 'design')} tried: {ended_words(reading.results.trials)}.",
        figures=[TableFigure(table=trials_table(reading, shown))],
        caption=Caption(
            shown=f"Every trial with what it chose, the highest score first.{rest}",
            should_see="Several designs near the first that share what matters.",
            wrong_if="the first is far above the second and shares nothing with it: one seed was lucky.",
            source=f"MACs and parameters on paper; scores on the validation part of {source(reading)}.",
        ),
    )


def _choices_table(reading: SearchReading) -> Table:
    best = best_trial(reading)
    columns = [Column(label=label, align="left") for label in ("Choice", "Options")]
    if best is not None:
        columns.append(Column(label=f"Best, trial {best.number}"))
    rows: list[list[TableCell]] = [
        [
            name,
            ", ".join(map(option_text, options)),
            *([] if best is None else [option_text(best.values[name])]),
        ]
        for name, options in reading.results.space.choices
    ]
    return Table(columns=columns, rows=rows, caption="What was left open")


def _space_table(reading: SearchReading) -> Table:
    space = reading.results.space
    designs = "Designs drawn within the limits" if space.is_drawn else "Designs within the limits"
    rows: list[list[TableCell]] = [
        ["Combinations", count(space.whole)],
        ["Share that keeps the limits", percent(space.share)],
        [designs, count(len(space.designs))],
        ["Designs tried", count(len(reading.results.trials))],
    ]
    for name, text in limit_texts(reading).items():
        rows.append([f"Limit of {name}", text or "none"])
    columns = [Column(label="", align="left"), Column(label="")]
    return Table(columns=columns, rows=rows, caption="How much of it is within the limits")


def trials_table(reading: SearchReading, trials: list[Trial]) -> Table:
    """Return trials with what they chose, what they cost and what they reached."""
    names = [name for name, _ in reading.results.space.choices]
    front = {trial.number for trial in reading.front}
    columns = [
        Column(label="Trial"),
        Column(label=score_label(reading), unit="%", decimals=2),
        *(Column(label=name) for name in names),
        Column(label="MACs"),
        Column(label="Parameters"),
        Column(label="Front"),
        Column(label="Ended"),
    ]
    rows: list[list[TableCell]] = [
        [
            trial.number,
            percent_of(trial.score),
            *(option_text(trial.values[name]) for name in names),
            trial.macs,
            trial.params,
            "yes" if trial.number in front else "no",
            ENDED[trial.ended],
        ]
        for trial in trials
    ]
    return Table(columns=columns, rows=rows, caption="Trials, the highest score first")


def in_order(reading: SearchReading) -> list[Trial]:
    """Return all trials: those with a score, the best first, then those that were stopped, then those that failed."""
    rest = [trial for trial in reading.results.trials if trial.score is None]
    return [*reading.done, *sorted(rest, key=lambda trial: (trial.ended == "failed", trial.number))]


def score_label(reading: SearchReading) -> str:
    """Return what a column of scores holds."""
    return f"{capital(reading.results.score_name)}, validation"


def percent_of(score: float | None) -> float | None:
    """Return a score in percent."""
    return None if score is None else 100 * score
