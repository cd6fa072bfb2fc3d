"""Readings of the table, on paper: cost, memory, receptive field, layers, folding by module."""

from striate.analyse.batches import at_batch
from striate.analyse.blocks import blocks
from striate.analyse.borders import borders
from striate.analyse.boxes import Boxes, box
from striate.analyse.comparing import compare
from striate.analyse.cost import cost
from striate.analyse.folding import folded
from striate.analyse.input_sizes import input_sizes
from striate.analyse.layers import layers
from striate.analyse.memory import largest_batch, memory_ledger
from striate.analyse.receptive import boxes, receptive_fields
from striate.analyse.savings import savings
from striate.analyse.shortest import shortest_fields

__all__ = [
    "Boxes",
    "at_batch",
    "blocks",
    "borders",
    "box",
    "boxes",
    "compare",
    "cost",
    "folded",
    "input_sizes",
    "largest_batch",
    "layers",
    "memory_ledger",
    "receptive_fields",
    "savings",
    "shortest_fields",
]
