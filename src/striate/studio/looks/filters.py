"""The weights a unit reads with: how strong each channel's part is, and its pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from striate.errors import InputError
from striate.report.arrays import ArrayStore
from striate.studio.looks.pictures import MOST_VALUES
from striate.studio.looks.weights import filter_of
from striate.studio.subject import Subject
from striate.studio.unit_wire import FilterChannel, UnitFilter

MOST_CHANNELS = 32


def told_filter(subject: Subject, row: int, channel: int) -> UnitFilter:
    """Return a unit's filter in the words of the wire.

    Raises:
        InputError: No such unit, or it has none.
    """
    found, values = filter_of(subject, row, channel)
    norms, chosen = _strongest(values)
    power = float(np.square(norms).sum())
    state = subject.network.module.state_dict()
    groups = int(found.op.attributes.get("groups", 1))
    first = channel // (subject.layers[row].channels // groups) * len(values)
    return UnitFilter(
        row=row,
        channel=channel,
        op=found.op.name,
        key=found.key,
        kernel=list(values.shape[1:]),
        inputs=len(values),
        first=first,
        norm=power**0.5,
        bias=float(state[found.bias][channel]) if found.bias else None,
        share=float(np.square(norms[chosen]).sum()) / power if power else 1.0,
        channels=[
            FilterChannel(
                channel=first + int(one), norm=float(norms[one]), sum=float(values[one].sum(dtype=np.float64))
            )
            for one in chosen
        ],
    )


def filter_pictures(subject: Subject, row: int, channel: int) -> bytes:
    """Return the kernels of `told_filter` as safetensors: `filter` int8 (k, h, w) on one scale, `weights` float32 alike.

    Of a volume's kernel the slice in the middle.

    Raises:
        InputError: No such unit, or it has none; kernels too large for one answer.
    """
    _, values = filter_of(subject, row, channel)
    _, chosen = _strongest(values)
    kernels = values[chosen]
    while kernels.ndim > 3:
        kernels = kernels[:, kernels.shape[1] // 2]
    kernels = kernels.reshape(len(kernels), *(1,) * (3 - kernels.ndim), *kernels.shape[1:])
    if kernels.size > MOST_VALUES // 5:
        raise InputError("a filter's kernels must fit into one answer", got=kernels.size)
    store = ArrayStore()
    store.maps("filter", kernels)
    store.numbers("weights", kernels)
    return store.to_safetensors()


def _strongest(values: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the norm of each channel's weights, and the channels with the largest, falling."""
    norms = np.sqrt(np.square(values.reshape(len(values), -1).astype(np.float64)).sum(1))
    return norms, np.argsort(-norms, kind="stable")[:MOST_CHANNELS]
