"""The page about prediction maps: the image, a map for each class, what one position says, who wins where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from striate.graph import times
from striate.numbers import count, measure, percent, plural, probability
from striate.page.wire import Caption, Cell, Column, Fact, Page, Section, Table, TableFigure
from striate.records.dense import Conversion, PredictionMaps
from striate.report.arrays import ArrayStore
from striate.report.dense.figure import dense_figure
from striate.report.html import page_file, write_report
from striate.report.making import making_section
from striate.report.pages import page_of, today
from striate.runs.folder import environment


def write_dense_page(
    maps: PredictionMaps,
    conversion: Conversion,
    picture: NDArray[np.uint8],
    path: Path | str,
    *,
    name: str,
    shown: str,
) -> None:
    """Write what a network says everywhere on an image as one HTML file that opens from disk, atomically.

    Args:
        maps: From `prediction_maps`.
        conversion: What the classifier became.
        picture: The image the maps are of, (h, w) or (h, w, 3).
        path: The file; `dense.html` in it if it is a folder.
        name: Of the network, for the title.
        shown: What the image is, in words.

    Raises:
        InputError: The path is something else than a file.
        RunError: The page was not built.
        StorageError: The disk refused; an old page is still there.
    """
    path = page_file(path, "dense.html")
    store = ArrayStore()
    write_report(path, dense_page(maps, conversion, picture, store, name=name, shown=shown), store)


def dense_page(
    maps: PredictionMaps,
    conversion: Conversion,
    picture: NDArray[np.uint8],
    store: ArrayStore,
    *,
    name: str,
    shown: str,
) -> Page:
    """Return the page as data."""
    return page_of(
        title=f"{name} on {shown}, everywhere",
        run_line=f"Prediction maps of {name} on {shown} · {today()} · {maps.way}",
        verdict=_verdict(maps),
        prose=_prose(maps, conversion),
        facts=_facts(maps, conversion),
        sections=[_maps(maps, conversion, picture, store, shown), _made(maps, conversion, name, shown)],
    )


def _verdict(maps: PredictionMaps) -> str:
    top = maps.label
    row, column = (round(pixel) for pixel in top.centre_px)
    first = f"{_named(top.name)} is strongest, {_shown(maps, top.value)}, around row {row}, column {column}"
    first = first[0].upper() + first[1:]
    if maps.scaled is None:
        return f"{first}."
    answer = int(np.argmax(maps.scaled))
    says = f"the image scaled down is answered {_named(maps.names[answer])}, {_shown(maps, float(maps.scaled[answer]))}"
    return f"{first}; {says}."


def _named(name: str) -> str:
    """Return a name that can stand in a sentence beside other numbers."""
    return f"class {name}" if name.isdecimal() else name


def _shown(maps: PredictionMaps, value: float) -> str:
    return f"{maps.unit} {probability(value) if maps.unit == 'probability' else measure(value)}"


def _prose(maps: PredictionMaps, conversion: Conversion) -> str:
    if conversion.is_exact or maps.way.startswith("crops"):
        return "Every position equals the network's own answer for its crop of the image."
    gap = maps.deviation
    if gap is None:
        return ""
    return (
        f"Positions are not quite the network's answers for their crops: at {count(gap.positions)} of {count(gap.total)} the "
        f"scores differ by up to {percent(gap.largest)} of the largest, and {percent(gap.agreement, 0)} have the same class "
        "first."
    )


def _facts(maps: PredictionMaps, conversion: Conversion) -> list[Fact]:
    rows, columns = maps.winner.shape
    field = f"{times(conversion.field_px)} px" if conversion.is_local else "the whole image"
    return [
        Fact(label="Image", value=f"{times(maps.size_px)} px"),
        Fact(label="Positions", value=f"{rows}×{columns}", note=f"every {measure(maps.stride_px[0], 2)} px"),
        Fact(label="A position sees", value=field, note=f"made for {times(conversion.input_shape[1:])}"),
        Fact(label="Classes that win somewhere", value=count(len(maps.shares())), note=f"of {count(len(maps.names))}"),
        Fact(
            label="Against the original",
            value=f"{conversion.native_deviation:.1e}".replace("-", "−"),
            note="of the largest score, at its size",
        ),
    ]


def _maps(
    maps: PredictionMaps, conversion: Conversion, picture: NDArray[np.uint8], store: ArrayStore, shown: str
) -> Section:
    figure, kept = dense_figure(maps, conversion, picture, store)
    shares = maps.shares()
    first, share = next(iter(shares.items()))
    rest = (
        ""
        if kept == len(maps.names)
        else f" Maps of the {count(kept)} strongest outputs of {count(len(maps.names))}; winners are of all."
    )
    box = "its receptive field" if conversion.is_local else "nothing: a position sees the whole image"
    return Section(
        id="maps",
        term="Prediction maps",
        judgement=None,
        sentence=f"{plural(len(shares), 'class', 'classes')} win somewhere; {maps.names[first]} at {percent(share, 0)} of the "
        "positions.",
        figures=[figure],
        caption=Caption(
            shown=f"The image, and the map of one class beside it: at each position the {maps.unit} of that class. The solid "
            f"box is {box}; the dashed one is the crop a position answers for. The line on both pictures encloses where the "
            "map is at or above the threshold. Beneath: the class that is first at each position. The maximum over space "
            "gives the image's label, the maximum over classes the segmentation.",
            should_see="A high, compact region on the object of that class, and low values beside it.",
            wrong_if="a class is high everywhere, or on background: a softmax sums to one there too, so some class must win.",
            source=f"{shown}, {times(maps.size_px)} px, {maps.way}; {times(maps.winner.shape)} positions, every "
            f"{times(tuple(int(step) for step in maps.stride_px))} px. One scale for all classes.{rest}",
        ),
    )


def _made(maps: PredictionMaps, conversion: Conversion, name: str, shown: str) -> Section:
    said = {
        "Network": name,
        "Image": f"{shown}, {times(maps.size_px)} px",
        "Last map of the trunk": conversion.trunk,
        "Window of a position on it": times(conversion.window),
        "Adds values around a map": conversion.padded_at or "no operation",
        "Depends on the whole map": conversion.global_at or "no operation",
        "Way": maps.way,
    } | environment()
    head: list[list[Cell]] = [[f"{step.op} ({step.kind})", step.becomes] for step in conversion.head]
    columns = [Column(label=label, align="left") for label in ("Operation", "Becomes")]
    return making_section(
        said.items(),
        Caption(
            shown="A fully connected layer is a convolution whose kernel is the whole map; the network itself is unchanged.",
            should_see="A small difference to the original at its own size.",
            wrong_if="an operation looks at the whole map: positions then depend on the rest of the image.",
            source="Made with `striate dense`.",
        ),
        sentence=f"{plural(len(conversion.head), 'operation')} of the head became layers that slide over the last map.",
        before=[TableFigure(table=Table(columns=columns, rows=head, caption="The head"))],
    )
