"""Who is alike in a store: exactly, through an index whose recall is known, and near-duplicates."""

from striate.features.neighbours.duplicates import stored_duplicates
from striate.features.neighbours.indexing import build_index
from striate.features.neighbours.query import Query, query_of, vector_query
from striate.features.neighbours.searching import search

__all__ = ["Query", "build_index", "query_of", "search", "stored_duplicates", "vector_query"]
