"""A study as plain values, for `--json` and for pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from math import isnan
from typing import Any

from striate import schema
from striate.study.cells import Cell
from striate.study.plan import Study
from striate.study.reading import CellReading, StudyReading
from striate.study.statistics import Difference
from striate.study.verdict import verdict

SCHEMA_VERSION = 1


def cells_document(study: Study, cells: Sequence[Cell]) -> dict[str, Any]:
    """Return the cells of a study on paper."""
    return {
        "schema": schema.stamp("study-cells", SCHEMA_VERSION),
        "study": study.document(),
        "cells": [_cell(cell) for cell in cells],
    }


def study_document(reading: StudyReading) -> dict[str, Any]:
    """Return a study with all that was read from it; nothing in it depends on when or where it was run."""
    said = verdict(reading)
    return {
        "schema": schema.stamp("study-results", SCHEMA_VERSION),
        "study": reading.results.study.document(),
        "cells": [_read(cell) for cell in reading.cells],
        "effects": [
            {
                "factor": one.factor,
                "level": one.level,
                "than": one.than,
                "combinations": one.combinations,
                "corrected_p": _number(one.corrected),
                "rests_on": [list(levels) for levels in one.rests_on],
            }
            | _difference(one.difference)
            for one in reading.effects
        ],
        "interactions": [
            {
                "factors": list(one.factors),
                "f": _number(one.f),
                "degrees": list(one.degrees),
                "corrected_p": _number(one.p),
            }
            for one in reading.interactions
        ],
        "published": [
            asdict(one.published)
            | {
                "verdict": one.verdict,
                "combinations": one.combinations,
                "rests_on": [list(levels) for levels in one.rests_on],
            }
            | ({} if one.difference is None else _difference(one.difference))
            for one in reading.claims
        ],
        "comparisons": reading.comparisons,
        "detectable": reading.detectable,
        "best": None if reading.best is None else list(reading.best.row.cell.levels),
        "said": asdict(said),
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "levels": list(cell.levels),
        "text": None if cell.plan is None else cell.plan.to_text(),
        "macs": None if cell.figures is None else cell.figures.macs,
        "params": None if cell.figures is None else cell.figures.params,
        "field_px": None if cell.figures is None else list(cell.figures.field_px),
        "reached": cell.reached,
        "off_percent": cell.off_percent,
        "trouble": cell.trouble,
    }


def _read(cell: CellReading) -> dict[str, Any]:
    return _cell(cell.row.cell) | {
        "rate": cell.row.rate or cell.row.cell.recipe.rate,
        "mean": cell.mean,
        "interval": None if cell.interval is None else list(cell.interval),
        "to_reference": None if cell.against is None else _difference(cell.against),
        "corrected_p": None if cell.corrected is None else _number(cell.corrected),
        "is_front": cell.is_front,
        "apart": cell.apart,
        "runs": [{name: value for name, value in asdict(run).items() if name != "seconds"} for run in cell.row.runs],
    }


def _difference(found: Difference) -> dict[str, Any]:
    interval = list(found.interval) if found.has_spread else None
    return {"difference": found.mean, "interval": interval, "p": _number(found.p), "pairs": found.pairs}


def _number(value: float) -> float | None:
    return None if isnan(value) else value
