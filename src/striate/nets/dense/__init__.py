"""Any trained classifier as a fully convolutional network."""

from striate.nets.dense.convert import dense
from striate.nets.dense.crops import Reader, crop_maps, crop_positions, deviation, reader_of, sample
from striate.nets.dense.finer import ShiftedNetwork, by_dilation, by_shift
from striate.nets.dense.network import DenseNetwork
from striate.nets.dense.tiles import plan_tiles, tiled_maps

__all__ = [
    "DenseNetwork",
    "Reader",
    "ShiftedNetwork",
    "by_dilation",
    "by_shift",
    "crop_maps",
    "crop_positions",
    "dense",
    "deviation",
    "plan_tiles",
    "reader_of",
    "sample",
    "tiled_maps",
]
