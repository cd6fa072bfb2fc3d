"""The page about the vectors of a store: the map, and what was measured where the vectors lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from striate.errors import InputError, Quoted
from striate.findings import Finding, by_severity
from striate.numbers import count, measure, percent, plural
from striate.page.wire import Caption, Fact, Page, Section
from striate.records.vector_map import MappedLayer, VectorMap
from striate.report.arrays import ArrayStore
from striate.report.finding_rows import finding_row, findings_sentence
from striate.report.html import page_file, write_report
from striate.report.maps.figure import judged, map_figure
from striate.report.maps.made import made_section, tried_section
from striate.report.maps.points import MapPoints, read_points
from striate.report.maps.separation import separation_section, separation_words
from striate.report.maps.suspects import Album, doubtful_section, odd_section, overlap_section
from striate.report.pages import page_of, today

if TYPE_CHECKING:
    from striate.features.store import VectorStore


def write_map_page(
    found: VectorMap,
    store: VectorStore,
    path: Path | str,
    *,
    findings: Sequence[Finding] = (),
    silent: Sequence[str] = (),
) -> None:
    """Write a map as one HTML file that opens from disk, atomically; at most 40 MB.

    Args:
        found: The map.
        store: That it is of: pictures, answers and losses are read from it.
        path: The file; `map.html` in it if it is a folder.
        findings: What the rules said.
        silent: Names of rules that looked and found nothing.

    Raises:
        InputError: The path is something else than a file; the map has no layer or no point.
        DataError: A point of the map is not in the store.
        RunError: The page was not built.
        StorageError: The disk refused; an old page is still there.
    """
    path = page_file(path, "map.html")
    arrays = ArrayStore()
    page = map_page(found, read_points(found, store), store, arrays, findings=findings, silent=silent)
    write_report(path, page, arrays)


def map_page(
    found: VectorMap,
    points: MapPoints,
    store: VectorStore,
    arrays: ArrayStore,
    *,
    findings: Sequence[Finding] = (),
    silent: Sequence[str] = (),
) -> Page:
    """Return the page as data; its arrays are in `arrays` afterwards."""
    if not found.layers or not found.ids:
        raise InputError("a map must have a layer and a point to be drawn", got=Quoted("none"), where=found.store)
    album = Album(ids=found.ids, store=store, arrays=arrays)
    parts: list[Section | None] = [
        _map_section(found, points, store, arrays),
        separation_section(found),
        overlap_section(found, points, album),
        doubtful_section(found, points, album),
        odd_section(found, points, album),
        tried_section(found),
        made_section(found),
    ]
    sections = [_judged(part, findings, silent) for part in parts if part is not None]
    return page_of(
        title=f"Map of {found.network}",
        run_line=f"Map of {count(len(found.ids))} vectors of {found.network} · {today()} · {found.store}",
        verdict=separation_words(found),
        prose=_prose(found),
        facts=_facts(found),
        findings=[finding_row(finding) for finding in by_severity(findings)],
        findings_sentence=findings_sentence(findings, len(silent)) if findings or silent else "",
        silent=silent,
        sections=sections,
    )


def _prose(found: VectorMap) -> str:
    last = found.judged
    left = (
        f" {plural(found.left_out, 'row')} without a vector: their files could not be read." if found.left_out else ""
    )
    pairs = () if last.separation is None else last.separation.overlaps
    mixed = ""
    if pairs:
        first = pairs[0]
        mixed = (
            f" {found.names[first.first]} and {found.names[first.second]} mix most: {percent(first.share)} of their "
            "neighbours are of the other."
        )
    unmeasured = f" {' '.join(last.unmeasured)}" if last.unmeasured else ""
    return f"Measured among the vectors of {last.layer}, not on the picture.{mixed}{left}{unmeasured}"


def _facts(found: VectorMap) -> list[Fact]:
    last = found.judged
    facts = [Fact(label="Points", value=count(len(found.ids)), note=f"{count(last.size)} numbers each")]
    separation = last.separation
    if separation is not None and separation.accuracy is not None:
        share = separation.accuracy
        low, high = (percent(end) for end in share.interval)
        facts.append(
            Fact(
                label=f"{separation.neighbours} neighbours vote right",
                value=percent(share.value),
                note=f"95 % {low} to {high}; guessing {percent(share.chance, 0)}",
            )
        )
    if separation is not None and separation.explained is not None:
        facts.append(Fact(label="Neighbours explain", value=f"R² {measure(separation.explained)}"))
    if separation is not None and separation.pixels is not None:
        figure = measure(separation.pixels) if separation.explained is not None else percent(separation.pixels)
        facts.append(Fact(label="Raw pixels do", value=figure, note="of pictures at 32 × 32"))
    if separation is not None and separation.silhouette is not None:
        note = (
            ""
            if separation.silhouette_by_chance is None
            else f"by chance {measure(separation.silhouette_by_chance, 2)}"
        )
        facts.append(Fact(label="Silhouette", value=measure(separation.silhouette), note=note))
    if last.quality is not None:
        facts.append(
            Fact(
                label="Trustworthiness of the map",
                value=measure(last.quality.trustworthiness),
                note=f"continuity {measure(last.quality.continuity)}",
            )
        )
    return facts[:5]


def _map_section(found: VectorMap, points: MapPoints, store: VectorStore, arrays: ArrayStore) -> Section:
    last = found.judged
    sentence = f"{count(len(found.ids))} points, placed by their vectors at {_layers(found)}."
    kept = judged(last.quality)
    if kept:
        sentence += f" {kept}"
    return Section(
        id="map",
        term="Map",
        judgement=None,
        sentence=sentence,
        figures=[map_figure(found, points, store, arrays)],
        caption=Caption(
            shown="Each point stands where its vector puts it: near means similar. Distances between islands, their sizes and "
            "the empty room between them carry no meaning. Where pictures stand, some points were left out so that none covers "
            "another; the dots are all of them. Ringed pictures (at most 60) were answered wrongly. What the chosen share is "
            "told beside the whole: more than chance means that fewer than one blind draw in a hundred would hold so many, "
            "corrected for all values asked about.",
            should_see="One island a class, and points in doubt at the shores between two.",
            wrong_if="islands form by something other than class, such as source, brightness or date; or a group is on one "
            "of the compared maps only.",
            source=_source(found, last),
            extra="A choice made on the map is made by eye: that one label prevails in an island is what the map was drawn by.",
        ),
    )


def _layers(found: VectorMap) -> str:
    if len(found.layers) == 1:
        return found.judged.layer
    return f"{count(len(found.layers))} layers, {found.judged.layer} shown first"


def _source(found: VectorMap, last: MappedLayer) -> str:
    return (
        f"t-SNE of {last.layer} by {found.nearness}, perplexity {last.perplexity:g}, seed {last.seed}; each layer turned onto "
        f"the one before. {count(len(found.ids))} points of {found.store}."
    )


def _judged(section: Section, findings: Sequence[Finding], silent: Sequence[str]) -> Section:
    """Return the section of separation with what the rules say of it."""
    if section.id != "separation":
        return section
    worst = next(iter(by_severity(findings)), None)
    judgement = worst.severity if worst is not None else "ok" if silent else None
    return section.model_copy(update={"judgement": judgement})
