"""Any trained classifier as a fully convolutional network."""

from striate.nets.dense.convert import dense
from striate.nets.dense.network import DenseNetwork

__all__ = ["DenseNetwork", "dense"]
