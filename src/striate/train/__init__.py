"""Training: a recipe, a loop that can be killed and resumed to the same weights, what it left."""

from striate.train import rotation as _rotation  # adds itself to the beginnings
from striate.train.begun import begun_network
from striate.train.comparing import compare_beginnings
from striate.train.curve import read_curve, read_seen, read_split
from striate.train.recipes import DIGITS_RECIPE, check_recipe
from striate.train.training import Trained, train

__all__ = [
    "DIGITS_RECIPE",
    "Trained",
    "begun_network",
    "check_recipe",
    "compare_beginnings",
    "read_curve",
    "read_seen",
    "read_split",
    "train",
]

_ = _rotation
