"""Readings of the table, on paper: cost, kept memory, receptive field, layers, folding by module."""

from striate.analyse.cost import cost, training_bytes
from striate.analyse.folding import folded
from striate.analyse.layers import layers
from striate.analyse.receptive import boxes, receptive_fields

__all__ = ["boxes", "cost", "folded", "layers", "receptive_fields", "training_bytes"]
