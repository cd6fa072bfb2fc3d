"""A search as plain values."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from striate import schema
from striate.study.documents import study_document
from striate.study.search.reading import SearchReading

SCHEMA_VERSION = 1


def search_document(reading: SearchReading) -> dict[str, Any]:
    """Return a search with its trials, its front, what mattered, and the best trained again."""
    found = reading.results
    return {
        "schema": schema.stamp("search", SCHEMA_VERSION),
        "limits": found.search.limits.document(),
        "goal": found.search.goal,
        "space": {
            "combinations": found.space.whole,
            "designs": len(found.space.designs),
            "share": found.space.share,
            "is_drawn": found.space.is_drawn,
        },
        "trials": [asdict(trial) for trial in found.trials],
        "front": [trial.number for trial in reading.front],
        "importances": [asdict(one) for one in reading.importances],
        "best": None if reading.again is None else study_document(reading.again),
    }
