"""Feature vectors of many samples, into a store: planned, told, resumable, the same bits whoever computes them."""

from striate.features.extraction.extracting import extract
from striate.features.extraction.lane import Lane
from striate.features.extraction.planning import plan_vectors

__all__ = ["Lane", "extract", "plan_vectors"]
