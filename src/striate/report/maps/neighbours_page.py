"""The page of a search: the picture that was asked about, the rows most alike to it, and the part that makes them so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from striate.numbers import count, duration, listed, measure, percent, plural
from striate.page.wire import Caption, Cell, Column, Fact, Figure, Page, Section, Table, TableFigure, Tile, Tiles
from striate.records.neighbours import Neighbour, Search, SimilarParts, StoredImage
from striate.report.arrays import ArrayStore
from striate.report.html import page_file, write_report
from striate.report.making import making_section
from striate.report.maps.similar_parts import parts_section
from striate.report.pages import page_of, today
from striate.report.pictures.shrinking import LARGE, SMALL
from striate.report.pictures.thumbnails import to_pictures
from striate.runs.folder import environment

_SIDE, _QUERY_SIDE = 84, 168


def write_neighbours_page(found: Search, path: Path | str, *, parts: SimilarParts | None = None) -> None:
    """Write a search as one HTML file that opens from disk, atomically.

    Args:
        found: The search.
        path: The file; `similar.html` in it if it is a folder.
        parts: Which parts make one of the neighbours similar.

    Raises:
        InputError: The path is something else than a file.
        RunError: The page was not built.
        StorageError: The disk refused; an old page is still there.
    """
    path = page_file(path, "similar.html")
    arrays = ArrayStore()
    write_report(path, neighbours_page(found, arrays, parts=parts), arrays)


def neighbours_page(found: Search, arrays: ArrayStore, *, parts: SimilarParts | None = None) -> Page:
    """Return the page as data; its arrays are in `arrays` afterwards."""
    sections = [_neighbours(found, arrays)]
    if parts is not None:
        sections.append(parts_section(parts, arrays))
    return page_of(
        title=f"Alike to {named(found.query)}",
        run_line=f"Search in {found.address} · {today()} · {found.network}",
        verdict=_verdict(found),
        prose=_prose(found),
        facts=_facts(found),
        sections=[*sections, _made(found)],
    )


def named(image: StoredImage) -> str:
    """Return what a row or a picture is called on a page."""
    return image.place or Path(image.path).name or image.id or "the picture"


def _verdict(found: Search) -> str:
    if not found.neighbours:
        return f"Nothing alike: no other row of {count(found.searched)} could be a neighbour."
    labels = Counter(one.image.label for one in found.neighbours if one.image.label is not None)
    of = plural(len(found.neighbours), "nearest neighbour")
    if not labels:
        return f"The {of} of {named(found.query)} have no label; the nearest is {measure(found.neighbours[0].distance)} away."
    (first, times), *others = labels.most_common()
    rest = f"; others: {listed([f'{label} ({number})' for label, number in others])}" if others else ""
    own = "" if found.query.label is None else f" (labelled {found.query.label})"
    return f"{count(times)} of the {of} of {named(found.query)}{own} are {first}{rest}."


def _prose(found: Search) -> str:
    if found.index is None:
        how = "Exact: every row was compared."
    else:
        index = found.index
        low, high = (percent(end) for end in index.interval)
        how = (
            f"Through an index that finds {percent(index.recall)} ({low} to {high}) of the true nearest {index.k}, measured on "
            f"{plural(index.queries, 'row')} while the store had {count(index.rows)}."
        )
    few = (
        ""
        if len(found.neighbours) >= found.asked
        else f" {count(found.asked)} were asked for: so many rows there are not."
    )
    return how + few


def _facts(found: Search) -> list[Fact]:
    facts = [
        Fact(label="Rows searched", value=count(found.searched), note=found.where or "no filter"),
        Fact(label="Took", value=duration(found.seconds), note="without reading the picture"),
    ]
    if found.neighbours:
        near, far = found.neighbours[0].distance, found.neighbours[-1].distance
        facts.append(Fact(label="Distance", value=f"{measure(near)} to {measure(far)}", note=_metric(found)))
    facts.append(Fact(label="Same picture", value=count(found.copy_count), note="of the same bytes, left out"))
    return facts


def _metric(found: Search) -> str:
    return "1 − cosine" if found.metric == "cosine" else "Euclidean"


def _neighbours(found: Search, arrays: ArrayStore) -> Section:
    query = [(found.query, "", "")]
    near = [(one.image, one.image.label or "no label", f"{one.distance:.3f}") for one in found.neighbours]
    asked = _pictures(query, arrays, "query", title="Asked about", side=_QUERY_SIDE)
    alike = _pictures(near, arrays, "neighbours", title="Most alike, the nearest first", side=_SIDE)
    table = _table(found)
    own = "" if found.query.label is None else f"labelled {found.query.label}"
    figures: list[Figure] = [] if asked is None else [asked.model_copy(update={"note": own})]
    figures.append(TableFigure(table=table) if alike is None else alike.model_copy(update={"table": table}))
    filters = f" Only rows with {found.where}." if found.where else ""
    return Section(
        id="neighbours",
        term="Neighbours",
        judgement=None,
        sentence=_sentence(found),
        figures=figures,
        caption=Caption(
            shown="The picture that was asked about, and the stored ones whose vectors lie nearest, with their label and their "
            f"distance ({_metric(found)}).{filters}",
            should_see="What you would call alike yourself, and distances that rise slowly.",
            wrong_if="they share background, frame or brightness and not the thing: the vectors then hold what you do not ask "
            "for. A distance near 0 is the same picture stored twice.",
            source=f"{found.layer}, {count(found.size)} numbers, {_metric(found)}; {count(found.searched)} rows of "
            f"{found.address}, version {found.version}.",
        ),
    )


def _sentence(found: Search) -> str:
    if not found.neighbours:
        return "No row could be a neighbour."
    first = found.neighbours[0]
    label = "" if first.image.label is None else f" ({first.image.label})"
    last = found.neighbours[-1]
    return (
        f"The nearest is {named(first.image)}{label}, at {measure(first.distance)}; the last of "
        f"{count(len(found.neighbours))} at {measure(last.distance)}."
    )


def _pictures(
    images: Sequence[tuple[StoredImage, str, str]], arrays: ArrayStore, name: str, *, title: str, side: int
) -> Tiles | None:
    """Return those of the images that have a picture, with their words; None without any."""
    having = [one for one in images if one[0].thumbnail is not None]
    pictures, scale, kept = to_pictures([one[0].thumbnail or b"" for one in having], LARGE if side > _SIDE else SMALL)
    if not kept:
        return None
    return Tiles(
        title=title,
        array=arrays.images(name, pictures),
        scale=scale,
        show_scale=False,
        tiles=[Tile(index=place, label=having[which][1], value=having[which][2]) for place, which in enumerate(kept)],
        side=side,
    )


def _table(found: Search) -> Table:
    def row(one: Neighbour) -> list[Cell]:
        image = one.image
        said: list[Cell] = [image.id, image.place, image.label, image.prediction, image.split]
        return [*said, one.distance, "the same picture" if one.is_copy else ""]

    return Table(
        columns=[
            *(Column(label=label, align="left") for label in ("Row", "Place", "Label", "Answer", "Split")),
            Column(label="Distance", unit=_metric(found), decimals=4),
            Column(label="Note", align="left"),
        ],
        rows=[row(one) for one in (*found.copies, *found.neighbours)],
        caption="Neighbours, the nearest first; before them rows of the same bytes",
    )


def _made(found: Search) -> Section:
    said = {
        "Store": f"{found.address}, version {found.version}",
        "Network": found.network,
        "Layer": f"{found.layer}, {count(found.size)} numbers",
        "Distance": _metric(found),
        "Filter": found.where or "none",
        "Index": "none" if found.index is None else f"{found.index.kind}, {found.index.partitions} partitions",
        "Rows beside the index": count(found.unindexed),
    } | environment()
    return making_section(
        said.items(),
        Caption(
            shown="Where the neighbours come from.",
            should_see="The store, the network and the filter you meant.",
            wrong_if="the index does not hold many rows, or the recall is low: build the index again.",
            source="Made with `striate similar`.",
        ),
        sentence=f"{plural(found.searched, 'row')} of version {found.version} of the store, in {duration(found.seconds)}.",
    )
