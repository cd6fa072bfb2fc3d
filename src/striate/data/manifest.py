"""A table with one row per sample, as a data set."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

from striate.data.dataset import Dataset
from striate.data.folder import class_order
from striate.data.read_as import ReadAs
from striate.data.reading import Entry, no_samples, read_entries
from striate.data.sample import SetAside, Target, one_line
from striate.data.table import Row, Table, is_used, read_table
from striate.errors import DataError, Quoted
from striate.events import Events
from striate.records import Output

FLOAT32_MAX = 3.4028234663852886e38

Answer = str | tuple[str, ...] | tuple[float, ...]


class _RowError(Exception):
    """A row that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class _Used:
    """A row that can be used, as long as its file can."""

    path: Path
    place: str
    group: str | None
    answer: Answer
    split: str


def load_manifest(manifest: Path, *, reference: str, events: Events, read_as: ReadAs) -> Dataset:
    """Return the data set of a CSV or Parquet manifest; see `load_data` for its columns.

    A relative path must stay in the manifest's folder: one that climbs out of it is most often a
    manifest that was moved, and may be a foreign one that reaches for other files. What really lies
    elsewhere is written absolute.

    Raises:
        DataError: Not a table; columns missing; not one row that can be used; a class without a
            readable sample.
    """
    table = read_table(manifest)
    unused = [name for name in table.columns if not is_used(name) or name == "split"]
    if unused:
        also = "; Striate makes the parts itself" if "split" in unused else ""
        events.log(f"columns not used: {', '.join(map(one_line, unused))}{also}")
    where = one_line(reference)
    entries, output, aside = manifest_entries(table, manifest.parent, _answer_columns(table, where), where)
    if output is None or not output.names:
        raise DataError("a manifest must name at least one label", got=Quoted("none"), where=where)
    return read_entries(
        entries,
        name=manifest.stem,
        reference=reference,
        output=output,
        set_aside=aside,
        events=events,
        read_as=read_as,
    )


def list_manifest(manifest: Path, where: str) -> tuple[list[Entry], Output | None, list[SetAside]]:
    """Return the rows of a manifest whose files nobody has opened; targets and output None if it has no column of answers.

    Raises:
        DataError: Not a table; no column `path`; several of answers; not one row that can be used.
    """
    table = read_table(manifest)
    answers = _answer_columns(table, where) if any(map(_is_answer, table.columns)) else ()
    if not answers:
        _check_path(table, where)
    return manifest_entries(table, manifest.parent, answers, where)


def manifest_entries(
    table: Table, folder: Path, answers: tuple[str, ...], where: str
) -> tuple[list[Entry], Output | None, list[SetAside]]:
    """Return the rows that can be used as long as their files can, what they answer, and the others; see `load_manifest`.

    Raises:
        DataError: Not one row that can be used.
    """
    used: list[_Used] = []
    aside: list[SetAside] = []
    for row in table.rows:
        try:
            used.append(_use(row, folder, answers))
        except _RowError as error:
            path = row.cells.get("path")
            place = f"{row.place}: {path}" if path else row.place
            aside.append(SetAside(place=place, reason=str(error)))
    if not used:
        raise no_samples(where, aside)
    output = _output(used, answers) if answers else None
    index = {name: position for position, name in enumerate(output.names)} if output else {}
    return (
        [
            Entry(
                path=row.path,
                place=row.place,
                target=None if output is None else _target(row.answer, output, index),
                group=row.group,
                split=row.split,
            )
            for row in used
        ],
        output,
        aside,
    )


def _is_answer(column: str) -> bool:
    return column in {"label", "labels", "value"} or column.startswith("value:")


def _check_path(table: Table, where: str) -> None:
    if "path" not in table.columns:
        have = Quoted(", ".join(map(repr, table.columns)) or "no columns")
        hint = "Name it in the first line; columns are separated by commas."
        raise DataError("a manifest must have a column 'path'", got=have, where=where, hint=hint)


def _answer_columns(table: Table, where: str) -> tuple[str, ...]:
    """Return the column or columns that hold the targets."""
    _check_path(table, where)
    have = Quoted(", ".join(map(repr, table.columns)) or "no columns")
    values = tuple(name for name in table.columns if name.startswith("value:"))
    found: list[tuple[str, ...]] = [(name,) for name in ("label", "labels", "value") if name in table.columns]
    found += [values] if values else []
    if len(found) != 1:
        raise DataError(
            "a manifest must have exactly one of 'label', 'labels', 'value' and 'value:<name>' …",
            got=have,
            where=where,
        )
    return found[0]


def _use(row: Row, folder: Path, answers: tuple[str, ...]) -> _Used:
    if row.fault:
        raise _RowError(row.fault)
    written = row.cells["path"]
    if not isinstance(written, str) or not written:
        raise _RowError("no path")
    inside = os.path.normpath(written)
    if not os.path.isabs(inside) and Path(inside).parts[0] == "..":  # noqa: PTH117 - text
        raise _RowError("leads out of the manifest's folder; write an absolute path")
    group = _word(row.cells.get("group"))
    split = _word(row.cells.get("split")) or ""
    return _Used(folder / inside, written, group, _answer(row, answers) if answers else (), split)


def _answer(row: Row, answers: tuple[str, ...]) -> Answer:
    first = answers[0]
    if first == "label":
        word = _word(row.cells[first])
        if word is None:
            raise _RowError("no label")
        return word
    if first == "labels":
        return _words(row.cells[first])
    return tuple(_number(name, row.cells[name]) for name in answers)


def _word(cell: object) -> str | None:
    """Return a cell as a name: 3, 3.0 and "3" are the same; None where nothing stands."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip() or None


def _words(cell: object) -> tuple[str, ...]:
    """Return the labels in a cell, each once; an empty text or list means that none holds."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        raise _RowError("no labels")
    parts = cell if isinstance(cell, list) else re.split(r"[;|]", str(cell))
    return tuple(sorted({word for part in parts if (word := _word(part)) is not None}))


def _number(name: str, cell: object) -> float:
    try:
        number = float(cell) if isinstance(cell, str | int | float) else float(str(cell))
    except (ValueError, OverflowError):
        number = math.nan
    if not abs(number) <= FLOAT32_MAX:
        raise _RowError(f"{name} must be a finite number; got {cell!r}")
    return number


def _output(used: list[_Used], answers: tuple[str, ...]) -> Output:
    if answers == ("label",):
        return Output(kind="classes", names=tuple(class_order(list({str(row.answer) for row in used}))))
    if answers == ("labels",):
        names = class_order(list({str(word) for row in used if isinstance(row.answer, tuple) for word in row.answer}))
        return Output(kind="labels", names=tuple(names))
    return Output(kind="values", names=tuple(name.removeprefix("value:") for name in answers))


def _target(answer: Answer, output: Output, index: dict[str, int]) -> Target:
    if isinstance(answer, str):
        return index[answer]
    if output.kind == "labels":
        return tuple(int(name in answer) for name in output.names)
    return tuple(float(number) for number in answer)
