"""The sections of a comparison of features: the ranking, along the network's layers, with few labels, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence

from striate.numbers import capital, measure, plural
from striate.page.adapt_wire import EstimateChart, EstimateCurve, Estimates
from striate.page.ranking_wire import Ranking, RankingRow
from striate.page.wire import Caption, Cell, Column, Section, Table, TableFigure
from striate.records import Downstream, DownstreamRow, FewShotCurve
from striate.report.adapting.words import (
    estimate_words,
    factor,
    interval_words,
    is_level,
    is_share,
    named_score,
    score_label,
    score_words,
    signed_interval,
    signed_points,
)
from striate.report.downstream.words import compared_sentence, few_sentence, row_words

# Curves of few labels that are drawn; the table holds all.
_MOST_CURVES = 6


def ranking_section(found: Downstream) -> Section:
    """Return the best classifier on each set of features, the best first; the table holds every classifier."""
    rows = best_rows(found)
    times = factor(found)
    ends = [times * end for row in rows for end in row.estimate.interval]
    has_both = len({row.source for row in rows}) > 1
    figure = Ranking(
        score=capital(score_label(found)),
        sorts=("the network's", "hand-made" if has_both else ""),
        low=min(ends),
        high=max(ends),
        rows=[_ranked(found, row) for row in rows],
        table=_table(found),
    )
    beside = " Outlines are hand-made features." if has_both else ""
    return Section(
        id="downstream",
        term="What features are worth",
        judgement=None,
        sentence=compared_sentence(found),
        figures=[figure],
        caption=Caption(
            shown=f"The {named_score(found)} of the best classifier on each set of features, with its 95 % interval.{beside} "
            "Level: the interval of the difference to the best, taken sample by sample, holds 0. The table has every classifier.",
            should_see="The network's later layers at the top, clearly above what is made by hand.",
            wrong_if=f"hand-made features are as high (the network does not help here), or all rows are near the best constant "
            f"answer, {score_words(found, found.constant.mean)} (labels do not belong to their images).",
            source=f"{found.folds}-fold cross-validation on {plural(found.samples, 'sample')} of {found.data}; settings chosen "
            f"and features scaled within the training folds. {'Wilson' if found.output == 'classes' else 'Student'} intervals; "
            "the best of many is a little too good.",
        ),
    )


def best_rows(found: Downstream) -> tuple[DownstreamRow, ...]:
    """Return the best row of each set of features, in order."""
    best: dict[str, DownstreamRow] = {}
    for row in found.rows:
        best.setdefault(row.features, row)
    return tuple(best.values())


def _ranked(found: Downstream, row: DownstreamRow) -> RankingRow:
    times, is_best = factor(found), row is found.rows[0]
    low, high = row.estimate.interval
    return RankingRow(
        name=row.features,
        detail=f"{row.family}, {plural(row.width, 'number')}",
        open=row.source == "hand-made",
        level=not is_best and is_level(row.to_best),
        value=times * row.estimate.mean,
        interval=(times * low, times * high),
        shown=score_words(found, row.estimate.mean),
        interval_shown=interval_words(found, row.estimate),
        difference="" if is_best else signed_points(found, row.to_best.mean),
        difference_interval="" if is_best else signed_interval(found, row.to_best),
    )


def _table(found: Downstream) -> Table:
    columns = [
        Column(label="Features", align="left"),
        Column(label="Sort", align="left"),
        Column(label="Numbers"),
        Column(label="Classifier", align="left"),
        *_numbers(found, capital(named_score(found)), "%"),
        *_numbers(found, "To the best", "points"),
        *_numbers(found, "To the best constant", "points"),
        Column(label="Chosen in the folds", align="left"),
        Column(label="Fit", unit="s", decimals=3),
    ]
    return Table(
        columns=columns, rows=[_cells(found, row) for row in found.rows], caption="Every classifier, the best first"
    )


def _numbers(found: Downstream, first: str, unit: str) -> list[Column]:
    """Return the columns of an estimate; R² has no unit."""
    unit, decimals = (unit, 1) if is_share(found) else ("", 3)
    return [Column(label=label, unit=unit, decimals=decimals) for label in (first, "95 % from", "to")]


def _cells(found: Downstream, row: DownstreamRow) -> list[Cell]:
    times = factor(found)
    numbers = [
        times * number
        for estimate in (row.estimate, row.to_best, row.to_constant)
        for number in (estimate.mean, *estimate.interval)
    ]
    chosen = ", ".join(measure(value) for value in row.settings)
    setting = f"{row.setting_name} {chosen}" if chosen else "nothing"
    return [row.features, row.source, row.width, row.family, *numbers, setting, row.fit_s]


def layers_section(found: Downstream) -> Section | None:
    """Return every family along the network's layers; None with a single layer."""
    places = _places(found)
    if len(places) < 2:
        return None
    x = {name: float(place) for place, name in enumerate(places, start=1)}
    families = list(dict.fromkeys(row.family for row in found.rows if row.source == "network"))
    times = factor(found)
    ends = [times * end for row in found.rows if row.source == "network" for end in row.estimate.interval]
    charts: list[EstimateChart] = []
    cells: list[list[Cell]] = []
    for family in families:
        rows = sorted(
            (row for row in found.rows if row.family == family and row.features in x), key=lambda row: x[row.features]
        )
        curve = EstimateCurve(
            label="",
            x=[x[row.features] for row in rows],
            y=[times * row.estimate.mean for row in rows],
            low=[times * row.estimate.interval[0] for row in rows],
            high=[times * row.estimate.interval[1] for row in rows],
        )
        charts.append(
            EstimateChart(
                title=family,
                unit=score_label(found),
                x_label="layer, as stored",
                is_order=True,
                low=min(ends),
                high=max(ends),
                curves=[curve],
                names=[(place, name) for name, place in x.items()],
            )
        )
        cells += [
            [family, row.features, *(times * number for number in (row.estimate.mean, *row.estimate.interval))]
            for row in rows
        ]
    columns = [
        *(Column(label=label, align="left") for label in ("Classifier", "Layer")),
        *_numbers(found, capital(named_score(found)), "%"),
    ]
    best = found.best("network")
    return Section(
        id="layers",
        term="Along the layers",
        judgement=None,
        sentence=f"The network's features are best at {best.features}, {estimate_words(found, best.estimate)}."
        if best
        else "",
        figures=[
            Estimates(
                charts=charts, table=Table(columns=columns, rows=cells, caption="Every classifier along the layers")
            )
        ],
        caption=Caption(
            shown=f"The {named_score(found)} of each family by layer, one scale for all; the band is the 95 % interval.",
            should_see="A rise with depth, and families that agree at the end: late features are told apart by a plane.",
            wrong_if="only curved families (RBF SVM, MLP, k-NN) are high at the end: the classes are there, but not apart.",
            source=f"The same {found.folds} folds for all, on {plural(found.samples, 'sample')} of {found.data}.",
        ),
    )


