"""The rows of a manifest, CSV or Parquet, before anybody judges them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from striate.data.decoding import MAX_BYTES
from striate.data.sample import one_line
from striate.errors import DataError, Quoted

SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        place: "line 7" of a CSV file, counted from 1 as editors do; "row 7" of a Parquet file,
            counted from 1.
        cells: Values by column; None where nothing stands.
        fault: Why the row cannot be used, in words; empty if it can.
    """

    place: str
    cells: dict[str, object]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Column names and rows."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(path: Path) -> Table:
    """Return the table in a CSV or Parquet file.

    Raises:
        DataError: The file cannot be read, is not UTF-8, not a table, too large, or names a column
            twice.
    """
    where = one_line(str(path))
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"a manifest must be at most {MAX_BYTES // 2**20} MiB", where=where)
        table = _parquet(path, where) if path.suffix.lower() == ".parquet" else _csv(path.read_bytes(), where)
    except OSError as error:
        raise DataError(
            "the manifest must be readable", got=Quoted(error.strerror or str(error)), where=where
        ) from None
    for name in table.columns:
        if table.columns.count(name) > 1:
            raise DataError("a manifest must name each column once", got=name, where=where)
    return table


def _csv(data: bytes, where: str) -> Table:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            "a CSV manifest must be UTF-8",
            got=Quoted(f"byte 0x{data[error.start]:02x} in line {line}"),
            where=where,
            hint="Save it again as UTF-8.",
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: tuple[str, ...] = ()
    rows: list[Row] = []
    try:
        begin = 1
        for cells in reader:
            place, begin = f"line {begin}", reader.line_num + 1
            if not cells:
                continue
            if not columns:
                columns = tuple(name.strip() for name in cells)
                continue
            fault = ""
            if len(cells) != len(columns):
                fault = f"{len(cells)} fields where the header has {len(columns)}"
            rows.append(
                Row(
                    place,
                    {name: cell.strip() for name, cell in zip(columns, cells, strict=False)},
                    fault,
                )
            )
    except csv.Error as error:
        raise DataError(
            "a manifest must be well-formed CSV",
            got=Quoted(str(error)),
            where=f"{where}, line {reader.line_num}",
        ) from None
    return Table(columns, tuple(rows))


def _parquet(path: Path, where: str) -> Table:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            columns = tuple(str(name) for name in file.schema_arrow.names)
            wanted = [name for name in columns if is_used(name)]
            records = file.read(columns=wanted).to_pylist()
    except (pa.ArrowException, UnicodeDecodeError) as error:
        words = one_line(str(error))[:120]
        raise DataError("a .parquet manifest must be a Parquet file", got=Quoted(words), where=where) from None
    return Table(columns, tuple(Row(f"row {number}", cells) for number, cells in enumerate(records, start=1)))


def is_used(column: str) -> bool:
    """Return whether a manifest's column means anything to us."""
    known = {"path", "label", "labels", "value", "group", "split", "mask", "box"}
    return column in known or column.startswith("value:")
