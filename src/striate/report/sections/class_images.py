"""Images grown from noise until the score of one class is high."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.numbers import count, measure, plural, probability_short
from striate.page.wire import Caption, Cell, Column, Figure, Section, Table, Tile, Tiles
from striate.records import ClassImages
from striate.report.input_pictures import to_picture
from striate.report.shrinking import LARGE, shrunk
from striate.report.subject import Subject


def section(subject: Subject) -> Section | None:
    """Return the section if images were grown."""
    found = subject.evidence.class_images
    if found is None:
        return None
    low, high = found.data_detail
    is_values = subject.is_values
    rough = int((found.detail > high).sum())
    grown = _Row("class-images", found.images, found.probability, found.detail, "With prior", 112)
    plain = _Row("class-images-plain", found.plain, found.plain_probability, found.plain_detail, "Without", 56)
    figures: list[Figure] = [
        _tiles(subject, found, grown, table=_table(found)),
        _tiles(subject, found, plain, table=None),
    ]
    return Section(
        id="class-images",
        term="Class images",
        judgement=subject.judgement("class-images"),
        sentence=subject.sentence(
            "class-images",
            f"{count(rough)} of the {plural(len(found.names), 'image')} {'is' if rough == 1 else 'are'} rougher than real ones.",
        ),
        figures=figures,
        caption=Caption(
            shown=f"Images grown from noise until the score of one {'value' if is_values else 'class'} is high. Beneath each: "
            f"its {'value' if is_values else 'probability'}, and the share of fine detail. Real images have {low:.3f} "
            f"to {high:.3f}; what has more is marked rough.",
            should_see="Parts of the object in the upper row: strokes, edges, shapes.",
            wrong_if="the upper row is as grainy as the lower one: the network then has learned texture, or nothing.",
            source=f"{count(found.steps)} steps from the same noise, seed {found.seed}. Prior: natural spectrum, total "
            "variation, random shifts, turns and sizes; the lower row has none and shows what the prior does.",
        ),
    )


class _Row(NamedTuple):
    name: str
    values: NDArray[np.floating]
    reached: NDArray[np.floating]
    detail: NDArray[np.floating]
    title: str
    side: int


def _tiles(subject: Subject, found: ClassImages, row: _Row, *, table: Table | None) -> Tiles:
    shown = measure if subject.is_values else probability_short
    return Tiles(
        title=row.title,
        array=subject.store.images(row.name, np.stack([shrunk(to_picture(image), LARGE) for image in row.values])),
        scale=subject.input_scale,
        show_scale=table is None,
        tiles=[
            Tile(
                index=place,
                label=found.names[place],
                value=_words(shown(float(row.reached[place])), float(row.detail[place]), found.data_detail[1]),
                warn=bool(row.detail[place] > found.data_detail[1]),
            )
            for place in range(len(row.values))
        ],
        side=row.side,
        table=table,
    )


def _words(reached: str, detail: float, most: float) -> str:
    return f"{reached} · {detail:.3f}{' rough' if detail > most else ''}"


def _table(found: ClassImages) -> Table:
    rows: list[list[Cell]] = [
        [
            found.names[place],
            float(found.probability[place]),
            float(found.detail[place]),
            float(found.plain_probability[place]),
            float(found.plain_detail[place]),
        ]
        for place in range(len(found.names))
    ]
    return Table(
        columns=[
            Column(label="Output", align="left"),
            Column(label="Reached, with prior", decimals=4),
            Column(label="Fine detail", decimals=3),
            Column(label="Reached, without", decimals=4),
            Column(label="Fine detail, without", decimals=3),
        ],
        rows=rows,
        caption="Images grown for each output",
    )
