"""Searches over a blueprint's open choices, within hard limits that are kept by construction."""

from striate.study.search.importance import Importance, importances
from striate.study.search.limits import Limits
from striate.study.search.reading import SearchReading, read_search
from striate.study.search.retraining import best, retraining
from striate.study.search.search import Search
from striate.study.search.searching import SearchResults, search
from striate.study.search.space import Space, space_of
from striate.study.search.trials import Trial, area, front

__all__ = [
    "Importance",
    "Limits",
    "Search",
    "SearchReading",
    "SearchResults",
    "Space",
    "Trial",
    "area",
    "best",
    "front",
    "importances",
    "read_search",
    "retraining",
    "search",
    "space_of",
]
