"""How sparse each layer became, and how far classes explain what it does, step by step."""

from __future__ import annotations

from collections.abc import Callable
from math import log2

from striate.numbers import count, measure, percent
from striate.page.wire import Caption, Cell, Chart, Charts, Column, Curve, Section, Table
from striate.records import LayerSpecialisation, ThroughTraining
from striate.report.subject import Subject

_MOST_CURVES = 6
Read = Callable[[LayerSpecialisation], float | None]


def section(subject: Subject) -> Section | None:
    """Return the section if the training was followed."""
    found = subject.evidence.through_training
    if found is None or len(found.moments) < 2:
        return None
    images = found.moments[-1].layers[0].images
    has_classes = any(row.explained is not None for row in found.moments[-1].layers)
    definitions = dict.fromkeys(row.definition for row in found.moments[-1].layers)
    return Section(
        id="through-training",
        term="Activations through training",
        judgement=subject.judgement("through-training"),
        sentence=subject.sentence("through-training", _otherwise(found)),
        figures=[_figure(found, has_classes=has_classes)],
        caption=Caption(
            shown=f"At {count(len(found.moments))} steps whose weights the run kept, from the start to the end, over the same "
            f"{count(images)} {found.part} images.",
            should_see="Behind a ReLU about half active at first; then activity gets sparser"
            + (
                ", and classes explain far more than at the start, the more the later the layer."
                if has_classes
                else "."
            ),
            wrong_if="a layer stays as it was at the start, loses nearly all its active units, or gets denser"
            + ("; or classes explain no more than at the start." if has_classes else "."),
            source=f"Active: {'; or '.join(definitions)}. Units in use: (Σr)² / Σr² of an image's mean responses r, as a share "
            "of the layer. " + _classes_source(found, has_classes=has_classes) + " ".join(found.notes),
        ),
    )


def _classes_source(found: ThroughTraining, *, has_classes: bool) -> str:
    if not has_classes:
        return ""
    chance = next(row.chance_explained for row in found.moments[-1].layers if row.chance_explained is not None)
    return (
        "Explained by classes: η², the share of the variance of a unit's mean responses, mean over the units; "
        f"{percent(chance)} by chance. "
    )


def _otherwise(found: ThroughTraining) -> str:
    first, last = found.moments[0], found.moments[-1]
    before, after = _spoken(first.layers), _spoken(last.layers)
    start = "with random weights" if first.is_twin else "at the start"
    if after.explained is not None and before.explained is not None:
        return (
            f"Classes explain {percent(after.explained, 0)} of what the units of {after.layer} do, "
            f"{percent(before.explained, 0)} {start}; {percent(after.active_share, 0)} of its values are active, "
            f"{percent(before.active_share, 0)} {start}."
        )
    now, then = percent(after.active_share, 0), percent(before.active_share, 0)
    return f"{now} of the values of {after.layer} are active, {then} {start}."


def _spoken(layers: tuple[LayerSpecialisation, ...]) -> LayerSpecialisation:
    """Return the layer before the last, which is the answer itself."""
    return layers[-2] if len(layers) > 1 else layers[-1]


def _figure(found: ThroughTraining, *, has_classes: bool) -> Charts:
    layers = [row.layer for row in found.moments[-1].layers]
    shown = layers[:: max(1, -(-len(layers) // _MOST_CURVES))]
    charts = [
        _chart(found, shown, "Active", "% of values", lambda row: 100 * row.active_share),
        _chart(found, shown, "Units in use", "% of the layer's", lambda row: 100 * row.effective_units / row.units),
    ]
    if has_classes:
        charts.append(_chart(found, shown, "Explained by classes", "% of variance", _explained))
    return Charts(charts=charts, table=_table(found))


def _explained(row: LayerSpecialisation) -> float | None:
    return None if row.explained is None else 100 * row.explained


def _chart(found: ThroughTraining, shown: list[str], title: str, unit: str, read: Read) -> Chart:
    at = [log2(moment.step + 1) for moment in found.moments]
    curves = []
    for layer in shown:
        rows = [next(row for row in moment.layers if row.layer == layer) for moment in found.moments]
        curves.append(Curve(label=layer, x=at, y=[read(row) for row in rows]))
    return Chart(title=title, unit=unit, x_label="log2(steps + 1)", low=0.0, curves=curves)


def _table(found: ThroughTraining) -> Table:
    rows: list[list[Cell]] = [
        [
            moment.step,
            row.layer,
            100 * row.active_share,
            row.effective_units,
            row.units,
            row.dead,
            _explained(row),
        ]
        for moment in found.moments
        for row in moment.layers
    ]
    return Table(
        columns=[
            Column(label="Step"),
            Column(label="Layer", align="left"),
            Column(label="Active", unit="%", decimals=1),
            Column(label="Units in use", decimals=1),
            Column(label="of"),
            Column(label="Never active"),
            Column(label="Explained by classes", unit="%", decimals=1),
        ],
        rows=rows,
        caption=f"Activations through training, {measure(found.steps_per_epoch)} steps an epoch",
    )
