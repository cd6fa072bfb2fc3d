"""The section on learning rates, and the table of everything that was tried."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from striate.numbers import capital, count, plural
from striate.page.adapt_wire import EstimateChart, EstimateCurve, Estimates
from striate.page.wire import Caption, Cell, Column, Section, Table, TableFigure
from striate.records import Adaptation, Candidate
from striate.report.adapting.words import factor, is_share, named_score, score_label

_NORMS = {"train": "trained", "keep": "kept", "reestimate": "measured anew"}


def rates_section(found: Adaptation) -> Section | None:
    """Return a chart of the rates tried for each regime that had some; None where none was tried."""
    tried = [candidate for candidate in found.candidates if candidate.tried]
    if not tried:
        return None
    lost = sum(not _is_known(row.get("score")) for candidate in tried for row in candidate.tried)
    looks = sum(len(candidate.tried) for candidate in tried)
    return Section(
        id="rates",
        term="Learning rates",
        judgement="warning"
        if any(candidate.regime.name == found.chosen and _is_edge(candidate) for candidate in tried)
        else None,
        sentence=_rates_sentence(found, tried, lost, looks),
        figures=[_figure(found, tried)],
        caption=Caption(
            shown="One chart for each regime that tried several rates; the table has all. Each line joins the rates tried under "
            "one policy for batch normalisation (kept, trained, measured anew) at one look; solid is the longest look, dashed "
            "are shorter ones, whose scores are lower because they trained less.",
            should_see="A hump: too low does not learn, too high spoils what was learned; the chosen rate near its top.",
            wrong_if="the chosen rate is the lowest or the highest that was tried: the best may lie beyond.",
            source=f"Held-out {named_score(found)} of short trainings, {plural(looks, 'trial')}; no intervals, because shorter "
            "looks only sort. The rate is that of the new layers; the pretrained part's is a fixed share of it.",
        ),
    )


def _figure(found: Adaptation, tried: Sequence[Candidate]) -> Estimates | TableFigure:
    """Return a chart for each regime with scores at several rates; only the table where there is none."""
    charts = [_rates_chart(found, candidate) for candidate in tried if len(_rates(candidate, known=True)) > 1]
    table = tried_table(found)
    return Estimates(charts=charts, table=table) if charts else TableFigure(table=table)


def _rates_sentence(found: Adaptation, tried: Sequence[Candidate], lost: int, looks: int) -> str:
    ended = (
        f"{count(lost)} of {count(looks)} trials ended in numbers that are not finite" if lost else "no trial was lost"
    )
    chosen = next((candidate for candidate in tried if candidate.regime.name == found.chosen), None)
    several = sum(len(_rates(candidate)) > 1 for candidate in tried)
    if chosen is None:
        return f"{plural(several, 'regime')} of {count(len(tried))} that are trained looked at several rates; {ended}."
    if len(_rates(chosen)) < 2:
        return f"“{found.chosen}” was trained at a rate of {chosen.regime.rate:g}, the only one tried; {ended}."
    edge = ", the edge of what was tried" if _is_edge(chosen) else ""
    return f"“{found.chosen}” learns best at a rate of {chosen.regime.rate:g}{edge}; {ended}."


def _rates(candidate: Candidate, *, known: bool = False) -> set[float]:
    """Return the rates tried; those with a score if only the known ones are wanted."""
    return {
        float(row["rate"]) for row in candidate.tried if "rate" in row and (not known or _is_known(row.get("score")))
    }


def _is_edge(candidate: Candidate) -> bool:
    rates = _rates(candidate)
    return len(rates) > 2 and candidate.regime.rate in {min(rates), max(rates)}


def _is_known(score: object) -> bool:
    return isinstance(score, int | float) and math.isfinite(score)


def _rates_chart(found: Adaptation, candidate: Candidate) -> EstimateChart:
    lines: dict[tuple[int, str], list[tuple[float, float | None]]] = defaultdict(list)
    for row in candidate.tried:
        if "rate" in row and float(row["rate"]) > 0:
            score = row.get("score")
            value = factor(found) * float(score) if _is_known(score) and score is not None else None
            lines[int(row.get("rung", 0)), str(row.get("norm", ""))].append((float(row["rate"]), value))
    last = max((rung for rung, _ in lines), default=0)
    rate = candidate.regime.rate
    word = "chosen" if candidate.regime.name == found.chosen else "best"
    return EstimateChart(
        title=candidate.regime.name,
        unit=score_label(found),
        x_label="learning rate",
        is_log=True,
        curves=[
            EstimateCurve(
                label=", ".join(part for part in (_NORMS.get(norm, norm), f"look {rung + 1}") if part),
                x=[x for x, _ in sorted(pairs, key=lambda pair: pair[0])],
                y=[y for _, y in sorted(pairs, key=lambda pair: pair[0])],
                style="solid" if rung == last else "dashed",
            )
            for (rung, norm), pairs in sorted(lines.items())
        ],
        chosen=(rate, f"{word} {rate:g}") if rate > 0 and candidate.outcome not in {"lost", "not measured"} else None,
    )


def tried_table(found: Adaptation) -> Table:
    """Return every rate and policy that was tried, with its score."""
    decimals, unit = (1, "%") if is_share(found) else (3, "")
    rows: list[list[Cell]] = [
        [
            candidate.regime.name,
            f"{float(row['rate']):g}" if "rate" in row else "",
            str(row.get("norm", "")),
            int(row.get("rung", 0)) + 1,
            factor(found) * float(row["score"]) if _is_known(row.get("score")) else "lost",
        ]
        for candidate in found.candidates
        for row in candidate.tried
    ]
    columns = [
        Column(label="Regime", align="left"),
        Column(label="Rate"),
        Column(label="Batch normalisation", align="left"),
        Column(label="Look"),
        Column(label=capital(named_score(found)), unit=unit, decimals=decimals),
    ]
    return Table(columns=columns, rows=rows, caption="Rates and policies that were tried; look 1 is the shortest")
