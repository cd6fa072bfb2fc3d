"""Readings of the table, on paper: cost, memory, receptive field, layers, folding by module."""

from striate.analyse.comparing import compare
from striate.analyse.cost import cost
from striate.analyse.field.borders import borders
from striate.analyse.field.boxes import Boxes, box
from striate.analyse.field.gridding import gridding
from striate.analyse.field.input_sizes import input_sizes, map_lengths
from striate.analyse.field.last import last_field
from striate.analyse.field.receptive import boxes, receptive_fields
from striate.analyse.field.shortest import shortest_fields
from striate.analyse.folding import folded
from striate.analyse.layers import layers
from striate.analyse.memory.batches import at_batch
from striate.analyse.memory.blocks import blocks
from striate.analyse.memory.ledger import largest_batch, memory_ledger
from striate.analyse.memory.savings import savings
from striate.analyse.stages import map_sizes, stages

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
    "gridding",
    "input_sizes",
    "largest_batch",
    "last_field",
    "layers",
    "map_lengths",
    "map_sizes",
    "memory_ledger",
    "receptive_fields",
    "savings",
    "shortest_fields",
    "stages",
]
