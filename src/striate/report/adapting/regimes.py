"""The section on regimes: every way to adapt that was measured, on one axis, and what became of the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from striate.numbers import amount, capital, duration, plural, storage
from striate.page.adapt_wire import RegimeLeft, RegimeRow, Regimes, SpineCell
from striate.page.wire import Caption, Cell, Column, Section, Table
from striate.records import Adaptation, Candidate, Estimate, Regime
from striate.report.adapting.rates import tried_table
from striate.report.adapting.words import (
    estimate_words,
    factor,
    interval_words,
    is_end,
    is_share,
    named_score,
    points,
    score_label,
    score_words,
    signed_interval,
    signed_words,
)

_MEASURED = ("chosen", "as good", "worse")
_NO_FIGURE = "–"


def regimes_section(found: Adaptation) -> Section:
    """Return the regime table with its sentence."""
    rows = [candidate for candidate in found.candidates if candidate.outcome in _MEASURED and candidate.estimate]
    left = [candidate for candidate in found.candidates if candidate not in rows]
    return Section(
        id="regimes",
        term="Regimes",
        judgement=None,
        sentence=_sentence(found, rows),
        figures=[_figure(found, rows, left)],
        caption=Caption(
            shown="Each row is one way to adapt. The bar shows the network: one cell up to each cut point; filled is kept as it "
            "was (frozen), outlined is trained, a dot is cut away; the narrow bars behind it are new layers. The dot is the "
            f"{named_score(found)}, the line its 95 % interval. The bracket joins what cannot be told from the chosen one: the "
            "interval of the difference, taken sample by sample, holds 0.",
            should_see="A chosen row at the top or level with the top, and the cheapest of those that are level.",
            wrong_if="all rows are level (too few samples to choose by), or fine-tuning is far below the frozen network (its "
            "rate was too high, or it overfits).",
            source=f"{found.folds}-fold cross-validation on {plural(found.training_count, 'sample')} of {found.data}; "
            f"{'Wilson' if found.output == 'classes' else 'Student'} intervals, differences paired by sample. Time: one "
            "training on this machine, with stored features where nothing below them is trained. Memory: peak of a "
            "training step on paper. MACs: one image.",
        ),
    )


def _sentence(found: Adaptation, rows: Sequence[Candidate]) -> str:
    if len(found.candidates) == 1:
        return f"The only regime that was looked at is “{found.chosen}”."
    lead = f"Of {plural(len(found.candidates), 'regime')} “{found.chosen}” was chosen"
    if len(rows) < 2:
        return f"{lead}; no other was measured to the end."
    as_good = sum(candidate.outcome == "as good" for candidate in rows)
    worse = [row for row in rows if row.outcome == "worse" and row.difference is not None]
    level = f"{plural(as_good, 'other')} cannot be told from it" if as_good else "no other is level with it"
    if not worse:
        return f"{lead}; {level}."
    nearest = max(worse, key=lambda row: row.difference.mean if row.difference else -math.inf)
    gap = nearest.difference.mean if nearest.difference else 0.0
    side = "below" if gap < 0 else "above"
    return f"{lead}; {level}, and “{nearest.regime.name}”, the next, is {points(found, abs(gap))} {side}."


def _figure(found: Adaptation, rows: Sequence[Candidate], left: Sequence[Candidate]) -> Regimes:
    times = factor(found)
    ends = [times * end for row in rows if row.estimate for end in row.estimate.interval]
    return Regimes(
        score=capital(score_label(found)),
        measured=f"{capital(named_score(found))}, 95 % interval",
        low=min(ends, default=0.0),
        high=max(ends, default=times),
        rows=[_row(found, row, row.estimate) for row in rows if row.estimate],
        left=[RegimeLeft(name=row.regime.name, outcome=row.outcome, reason=_reason(found, row)) for row in left],
        tried=tried_table(found) if any(candidate.tried for candidate in found.candidates) else None,
        table=_table(found),
    )


def _row(found: Adaptation, candidate: Candidate, estimate: Estimate) -> RegimeRow:
    regime, times = candidate.regime, factor(found)
    cells = spine(found, regime)
    low, high = estimate.interval
    difference = candidate.difference
    return RegimeRow(
        name=regime.name,
        title=regime.title,
        chosen=regime.name == found.chosen,
        level=candidate.outcome in {"chosen", "as good"},
        spine=cells,
        new_layers=len(regime.hidden) + 1,
        spine_words=spine_words(found, regime, cells),
        value=times * estimate.mean,
        interval=(times * low, times * high),
        shown=score_words(found, estimate.mean),
        interval_shown=interval_words(found, estimate),
        difference="" if difference is None else signed_words(found, difference.mean),
        difference_interval="" if difference is None else signed_interval(found, difference),
        time=duration(candidate.seconds) if candidate.seconds else _NO_FIGURE,
        memory=storage(candidate.memory_bytes) if candidate.memory_bytes else _NO_FIGURE,
        trained=amount(candidate.trained_parameters),
        macs=amount(candidate.macs) if candidate.macs else _NO_FIGURE,
    )


def spine(found: Adaptation, regime: Regime) -> list[SpineCell]:
    """Return what becomes of the network up to each cut point, from the one before it."""
    names = [cut.name for cut in found.cuts]
    kept = names.index(regime.cut) + 1 if regime.cut in names else len(names)
    trained = {"head": range(0), "all": range(kept), "first block": range(min(1, kept))}.get(
        regime.trained, range(max(0, kept - 1), kept)
    )
    state: dict[bool, Literal["frozen", "trained"]] = {True: "trained", False: "frozen"}
    return [state[place in trained] if place < kept else "absent" for place in range(len(names))]


def spine_words(found: Adaptation, regime: Regime, cells: Sequence[SpineCell]) -> str:
    """Return the mini spine in words: "cut after blocks.4, 4 of 6 parts frozen, 2 new layers"."""
    where = "whole network" if is_end(found, regime.cut) else f"cut after {regime.cut}"
    parts = [f"{cells.count(state)} of {len(cells)} parts {state}" for state in ("frozen", "trained") if state in cells]
    return ", ".join([where, *parts, plural(len(regime.hidden) + 1, "new layer")])


def _reason(found: Adaptation, candidate: Candidate) -> str:
    seen = f" ({estimate_words(found, candidate.estimate)} by then)" if candidate.estimate is not None else ""
    return (candidate.reason or "no reason was given") + seen


def _table(found: Adaptation) -> Table:
    times, decimals = factor(found), 1 if is_share(found) else 3
    unit, apart = ("%", "points") if is_share(found) else ("", "")
    columns = [
        Column(label="Regime", align="left"),
        Column(label="Outcome", align="left"),
        Column(label=capital(named_score(found)), unit=unit, decimals=decimals),
        Column(label="95 % from", unit=unit, decimals=decimals),
        Column(label="to", unit=unit, decimals=decimals),
        Column(label="Difference to the chosen", unit=apart, decimals=decimals),
        Column(label="95 % from", unit=apart, decimals=decimals),
        Column(label="to", unit=apart, decimals=decimals),
        Column(label="Time", unit="s", decimals=1),
        Column(label="Memory", unit="MiB", decimals=1),
        Column(label="Trained parameters"),
        Column(label="Parameters"),
        Column(label="MACs"),
        Column(label="Parts", align="left"),
        Column(label="Reason", align="left"),
    ]
    return Table(columns=columns, rows=[_table_row(found, row, times) for row in found.candidates], caption="Regimes")


def _table_row(found: Adaptation, row: Candidate, times: float) -> list[Cell]:
    figures: list[Cell] = []
    for estimate in (row.estimate, row.difference):
        figures += (
            [None] * 3 if estimate is None else [times * estimate.mean, *(times * end for end in estimate.interval)]
        )
    return [
        row.regime.name,
        row.outcome,
        *figures,
        row.seconds or None,
        row.memory_bytes / 2**20 if row.memory_bytes else None,
        row.trained_parameters or None,
        row.parameters or None,
        row.macs or None,
        spine_words(found, row.regime, spine(found, row.regime)),
        row.reason,
    ]
