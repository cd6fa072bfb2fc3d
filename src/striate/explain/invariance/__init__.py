"""What answers and layers do when an image is shifted, mirrored, turned, scaled or lit otherwise."""

from striate.explain.invariance.layers import invariance
from striate.explain.invariance.stability import stability

__all__ = ["invariance", "stability"]
