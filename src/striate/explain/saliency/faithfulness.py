"""Deletion and insertion: does the probability follow the pixels in the order of a map?"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import InputError, Quoted, ShapeError
from striate.events import SILENT, Events, Task
from striate.explain.answers import meant, parts, undisturbed
from striate.explain.method import method
from striate.explain.saliency.enlarging import enlarged
from striate.explain.saliency.integrated import baseline_of
from striate.explain.saliency.scored import Scored
from striate.nets import Network
from striate.records import Attribution, PixelCurve, PixelCurves

WAYS: tuple[Literal["deletion", "insertion"], ...] = ("deletion", "insertion")


@method("Does the answer go with the pixels that a map says it rests on?", section="methods/pixel-curves")
def pixel_curves(
    network: Network,
    images: Tensor,
    found: tuple[Attribution, ...],
    *,
    steps: int = 20,
    baseline: float | Tensor = 0.0,
    events: Events = SILENT,
) -> tuple[PixelCurves, ...]:
    """Return how probabilities fall when pixels are deleted in the order of maps, and rise when they are inserted.

    Args:
        network: Classes, labels or values.
        images: Those that were explained, as they were given.
        found: A method's records of them; the first unit of each counts.
        steps: Parts of the pixels that are deleted or inserted one after the other.
        baseline: What a deleted pixel becomes, preprocessed: a number, or an input (c, axes…).
        events: Hears of each image.

    Returns:
        Deletion and insertion for each image. A map that names what matters has a small area under deletion, a large one under
        insertion.

    Raises:
        InputError: Fewer than one step; images that are not finite.
        ShapeError: Not one record for each image; a baseline of another size.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Images full of holes are none the network ever saw: part of the fall is that. Compare methods with each other and with
        a random order, on the same images and baseline; a single area says nothing.

    Source:
        Petsiuk, Das, Saenko, "RISE", BMVC 2018, sec. 4.2. Differs: insertion begins from the same baseline as deletion, not from
        a blurred image; pixels of equal value go in the order of reading.

    Cost:
        Twice as many forward passes as steps and one, for each image.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.explain import gradient
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> images = torch.rand(1, 1, 8, 8)
        >>> [both] = pixel_curves(network, images, gradient(network, images), steps=4)
        >>> both.deletion.shares.tolist(), bool(both.deletion.probabilities[0] == both.insertion.probabilities[-1])
        ([0.0, 0.25, 0.5, 0.75, 1.0], True)
    """
    if steps < 1:
        raise InputError("steps must be at least 1", got=steps)
    scored = Scored(network, images)
    if len(found) != len(scored.inputs):
        raise ShapeError("there must be one record for each image", got=Quoted(f"{len(found)} of {len(scored.inputs)}"))
    origin = baseline_of(scored, baseline)
    task = Task("pixel curves", total=len(found), unit="image", events=events)
    curves = []
    with undisturbed(scored.network.module), torch.no_grad():
        for image, record in zip(scored.inputs, found, strict=True):
            sides = tuple(image.shape[1:])
            order = pixel_order(enlarged(record.maps[0], sides))
            counts = [round(step * len(order) / steps) for step in range(steps + 1)]
            both = []
            for way, start, end in zip(WAYS, (image, origin), (origin, image), strict=True):
                points = torch.stack([_exchanged(start, end, order[:count]) for count in counts])
                raw = torch.cat([scored.scores(part) for part in parts(points, scored.at_once * 4)])
                values = meant(scored.network, raw.float())[:, record.targets[0]].cpu().numpy()
                both.append(pixel_curve(way, [count / len(order) for count in counts], values))
            curves.append(
                PixelCurves(
                    sample=record.sample,
                    target=record.targets[0],
                    method=record.method,
                    deletion=both[0],
                    insertion=both[1],
                )
            )
            task.advance()
    return tuple(curves)


def pixel_order(saliency: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the places of a map (channels, axes…) from the largest value to the smallest; equal ones in their order.

    Example:
        >>> pixel_order(np.array([[[0.0, 2.0], [2.0, 1.0]]])).tolist()
        [1, 2, 3, 0]
    """
    order: NDArray[np.int64] = np.argsort(-saliency.sum(axis=0, dtype=np.float64).ravel(), kind="stable")
    return order


def pixel_curve(
    way: Literal["deletion", "insertion"], shares: list[float], probabilities: NDArray[np.floating]
) -> PixelCurve:
    """Return a curve with the area under it, by trapezes.

    Raises:
        ShapeError: Not one probability for each share, or fewer than two.

    Example:
        >>> round(pixel_curve("deletion", [0, 0.5, 1], np.array([1, 0.3, 0])).area, 6)
        0.4
    """
    if len(shares) != len(probabilities) or len(shares) < 2:
        got = Quoted(f"{len(shares)} and {len(probabilities)}")
        raise ShapeError("a curve must have a probability for each of at least two shares", got=got)
    x, y = np.array(shares, dtype=np.float64), np.array(probabilities, dtype=np.float64)
    area = float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum())
    return PixelCurve(way=way, shares=x.astype(np.float32), probabilities=y.astype(np.float32), area=area)


def _exchanged(start: Tensor, end: Tensor, places: NDArray[np.int64]) -> Tensor:
    made = start.flatten(1).clone()
    chosen = torch.from_numpy(places).to(made.device)
    made[:, chosen] = end.flatten(1)[:, chosen]
    return made.view(start.shape)
