"""How far classes are apart among the vectors, layer by layer, beside raw pixels and chance."""

from __future__ import annotations

from striate.lint.separating import LEAST_SPARED, separation_verdict
from striate.numbers import count, measure, percent
from striate.page.adapt_wire import EstimateChart, EstimateCurve, Estimates
from striate.page.wire import Caption, Cell, Column, Section, Table
from striate.records.vector_map import Separation, VectorMap


def separation_words(found: VectorMap) -> str:
    """Return whether what is known of the points lies apart at the judged layer, as a sentence."""
    verdict = separation_verdict(found.judged)
    if verdict is not None:
        return verdict.words
    if found.truth == "none":
        return f"{count(len(found.ids))} points without labels: how far classes are apart cannot be told."
    return f"How far classes are apart at {found.judged.layer} could not be measured."


def separation_section(found: VectorMap) -> Section | None:
    """Return the section; None where no layer was measured."""
    measured = [(layer.layer, layer.separation) for layer in found.layers if layer.separation is not None]
    if not measured:
        return None
    judged = found.judged.separation or measured[-1][1]
    return Section(
        id="separation",
        term="Separation",
        judgement=None,
        sentence=separation_words(found),
        figures=[_figure(found, measured)],
        caption=Caption(
            shown="Measured among the vectors themselves; the picture above is not looked at. "
            + (
                "Each point's value is forecast by the mean of its neighbours."
                if judged.truth == "values"
                else f"Each point is given to the class of most of its {judged.neighbours} nearest neighbours, itself left out, "
                "and the share of right answers is averaged over the classes. Silhouette: how much nearer a point is to its "
                "own class than to the next, −1 to 1. By chance: with labels shuffled."
            ),
            should_see=f"Every layer above raw pixels, and {found.judged.layer} highest.",
            wrong_if=f"fewer than {percent(LEAST_SPARED, 0)} of the errors by raw pixels are spared: random filters do as much, "
            "so the network learned little that tells these classes apart.",
            source=f"{count(judged.points)} points with a label, {found.nearness}; 95 % intervals{_gain(judged)}.",
        ),
    )


def _gain(judged: Separation) -> str:
    if judged.gain is None or judged.gain_interval is None:
        return ""
    low, high = (measure(100 * end, signed=True) for end in judged.gain_interval)
    gain = f"{measure(100 * judged.gain, signed=True)} points ({low} to {high})"
    return f"; gain over raw pixels (the small pictures, at 32 × 32) {gain}, paired"


def _figure(found: VectorMap, measured: list[tuple[str, Separation]]) -> Estimates:
    charts = [_accuracy(measured)]
    if any(one.silhouette is not None for _, one in measured):
        charts.append(_silhouette(measured))
    return Estimates(charts=charts, table=_table(found, measured))


def _accuracy(measured: list[tuple[str, Separation]]) -> EstimateChart:
    last = measured[-1][1]
    factor = 1.0 if last.truth == "values" else 100.0
    estimates = [_estimate(one) for _, one in measured]
    names = [name for name, _ in measured]
    if last.pixels is not None:
        names, estimates = ["raw pixels", *names], [(last.pixels, None, None), *estimates]

    def scaled(column: int) -> list[float | None]:
        return [None if (value := one[column]) is None else factor * value for one in estimates]

    chance = [] if last.accuracy is None else [(factor * last.accuracy.chance, "guessing")]
    return EstimateChart(
        title="Neighbours explain" if last.truth == "values" else "Neighbours vote right",
        unit="R²" if last.truth == "values" else "%",
        x_label="",
        curves=[
            EstimateCurve(label="", x=[float(x) for x in range(len(names))], y=scaled(0), low=scaled(1), high=scaled(2))
        ],
        names=[(float(x), name) for x, name in enumerate(names)],
        references=chance,
    )


def _estimate(one: Separation) -> tuple[float | None, float | None, float | None]:
    """Return what the neighbours reach, and its interval."""
    if one.truth == "values":
        low, high = one.explained_interval or (None, None)
        return one.explained, low, high
    if one.accuracy is None:
        return None, None, None
    return one.accuracy.value, *one.accuracy.interval


def _silhouette(measured: list[tuple[str, Separation]]) -> EstimateChart:
    last = measured[-1][1]
    names = [name for name, _ in measured]
    values = [one.silhouette for _, one in measured]
    if last.silhouette_of_pixels is not None:
        names, values = ["raw pixels", *names], [last.silhouette_of_pixels, *values]
    chance = [] if last.silhouette_by_chance is None else [(last.silhouette_by_chance, "shuffled labels")]
    return EstimateChart(
        title="Silhouette",
        unit="−1 to 1",
        x_label="",
        curves=[EstimateCurve(label="", x=[float(x) for x in range(len(names))], y=values)],
        names=[(float(x), name) for x, name in enumerate(names)],
        references=chance,
    )


def _table(found: VectorMap, measured: list[tuple[str, Separation]]) -> Table:
    """Return the figure of each class at each layer, with their mean at the foot."""
    unit = "R²" if measured[-1][1].truth == "values" else "%"
    if unit == "R²" or not measured[-1][1].by_class:
        rows: list[list[Cell]] = [[name, one.explained, one.silhouette] for name, one in measured]
        if unit == "%":
            rows = [[name, _percents(one), one.silhouette] for name, one in measured]
        heads = [Column(label="Layer", align="left"), Column(label="Neighbours", unit=unit, decimals=3)]
        return Table(columns=[*heads, Column(label="Silhouette", decimals=3)], rows=rows)
    classes: list[list[Cell]] = [
        [name, *(_known(100 * one.by_class[number]) for _, one in measured)] for number, name in enumerate(found.names)
    ]
    return Table(
        columns=[
            Column(label="Class", align="left"),
            *(Column(label=name, unit=unit, decimals=1) for name, _ in measured),
        ],
        rows=classes,
        foot=["Mean over classes", *(_percents(one) for _, one in measured)],
        caption="Points whose neighbours vote for their own class",
    )


def _percents(one: Separation) -> float | None:
    return None if one.accuracy is None else 100 * one.accuracy.value


def _known(value: float) -> float | None:
    return value if value == value else None  # noqa: PLR0124 - NaN is the one number that is not itself
