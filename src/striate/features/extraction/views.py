"""The views of a sample whose vectors are averaged."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from striate.data import prepare
from striate.errors import InputError
from striate.records import Preprocessing
from striate.records.vectors import Views

# 256 to 224: by so much more than the input is seen when its corners are cut out.
_MORE = 8 / 7


def views_of(stored: Tensor, preprocessing: Preprocessing, views: Views, *, sample_rate_hz: int = 0) -> Tensor:
    """Return the views of one stored sample as inputs, (views, *shape).

    Source:
        Corners, centre and mirrors: Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural
        Networks", NIPS 2012, section 4.1. Differs: vectors are averaged, not probabilities.

    Example:
        >>> how = Preprocessing(shape=(1, 2, 2), mean=(0.0,), std=(1.0,))
        >>> image = torch.tensor([[[0, 255], [0, 255]]], dtype=torch.uint8)
        >>> views_of(image, how, "flips").tolist()
        [[[[0.0, 1.0], [0.0, 1.0]]], [[[1.0, 0.0], [1.0, 0.0]]]]
    """
    if views == "centre":
        return prepare(stored, preprocessing, sample_rate_hz=sample_rate_hz)[None]
    check_views(preprocessing, views)
    if views == "flips":
        seen = prepare(stored, preprocessing)
        return torch.stack([seen, seen.flip(-1)])
    _, height, width = preprocessing.shape
    whole = prepare(stored, enlarged(preprocessing))
    down, right = whole.shape[1] - height, whole.shape[2] - width
    corners = [(0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2)]
    cut = [whole[:, top : top + height, left : left + width] for top, left in corners]
    return torch.stack([seen for one in cut for seen in (one, one.flip(-1))])


def enlarged(preprocessing: Preprocessing) -> Preprocessing:
    """Return the preprocessing of an input by a seventh larger, from which corners can be cut."""
    channels, *sides = preprocessing.shape
    return replace(
        preprocessing,
        shape=(channels, *(round(side * _MORE) for side in sides)),
        scaled_px=tuple(round(side * _MORE) for side in preprocessing.scaled_px),
    )


def check_views(preprocessing: Preprocessing, views: Views) -> None:
    """Refuse mirrors and corners of what is no picture."""
    if views != "centre" and (len(preprocessing.shape) != 3 or preprocessing.mel is not None):
        raise InputError(
            "views must be centre for what is no picture",
            got=views,
            where=str(preprocessing.shape),
            hint="A mirrored sound is another sound.",
        )


def needed_px(preprocessing: Preprocessing, views: Views) -> int:
    """Return how many pixels a large picture's shorter side must keep so that scaling still averages over two."""
    how = enlarged(preprocessing) if views == "crops" else preprocessing
    return 2 * max(how.scaled_px or how.shape[1:])
