"""A search in words, for its page: what may be claimed, the limits, the figures under the verdict, what was found as a list."""

from __future__ import annotations

from collections import Counter

from striate.analyse.budget import Budget, amount_text
from striate.analyse.budget.measuring import Figure
from striate.numbers import THIN, capital, count, listed, measure, percent, plural
from striate.page.wire import Fact, FindingRow
from striate.report.studies.words import findings, found_row, interval_words, recipe_words
from striate.study import StudyReading, verdict
from striate.study.naming import points
from striate.study.reading import CellReading
from striate.study.search import SearchReading, Trial
from striate.study.search.importance import LEAST_SCORES
from striate.study.search.trials import option_text
from striate.study.verdict import is_sure

# Of fewer options every one is the first or the last.
_LEAST_OPTIONS = 3


def question(reading: SearchReading) -> str:
    """Return what was asked, in one sentence."""
    asked = reading.results.search
    within = f" within {limits_words(reading)}" if asked.limits.document() else ""
    what = "How good can a design be at each number of MACs" if asked.goal == "front" else "Which design is best"
    return f"{what}{within}?"


def limits_words(reading: SearchReading) -> str:
    """Return the limits as a list: "100 000 MACs and 900 parameters"; "" if there are none."""
    names = {name: text for name, text in limit_texts(reading).items() if text}
    return listed(list(names.values()), len(names)) if names else ""


def limit_texts(reading: SearchReading) -> dict[str, str]:
    """Return each limit by what it limits; "" where nothing does."""
    limits = reading.results.search.limits
    peak = "" if limits.peak_bytes is None else f"{_amount('peak_bytes', limits.peak_bytes)} in a training step"
    return {
        "MACs of an image": _amount("macs", limits.macs),
        "parameters": _amount("params", limits.params),
        "peak memory": peak,
        "time": "" if limits.latency_ms is None else f"{measure(limits.latency_ms)} ms an image",
    }


def _amount(figure: Figure, most: int | None) -> str:
    return "" if most is None else amount_text(Budget(figure=figure, amount=most), most)


def run_line(reading: SearchReading) -> str:
    """Return what was asked, of which data, and how many trials that took."""
    return f"{question(reading)} · {source(reading)}"


def source(reading: SearchReading) -> str:
    """Return the data, the trials and the seed of a search, for a source line."""
    found = reading.results
    return f"{found.data} · {plural(len(found.trials), 'trial')}, seed {found.search.seed}"


def prose(reading: SearchReading) -> str:
    """Return what was open, how designs were chosen and trained, and which part of the data judged what."""
    found = reading.results
    asked = found.search
    names = [f"{name} ({', '.join(map(option_text, options))})" for name, options in found.space.choices]
    opened = listed(names, len(names))
    sampler = (
        "Designs were drawn evenly"
        if asked.sampler == "random"
        else "The sampler (TPE) looked more where scores were high"
    )
    stopped = "; those behind the median of the earlier ones were stopped early" if is_pruning(reading) else ""
    judged = f"Each was trained once, from seed {asked.seed}, and judged on the validation part{stopped}."
    return f"Open: {opened}. {sampler}. {judged} {recipe_words(asked.recipe)}"


def is_pruning(reading: SearchReading) -> bool:
    """Return whether designs that fell behind were stopped."""
    return reading.results.search.prune and reading.results.search.goal == "score"


def headline(reading: SearchReading) -> str:
    """Return what may be claimed: of the designs trained again only, with interval and seeds; else that nothing is."""
    again = reading.again
    if again is None:
        return f"Nothing is claimed: no design was trained again from other seeds.{_highest(reading)}"
    best = again.best
    if best is None or best.mean is None:
        return "Nothing is claimed: no training of the best ended."
    if best.interval is None:
        return (
            f"Nothing is claimed: the best were trained again from {plural(again.results.study.seeds, 'seed')} only, so that "
            f"nothing is known of chance. {capital(design_name(best))} reached {percent(best.mean)} on the test part."
        )
    low, high = best.interval
    return (
        f"{capital(design_name(best))}, trained again from {plural(len(best.row.scores), 'other seed')}, reaches "
        f"{percent(best.mean)} on the test part (95{THIN}% interval {percent(low)} to {percent(high)}); "
        f"{_beside_others(again, best)}."
    )


def design_name(cell: CellReading) -> str:
    """Return a design that was trained again, by its trial: "trial 4"."""
    return cell.row.cell.levels[0]


def ended_words(trials: tuple[Trial, ...]) -> str:
    """Return how trials ended.

    Example:
        >>> ended_words(())
        '0 to the end, 0 stopped early, 0 failed'
    """
    ended = [trial.ended for trial in trials]
    return f"{ended.count('done')} to the end, {ended.count('pruned')} stopped early, {ended.count('failed')} failed"


def tried_words(reading: SearchReading) -> str:
    """Return how much of what the limits leave was tried."""
    space, trials = reading.results.space, len(reading.results.trials)
    designs = count(len(space.designs))
    if space.is_drawn:
        return f"{count(trials)} of {designs} designs were tried, themselves drawn from all within the limits."
    if trials >= len(space.designs):
        return f"All {designs} designs within the limits were tried."
    return f"{count(trials)} of {designs} designs within the limits were tried."


