"""Images grown from noise until the score of one class is high."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from striate.numbers import count, measure, plural, probability_short
from striate.page.wire import Caption, Cell, Column, Figure, Section, Table, Tile, Tiles
from striate.records import ClassImages
from striate.report.pictures.inputs import to_picture
from striate.report.pictures.shrinking import LARGE, shrunk
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
    if found.twin is not None and found.twin_score is not None and found.twin_detail is not None and len(found.twin):
        anew = _Row("class-images-twin", found.twin, found.twin_score, found.twin_detail, "Weights drawn anew", 56)
        figures.append(_tiles(subject, found, anew, table=None, is_score=True))
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
            f"to {high:.3f}; what has more is marked rough.{_reached(found)}",
            should_see="Parts of the object in the upper row: strokes, edges, shapes.",
            wrong_if="the upper row is as grainy as the lower one: the network then has learned texture, or nothing.",
            source=f"{count(found.steps)} steps from the same noise, seed {found.seed}. Prior: natural spectrum, total "
            "variation, random shifts, turns and sizes; the lower row has none and shows what the prior does. Weights drawn "
            "anew: the same ascent for the same network untaught; what looks the same there came from the prior.",
        ),
    )


def _reached(found: ClassImages) -> str:
    """Return in words how many images have their class first, and with how weak a prior."""
    if not found.rank:
        return ""
    first = sum(rank == 1 for rank in found.rank)
    again = sum(rounds > 0 for rounds in found.rounds)
    eased = sum(pull > 1 for pull in found.pull)
    longer = (
        f" {count(again)} had to go on without shifts, turns and sizes, up to {count(found.steps * max(found.rounds))} steps "
        "more."
        if again
        else ""
    )
    weaker = f" For {count(eased)} the prior had to be weakened up to {max(found.pull):.0f} times." if eased else ""
    return f" The class comes first in {count(first)} of {count(len(found.rank))} images.{longer}{weaker}"


class _Row(NamedTuple):
    name: str
    values: NDArray[np.floating]
    reached: NDArray[np.floating]
    detail: NDArray[np.floating]
    title: str
    side: int


def _tiles(subject: Subject, found: ClassImages, row: _Row, *, table: Table | None, is_score: bool = False) -> Tiles:
    shown = _score if is_score else measure if subject.is_values else probability_short
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


def _score(value: float) -> str:
    return f"score {measure(value)}"


def _words(reached: str, detail: float, most: float) -> str:
    return f"{reached} · {detail:.3f}{' rough' if detail > most else ''}"


def _table(found: ClassImages) -> Table:
    columns = [Column(label="Output", align="left"), Column(label="Reached, with prior", decimals=4)]
    kept: list[list[Cell]] = [list(found.names), _cells(found.probability)]

    def add(label: str, values: list[Cell], decimals: int) -> None:
        if values:
            columns.append(Column(label=label, decimals=decimals))
            kept.append(values)

    add("Rank", list(found.rank), 0)
    add("Steps", [found.steps * (1 + rounds) for rounds in found.rounds], 0)
    add("Score", [] if found.score is None else _cells(found.score), 2)
    add("Score of real images", list(found.natural_score), 2)
    add("Fine detail", _cells(found.detail), 3)
    add("Reached, without", _cells(found.plain_probability), 4)
    add("Fine detail, without", _cells(found.plain_detail), 3)
    if found.twin_detail is not None:
        missing: list[Cell] = [None] * (len(found.names) - len(found.twin_detail))
        add("Fine detail, weights drawn anew", [*_cells(found.twin_detail), *missing], 3)
    return Table(
        columns=columns,
        rows=[list(row) for row in zip(*kept, strict=True)],
        caption="Images grown for each output",
    )


def _cells(values: NDArray[np.floating]) -> list[Cell]:
    return [float(value) for value in values]
