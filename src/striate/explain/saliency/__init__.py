"""Saliency: what in an image a score depends on, by one method or another, and whether they can be believed."""

from striate.explain.saliency.accord import accord
from striate.explain.saliency.agreement import agreed, agreement
from striate.explain.saliency.attributing import SALIENCY
from striate.explain.saliency.class_maps import cam, grad_cam
from striate.explain.saliency.deep_lift import deep_lift
from striate.explain.saliency.enlarging import enlarged
from striate.explain.saliency.faithfulness import pixel_curve, pixel_curves, pixel_order
from striate.explain.saliency.guided import deconvolution, guided_backprop
from striate.explain.saliency.integrated import integrated_gradients
from striate.explain.saliency.linear_view import linear_view
from striate.explain.saliency.on_object import energy_on_object, pointing_hit
from striate.explain.saliency.pixelwise import gradient, input_x_gradient
from striate.explain.saliency.sanity import randomised_layers
from striate.explain.saliency.simonyan import saliency
from striate.explain.saliency.smooth import smooth_grad
from striate.explain.saliency.spread import half_share
from striate.explain.saliency.trust import trust

__all__ = [
    "SALIENCY",
    "accord",
    "agreed",
    "agreement",
    "cam",
    "deconvolution",
    "deep_lift",
    "energy_on_object",
    "enlarged",
    "grad_cam",
    "gradient",
    "guided_backprop",
    "half_share",
    "input_x_gradient",
    "integrated_gradients",
    "linear_view",
    "pixel_curve",
    "pixel_curves",
    "pixel_order",
    "pointing_hit",
    "randomised_layers",
    "saliency",
    "smooth_grad",
    "trust",
]
