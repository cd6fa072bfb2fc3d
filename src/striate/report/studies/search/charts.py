"""The pictures of a search: score against cost, the best so far, what mattered."""

from __future__ import annotations

from striate.numbers import THIN, capital, percent, plural
from striate.page.adapt_wire import EstimateChart, EstimateCurve, EstimateMark, Estimates
from striate.page.ranking_wire import Ranking, RankingRow
from striate.page.wire import Caption, Column, Section, Table
from striate.page.wire import Cell as TableCell
from striate.report.studies.search.sections import ENDED, in_order, percent_of, score_label, trials_table
from striate.report.studies.search.words import ended_words, source
from striate.study.search import Importance, SearchReading, Trial
from striate.study.search.trials import option_text


def tried_section(reading: SearchReading) -> Section | None:
    """Return every trial's score against its MACs, with the front; None while there is no score."""
    if not reading.done:
        return None
    front = reading.front
    beaten = [trial for trial in sorted(reading.done, key=lambda one: (one.macs, one.number)) if trial not in front]
    chart = _chart(reading, _curve("front", front), [_mark(trial, trial.macs) for trial in beaten])
    chart = chart.model_copy(
        update={
            "x_label": "MACs, logarithmic",
            "is_log": True,
            "names": [(float(trial.macs), f"trial {trial.number}") for trial in front],
        }
    )
    on = "is" if len(front) == 1 else "are"
    return Section(
        id="tried",
        term="Score against cost",
        judgement=None,
        sentence=f"{len(front)} of {plural(len(reading.done), 'design')} with a score {on} on the front: no other is both as "
        f"cheap and as good. Trials: {ended_words(reading.results.trials)}.",
        figures=[Estimates(charts=[chart], table=trials_table(reading, in_order(reading)))],
        caption=Caption(
            shown="Each dot is a trial that was trained to the end: its score on the validation part against its MACs. Filled "
            "dots on the line are the front; open dots are designs that another one beats at no more cost. Trials that were "
            "stopped early or failed have no score and are in the table only.",
            should_see="A front that rises with cost and flattens.",
            wrong_if="the front is made of single dots far above their neighbours: each design was trained from one seed, and "
            "lucky ones come out on top.",
            source=f"MACs on paper; scores on the validation part of {source(reading)}.",
        ),
    )


def course_section(reading: SearchReading) -> Section | None:
    """Return the best so far by trial; None while there is no score."""
    if not reading.done:
        return None
    trials, best = reading.results.trials, reading.best_so_far
    curve = EstimateCurve(
        label="best so far",
        x=[float(place) for place in range(1, len(trials) + 1)],
        y=[None if one is None else 100 * one for one in best],
    )
    others = [
        _mark(trial, place)
        for place, (trial, one) in enumerate(zip(trials, best, strict=True), start=1)
        if trial.score is not None and trial.score != one
    ]
    columns = [
        Column(label="Designs tried"),
        Column(label="Trial"),
        *(Column(label=label, unit="%", decimals=2) for label in (score_label(reading), "Best so far")),
        Column(label="Ended", align="left"),
    ]
    rows: list[list[TableCell]] = [
        [place, trial.number, percent_of(trial.score), percent_of(one), ENDED[trial.ended]]
        for place, (trial, one) in enumerate(zip(trials, best, strict=True), start=1)
    ]
    table = Table(columns=columns, rows=rows, caption="The best so far, trial by trial")
    return Section(
        id="course",
        term="The best so far",
        judgement=None,
        sentence=_course_words(reading),
        figures=[Estimates(charts=[_chart(reading, curve, others)], table=table)],
        caption=Caption(
            shown="The line with filled dots is the highest score up to each trial, open dots are the scores of the others, in "
            "the order trials were begun. Numbers of trials that are left out were asked for twice, or cut off and begun again.",
            should_see="A line that rose early and has long been level.",
            wrong_if="it rose with one of the last trials: the search was not done.",
            source=f"Validation part of {source(reading)}.",
        ),
    )


