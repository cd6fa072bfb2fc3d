"""First-layer filters, learned beside random."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from striate.explain.detail import fine_detail
from striate.explain.first_convolution import first_convolution
from striate.explain.method import method
from striate.explain.weights.random_filters import detail_band, random_count, random_filters
from striate.nets import Network
from striate.records import Filters


@method("What did the first layer learn, and is it more than noise?", section="methods/filters")
def filters(network: Network, *, layer: str | None = None, seed: int = 0) -> Filters:
    """Return a convolution's filters beside random ones, with their fine detail.

    The random ones are drawn as at the start of training (He normal). The band is that of 20,000
    random filters of the same shape. The closest pair is the one with the highest cosine; a
    negative copy is not a copy, since after a ReLU it answers to what the other does not.

    Args:
        network: Any with a convolution.
        layer: Name of a convolution in the traced table; None for the first that reads the image.
        seed: Of the random filters.

    Raises:
        InputError: No convolution reads the image, or its weights cannot be shown.
        UnknownNameError: A layer nobody knows.

    When it misleads:
        A 3×3 filter has little room to be smooth: for random ones the band is wide, and useful
        edges lie in it. Filters of layers further up do not see pixels; their detail means little.

    Source:
        Krizhevsky et al., "ImageNet Classification with Deep CNNs", NeurIPS 2012, fig. 3; start:
        He et al., ICCV 2015, sec. 2.2; opposite pairs: Shang et al., "CReLU", ICML 2016, sec. 2.
        Differs: the share of fine detail and its band are ours.

    Cost:
        One trace; 20,000 small Fourier transforms.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x28x28; conv 5x5 8, relu; classes 10"))
        >>> found = filters(network)
        >>> found.layer, found.weights.shape, [round(edge, 2) for edge in found.random_band]
        ('conv1', (8, 1, 5, 5), [0.65, 0.92])
    """
    name, weights = first_convolution(network, layer)
    learned = weights.float().cpu()
    generator = torch.Generator().manual_seed(seed)
    shape = tuple(learned.shape)
    return Filters(
        layer=name,
        weights=learned.numpy().copy(),
        start=random_filters(shape, generator).numpy(),
        detail=fine_detail(learned, with_mean=True).numpy(),
        random_band=detail_band(shape[1:], generator),
        random_count=random_count(shape[1:]),
        closest=_closest(learned.double().flatten(1).numpy()),
    )


def _closest(flat: NDArray[np.float64]) -> tuple[int, int, float] | None:
    """Return the two rows with the highest cosine; a row of zeros is like no other (cosine 0)."""
    if len(flat) < 2:
        return None
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    unit = np.divide(flat, length, out=np.zeros_like(flat), where=length > 0)
    cosines = unit @ unit.T
    cosines[np.tril_indices(len(flat))] = -np.inf
    one, other = np.unravel_index(int(cosines.argmax()), cosines.shape)
    return int(one), int(other), float(np.clip(cosines[one, other], -1, 1))
