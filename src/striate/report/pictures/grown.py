"""Grown images as a sheet on disk: each with its name, what it reached, and its twins beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from striate.numbers import count, measure, probability
from striate.records import Array, ClassImages, UnitImage
from striate.report.pictures.inputs import to_picture
from striate.report.pictures.sheets import (
    GAP_PX,
    HEAD_PX,
    INK,
    NOTE,
    draw_scale,
    fitted,
    frame,
    image_of,
    png,
    sheet_of,
    write,
)

# Rows on one sheet; arrays keep the rest.
MOST_ROWS = 24
_SIDE_PX, _TEXT_PX, _FOOT_PX = 160, 330, 40
_GREY = ("000000", "ffffff")
_HEADS = ("with prior", "without", "weights drawn anew")
SEE = "You should see parts of objects in the first column: strokes, edges, shapes, textures that return."
WRONG = "Something is wrong if it is as grainy as the second, or no different from the third, which no data has shaped."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    name: str
    lines: tuple[str, ...]
    pictures: tuple[Array | None, ...]


def class_sheet(found: ClassImages, *, source: str) -> bytes:
    """Return a PNG of class images: with prior, without, and for weights drawn anew, each with what it reached."""
    return _sheet("class images", [_class_row(found, place) for place in range(len(found.names))], source, found)


def unit_sheet(found: Sequence[UnitImage], *, source: str) -> bytes:
    """Return a PNG of unit images: with prior, without, and for weights drawn anew, each with what it reached."""
    return _sheet("unit images", [_unit_row(one) for one in found], source, found[0])


def class_lines(found: ClassImages, place: int) -> tuple[str, ...]:
    """Return in words what one class image reached."""
    lines = []
    if found.score is not None:
        beside = found.natural_score[place] if found.natural_score else None
        natural = "" if beside is None else f", real images {measure(beside)}"
        lines.append(f"score {measure(float(found.score[place]))}{natural}")
    reached = float(found.probability[place])
    if found.rank:
        lines.append(f"rank {found.rank[place]}, probability {probability(reached)}")
        if found.rounds and found.rounds[place]:
            taken = found.steps * (1 + found.rounds[place])
            eased = f", prior at 1/{found.pull[place]:.0f}" if found.pull[place] > 1 else ""
            lines.append(f"{count(taken)} steps, the last {count(taken - found.steps)} without views{eased}")
    else:
        lines.append(f"value {measure(reached)}")
    if found.judge_rank:
        lines.append(
            f"another network: rank {found.judge_rank[place]}, probability {probability(found.judge_probability[place])}"
        )
    lines.append(f"fine detail {float(found.detail[place]):.3f}{_beside(found, place)}")
    return tuple(lines)


def unit_lines(found: UnitImage) -> tuple[str, ...]:
    """Return in words what one unit image reached."""
    natural = ""
    if found.natural_mean is not None and found.natural_most is not None:
        natural = f", real images {measure(found.natural_mean)}, at most {measure(found.natural_most)}"
    twin = "" if found.twin_detail is None else f", weights drawn anew {found.twin_detail:.3f}"
    rank = "" if found.rank is None else f"rank {found.rank} of {found.channels} channels"
    size = f"{found.image.shape[1]} × {found.image.shape[2]} px"
    part = f"{size}, its receptive field" if found.is_part else size
    lines = (f"score {measure(found.score)}{natural}", rank, f"fine detail {found.detail:.3f}{twin}", part)
    return tuple(line for line in lines if line)


def _beside(found: ClassImages, place: int) -> str:
    if found.twin_detail is None or place >= len(found.twin_detail):
        return ""
    return f", weights drawn anew {float(found.twin_detail[place]):.3f}"


def _class_row(found: ClassImages, place: int) -> _Row:
    twin = found.twin[place] if found.twin is not None and place < len(found.twin) else None
    pictures = (found.images[place], found.plain[place], twin)
    return _Row(name=found.names[place], lines=class_lines(found, place), pictures=pictures)


def _unit_row(found: UnitImage) -> _Row:
    return _Row(name=found.name, lines=unit_lines(found), pictures=(found.image, found.plain, found.twin))


def _sheet(title: str, rows: Sequence[_Row], source: str, found: ClassImages | UnitImage) -> bytes:
    shown = rows[:MOST_ROWS]
    step = _SIDE_PX + GAP_PX
    width = 3 * step + _TEXT_PX
    height = 24 + len(shown) * step
    more = f"; {len(rows) - len(shown)} more are in arrays" if len(rows) > len(shown) else ""
    note = f"{found.steps} steps, seed {found.seed}, on the stored scale{more}"
    made = sheet_of(width, height + _FOOT_PX, title, note)
    sheet, pen = made
    for column, head in enumerate(_HEADS):
        write(pen, (GAP_PX + column * step, HEAD_PX), head, 13, NOTE)
    for number, row in enumerate(shown):
        top = HEAD_PX + 24 + number * step
        for column, values in enumerate(row.pictures):
            if values is not None:
                picture = fitted(image_of(to_picture(values)), _SIDE_PX)
                at = (GAP_PX + column * step, top)
                sheet.paste(picture, at)
                frame(pen, at, picture.size)
        write(pen, (GAP_PX + 3 * step, top), row.name[:36], 15, INK)
        for line, text in enumerate(row.lines):
            write(pen, (GAP_PX + 3 * step, top + 26 + 19 * line), text[:60], 12, NOTE)
    foot = HEAD_PX + height
    ends = ("0 (black)", "1 (white)")
    draw_scale(made, (GAP_PX, foot), 3 * step - GAP_PX, ends, _GREY)
    for line, sentence in enumerate((SEE, WRONG)):
        write(pen, (GAP_PX, foot + 34 + 18 * line), sentence, 12, INK)
    write(pen, (GAP_PX, foot + 74), source[:110], 12, NOTE)
    return png(sheet)