def importance_section(reading: SearchReading) -> Section | None:
    """Return each choice's share of what makes scores differ; None where too few scores tell."""
    found = reading.importances
    if not found:
        return None
    options = dict(reading.results.space.choices)
    columns = [
        Column(label="Choice", align="left"),
        *(Column(label=label, unit="%", decimals=1) for label in ("Share", "95 % from", "to")),
    ]
    rows: list[list[TableCell]] = [[one.name, *(100 * part for part in (one.share, *one.interval))] for one in found]
    figure = Ranking(
        score="Share of what makes scores differ, %",
        sorts=("share", ""),
        to="",
        low=0.0,
        high=100 * max(one.interval[1] for one in found),
        rows=[_ranked(one, options[one.name]) for one in found],
        table=Table(columns=columns, rows=rows, caption="What each choice matters"),
    )
    return Section(
        id="importance",
        term="What matters",
        judgement=None,
        sentence=_importance_words(found),
        figures=[figure],
        caption=Caption(
            shown="One row a choice, the most important first: dot, its share of the variance that a forest fitted to the scores "
            f"shares out among the choices; line, 95{THIN}% of its values over draws of the trials with replacement. Shares "
            "add up to 100: what choices do only together is left out.",
            should_see="Intervals that do not overlap.",
            wrong_if="they overlap: which choice matters more may be chance; try more designs. A sampler that looks where scores "
            "are high sees little of the rest, and what matters there may look unimportant.",
            source=f"fANOVA (Hutter et al. 2014), {plural(len(reading.done), 'score')} on the validation part of "
            f"{source(reading)}.",
        ),
    )


def _chart(reading: SearchReading, curve: EstimateCurve, marks: list[EstimateMark]) -> EstimateChart:
    scores = [100 * (trial.score or 0.0) for trial in reading.done]
    return EstimateChart(
        title=f"{capital(reading.results.score_name)} on the validation part",
        unit="%",
        x_label="designs tried",
        low=min(scores),
        high=max(scores),
        curves=[curve],
        marks=marks,
    )


def _curve(label: str, trials: tuple[Trial, ...]) -> EstimateCurve:
    return EstimateCurve(
        label=label, x=[float(trial.macs) for trial in trials], y=[percent_of(trial.score) for trial in trials]
    )


def _mark(trial: Trial, x: int) -> EstimateMark:
    # One seed has no interval; no curve leads to it, since it is measured, not forecast.
    y = 100 * (trial.score or 0.0)
    return EstimateMark(curve=-1, x=float(x), y=y, low=y, high=y, label="")


def _ranked(one: Importance, options: tuple[object, ...]) -> RankingRow:
    low, high = one.interval
    return RankingRow(
        name=one.name,
        detail=", ".join(map(option_text, options)),
        open=False,
        level=False,
        value=100 * one.share,
        interval=(100 * low, 100 * high),
        shown=percent(one.share),
        interval_shown=f"{100 * low:.1f} to {100 * high:.1f}",
        difference="",
        difference_interval="",
    )


def _course_words(reading: SearchReading) -> str:
    trials, best = reading.results.trials, reading.best_so_far[-1]
    first = next(place for place, trial in enumerate(trials) if trial.score == best)
    since = len(trials) - 1 - first
    found = f"trial {trials[first].number}'s {percent(best or 0.0)}"
    if len(trials) == 1:
        return f"There is one trial only, with {percent(best or 0.0)}."
    if not since:
        return f"The last of {len(trials)} trials is the best so far, {found}: more may find better."
    return f"The last {plural(since, 'trial')} of {len(trials)} found nothing better than {found}."


def _importance_words(found: tuple[Importance, ...]) -> str:
    first, *others = found
    low, high = first.interval
    lead = (
        f"Most of what makes scores differ is {first.name}: {percent(first.share, 0)} "
        f"({percent(low, 0)} to {percent(high, 0)} over draws)"
    )
    rivals = [one for one in others if one.interval[1] >= low]
    if not others:
        return f"{lead}; nothing else was open."
    if not rivals:
        return f"{lead}, surely more than any other choice."
    return f"{lead}; that it matters more than {rivals[0].name} may be chance."
