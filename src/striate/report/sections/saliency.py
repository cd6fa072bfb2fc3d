"""The gradient of the answer's score at the input."""

from __future__ import annotations

import numpy as np

from striate.lint.rules.gradient_off_object import times_chance
from striate.numbers import count, measure, percent
from striate.page.wire import (
    Caption,
    Case,
    CaseMap,
    Cases,
    Cell,
    Column,
    Figure,
    Histogram,
    Scale,
    Section,
    Table,
    TableFigure,
)
from striate.records import Saliency, SaliencyCensus
from striate.report.figures.accord_table import accord_table
from striate.report.pictures.shrinking import LARGE, strongest
from striate.report.sections.cases import outlines, titles
from striate.report.subject import Subject


def section(subject: Subject) -> Section | None:
    """Return the section if gradients were taken."""
    found, census = subject.evidence.saliencies, subject.evidence.saliency_census
    if not found:
        return None
    figures: list[Figure] = [_figure(subject, found)]
    shown = "How much the answer's score would rise for a little more of each pixel: the network taken as linear there."
    trust, otherwise = (
        "",
        "Where a small change of a pixel moves the answer: nothing tells the object here, so it is not judged.",
    )
    if census is not None:
        trust = (
            f"Can the picture be trusted? With random weights in every layer the map changes (rank correlation "
            f"{measure(census.random_correlation, 2)}; below 0.5 it depends on what was learned)."
        )
        if len(census.shares):
            mean = float(census.shares.mean())
            figures.append(_histogram(census, mean))
            shown += (
                f" {percent(mean, 0)} of the gradient falls on the object, which covers {percent(census.chance, 0)} of "
                "the image."
            )
            otherwise = f"The gradient lies on the object {measure(mean / census.chance, 2)} times as often as chance."
    if subject.evidence.accord is not None:
        figures.append(TableFigure(table=accord_table(subject.evidence.accord)))
    return Section(
        id="saliency",
        term="Saliency",
        judgement=subject.judgement("saliency"),
        sentence=subject.sentence("saliency", otherwise),
        figures=figures,
        caption=Caption(
            shown=shown,
            should_see="Colour on and beside the object, blank elsewhere.",
            wrong_if="the colour is spread like grain, or sits on the background.",
            source=f"Gradient of {_score(subject)} at the preprocessed input; mean over channels; one "
            "scale for all. Object: pixels that differ from the background by at least 64 of 255, widened by one.",
            extra=trust,
        ),
    )


def _score(subject: Subject) -> str:
    return "the value" if subject.is_values else "the answer’s score (before the softmax)"


def _figure(subject: Subject, found: tuple[Saliency, ...]) -> Cases:
    maps = strongest(np.stack([row.gradient.mean(axis=0) for row in found]), LARGE)
    largest = float(np.abs(maps).max()) or 1.0
    cases = []
    for place, row in enumerate(found):
        title, note = titles(subject, row.sample)
        share = f"{percent(row.share_on_object, 0)} on the object" if row.share_on_object is not None else ""
        cases.append(
            Case(
                title=title,
                note=note,
                input=place,
                outline=place if row.foreground is not None else None,
                maps=[CaseMap(index=place, label="gradient", value=share, large=True, strong=True)],
            )
        )
    return Cases(
        images=subject.store.images("saliency-inputs", subject.pictures([row.sample for row in found], LARGE)),
        image_scale=subject.input_scale,
        maps=subject.store.maps("saliency-maps", maps),
        map_scale=Scale(kind="diverging", low=-largest, high=largest, unit="gradient, score per unit of input"),
        outlines=outlines(subject, "saliency-outlines", [row.foreground for row in found]),
        cases=cases,
        side=140,
        table=_table(subject, found),
    )


def _histogram(census: SaliencyCensus, mean: float) -> Histogram:
    counts, edges = np.histogram(100 * census.shares, bins=20, range=(0, 100))
    limit = times_chance(census.chance) * census.chance
    return Histogram(
        title="Share of the gradient that falls on the object",
        unit="%",
        edges=[float(edge) for edge in edges],
        counts=[int(number) for number in counts],
        marks=[
            (100 * census.chance, f"chance, {percent(census.chance, 0)}", "chance"),
            (100 * limit, f"limit, {percent(limit, 0)}", "limit"),
            (100 * mean, f"{count(census.images)} images, mean {percent(mean, 0)}", "mean"),
        ],
        table=Table(
            columns=[Column(label="From", unit="%", decimals=0), Column(label="Images")],
            rows=[[float(edge), int(number)] for edge, number in zip(edges, counts, strict=False)],
            caption="Images by share of the gradient on the object",
        ),
    )


def _table(subject: Subject, found: tuple[Saliency, ...]) -> Table:
    rows: list[list[Cell]] = [
        [
            row.sample,
            subject.name_of(row.target),
            float(row.gradient.min()),
            float(row.gradient.max()),
            None if row.share_on_object is None else 100 * row.share_on_object,
        ]
        for row in found
    ]
    return Table(
        columns=[
            Column(label="Image"),
            Column(label="Output", align="left"),
            Column(label="Lowest", decimals=4),
            Column(label="Highest", decimals=4),
            Column(label="On the object", unit="%", decimals=1),
        ],
        rows=rows,
        caption="Gradients per image",
    )
