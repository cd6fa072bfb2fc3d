"""What a search looks like in a terminal."""

from __future__ import annotations

from collections import Counter

from striate.cli.terminal import console
from striate.numbers import count, percent, plural
from striate.study.search import SearchReading, SearchResults
from striate.study.search.importance import LEAST_SCORES, Importance
from striate.study.search.space import told_space
from striate.study.search.trials import Trial, option_text

_MOST_ROWS = 10


def show_search(reading: SearchReading) -> None:
    """Show the space, the best or the front, and what mattered."""
    from rich import box
    from rich.table import Table

    screen, found = console(), reading.results
    screen.print(told_space(found.space))
    ended = [trial.ended for trial in found.trials]
    screen.print(
        f"{plural(len(ended), 'design')} tried: {ended.count('done')} to the end, {ended.count('pruned')} stopped early, "
        f"{ended.count('failed')} failed."
    )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Trial", justify="right")
    for name, _ in found.space.choices:
        table.add_column(name)
    for name in ("MACs", "Parameters", "Validation"):
        table.add_column(name, justify="right")
    for trial in _rows(reading):
        values = [option_text(value) for value in trial.values.values()]
        table.add_row(str(trial.number), *values, count(trial.macs), count(trial.params), percent(trial.score or 0.0))
    screen.print(table)
    for line in (*said_importances(reading), *said_failures(found)):
        screen.print(line)


def said_importances(reading: SearchReading) -> list[str]:
    """Return what mattered, in sentences."""
    if not reading.importances:
        return [f"Fewer than {LEAST_SCORES} scores: what matters cannot be told yet."]
    return [_said(one) for one in reading.importances]


def said_failures(found: SearchResults) -> list[str]:
    """Return why trials failed, each reason once, the most frequent first."""
    reasons = Counter(trial.reason for trial in found.trials if trial.ended == "failed")
    return [
        f"{plural(times, 'design')} failed: {reason or 'no reason was told'}" for reason, times in reasons.most_common()
    ]


def _said(one: Importance) -> str:
    low, high = one.interval
    return f"· {one.name} makes {percent(one.share, 0)} of the difference ({percent(low, 0)} to {percent(high, 0)} over draws)."


def _rows(reading: SearchReading) -> tuple[Trial, ...]:
    return reading.front if reading.results.search.goal == "front" else reading.done[:_MOST_ROWS]
