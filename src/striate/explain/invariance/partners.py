"""For every image another one of its class, and one of another."""

from __future__ import annotations

import torch
from torch import Tensor


def partners(count: int, truth: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return for each image the next one of the same class, −1 if there is none, and the next one of another class.

    Next is counted round the end. Without classes, or where all images are of one, the other is the next image.

    Args:
        count: Images, two at least.
        truth: Classes, int64 (count,).

    Example:
        >>> same, other = partners(4, torch.tensor([0, 0, 1, 0]))
        >>> same.tolist(), other.tolist()
        ([1, 3, -1, 0], [2, 2, 3, 2])
    """
    following = torch.arange(1, count + 1) % count
    if truth is None:
        return torch.full((count,), -1), following
    labels = truth.cpu().tolist()
    same, other = [-1] * count, following.tolist()
    for place, label in enumerate(labels):
        around = [(place + step) % count for step in range(1, count)]
        same[place] = next((at for at in around if labels[at] == label), -1)
        other[place] = next((at for at in around if labels[at] != label), other[place])
    return torch.tensor(same), torch.tensor(other)
