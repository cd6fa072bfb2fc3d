"""The page about one backward pass: every layer with the gradient that reaches it, and its law."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from striate.data import unprepare
from striate.findings import by_severity
from striate.graph import times
from striate.lint import LintReport
from striate.lint.paper import LEARNED
from striate.nets import Network
from striate.numbers import count, measure, percent
from striate.page.wire import (
    Caption,
    Case,
    CaseMap,
    Cases,
    Cell,
    Column,
    Fact,
    Figure,
    Page,
    Scale,
    Section,
    Table,
    Tile,
    Tiles,
)
from striate.records import Backward, GradientRow
from striate.report.arrays import ArrayStore
from striate.report.backward.figure import gradient_figure
from striate.report.backward.gradient_parts import plane, small
from striate.report.finding_rows import finding_row, findings_sentence
from striate.report.html import page_file, write_report
from striate.report.making import making_section
from striate.report.pages import page_of, today
from striate.report.pictures.shrinking import LARGE, shrunk, strongest
from striate.runs.folder import environment

# From more axes than these an input is no picture.
_PICTURE_AXES = 3


def write_backward_page(
    record: Backward,
    network: Network,
    image: Tensor,
    report: LintReport,
    path: Path | str,
    *,
    name: str,
    shown: str,
) -> None:
    """Write one backward pass as one HTML file that opens from disk, atomically.

    Args:
        record: With gradients kept and details for the layers that shall unfold.
        network: The network.
        image: The prepared input, (1, …).
        report: What the rules said of the record.
        path: The file; `backward.html` in it if it is a folder.
        name: Of the network, for the title.
        shown: What the input is, in words.

    Raises:
        InputError: The path is something else than a file.
        RunError: The page was not built.
        StorageError: The disk refused; an old page is still there.
    """
    path = page_file(path, "backward.html")
    store = ArrayStore()
    page = backward_page(record, network, image, report, store, name=name, shown=shown)
    write_report(path, page, store)


def backward_page(
    record: Backward,
    network: Network,
    image: Tensor,
    report: LintReport,
    store: ArrayStore,
    *,
    name: str,
    shown: str,
) -> Page:
    """Return the page as data."""
    goal = target_words(record, network)
    sections = [_layers(record, report, store, goal, shown), _image(record, network, image, store, goal, shown)]
    return page_of(
        title=f"{name}, backward",
        run_line=f"Backward pass of {name} on {shown} · {today()} · {record.mode} mode",
        verdict=_verdict(record, goal),
        prose=" ".join(record.notes),
        facts=_facts(record, goal),
        findings=[finding_row(finding) for finding in by_severity(report.findings)],
        findings_sentence=findings_sentence(report.findings, len(report.silent)),
        silent=report.silent,
        sections=[*sections, _made(record, name, shown, goal)],
    )


def target_words(record: Backward, network: Network) -> str:
    """Return what the gradient is of: "class 5", "unit 3 of conv2 at 4, 4"."""
    target, first = record.target, record.rows[0]
    unit = int(target.unit or 0)
    names = network.output.names
    if target.at is None and len(first.shape) == 2 and first.shape[1] == len(names):
        noun = {"classes": "class", "labels": "label", "values": "value"}[network.output.kind]
        return f"{noun} {names[unit]}"
    place = f" at {', '.join(map(str, target.at))}" if target.at else ""
    return f"unit {unit} of {target.layer}{place}"


def _learned(record: Backward) -> list[GradientRow]:
    return [row for row in record.rows if row.kind in LEARNED and row.reached]


def _verdict(record: Backward, goal: str) -> str:
    rows = _learned(record)
    ends = (rows[0], rows[-1]) if len(rows) > 1 else (record.rows[0], record.rows[-1])
    change = ends[1].norm / ends[0].norm if ends[0].norm else 0.0
    if change == 0:
        return f"The gradient of {goal} does not reach {ends[1].name}: it is exactly zero there."
    how = f"shrinks to {measure(change)} of what it was" if change < 1 else f"grows {measure(change)} times"
    return f"On its way from {ends[0].name} back to {ends[1].name} the gradient of {goal} {how}."


def _facts(record: Backward, goal: str) -> list[Fact]:
    rows = _learned(record) or list(record.rows)
    checked = sum(row.difference is not None for row in record.rows)
    return [
        Fact(label="Score", value=measure(record.score), note=goal),
        Fact(label=f"Norm at {rows[0].name}", value=measure(rows[0].norm), note="the last learned layer"),
        Fact(label=f"Norm at {rows[-1].name}", value=measure(rows[-1].norm), note="the first learned layer"),
        Fact(label="Zeros at the input", value=percent(record.rows[-1].zeros, 0), note="of its values"),
        Fact(
            label="Laws against autograd",
            value=small(record.difference) if record.difference is not None else "not checked",
            note=f"largest difference of {count(checked)}, as a share",
        ),
    ]


def _layers(record: Backward, report: LintReport, store: ArrayStore, goal: str, shown: str) -> Section:
    worst = by_severity(report.findings)
    rows = [row for row in record.rows if row.reached]
    high, low = max(rows, key=lambda row: row.norm), min(rows, key=lambda row: row.norm)
    return Section(
        id="backward",
        term="Backward pass",
        judgement=worst[0].severity if worst else "ok",
        sentence=worst[0].message
        if worst
        else f"The gradient is largest at {high.name}, norm {measure(high.norm)}, and smallest at {low.name}, "
        f"{measure(low.norm)}.",
        figures=[gradient_figure(record, store)],
        caption=Caption(
            shown="A row is an operation, in the order the gradient travels: last to first. At the left its strongest "
            "channels, each row on a signed scale of its own, whose end stands beside it; then the gradient's norm on one "
            "ruler of powers of ten for all rows. A row opens to its law: for the unit with the largest gradient, where "
            "that came from, product by product, and how it is handed on.",
            should_see="Dots that stay within some two powers of ten, and colour in every row.",
            wrong_if="the dots move steadily to the left (vanishing: by more than four powers of ten from the last learned "
            "layer to the first), or to the right (exploding: more than three), or a row is all paper: no gradient, a dead "
            "layer.",
            source=f"Gradient of the score of {goal} (before softmax) for {shown}, by autograd, one operation at a time; "
            f"{record.mode} mode. Laws by our own arithmetic in double precision. Strips: the 8 channels with the largest "
            "norm, at most 28 pixels a side, of each cell the strongest value.",
        ),
    )


def _image(record: Backward, network: Network, image: Tensor, store: ArrayStore, goal: str, shown: str) -> Section:
    row = record.rows[-1]
    figure, outcome = _input_figure(record, network, image, store)
    return Section(
        id="input",
        term="At the input",
        judgement=None,
        sentence=f"{percent(1 - row.zeros, 0)} of the input's values would move the score of {goal}.",
        figures=[figure],
        caption=Caption(
            shown=f"The input as the network receives it, and the gradient that arrives at it. {outcome}",
            should_see="Colour where the object is.",
            wrong_if="it is blank, or spread like grain over the background.",
            source=f"{shown}, {times(row.shape[1:])}; mean over channels, signed scale; score per unit of the prepared input.",
        ),
    )


def _input_figure(record: Backward, network: Network, image: Tensor, store: ArrayStore) -> tuple[Figure, str]:
    row = record.rows[-1]
    found = row.gradient if row.gradient is not None else np.zeros(row.shape, np.float32)
    is_picture = image.ndim == _PICTURE_AXES + 1 and image.shape[1] in {1, 3}
    values = found[0].mean(axis=0) if found.ndim > 2 else found[0]
    maps = strongest(plane(values)[None], LARGE)
    largest = float(np.abs(maps).max()) or 1.0
    scale = Scale(kind="diverging", low=-largest, high=largest, unit="gradient, score per unit of input")
    outcome = f"Its norm is {measure(row.norm)}."
    if not is_picture:
        tiles = [Tile(index=0, label="gradient at the input")]
        return Tiles(array=store.maps("input-gradient", maps), scale=scale, tiles=tiles, side=400), outcome
    picture = (unprepare(image[0], network.preprocessing) * 255).round().to(torch.uint8).movedim(0, -1).cpu().numpy()
    stored = shrunk(picture[..., 0] if picture.shape[-1] == 1 else picture, LARGE)[None]
    grey = Scale(kind="grey", low=0, high=1, unit="stored value")
    colour = Scale(kind="colour", low=0, high=1, unit="its own colours")
    case = Case(title="Input", note="", input=0, maps=[CaseMap(index=0, label="gradient", large=True, strong=True)])
    figure = Cases(
        images=store.images("input-image", stored),
        image_scale=grey if stored.ndim == 3 else colour,
        maps=store.maps("input-gradient", maps),
        map_scale=scale,
        cases=[case],
        side=168,
        table=_input_table(row),
    )
    return figure, outcome


def _input_table(row: GradientRow) -> Table:
    rows: list[list[Cell]] = [
        ["Norm", measure(row.norm)],
        ["RMS", measure(row.rms)],
        ["Largest", measure(row.largest)],
        ["Zeros", percent(row.zeros)],
    ]
    return Table(
        columns=[Column(label="Number", align="left"), Column(label="Value")], rows=rows, caption="At the input"
    )


def _made(record: Backward, name: str, shown: str, goal: str) -> Section:
    unstated = [row.name for row in record.rows if row.reached and not row.law and row.kind != "input"]
    said = {
        "Network": name,
        "Input": f"{shown}, {times(record.rows[-1].shape[1:])}",
        "Target": f"{goal}, score {measure(record.score)}",
        "Mode": record.mode,
        "No gradient arrives at": ", ".join(row.name for row in record.rows if not row.reached) or "none",
        "No law stated for": ", ".join(unstated) or "none",
    } | environment()
    return making_section(
        said.items(),
        Caption(
            shown="One input, one score, one backward pass.",
            should_see="The network, the input and the mode you meant.",
            wrong_if="operations are listed without a law: their gradients are autograd's alone.",
            source="Made with `striate backward`.",
        ),
        sentence="What the numbers hold for.",
    )
