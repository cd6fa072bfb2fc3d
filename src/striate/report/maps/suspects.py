"""What to look at one by one: pairs of classes that mix, labels in doubt, odd ones out; as pictures, or as a table without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from striate.numbers import count, listed, measure, percent, plural
from striate.page.wire import Caption, Cell, Column, Figure, Section, Table, TableFigure, Tile, Tiles
from striate.records.vector_map import ClassOverlap, VectorMap
from striate.report.arrays import ArrayStore
from striate.report.maps.points import MapPoints, read_thumbnails
from striate.report.pictures.shrinking import SMALL
from striate.report.pictures.thumbnails import to_pictures

if TYPE_CHECKING:
    from striate.features.store import VectorStore

PAIRS, AT_BORDER, DOUBTED, ODD = 6, 16, 60, 30
# Of a picture on the page, in CSS pixels.
_SIDE = 56


@dataclass(frozen=True, slots=True, kw_only=True)
class _Suspect:
    row: int
    label: str
    value: str


def overlap_section(found: VectorMap, points: MapPoints, album: Album) -> Section | None:
    """Return the pairs of classes that mix, with the pictures at their border; None where none does."""
    separation = found.judged.separation
    if separation is None or not separation.overlaps:
        return None
    pairs = separation.overlaps[:PAIRS]
    figures: list[Figure] = []
    for pair in pairs:
        title = _pair(found, pair)
        suspects = [
            _Suspect(row=int(row), label=points.labels[int(row)] or "", value="") for row in pair.border[:AT_BORDER]
        ]
        note = (
            f"{percent(pair.share)} of their neighbours are of the other, {percent(pair.expected)} if spread at random"
        )
        pictures = album.tiles(suspects, f"border-{pair.first}-{pair.second}", title=title, note=note)
        figures += [] if pictures is None else [pictures]
    table = TableFigure(table=_overlap_table(found, separation.overlaps))
    first = pairs[0]
    more = f" {plural(len(separation.overlaps), 'pair')} share at least 1\u202f%." if len(pairs) > 1 else ""
    return Section(
        id="overlaps",
        term="Classes that mix",
        judgement=None,
        sentence=f"{_pair(found, first)} mix most: {percent(first.share)} of the neighbours of both are of the other.{more}",
        figures=[*figures, table],
        caption=Caption(
            shown="For each pair the points of either whose neighbours are most of all of the other, with the label they are "
            "stored with.",
            should_see="Pictures that a person would hesitate over as well.",
            wrong_if="they are clear to the eye: the vectors then lack what tells these classes apart; or their labels are "
            "wrong.",
            source=f"{separation.neighbours} nearest neighbours at {found.judged.layer}, {found.nearness}; at most "
            f"{AT_BORDER} pictures a pair, most mixed first.",
        ),
    )


def doubtful_section(found: VectorMap, points: MapPoints, album: Album) -> Section | None:
    """Return the points whose neighbours say another label; None where there are none."""
    doubted = found.judged.doubtful
    if not doubted:
        return None
    suspects = [
        _Suspect(
            row=one.row,
            label=f"says {found.names[one.label]}",
            value=f"neighbours {found.names[one.neighbours_say]}"
            if one.label != one.neighbours_say
            else f"{percent(one.share, 0)} disagree",
        )
        for one in doubted[:DOUBTED]
    ]
    rows: list[list[Cell]] = [
        [
            found.ids[one.row],
            points.places[one.row],
            found.names[one.label],
            found.names[one.neighbours_say],
            100 * one.share,
        ]
        for one in doubted
    ]
    table = Table(
        columns=[
            *(Column(label=head, align="left") for head in ("Point", "Place", "Label", "Neighbours say")),
            Column(label="Of the neighbours", unit="%", decimals=0),
        ],
        rows=rows,
        caption="Labels in doubt, the surest first",
    )
    share = percent(len(doubted) / len(found.ids), 2)
    return Section(
        id="doubtful",
        term="Labels in doubt",
        judgement=None,
        sentence=f"{plural(len(doubted), 'point')} ({share}) {'stands' if len(doubted) == 1 else 'stand'} among neighbours "
        "that say another label.",
        figures=album.pictures(suspects, "doubtful", table),
        caption=Caption(
            shown="Each picture with the label it is stored with, and what its neighbours say.",
            should_see="Mistakes of who labelled, or pictures that are hard for anybody.",
            wrong_if="most are labelled rightly and look ordinary: the vectors then do not fit this question.",
            source=f"Neighbours at {found.judged.layer}, {found.nearness}; {_shown(len(suspects), len(doubted))}, surest "
            "first. A label is in doubt, not wrong: look before you change it.",
        ),
    )


def odd_section(found: VectorMap, points: MapPoints, album: Album) -> Section | None:
    """Return the points that lie where nobody else does; None where there are none."""
    odd = found.judged.odd
    if not odd:
        return None
    suspects = [
        _Suspect(row=one.row, label=points.labels[one.row] or "", value=f"{measure(one.factor, 2)}×")
        for one in odd[:ODD]
    ]
    rows: list[list[Cell]] = [
        [found.ids[one.row], points.places[one.row], points.labels[one.row], one.factor] for one in odd
    ]
    table = Table(
        columns=[
            *(Column(label=head, align="left") for head in ("Point", "Place", "Label")),
            Column(label="Sparser than its neighbours", unit="×", decimals=2),
        ],
        rows=rows,
        caption="Odd ones out, the oddest first",
    )
    return Section(
        id="odd",
        term="Odd ones out",
        judgement=None,
        sentence=f"{plural(len(odd), 'point')} {'lies' if len(odd) == 1 else 'lie'} alone: the oddest "
        f"{measure(odd[0].factor, 2)} times as sparsely as its neighbours.",
        figures=album.pictures(suspects, "odd", table),
        caption=Caption(
            shown="Each picture with its label, and how many times sparser it lies than its neighbours do (local outlier "
            "factor; about 1 for ordinary points).",
            should_see="Rare but right pictures.",
            wrong_if="they do not belong to the data at all: another source, a broken file, a blank page.",
            source=f"{found.judged.layer}, {found.nearness}; {_shown(len(suspects), len(odd))}, oddest first. Breunig et al., "
            "LOF, 2000.",
        ),
    )


def _shown(shown: int, whole: int) -> str:
    return f"{count(shown)} shown" if shown == whole else f"{count(shown)} of {count(whole)} shown"


def _pair(found: VectorMap, pair: ClassOverlap) -> str:
    return listed([found.names[pair.first], found.names[pair.second]])


def _overlap_table(found: VectorMap, pairs: Sequence[ClassOverlap]) -> Table:
    rows: list[list[Cell]] = [
        [found.names[pair.first], found.names[pair.second], 100 * pair.share, 100 * pair.expected] for pair in pairs
    ]
    return Table(
        columns=[
            Column(label="Class", align="left"),
            Column(label="And", align="left"),
            Column(label="Neighbours of the other", unit="%", decimals=1, bar=True),
            Column(label="At random", unit="%", decimals=1),
        ],
        rows=rows,
        caption="Pairs that mix, most first",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """Where pictures of a map's points come from, and where they go.

    Attributes:
        ids: Of the map's points.
        store: That holds their pictures.
        arrays: Of the page.
    """

    ids: tuple[str, ...]
    store: VectorStore
    arrays: ArrayStore

    def tiles(self, suspects: Sequence[_Suspect], name: str, *, title: str = "", note: str = "") -> Tiles | None:
        """Return the pictures of some points with their words; None where the store holds none of them."""
        stored = read_thumbnails([self.ids[one.row] for one in suspects], self.store)
        pictured = [one for one in suspects if self.ids[one.row] in stored]
        pictures, scale, kept = to_pictures([stored[self.ids[one.row]] for one in pictured], SMALL)
        if not kept:
            return None
        return Tiles(
            title=title,
            note=note,
            array=self.arrays.images(f"suspects-{name}", pictures),
            scale=scale,
            show_scale=False,
            tiles=[
                Tile(index=place, label=pictured[which].label, value=pictured[which].value)
                for place, which in enumerate(kept)
            ],
            side=_SIDE,
        )

    def pictures(self, suspects: Sequence[_Suspect], name: str, table: Table) -> list[Figure]:
        """Return the pictures with their table, or the table alone."""
        tiles = self.tiles(suspects, name)
        return [TableFigure(table=table)] if tiles is None else [tiles.model_copy(update={"table": table})]
