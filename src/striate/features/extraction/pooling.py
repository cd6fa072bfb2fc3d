"""Maps to vectors."""

from __future__ import annotations

from torch import Tensor

from striate.records.vectors import Pooling

# Of the generalised mean: between the average (1) and the maximum (infinite).
POWER = 3.0
_LEAST = 1e-6


def pooled(value: Tensor, pooling: Pooling, channels: int = 1) -> Tensor:
    """Return one vector an image, float32.

    Args:
        value: (n, …), any shape.
        pooling: "flat" keeps every value in memory order; the others take one number a channel, over all other axes.
        channels: Axis of the channels.

    When it misleads:
        The generalised mean knows no negative values: they count as 0. It is meant for maps after a ReLU.

    Source:
        Generalised mean: Radenović, Tolias and Chum, "Fine-tuning CNN Image Retrieval with No Human Annotation", TPAMI 2019.
        Differs: the power is 3 and not learned.

    Example:
        >>> import torch
        >>> maps = torch.tensor([[[[0.0, 2.0], [0.0, 2.0]]]])
        >>> [pooled(maps, how).tolist() for how in ("flat", "average", "max")]
        [[[0.0, 2.0, 0.0, 2.0]], [[1.0]], [[2.0]]]
    """
    value = value.float()
    if pooling == "flat":
        return value.flatten(1).contiguous()
    cells = value.movedim(channels, 1).flatten(2)
    if pooling == "average":
        return cells.mean(2)
    if pooling == "max":
        return cells.amax(2)
    return cells.clamp_min(_LEAST).pow(POWER).mean(2).pow(1 / POWER)
