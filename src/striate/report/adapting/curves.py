"""The sections on what a linear read-out reaches: by cut point, and by number of samples."""

from __future__ import annotations

from collections.abc import Sequence

from striate.numbers import capital, measure, plural
from striate.page.adapt_wire import EstimateChart, EstimateCurve, EstimateMark, Estimates
from striate.page.wire import Caption, Cell, Column, Section, Table
from striate.records import Adaptation, Estimate, LearningCurve, Probe
from striate.report.adapting.words import (
    estimate_words,
    factor,
    is_level,
    is_share,
    named_score,
    score_words,
    short_names,
    signed_interval,
    signed_words,
)


def cuts_section(found: Adaptation) -> Section | None:
    """Return the score of a linear read-out at every cut point; None without probes."""
    if not found.probes:
        return None
    cuts = [found.cut(probe.cut) for probe in found.probes]
    names, key = short_names(cuts)
    shares = [100 * cut.macs_share for cut in cuts]
    chosen = found.chosen_candidate.regime.cut
    at = next((place for place, cut in enumerate(cuts) if cut.name == chosen), None)
    chart = EstimateChart(
        title=capital(named_score(found)),
        unit="%, held out" if is_share(found) else "held out",
        x_label="share of the network's MACs up to the cut, %",
        curves=[_band(found, "", shares, [probe.estimate for probe in found.probes])],
        names=list(zip(shares, names, strict=True)),
        chosen=None if at is None else (shares[at], f"cut chosen, {names[at]}"),
    )
    return Section(
        id="cuts",
        term="Where to cut",
        judgement=None,
        sentence=_cuts_sentence(found),
        figures=[Estimates(charts=[chart], table=_cuts_table(found))],
        caption=Caption(
            shown=f"The {named_score(found)} of a linear read-out of the features at each cut point, places averaged, with the "
            "95 % interval as a band. The last point is the end: the vector that enters the output layer.",
            should_see="A rise with depth. It falls again towards the end where the network's own problem is another than "
            "yours: that part is worth cutting away.",
            wrong_if=f"the curve is level near the score of the best constant answer, {score_words(found, found.chance)}: "
            "then no feature of this network is of use, or labels do not belong to their images.",
            source=f"Probes fitted in {found.folds} folds on {plural(found.training_count, 'sample')} of {found.data}; the "
            f"penalty is chosen by held-out loss. Best constant answer: {score_words(found, found.chance)}.{key}",
        ),
    )


def _cuts_sentence(found: Adaptation) -> str:
    best = max(found.probes, key=lambda probe: probe.estimate.mean)
    end = found.probes[-1]
    if best is end:
        return f"No cut probes better than the end, {estimate_words(found, end.estimate)}."
    gap = best.difference
    apart = f"{signed_words(found, gap.mean)}{' points' if is_share(found) else ''} ({signed_interval(found, gap)})"
    lead = f"Features are best at {best.cut}, {estimate_words(found, best.estimate)}: {apart} against the end"
    return f"{lead}, which is not measurable." if is_level(gap) else f"{lead}."


def _band(found: Adaptation, label: str, x: Sequence[float], estimates: Sequence[Estimate]) -> EstimateCurve:
    times = factor(found)
    return EstimateCurve(
        label=label,
        x=list(x),
        y=[times * estimate.mean for estimate in estimates],
        low=[times * estimate.interval[0] for estimate in estimates],
        high=[times * estimate.interval[1] for estimate in estimates],
    )


def _estimate_columns(found: Adaptation, name: str) -> list[Column]:
    decimals, unit = (1, "%") if is_share(found) else (3, "")
    return [Column(label=label, unit=unit, decimals=decimals) for label in (name, "95 % from", "to")]


def _cells(found: Adaptation, estimate: Estimate) -> list[Cell]:
    return [factor(found) * value for value in (estimate.mean, *estimate.interval)]


