"""Features: which layers hold them, how far classes come apart in them, and pictures of that."""

from striate.features.feature_map import feature_map
from striate.features.leaks import find_leaks
from striate.features.map_layers import default_feature_layer, map_layers
from striate.features.mapping.tsne import usual_perplexity
from striate.features.near_duplicates import Likeness, likeness
from striate.features.placing import place
from striate.features.space import directions, overlap, separation
from striate.features.splitting import SplitStudy, study_splits, write_groups

__all__ = [
    "Likeness",
    "SplitStudy",
    "default_feature_layer",
    "directions",
    "feature_map",
    "find_leaks",
    "likeness",
    "map_layers",
    "overlap",
    "place",
    "separation",
    "study_splits",
    "usual_perplexity",
    "write_groups",
]
