"""First-layer filters, learned beside random."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from striate.graph import times
from striate.numbers import count, measure, plural
from striate.page.wire import Caption, Column, Figure, Scale, Section, Table, Tile, Tiles
from striate.records import Filters
from striate.report.subject import Subject

_MOST = 64


def section(subject: Subject) -> Section | None:
    """Return the section if the network begins with a convolution."""
    found = subject.evidence.filters
    if found is None:
        return None
    order = _order(found)
    low, high = found.random_band
    smooth = int((found.detail < low).sum())
    largest = float(max(np.abs(found.weights).max(), np.abs(found.start).max()))
    closest = ""
    if found.closest is not None:
        first, second, cosine = found.closest
        closest = f" The closest pair is {first} and {second}, cosine {measure(cosine)}."
    return Section(
        id="filters",
        term=f"First-layer filters, {found.layer}",
        judgement=subject.judgement("filters"),
        sentence=subject.sentence(
            "filters",
            f"{count(smooth)} of the {plural(len(found.detail), 'filter')} {'is' if smooth == 1 else 'are'} smoother than random "
            "weights.",
        ),
        figures=_figures(subject, found, order, largest),
        caption=Caption(
            shown="Beneath each filter its number and the share of its power at wavelengths under 4 pixels. "
            f"90 % of {count(found.random_count)} random filters lie between {measure(low)} and {measure(high)}.",
            should_see="Edges, bars and blobs: smooth, clean, and different from each other.",
            wrong_if="filters look like salt and pepper (too few steps, too little data or too little weight decay), or "
            f"several are copies.{closest}",
            source=f"{found.layer}.weight, {times(found.weights.shape)}; random: He, seed 0. One scale for all."
            + (" Of volumes the slices along the depth, mean over channels." if found.weights.ndim == 5 else "")
            + (
                ""
                if len(order) == len(found.detail)
                else f" {len(order)} of {len(found.detail)}: smoothest and roughest."
            ),
        ),
    )


def _slices(volumes: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return volumes (n, d, h, w) as their slices along the depth, side by side with a column of 0 between."""
    parted = np.pad(volumes, ((0, 0), (0, 0), (0, 0), (0, 1)))
    return np.concatenate(list(np.moveaxis(parted, 1, 0)), axis=2)[:, :, :-1]


def _order(found: Filters) -> list[int]:
    number = len(found.detail)
    if number <= _MOST:
        return list(range(number))
    by_detail = np.argsort(found.detail, kind="stable")
    return [int(i) for i in (*by_detail[: _MOST // 2], *by_detail[-_MOST // 2 :])]


def _figures(subject: Subject, found: Filters, order: list[int], largest: float) -> list[Figure]:
    is_colour = found.weights.shape[1] == 3 and found.weights.ndim == 4
    scale = (
        Scale(
            kind="colour",
            low=-largest,
            high=largest,
            unit=f"weight about mid-grey, ±{measure(largest)}",
        )
        if is_colour
        else Scale(kind="diverging", low=-largest, high=largest, unit="weight, no unit")
    )
    table = Table(
        columns=[
            Column(label="Filter"),
            Column(label="Fine detail", decimals=3),
            Column(label="Norm", decimals=3),
        ],
        rows=[
            [int(i), float(found.detail[i]), float(np.linalg.norm(found.weights[i]))] for i in range(len(found.detail))
        ],
        caption="Fine detail and norm of every filter",
    )
    figures: list[Figure] = []
    for name, values, title, side in (
        ("filters", found.weights[order], "Learned", 72),
        ("filters-random", found.start[: min(16, len(found.start))], "Random", 32),
    ):
        is_learned = name == "filters"
        figures.append(
            Tiles(
                title=title,
                note="number and share of fine detail" if is_learned else "drawn as they were at the start",
                array=_kept(subject, name, values, largest, is_colour=is_colour),
                scale=scale,
                show_scale=not is_learned,
                tiles=[
                    Tile(
                        index=place,
                        label=str(order[place]) if is_learned else "",
                        value=measure(float(found.detail[order[place]]), 2) if is_learned else "",
                    )
                    for place in range(len(values))
                ],
                side=side,
                table=table if is_learned else None,
            )
        )
    return figures


def _kept(subject: Subject, name: str, values: NDArray[np.floating], largest: float, *, is_colour: bool) -> str:
    if values.ndim == 5:
        return subject.store.maps(name, _slices(values.mean(axis=1)))
    if is_colour:
        shown = np.moveaxis(values, 1, -1) / (2 * largest) + 0.5
        return subject.store.images(name, np.rint(shown * 255).astype(np.uint8))
    return subject.store.maps(name, values.mean(axis=1))
