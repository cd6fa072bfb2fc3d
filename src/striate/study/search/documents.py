"""A search as plain values."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from striate import schema
from striate.study.documents import study_document
from striate.study.reading import StudyReading
from striate.study.search.importance import LEAST_SCORES, importances
from striate.study.search.searching import SearchResults
from striate.study.search.trials import front

SCHEMA_VERSION = 1


def search_document(found: SearchResults, again: StudyReading | None = None) -> dict[str, Any]:
    """Return a search with its trials, its front, what mattered, and the best trained again."""
    scores = sum(trial.score is not None for trial in found.trials)
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
        "front": [trial.number for trial in front(found.trials)],
        "importances": [asdict(one) for one in importances(found.trials, found.space, seed=found.search.seed)]
        if scores >= LEAST_SCORES
        else [],
        "best": None if again is None else study_document(again),
    }
