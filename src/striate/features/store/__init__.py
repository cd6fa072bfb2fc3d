"""The store: feature vectors with what is known of each sample, in a LanceDB table."""

from striate.features.store.columns import DESCRIBING
from striate.features.store.store import Vectors, VectorStore

__all__ = ["DESCRIBING", "VectorStore", "Vectors"]
