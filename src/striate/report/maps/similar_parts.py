"""Which part of a picture makes it similar to another, as a section: both pictures, and beside each what covering it takes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from striate.numbers import count, measure, percent
from striate.page.wire import Caption, Case, CaseMap, Cases, Column, Scale, Section, Table
from striate.records.neighbours import SimilarityMap, SimilarParts
from striate.report.arrays import ArrayStore
from striate.report.dense.pictures import outline
from striate.report.pictures.shrinking import LARGE, shrunk, strongest


def parts_section(found: SimilarParts, arrays: ArrayStore) -> Section:
    """Return the section; its arrays are in `arrays` afterwards."""
    sides = (("query", found.query_image, found.on_query), ("neighbour", found.neighbour_image, found.on_neighbour))
    drops = np.concatenate([strongest(one.drop[None], LARGE) for _, _, one in sides])
    largest = float(np.abs(drops).max()) or 1.0
    pictures = np.stack([shrunk(np.ascontiguousarray(image), LARGE) for _, image, _ in sides])
    clean = found.on_query.clean
    what = "the cosine" if found.metric == "cosine" else "the similarity (negative Euclidean distance)"
    figure = Cases(
        images=arrays.images("parts-images", pictures),
        image_scale=Scale(
            kind="grey" if pictures.ndim == 3 else "colour", low=0, high=255, unit="as the network sees it"
        ),
        maps=arrays.maps("parts-maps", drops),
        map_scale=Scale(kind="diverging", low=-largest, high=largest, unit=f"fall of {what}; orange: needed"),
        outlines=arrays.images("parts-outlines", np.stack([_outline(picture) for picture in pictures])),
        cases=[
            Case(
                title="Asked about" if name == "query" else "Its neighbour",
                note=_share(one),
                input=place,
                outline=place,
                maps=[CaseMap(index=place, label="fall when covered", value="", large=True, strong=True)],
            )
            for place, (name, _, one) in enumerate(sides)
        ],
        side=168,
        table=_table(found),
    )
    window, stride = found.on_query.window_px, found.on_query.stride_px
    return Section(
        id="parts",
        term="What makes them alike",
        judgement=None,
        sentence=_sentence(found),
        figures=[figure],
        caption=Caption(
            shown=f"A window of {window[0]}×{window[1]} px is moved over each picture and filled with {found.fill}; the other "
            f"picture stays as it is. The map shows by how much {what} falls: orange parts are needed, blue ones stand in the "
            "way. Its outline is the picture's.",
            should_see="Orange on the thing both show, and clearly more than the windows that matter in other pictures take.",
            wrong_if="orange lies on background, a frame or a caption; or other pictures' windows take as much: then the map "
            "shows where pictures have their thing, not what these two share.",
            source=f"{found.layer}, {found.metric}, {measure(clean)} uncovered; steps of {stride[0]}×{stride[1]} px, both maps "
            "on one scale.",
        ),
    )


def _sentence(found: SimilarParts) -> str:
    share = found.on_query.share
    if share is None:
        return "No part of the picture alone makes the two alike: covering none of them takes anything."
    elsewhere = found.on_query.share_elsewhere
    beside = "" if elsewhere is None else f"; the windows that matter in other pictures take {percent(elsewhere, 0)}"
    positions = found.on_query.grid.size
    return (
        f"{percent(share, 0)} of what windows take from the similarity lies on {count(found.on_query.few)} of "
        f"{count(positions)} positions{beside}."
    )


def _share(one: SimilarityMap) -> str:
    return "nothing is needed" if one.share is None else f"{percent(one.share, 0)} on a tenth of it"


def _outline(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    from PIL import Image

    edges: npt.NDArray[np.uint8] = outline(Image.fromarray(picture)).astype(np.uint8)
    return edges


def _table(found: SimilarParts) -> Table:
    return Table(
        columns=[
            Column(label="Picture", align="left"),
            Column(label="Uncovered", decimals=4),
            Column(label="Largest fall", decimals=4),
            Column(label="On a tenth of the positions", unit="%", decimals=0),
            Column(label="By other pictures' windows", unit="%", decimals=0),
        ],
        rows=[
            [
                name,
                one.clean,
                float((one.clean - one.grid).max()),
                None if one.share is None else 100 * one.share,
                None if one.share_elsewhere is None else 100 * one.share_elsewhere,
            ]
            for name, one in (("asked about", found.on_query), ("neighbour", found.on_neighbour))
        ],
        caption="What covering takes from the similarity",
    )
