"""The table of the zoos that is shipped: written once by tools/zoo_table.py, read at no cost."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from importlib.resources import files

from striate.errors import InputError
from striate.records.zoo import ZooRow

COLUMNS = ("reference", "input", "params", "macs", "field_px", "is_global", "note")


def zoo_table() -> tuple[str, tuple[ZooRow, ...]]:
    """Return the versions the shipped table was made with, and its rows.

    When it misleads:
        Networks that a later version of a zoo adds are not in it; `measured` makes their row. Of a transformer the last map is
        that of its patches: its field is small, and attention sees everything all the same.

    Example:
        >>> versions, rows = zoo_table()
        >>> [row.params for row in rows if row.reference == "torchvision:resnet18"]
        [11689512]
    """
    return from_csv((files("striate.nets.zoo") / "table.csv").read_text(encoding="utf-8"))


def within_budget(
    rows: Iterable[ZooRow],
    *,
    macs: int | None = None,
    params: int | None = None,
    field_px: int | None = None,
    text: str = "",
) -> tuple[ZooRow, ...]:
    """Return the rows inside a budget, cheapest first.

    Args:
        rows: Of the table.
        macs: Most multiply-accumulates; a row that does not know its own is left out.
        params: Most parameters.
        field_px: The field has to be at least this; a map with paths that see the whole input passes.
        text: Part of the reference.

    Raises:
        InputError: A budget below 1.

    Example:
        >>> small = ZooRow(reference="timm:a", input=(3, 8, 8), params=10, macs=100, field_px=7)
        >>> large = ZooRow(reference="timm:b", input=(3, 8, 8), params=10, macs=900, field_px=7)
        >>> [row.reference for row in within_budget([large, small], macs=500, field_px=5)]
        ['timm:a']
    """
    for name, limit in (("macs", macs), ("params", params), ("field_px", field_px)):
        if limit is not None and limit < 1:
            raise InputError("a budget must be at least 1", got=limit, where=name)
    kept = [
        row
        for row in rows
        if text.lower() in row.reference.lower()
        and _within(row.macs, macs)
        and _within(row.params, params)
        and (field_px is None or row.is_global or (row.field_px is not None and row.field_px >= field_px))
    ]
    return tuple(sorted(kept, key=lambda row: (row.macs is None, row.macs or 0, row.reference)))


def to_csv(versions: str, rows: Iterable[ZooRow]) -> str:
    """Return the table's text: a first line with the versions, then one line a network."""
    out = io.StringIO()
    out.write(f"# {versions}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        shape = "x".join(map(str, row.input))
        figures = ["" if value is None else value for value in (row.params, row.macs, row.field_px)]
        writer.writerow([row.reference, shape, *figures, int(row.is_global), row.note])
    return out.getvalue()


def from_csv(text: str) -> tuple[str, tuple[ZooRow, ...]]:
    """Return versions and rows of a table's text."""
    first, _, rest = text.partition("\n")
    rows = tuple(
        ZooRow(
            reference=line["reference"],
            input=tuple(int(side) for side in line["input"].split("x")) if line["input"] else (),
            params=_number(line["params"]),
            macs=_number(line["macs"]),
            field_px=_number(line["field_px"]),
            is_global=line["is_global"] == "1",
            note=line["note"],
        )
        for line in csv.DictReader(io.StringIO(rest))
    )
    return first.removeprefix("# "), rows


def _within(value: int | None, limit: int | None) -> bool:
    return limit is None or (value is not None and value <= limit)


def _number(text: str) -> int | None:
    return int(text) if text else None