def _places(found: Downstream) -> list[str]:
    """Return the layers that were measured, in the order they are stored in."""
    measured = {row.features for row in found.rows if row.source == "network"}
    return [name for name in found.layers if name in measured]


def few_section(found: Downstream) -> Section | None:
    """Return accuracy against labels a class; None without curves."""
    if not found.curves:
        return None
    drawn = sorted(_best_curves(found), key=lambda curve: -curve.points[-1].mean)[:_MOST_CURVES]
    chart = EstimateChart(
        title=capital(named_score(found)),
        unit="%, held out",
        x_label="labels a class",
        is_log=True,
        curves=[_line(curve) for curve in drawn],
    )
    draws = found.curves[0].points[0].draws
    return Section(
        id="few-labels",
        term="Few labels",
        judgement=None,
        sentence=few_sentence(found),
        figures=[Estimates(charts=[chart], table=_few_table(found))],
        caption=Caption(
            shown="Accuracy when so many labelled samples of each class are learned from; of each set of features the learner "
            f"that ends highest. Bands: 95 % intervals over {plural(draws, 'draw')}. Dashed: hand-made features.",
            should_see="A steep rise that slows, with the network's features above hand-made ones from the first label on.",
            wrong_if="the network's curve only rises where hand-made ones are level: its features have to be learned from "
            "scratch for these classes.",
            source="Logistic regression with penalty 1, k-NN (cosine) and the nearest class mean, all on the same draws; judged "
            "by the fold that is held out.",
        ),
    )


def _best_curves(found: Downstream) -> Sequence[FewShotCurve]:
    best: dict[str, FewShotCurve] = {}
    for curve in found.curves:
        known = best.get(curve.features)
        if known is None or curve.points[-1].mean > known.points[-1].mean:
            best[curve.features] = curve
    return tuple(best.values())


def _line(curve: FewShotCurve) -> EstimateCurve:
    points = curve.points
    return EstimateCurve(
        label=f"{curve.features}, {curve.family}",
        x=[float(point.per_class) for point in points],
        y=[100 * point.mean for point in points],
        low=[100 * max(point.interval[0], 0.0) for point in points],
        high=[100 * min(point.interval[1], 1.0) for point in points],
        style="dashed" if curve.source == "hand-made" else "solid",
    )


def _few_table(found: Downstream) -> Table:
    columns = [
        Column(label="Features", align="left"),
        Column(label="Learner", align="left"),
        Column(label="Labels a class"),
        *(Column(label=label, unit="%", decimals=1) for label in ("Accuracy", "95 % from", "to")),
        Column(label="Draws"),
    ]
    rows: list[list[Cell]] = [
        [
            curve.features, curve.family, point.per_class, 100 * point.mean, *(100 * end for end in point.interval),
            point.draws,
        ]
        for curve in found.curves
        for point in curve.points
    ]  # fmt: skip
    return Table(columns=columns, rows=rows, caption="Accuracy by labels a class")


def left_section(found: Downstream) -> Section | None:
    """Return what was not measured, with its reason; None if all was."""
    if not found.left_out:
        return None
    columns = [Column(label=label, align="left") for label in ("Classifier", "Why")]
    rows: list[list[Cell]] = [[f"{left.family} on {left.features}", left.reason] for left in found.left_out]
    first = found.left_out[0]
    return Section(
        id="left-out",
        term="Left out",
        judgement=None,
        sentence=f"{plural(len(rows), 'classifier')} left out, {first.family} on {first.features} first: {first.reason}.",
        figures=[TableFigure(table=Table(columns=columns, rows=rows, caption="Not measured"))],
        caption=Caption(
            shown="What would have taken too long, by a formula in samples, numbers and outputs.",
            should_see="Families whose cost grows with the square of the samples, on many of them.",
            wrong_if="what you wanted to know is here: give it more time with --most.",
            source=f"Best of what was measured: {row_words(found.rows[0])}.",
        ),
    )