def facts(reading: SearchReading) -> list[Fact]:
    """Return the figures under the verdict."""
    made, again, space = [], reading.again, reading.results.space
    if again is not None and again.best is not None and again.best.mean is not None:
        has_interval = again.best.interval is not None
        note = f"95{THIN}% interval {interval_words(again.best)}" if has_interval else interval_words(again.best)
        label = f"Trained again, {design_name(again.best)}"
        made.append(Fact(label=label, value=percent(again.best.mean), note=f"test part, {note}"))
    if reading.done:
        first = reading.done[0]
        label = f"First in the search, trial {first.number}"
        made.append(Fact(label=label, value=percent(first.score or 0.0), note="validation part, which chose it"))
    note = "drawn evenly" if space.is_drawn else f"of {plural(space.whole, 'combination')}"
    made.append(Fact(label="Designs within the limits", value=count(len(space.designs)), note=note))
    trials = reading.results.trials
    return [*made, Fact(label="Trials", value=count(len(trials)), note=ended_words(trials))]


def search_findings(reading: SearchReading) -> list[FindingRow]:
    """Return what was found as a list: failures are warnings, and come first."""
    failed = Counter(trial.reason for trial in reading.results.trials if trial.ended == "failed")
    found = [
        found_row("failed", f"{plural(times, 'design')} failed: {reason or 'no reason was told'}", "warning", "trials")
        for reason, times in failed.most_common()
    ]
    if reading.again is not None:
        found += findings(reading.again, verdict(reading.again))
        found += [
            found_row("cheapest", line, "note", "cells", "Take the cheapest.") for line in _cheapest(reading.again)
        ]
    found += [found_row("edge", line, "note", "space", "Leave more open there.") for line in _edges(reading)]
    if not reading.importances:
        line = f"Fewer than {LEAST_SCORES} scores: what matters cannot be told yet."
        found.append(found_row("importance", line, "note", "trials", "Try more designs."))
    # Warnings first, whoever told them.
    return sorted(found, key=lambda row: row.severity != "warning")


def best_trial(reading: SearchReading) -> Trial | None:
    """Return the best design as far as is known: of those trained again, else of the search."""
    again = reading.again
    best = None if again is None or again.best is None else reading.trial_of(design_name(again.best))
    return best or (reading.done[0] if reading.done else None)


def _highest(reading: SearchReading) -> str:
    if not reading.done:
        return ""
    best, scores = reading.done[0], len(reading.done)
    of = f"the highest of {scores} scores is the luckiest too" if scores > 1 else "one score says little"
    return f" Trial {best.number} reached {percent(best.score or 0.0)} on the validation part, which chose it: {of}."


def _beside_others(again: StudyReading, best: CellReading) -> str:
    """Return how the best stands beside the others that were trained again."""
    first = design_name(next(cell for cell in again.cells if cell.row is again.results.reference))
    if best.row is again.results.reference:
        others = [cell for cell in again.cells if cell is not best]
        worse = sum(is_sure(cell) and cell.against is not None and cell.against.mean < 0 for cell in others)
        are = "is" if worse < 2 else "are"
        return f"{worse or 'none'} of {plural(len(others), 'other')} trained again {are} surely worse"
    if best.against is not None and is_sure(best):
        return f"surely better than {first}, the first in the search, by {points(best.against.mean).lstrip('+')} points"
    return f"it does not differ surely from {first}, the first in the search"


def _cheapest(again: StudyReading) -> list[str]:
    """Return which of the designs trained again is the cheapest, where none differs surely from another."""
    known = [cell for cell in again.cells if cell.mean is not None and cell.row.cell.figures is not None]
    if len(known) < 2 or any(map(is_sure, known)):
        return []
    cost, cheapest = min(((_macs(cell), cell) for cell in known), key=lambda pair: pair[0])
    if cheapest is again.best:
        return []
    of = f"{count(cost)} MACs instead of {count(max(map(_macs, known)))}"
    return [
        f"No design trained again differs surely from the first; the cheapest is {design_name(cheapest)}: {of} at most."
    ]


def _macs(cell: CellReading) -> int:
    return 0 if cell.row.cell.figures is None else cell.row.cell.figures.macs


def _edges(reading: SearchReading) -> list[str]:
    """Return at which choices of numbers the best design has the smallest or the largest that was open."""
    best = best_trial(reading)
    if best is None:
        return []
    found = []
    for name, options in reading.results.space.choices:
        value = best.values[name]
        known = [_number(option) for option in options]
        if len(options) < _LEAST_OPTIONS or None in known or name.startswith("choose"):
            continue
        numbers = [one for one in known if one is not None]
        word = {min(numbers): "smallest", max(numbers): "largest"}.get(_number(value) or 0.0)
        if word:
            found.append(
                f"The best design, trial {best.number}, has the {word} {name} that was open, {option_text(value)}."
            )
    return found


def _number(option: object) -> float | None:
    """Return an option as a number; None if it is none."""
    if isinstance(option, tuple) and len(option) == 1:
        option = option[0]
    return float(option) if isinstance(option, int | float) and not isinstance(option, bool) else None
