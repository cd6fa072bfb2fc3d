"""Where the object of an image is, on the network's input, and whose image a record is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data import Dataset, foreground, prepare
from striate.errors import InputError
from striate.nets import Network
from striate.records import Occlusion, Preprocessing, Saliency

Picture = TypeVar("Picture", Occlusion, Saliency)


def located(
    records: Sequence[Picture], network: Network, dataset: Dataset, indices: Sequence[int]
) -> tuple[Picture, ...]:
    """Return records with the index of their sample, the object where it is known, and its share.

    Args:
        records: Of `occlusion` or `saliency`, whose `sample` is a place in the batch.
        network: Whose preprocessing made the images.
        dataset: Where the images came from.
        indices: The data set's index for each place in the batch.

    Raises:
        InputError: Records of other images than the indices name.
    """
    if any(record.sample >= len(indices) for record in records):
        raise InputError("indices must name an image for each record", got=len(indices))
    placed = []
    for record in records:
        index = int(indices[record.sample])
        known = object_mask(dataset, index, network.preprocessing)
        if isinstance(record, Saliency):
            share = None if known is None else share_on(known, record.gradient)
            placed.append(replace(record, sample=index, foreground=known, share_on_object=share))
        else:
            placed.append(replace(record, sample=index, foreground=known))
    return tuple(placed)


def object_mask(dataset: Dataset, index: int, preprocessing: Preprocessing) -> NDArray[np.bool_] | None:
    """Return where the object is on the network's input, bool (h, w); None if nobody can tell.

    The mask is scaled and cut as the image is.
    """
    image = dataset.read(index)
    stored = foreground(image) if image.dtype == torch.uint8 and image.ndim == 3 else None
    return None if stored is None else on_input(stored, preprocessing)


def on_input(stored: Tensor, preprocessing: Preprocessing) -> NDArray[np.bool_] | None:
    """Return a mask (h, w) of a stored image on the network's input, scaled and cut as the image is; None if nothing is left.

    Example:
        >>> how = Preprocessing(shape=(1, 2, 2), mean=(0.0,), std=(1.0,))
        >>> on_input(torch.ones(4, 4, dtype=torch.bool), how).tolist()
        [[True, True], [True, True]]
    """
    if preprocessing.mel:
        return None
    plain = replace(preprocessing, shape=(1, *preprocessing.shape[1:]), mean=(0.0,), std=(1.0,), scale=())
    scaled = prepare(stored[None].to(torch.uint8) * 255, plain)[0].numpy()
    inside: NDArray[np.bool_] = scaled > 0.5
    return inside if inside.any() else None


def share_on(mask: NDArray[np.bool_], gradient: NDArray[np.floating]) -> float | None:
    """Return the share of a gradient's magnitude (c, h, w) on a mask; None if it is zero throughout.

    Example:
        >>> share_on(np.array([[True, False]]), np.array([[[-1.0, 3.0]]]))
        0.25
    """
    magnitude = np.abs(gradient).sum(axis=0, dtype=np.float64)
    total = float(magnitude.sum())
    return float(magnitude[mask].sum()) / total if total > 0 else None
