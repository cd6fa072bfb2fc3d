"""Features: which layers hold them, how far classes come apart in them, and pictures of that."""

from striate.features.feature_map import feature_map
from striate.features.map_layers import default_feature_layer, map_layers
from striate.features.placing import fitted, perplexity_for, place
from striate.features.space import directions, nearest, overlap, separation

__all__ = [
    "default_feature_layer",
    "directions",
    "feature_map",
    "fitted",
    "map_layers",
    "nearest",
    "overlap",
    "perplexity_for",
    "place",
    "separation",
]
