"""A square is moved over the image; the change of every class's probability is written where it stood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from striate.numbers import count, measure, probability_short
from striate.page.wire import Caption, Case, CaseMap, Cases, Cell, Column, Scale, Section, Table
from striate.records import Occlusion
from striate.report.pictures.shrinking import LARGE, strongest
from striate.report.sections.cases import chosen_of, outlines, titles
from striate.report.subject import Subject

_ALL_CLASSES = 10


def section(subject: Subject) -> Section | None:
    """Return the section if images were covered."""
    found = subject.evidence.occlusions
    if not found:
        return None
    is_values = subject.is_values
    census = subject.evidence.occlusion_census
    largest = max(float(np.abs(row.grid - row.clean).max()) for row in found)
    otherwise = f"Covering a part of these images changes an output by at most {measure(largest)}."
    if census is not None:
        otherwise = (
            f"Covering the background changed {count(census.off_changed)} of {count(census.off_squares)} answers, covering "
            f"the object {count(census.on_changed)} of {count(census.on_squares)}."
        )
    first = found[0]
    rows, columns = first.grid.shape[:2]
    counts = ""
    if census is not None:
        counts = (
            f" The counts: {count(census.images)} images answered right, every {_nth(census.stride_px)} pixel; off the "
            "object means that none of it is under the square."
        )
    return Section(
        id="occlusion",
        term="Occlusion",
        judgement=subject.judgement("occlusion"),
        sentence=subject.sentence("occlusion", otherwise),
        figures=[_figure(subject, found, is_values=is_values)],
        caption=Caption(
            shown=f"A {first.window_px[0]}×{first.window_px[1]} square of {_fill(subject)} is moved over the image. The change "
            f"of {'the value' if is_values else 'a class’s probability'} is written where its centre stood"
            + (", the uncovered probability beneath." if not is_values else ".")
            + (" The outline is the object." if first.foreground is not None else ""),
            should_see="Colour on the object alone: what the value rests on."
            if is_values
            else "Blue, a fall, on the parts that make the class, nothing elsewhere. In the other classes orange shows what "
            "the image would turn into.",
            wrong_if="a corner, a border or a caption matters: then the network has memorised, not learned.",
            source=f"{count(rows * columns)} positions × {plural_outputs(subject)}, one scale for all maps; within half a square "
            "of the border nothing was measured."
            + counts
            + " Images by rule: "
            + ("closest, typical, farthest." if is_values else "right surely, right barely, wrong surely."),
        ),
    )


def _fill(subject: Subject) -> str:
    return "background" if subject.is_grey else "the data's mean colour"


def plural_outputs(subject: Subject) -> str:
    """Return how many outputs there are, in words."""
    number = subject.network.output.count
    return f"{number} {subject.network.output.kind}" if number != 1 else "1 value"


def _figure(subject: Subject, found: tuple[Occlusion, ...], *, is_values: bool) -> Cases:
    maps: list[NDArray[np.float32]] = []
    cases = []
    for place, row in enumerate(found):
        title, note = titles(subject, row.sample)
        shown = _shown(subject, row)
        case_maps = []
        for number, unit in enumerate(shown):
            is_main = number == 0
            label = subject.name_of(unit)
            case_maps.append(
                CaseMap(
                    index=len(maps),
                    label=f"{'' if is_values else 'class '}{label}, the answer" if is_main else label,
                    value="" if is_main else _value(row, unit, is_values=is_values),
                    large=is_main,
                    strong=unit == shown[0],
                )
            )
            maps.append(strongest(at_centres(row, unit, subject.network.input_shape[1:])[None], LARGE)[0])
        cases.append(
            Case(
                title=title,
                note=note,
                input=place,
                outline=place if row.foreground is not None else None,
                maps=case_maps,
            )
        )
    largest = 1.0 if not is_values else float(max(np.abs(values).max() for values in maps)) or 1.0
    stored = np.stack(maps)
    return Cases(
        images=subject.store.images("occlusion-inputs", subject.pictures([row.sample for row in found], LARGE)),
        image_scale=subject.input_scale,
        maps=subject.store.maps("occlusion-maps", stored),
        map_scale=Scale(
            kind="diverging",
            low=-largest,
            high=largest,
            unit="change of the value"
            if is_values
            else "change of the probability; beneath each class, its probability uncovered",
        ),
        outlines=outlines(subject, "occlusion-outlines", [row.foreground for row in found]),
        cases=cases,
        side=140,
        table=_table(subject, found),
    )


def at_centres(row: Occlusion, unit: int, size: Sequence[int]) -> NDArray[np.float32]:
    """Return (h, w): the change of one output written where the square's centre stood; zero where it never stood.

    With a stride of several pixels each change fills the pixels nearest to its centre.
    """
    change = row.grid[:, :, unit] - row.clean[unit]
    out = np.zeros(tuple(size), dtype=np.float32)
    places, inside = [], []
    for length, window, stride, count_ in zip(size, row.window_px, row.stride_px, change.shape, strict=True):
        step = np.rint((np.arange(length) - window // 2) / stride).astype(int)
        places.append(np.clip(step, 0, count_ - 1))
        inside.append((step >= 0) & (step < count_))
    filled = change[np.ix_(*places)]
    mask = np.ix_(*inside)
    out[mask] = filled[mask]
    return out


def _shown(subject: Subject, row: Occlusion) -> list[int]:
    """Return the answer, then all outputs where they are few, else the true class and the 8 that change most."""
    number = len(row.clean)
    if subject.is_values:
        # Several values have no answer among them: the first is drawn large, the others beside it.
        return list(range(min(number, _ALL_CLASSES)))
    answer = int(np.argmax(row.clean))
    if number <= _ALL_CLASSES:
        return [answer, *range(number)]
    change = np.array([np.abs(row.maps[unit]).max() for unit in range(number)])
    chosen = chosen_of(subject, row.sample)
    first = [answer] + ([chosen.truth] if chosen is not None and chosen.truth not in {answer, -1} else [])
    rest = [int(unit) for unit in np.argsort(-change, kind="stable") if int(unit) not in first]
    return [*first, *rest[:8]]


def _value(row: Occlusion, unit: int, *, is_values: bool) -> str:
    clean = float(row.clean[unit])
    return measure(clean) if is_values else probability_short(clean)


def _table(subject: Subject, found: tuple[Occlusion, ...]) -> Table:
    rows: list[list[Cell]] = []
    for row in found:
        for unit in range(len(row.clean)):
            change = row.grid[:, :, unit] - row.clean[unit]
            y, x = np.unravel_index(int(np.abs(change).argmax()), change.shape)
            rows.append(
                [
                    row.sample,
                    subject.name_of(unit),
                    float(row.clean[unit]),
                    float(change.min()),
                    float(change.max()),
                    int(y) * row.stride_px[0],
                    int(x) * row.stride_px[1],
                ]
            )
    return Table(
        columns=[
            Column(label="Image"),
            Column(label="Output", align="left"),
            Column(label="Uncovered", decimals=4),
            Column(label="Largest fall", decimals=4),
            Column(label="Largest rise", decimals=4),
            Column(label="Top of the strongest square", unit="px"),
            Column(label="Its left", unit="px"),
        ],
        rows=rows,
        caption="What covering changes, per image and output",
    )


def _nth(stride: tuple[int, ...]) -> str:
    words = {1: "single", 2: "second", 3: "third", 4: "fourth"}
    return words.get(stride[0], f"{stride[0]}th")
