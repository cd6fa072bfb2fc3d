"""Saliency: what in an image a score depends on, by one method or another, and whether they can be believed."""

from striate.explain.saliency.attributing import SALIENCY
from striate.explain.saliency.class_maps import cam, grad_cam
from striate.explain.saliency.deep_lift import deep_lift
from striate.explain.saliency.guided import deconvolution, guided_backprop
from striate.explain.saliency.integrated import integrated_gradients
from striate.explain.saliency.pixelwise import gradient, input_x_gradient
from striate.explain.saliency.simonyan import saliency
from striate.explain.saliency.smooth import smooth_grad

__all__ = [
    "SALIENCY",
    "cam",
    "deconvolution",
    "deep_lift",
    "grad_cam",
    "gradient",
    "guided_backprop",
    "input_x_gradient",
    "integrated_gradients",
    "saliency",
    "smooth_grad",
]
