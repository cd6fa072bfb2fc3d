"""Readings of the table, on paper: cost, kept memory, receptive field, layers."""

from striate.analyse.comparing import compare
from striate.analyse.cost import cost, training_bytes
from striate.analyse.layers import layers
from striate.analyse.receptive import boxes, receptive_fields

__all__ = ["boxes", "compare", "cost", "layers", "receptive_fields", "training_bytes"]
