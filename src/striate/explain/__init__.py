"""What a network looks at and looks for: occlusion, saliency, class images, filters."""

from striate.explain.activation_maps import activation_maps
from striate.explain.backward import answer_of, backward
from striate.explain.comparing_networks import compare_networks
from striate.explain.cover import positions
from striate.explain.detail import fine_detail
from striate.explain.effective_field import effective_field
from striate.explain.entering import norm_trial, preprocessing_trial
from striate.explain.filters import filters
from striate.explain.growing.class_images import class_images
from striate.explain.growing.prior import Prior
from striate.explain.growing.target import ChannelTarget, DirectionTarget, UnitTarget
from striate.explain.growing.unit_images import unit_images
from striate.explain.invariance import invariance, stability
from striate.explain.map_sum import segmentation
from striate.explain.method import METHODS, Method
from striate.explain.neuron import neuron
from striate.explain.objects import located
from striate.explain.occlusion.attributed import occluded
from striate.explain.occlusion.features import feature_occlusion
from striate.explain.occlusion.segments import segment_occlusion
from striate.explain.occlusion.sliding import occlusion
from striate.explain.occlusion_census import occlusion_census
from striate.explain.prediction_maps import prediction_maps
from striate.explain.saliency import (
    SALIENCY,
    accord,
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
    trust,
)
from striate.explain.saliency_census import saliency_census
from striate.explain.shortcuts.census import shortcut_census
from striate.explain.similar_parts import similar_parts
from striate.explain.surveying import survey
from striate.explain.through_training import through_training
from striate.explain.weights.effective import effective_filters
from striate.explain.weights.weighing import weights

__all__ = [
    "METHODS",
    "SALIENCY",
    "ChannelTarget",
    "DirectionTarget",
    "Method",
    "Prior",
    "UnitTarget",
    "accord",
    "activation_maps",
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
    "effective_filters",
    "energy_on_object",
    "enlarged",
    "feature_occlusion",
    "filters",
    "fine_detail",
    "grad_cam",
    "gradient",
    "guided_backprop",
    "half_share",
    "input_x_gradient",
    "integrated_gradients",
    "invariance",
    "linear_view",
    "located",
    "neuron",
    "norm_trial",
    "occluded",
    "occlusion",
    "occlusion_census",
    "pixel_curves",
    "pointing_hit",
    "positions",
    "prediction_maps",
    "preprocessing_trial",
    "randomised_layers",
    "saliency",
    "saliency_census",
    "segment_occlusion",
    "segmentation",
    "shortcut_census",
    "similar_parts",
    "smooth_grad",
    "stability",
    "survey",
    "through_training",
    "trust",
    "unit_images",
    "weights",
]
