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
from striate.explain.occlusion.attributed import occluded
from striate.explain.occlusion.sliding import occlusion
from striate.explain.occlusion_census import occlusion_census
from striate.explain.prediction_maps import prediction_maps
from striate.explain.saliency import (
    SALIENCY,
    agreed,
    agreement,
    cam,
    deconvolution,
    deep_lift,
    energy_on_object,
    enlarged,
    grad_cam,
    gradient,
    guided_backprop,
    half_share,
    input_x_gradient,
    integrated_gradients,
    linear_view,
    pixel_curves,
    pointing_hit,
    randomised_layers,
    saliency,
    smooth_grad,
)
from striate.explain.saliency_census import saliency_census
from striate.explain.similar_parts import similar_parts

__all__ = [
    "METHODS",
    "SALIENCY",
    "Method",
    "agreed",
    "agreement",
    "answer_of",
    "backward",
    "cam",
    "class_images",
    "compare_networks",
    "deconvolution",
    "deep_lift",
    "effective_field",
    "energy_on_object",
    "enlarged",
    "filters",
    "fine_detail",
    "grad_cam",
    "gradient",
    "guided_backprop",
    "half_share",
    "input_x_gradient",
    "integrated_gradients",
    "linear_view",
    "located",
    "occluded",
    "occlusion",
    "occlusion_census",
    "pixel_curves",
    "pointing_hit",
    "positions",
    "prediction_maps",
    "randomised_layers",
    "saliency",
    "saliency_census",
    "segmentation",
    "similar_parts",
    "smooth_grad",
]
