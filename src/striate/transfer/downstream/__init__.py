"""What features are worth: classifiers on every layer and on hand-made descriptors, under one cross-validation."""

from striate.transfer.downstream.comparing import compare_features, told_seconds
from striate.transfer.downstream.families import FAMILIES, families_of
from striate.transfer.downstream.few_shot import draw_few, few_shot_curves
from striate.transfer.downstream.folding import ask
from striate.transfer.downstream.nesting import Asked, nested
from striate.transfer.downstream.reading import StoredFeatures, pictures, read_features
from striate.transfer.downstream.saving import Backbone, Joined, backbone_of, join_best

__all__ = [
    "FAMILIES",
    "Asked",
    "Backbone",
    "Joined",
    "StoredFeatures",
    "ask",
    "backbone_of",
    "compare_features",
    "draw_few",
    "families_of",
    "few_shot_curves",
    "join_best",
    "nested",
    "pictures",
    "read_features",
    "told_seconds",
]
