"""Networks: built from blueprints, found in zoos, saved without pickles, with what it takes to use them."""

from striate.nets.build import build
from striate.nets.channels import with_channels
from striate.nets.coordinates import add_coordinates
from striate.nets.dense import DenseNetwork, dense
from striate.nets.initialise import initialise
from striate.nets.modules import MODULES
from striate.nets.network import Network
from striate.nets.origin import Origin
from striate.nets.pretrained import load_pretrained
from striate.nets.references import from_blueprint, load_network
from striate.nets.weights import load_weights, read_weights, save_weights

__all__ = [
    "MODULES",
    "DenseNetwork",
    "Network",
    "Origin",
    "add_coordinates",
    "build",
    "dense",
    "from_blueprint",
    "initialise",
    "load_network",
    "load_pretrained",
    "load_weights",
    "read_weights",
    "save_weights",
    "with_channels",
]
