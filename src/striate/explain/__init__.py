"""What a network looks at and looks for: occlusion, saliency, class images, filters."""

from striate.explain.backward import answer_of, backward
from striate.explain.class_images import class_images
from striate.explain.comparing_networks import compare_networks
from striate.explain.cover import positions
from striate.explain.detail import fine_detail
from striate.explain.effective_field import effective_field
from striate.explain.filters import filters
from striate.explain.map_sum import segmentation
from striate.explain.method import METHODS, Method
from striate.explain.objects import located
from striate.explain.occlusion.sliding import occlusion
from striate.explain.occlusion_census import occlusion_census
from striate.explain.prediction_maps import prediction_maps
from striate.explain.saliency import saliency
from striate.explain.saliency_census import saliency_census
from striate.explain.similar_parts import similar_parts

__all__ = [
    "METHODS",
    "Method",
    "answer_of",
    "backward",
    "class_images",
    "compare_networks",
    "effective_field",
    "filters",
    "fine_detail",
    "located",
    "occlusion",
    "occlusion_census",
    "positions",
    "prediction_maps",
    "saliency",
    "saliency_census",
    "segmentation",
    "similar_parts",
]
