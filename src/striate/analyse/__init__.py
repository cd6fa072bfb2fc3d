"""Readings of the table, on paper: cost, kept memory, receptive field, layers."""

from striate.analyse.borders import borders
from striate.analyse.boxes import Boxes, box
from striate.analyse.cost import cost, training_bytes
from striate.analyse.input_sizes import input_sizes
from striate.analyse.layers import layers
from striate.analyse.receptive import boxes, receptive_fields

__all__ = [
    "Boxes",
    "borders",
    "box",
    "boxes",
    "cost",
    "input_sizes",
    "layers",
    "receptive_fields",
    "training_bytes",
]
