"""The first convolution's filters of a version, as small pictures."""

from __future__ import annotations

import numpy as np

from striate.explain.first_convolution import first_convolution
from striate.report.arrays import ArrayStore
from striate.studio.subject import Subject

# As many as a report draws.
MOST = 64
_COLOURS = 3


def first_filters(subject: Subject) -> bytes:
    """Return the filters of the convolution that reads the input, as safetensors.

    `values` int8 (n, h, w), or (n, h, w, 3) where it reads three channels: weights on one scale of this version. Of other numbers
    of channels the mean over them; of volumes also over the depth. `shape` int32: of the weights.

    Args:
        subject: The version.

    Raises:
        InputError: No convolution reads the input, or its weights are no parameter.
    """
    _, weights = first_convolution(subject.network, None)
    values = weights[:MOST].float().cpu().numpy()
    is_colour = values.shape[1] == _COLOURS and values.ndim == 4
    pictures = np.moveaxis(values, 1, -1) if is_colour else values.mean(axis=tuple(range(1, values.ndim - 2)))
    store = ArrayStore()
    store.maps("values", np.nan_to_num(pictures))
    store.numbers("shape", np.asarray(weights.shape, np.int32))
    return store.to_safetensors()
