"""Maps of feature vectors, and what is measured of them in the space: placing, comparing, separation, points to look at."""

from striate.features.mapping.adding import Added, add_to_map
from striate.features.mapping.beforehand import told_beforehand
from striate.features.mapping.comparing import compare_maps
from striate.features.mapping.forces import GridForces
from striate.features.mapping.forecast import MapForecast, forecast_map
from striate.features.mapping.from_store import continued_map, map_store, picture_pixels
from striate.features.mapping.kept import keep_map, kept_map
from striate.features.mapping.layer import MapSettings, map_layer
from striate.features.mapping.neighbours import nearest_rows
from striate.features.mapping.principal import principal_axes
from striate.features.mapping.quality import map_quality
from striate.features.mapping.separation import Known, PixelScore, pixel_score, separation_of
from striate.features.mapping.silhouette import silhouettes
from striate.features.mapping.suspects import doubtful_labels, odd_ones, outlier_factors
from striate.features.mapping.tsne import place_new, place_points
from striate.features.mapping.turning import procrustes, turned

__all__ = [
    "Added",
    "GridForces",
    "Known",
    "MapForecast",
    "MapSettings",
    "PixelScore",
    "add_to_map",
    "compare_maps",
    "continued_map",
    "doubtful_labels",
    "forecast_map",
    "keep_map",
    "kept_map",
    "map_layer",
    "map_quality",
    "map_store",
    "nearest_rows",
    "odd_ones",
    "outlier_factors",
    "picture_pixels",
    "pixel_score",
    "place_new",
    "place_points",
    "principal_axes",
    "procrustes",
    "separation_of",
    "silhouettes",
    "told_beforehand",
    "turned",
]
