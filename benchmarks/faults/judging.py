"""What Striate says of a case: the judgement its user gets, as one JSON file a network."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from benchmarks.faults.cases import Case
from benchmarks.faults.training import pictures_of, subject_of

import striate
from striate import fingerprint
from striate.errors import StriateError
from striate.report.inspection import inspect
from striate.runs import write_json

JUDGED = "judged.json"
_GRAVE = ("warning", "error")


def judge(case: Case, folder: Path, *, is_quick: bool = False) -> dict[str, Any]:
    """Return what is found in a case; measured anew only if Striate's source has changed since.

    It is `striate inspect` itself, on the data the user has. Only the coordinates of the map are left out, which no rule reads;
    and the class images with their rule, if it must be quick.
    """
    path, key = folder / case.name / JUDGED, source_key() + (" quick" if is_quick else "")
    if path.is_file():
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if known["key"] == key:
            return known
    torch.set_num_threads(1)
    row = {"key": key, "case": asdict(case), **_found(case, folder, is_quick=is_quick)}
    write_json(path, row)
    return row


def told(case: Case, folder: Path, *, is_quick: bool = False) -> str:
    """Judge a case; return the names of the rules with a warning or an error."""
    row = judge(case, folder, is_quick=is_quick)
    return row["refused"] or ", ".join(grave(row)) or "nothing"


def grave(row: dict[str, Any]) -> list[str]:
    """Return the names of the rules with a warning or an error."""
    return [finding["rule"] for finding in row["findings"] if finding["severity"] in _GRAVE]


def source_key() -> str:
    """Return a key of Striate's source: a rule, a limit or a measurement that changes, changes it."""
    root = Path(striate.__file__).parent
    return fingerprint.of_bytes(*(path.read_bytes() for path in sorted(root.rglob("*.py"))))


def _found(case: Case, folder: Path, *, is_quick: bool) -> dict[str, Any]:
    dataset = pictures_of(case).dataset()
    with tempfile.TemporaryDirectory() as place, _lighter(is_quick=is_quick):
        try:
            found = inspect(str(subject_of(case, folder)), dataset, out=Path(place) / "report.html")
        except Exception as error:  # noqa: BLE001 - a network that breaks an inspection must stay in the counts
            # What cannot be looked at is told, too; it names no fault.
            told = str(error) if isinstance(error, StriateError) else f"{type(error).__name__}: {error}"
            return {"findings": [], "refused": told, "silent": [], "skipped": [], "score": None, "seconds": 0.0}
    rows = [
        {
            "rule": finding.name,
            "severity": finding.severity,
            "value": None if finding.measure is None else finding.measure.value,
            "limit": None if finding.measure is None else finding.measure.limit,
            "said": finding.message,
        }
        for finding in found.findings
    ]
    board = found.evidence.scoreboard
    return {
        "findings": rows,
        "refused": "",
        "silent": list(found.silent),
        "skipped": list(found.skipped),
        "failures": [str(failure) for failure in found.failures],
        "score": None if board is None else board.main,
        "seconds": found.seconds,
    }


@contextmanager
def _lighter(*, is_quick: bool) -> Iterator[None]:
    """Leave t-SNE out of the map, a third of an inspection's time, for a picture nobody looks at here."""

    def flat(features: np.ndarray, **_how: object) -> np.ndarray:
        return np.zeros((len(features), 2), dtype=np.float32)

    with ExitStack() as stack:
        stack.enter_context(patch("striate.features.feature_map.place", flat))
        if is_quick:
            stack.enter_context(patch("striate.report.gathering.gather.class_images", lambda *_given, **_how: None))
        yield
