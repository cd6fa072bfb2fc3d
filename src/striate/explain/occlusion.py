"""What changes when a part of the image is covered."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import InputError
from striate.events import SILENT, Events, Task
from striate.explain.answers import fitting, meant, parts, scores, taken, undisturbed
from striate.explain.cover import (
    Fill,
    Pixels,
    both,
    covered,
    fill_values,
    mean_over_windows,
    positions,
)
from striate.explain.method import method
from striate.nets import Network
from striate.records import Occlusion


@method("Which parts of this image does the answer rest on?", section="methods/occlusion")
def occlusion(
    network: Network,
    images: Tensor,
    *,
    window_px: Pixels,
    stride_px: Pixels,
    fill: Fill = "background",
    batch_size: int | None = None,
    events: Events = SILENT,
) -> tuple[Occlusion, ...]:
    """Return how every output changes while a window covers each part of an image.

    A window slides over the image and is filled; each output is recorded with the window there. The
    first window stands at index 0, the last is cut at the border. A pixel that several windows
    cover gets the mean of their changes. All outputs come from the same passes.

    Args:
        network: Classes, labels or values.
        images: Preprocessed, (n, c, h, w); (n, c, length) is taken as images of one row.
        window_px: Side of the window, or (height, width). Input pixels. One number for a line.
        stride_px: Step, or (down, right). Input pixels; at most the window.
        fill: "background": the commonest value of a one-channel image, else the channel mean;
            "grey": half of the stored scale; "mean": the channel mean; or a value of the network's
            input. Not neutral: see "When it misleads".
        batch_size: Windows at once. None: as many as hold 16 MiB of inputs, at most 256.
        events: Hears of each window.

    Returns:
        One record for each image, `sample` its place in the batch: `located` names the data set's.
        `grid` holds probabilities, or values on their own scale. `maps` is covered − clean: below
        zero where the output needs what was covered.

    Raises:
        InputError: `stride_px` above `window_px`; a window larger than the image; unusable images.
        UnknownNameError: A fill nobody knows.
        Cancelled: The watcher asked to stop.

    When it misleads:
        A filled square is itself evidence: its edges are strokes. Try two fills. An object larger
        than the window survives each covering, so that nothing seems to matter. Sure answers hide
        changes: a probability of 0.9999 can lose most of its score without moving.

    Source:
        Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, sec. 4.2.
        Differs: every output, not the true class alone; windows may overlap and are averaged for
        each pixel, with the window cut at the border, as Captum does (sign reversed).

    Cost:
        One forward pass for each position, `positions(shape, window_px, stride_px)`, and one for
        the clean image; for 7×7 with stride 3 on 28×28 that is 64 + 1.

    Example:
        >>> from striate.nets import from_blueprint
        >>> from striate.blueprint import Blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> [seen] = occlusion(network, torch.zeros(1, 1, 8, 8), window_px=4, stride_px=2)
        >>> seen.grid.shape, seen.maps.shape
        ((3, 3, 3), (3, 8, 8))
    """
    shape = tuple(images.shape[1:])
    inputs = taken(network, images)
    window, stride = both(shape, window_px, stride_px)
    if batch_size is not None and batch_size < 1:
        raise InputError("batch_size must be at least 1", got=batch_size)
    rows, columns = positions(shape, window, stride)
    task = Task("occlusion", total=len(inputs) * rows * columns, unit="window", events=events)
    records = []
    with undisturbed(network.module), torch.no_grad():
        for sample, image in enumerate(inputs):
            plane = image if image.ndim == 3 else image[:, None]
            clean = _answers(network, plane[None], shape)[0]
            grid = _grid(
                network, plane, shape,
                value=fill_values(network, plane, fill), window=window, stride=stride,
                at_once=batch_size or fitting(image), task=task,
            )  # fmt: skip
            grid = grid.reshape(rows, columns, -1)
            size = (plane.shape[-2], plane.shape[-1])
            maps = mean_over_windows(grid.astype(np.float64) - clean, size, window, stride)
            records.append(
                Occlusion(
                    sample=sample,
                    window_px=window,
                    stride_px=stride,
                    clean=clean,
                    grid=grid,
                    maps=maps,
                )
            )
    return tuple(records)


def _grid(  # noqa: PLR0913 - one image with everything that covers it
    network: Network,
    image: Tensor,
    shape: tuple[int, ...],
    *,
    value: Tensor,
    window: tuple[int, int],
    stride: tuple[int, int],
    at_once: int,
    task: Task,
) -> NDArray[np.float32]:
    """Return the outputs (positions, k) with the window at each position, row by row."""
    rows, columns = positions(tuple(image.shape), window, stride)
    place = torch.arange(rows * columns, device=image.device)
    answers = []
    for part in parts(place, at_once):
        tops, lefts = part // columns * stride[0], part % columns * stride[1]
        answers.append(_answers(network, covered(image, value, tops, lefts, window), shape))
        task.advance(len(part))
    return np.concatenate(answers)


def _answers(network: Network, planes: Tensor, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the outputs (n, k) for planes, given to the module in its own shape."""
    answers = meant(network, scores(network, planes.reshape(-1, *shape)))
    return np.asarray(answers.float().cpu().numpy(), dtype=np.float32)