def _cuts_table(found: Adaptation) -> Table:
    columns = [
        Column(label="Cut", align="left"),
        Column(label="MACs", unit="%", decimals=1),
        Column(label="Parameters"),
        Column(label="Features"),
        *_estimate_columns(found, capital(named_score(found))),
        *_estimate_columns(found, "To the end"),
        Column(label="Penalty"),
    ]
    return Table(
        columns=columns, rows=[_cut_row(found, probe) for probe in found.probes], caption="Probes by cut point"
    )


def _cut_row(found: Adaptation, probe: Probe) -> list[Cell]:
    cut = found.cut(probe.cut)
    return [
        cut.name,
        100 * cut.macs_share,
        cut.parameters,
        cut.features,
        *_cells(found, probe.estimate),
        *_cells(found, probe.difference),
        measure(probe.penalty),
    ]


def samples_section(found: Adaptation) -> Section | None:
    """Return the score against the number of samples; None where no curve was measured."""
    curves = [curve for curve in found.curves if curve.points]
    if not curves:
        return None
    chart = EstimateChart(
        title=capital(named_score(found)),
        unit="%, held out" if is_share(found) else "held out",
        x_label="samples learned from, each step twice as many",
        is_log=True,
        curves=[
            _band(found, curve.cut, [float(p.samples) for p in curve.points], [p.estimate for p in curve.points])
            for curve in curves
        ],
        marks=[mark for place, curve in enumerate(curves) if (mark := _forecast(found, curve, place)) is not None],
    )
    return Section(
        id="samples",
        term="More samples",
        judgement=None,
        sentence=_samples_sentence(found, curves[0]),
        figures=[Estimates(charts=[chart], table=_samples_table(found, curves))],
        caption=Caption(
            shown=f"The {named_score(found)} of the read-out when it learns from fewer samples, with 95 % intervals as bands. "
            "Open marks are forecasts for twice the samples, not measurements.",
            should_see="A rise that slows. Where the last doubling still gains, more labels are worth their price.",
            wrong_if="the score falls with more samples: then some of them are labelled otherwise than the rest.",
            source=f"Probes in {found.folds} folds; each point is the mean over the same held-out samples. A forecast carries "
            "on the last doublings; its interval comes from the spread of the last gain.",
        ),
    )


def _forecast(found: Adaptation, curve: LearningCurve, place: int) -> EstimateMark | None:
    if curve.forecast is None or curve.forecast_interval is None:
        return None
    times, last = factor(found), curve.points[-1].samples
    low, high = curve.forecast_interval
    return EstimateMark(
        curve=place, x=2.0 * last, y=times * curve.forecast, low=times * low, high=times * high, label="forecast"
    )


def _samples_sentence(found: Adaptation, curve: LearningCurve) -> str:
    last = curve.points[-1]
    lead = f"With {plural(last.samples, 'sample')} the read-out at {curve.cut} reaches {estimate_words(found, last.estimate)}"
    gain = curve.last_gain
    if gain is None:
        return f"{lead}; there are too few points to say what more would bring."
    size = f"{signed_words(found, gain.mean)}{' points' if is_share(found) else ''} ({signed_interval(found, gain)})"
    more = f"the last doubling brought {size}" + (", which is not measurable" if is_level(gain) else "")
    if curve.forecast is None:
        return f"{lead}; {more}."
    return f"{lead}; {more}, and twice as many would bring about {score_words(found, curve.forecast)}."


def _samples_table(found: Adaptation, curves: Sequence[LearningCurve]) -> Table:
    columns = [
        Column(label="Cut", align="left"),
        Column(label="Samples"),
        Column(label="How", align="left"),
        *_estimate_columns(found, capital(named_score(found))),
    ]
    rows: list[list[Cell]] = []
    for place, curve in enumerate(curves):
        rows += [[curve.cut, point.samples, "measured", *_cells(found, point.estimate)] for point in curve.points]
        mark = _forecast(found, curve, place)
        if mark is not None:
            rows.append([curve.cut, int(mark.x), "forecast", mark.y, mark.low, mark.high])
    return Table(columns=columns, rows=rows, caption="Score by number of samples")
